#!/bin/bash
# Everything that cml-runner needs in a project of Google Cloud, by gcloud, for an administrator: in Cloud Shell, or on Linux. Repeat it to change
# something.
#
#   PROJECT=my-project REPOSITORY=my-org/my-repo bash gcp-role.sh            # GitHub Actions
#   PROJECT=my-project REPOSITORY=my-group/my-project FORGE=https://gitlab.com bash gcp-role.sh
#
# It makes a workload identity pool, which lets jobs of that repository in without a key; the service account `cml-runner` that launches machines;
# `cml-runner-machine`, as which a machine deletes itself; and `cml-runner-sweep` for `stop`, `sweep` and `list`. REF says from which branch.
set -euo pipefail

: "${PROJECT:?the id of the project}" "${REPOSITORY:?owner/name, or the path of a project}"
forge=${FORGE:-https://github.com}
ref=${REF:-main}
host=${forge#https://}

# Of a launch. A role made after CML's page lacks eight of these: docs/gcp.md has the lines that add them. The last seven only make it better: without them it goes on.
launcher=(
  compute.disks.create
  compute.disks.setLabels
  compute.instances.create
  compute.instances.delete
  compute.instances.get
  compute.instances.list
  compute.instances.setLabels
  compute.instances.setMetadata
  compute.instances.setServiceAccount
  compute.subnetworks.use
  compute.subnetworks.useExternalIp
  compute.zoneOperations.get
  compute.instances.getSerialPortOutput
  compute.projects.get
  compute.regionOperations.get
  compute.regions.get
  compute.subnetworks.get
  compute.zoneOperations.list
  compute.zones.list
)
# Of a machine, on itself; by the second one it leaves a machine that somebody stops to him.
machine=(
  compute.instances.delete
  compute.instances.get
)
# Of stop, sweep and list.
sweeper=(
  compute.instances.delete
  compute.instances.get
  compute.instances.list
  compute.zoneOperations.list
  compute.zones.list
)

if [ "$host" = github.com ]; then
  issuer=https://token.actions.githubusercontent.com
  claim=repository
  condition="assertion.repository == '$REPOSITORY' && assertion.ref == 'refs/heads/$ref'"
  audience=()
else
  issuer=$forge
  claim=project_path
  condition="assertion.project_path == '$REPOSITORY' && assertion.ref == '$ref'"
  audience=(--allowed-audiences "$forge")
fi

# Names of machines hold six letters of their repository, so that a condition can hold an account to the machines of this one.
scope=$(printf '%s/%s' "$host" "$REPOSITORY" | tr '[:upper:]' '[:lower:]')
hash=$(printf '%s' "${#scope}:$scope" | sha256sum | cut -c 1-10)
# shellcheck disable=SC2001 # it takes two letters at a time
letters=$(printf '%b' "$(sed 's/../\\x&/g' <<<"$hash")" | base32 | cut -c 1-6 | tr '[:upper:]' '[:lower:]')

cloud() {
  gcloud --project "$PROJECT" --quiet "$@"
}

# role NAME TITLE PERMISSION...
role() {
  local name=$1 title=$2 all
  shift 2
  all=$(IFS=, && echo "$*")
  if cloud iam roles describe "$name" >/dev/null 2>&1; then
    cloud iam roles update "$name" --title "$title" --permissions "$all" --stage GA >/dev/null
  else
    cloud iam roles create "$name" --title "$title" --permissions "$all" --stage GA >/dev/null
  fi
}

# account NAME TITLE: the address of it is in $NAME@$domain.
domain=$PROJECT.iam.gserviceaccount.com
account() {
  cloud iam service-accounts describe "$1@$domain" >/dev/null 2>&1 ||
    cloud iam service-accounts create "$1" --display-name "$2" >/dev/null
}

# grant ACCOUNT ROLE [CONDITION]
grant() {
  cloud projects add-iam-policy-binding "$PROJECT" --member "serviceAccount:$1@$domain" --role "projects/$PROJECT/roles/$2" \
    --condition "${3:-None}" >/dev/null
}

cloud services enable compute.googleapis.com iam.googleapis.com iamcredentials.googleapis.com sts.googleapis.com cloudresourcemanager.googleapis.com

role cmlRunnerLauncher 'cml-runner: launches machines' "${launcher[@]}"
role cmlRunnerMachine 'cml-runner: deletes itself' "${machine[@]}"
role cmlRunnerSweeper 'cml-runner: stop, sweep and list' "${sweeper[@]}"
account cml-runner 'Launches machines for CI'
account cml-runner-machine 'Machines for CI'
account cml-runner-sweep 'Ends machines for CI'
grant cml-runner cmlRunnerLauncher
grant cml-runner-sweep cmlRunnerSweeper
grant cml-runner-machine cmlRunnerMachine "title=machines of $REPOSITORY,expression=resource.type == 'compute.googleapis.com/Instance' && resource.name.extract('/instances/{name}').startsWith('cml-$letters-')"
# To give a machine an account, the launcher must be allowed to act as it.
cloud iam service-accounts add-iam-policy-binding "cml-runner-machine@$domain" --member "serviceAccount:cml-runner@$domain" \
  --role roles/iam.serviceAccountUser >/dev/null

# Jobs of the repository, and nobody else, are let in.
pool=cml-runner
cloud iam workload-identity-pools describe "$pool" --location global >/dev/null 2>&1 ||
  cloud iam workload-identity-pools create "$pool" --location global --display-name 'CI jobs' >/dev/null
provider=(--location global --workload-identity-pool "$pool" --issuer-uri "$issuer" --attribute-condition "$condition"
  --attribute-mapping "google.subject=assertion.sub,attribute.repository=assertion.$claim" "${audience[@]}")
if cloud iam workload-identity-pools providers describe ci --location global --workload-identity-pool "$pool" >/dev/null 2>&1; then
  cloud iam workload-identity-pools providers update-oidc ci "${provider[@]}" >/dev/null
else
  cloud iam workload-identity-pools providers create-oidc ci "${provider[@]}" >/dev/null
fi
pool_name=$(cloud iam workload-identity-pools describe "$pool" --location global --format 'value(name)')
for name in cml-runner cml-runner-sweep; do
  cloud iam service-accounts add-iam-policy-binding "$name@$domain" --role roles/iam.workloadIdentityUser \
    --member "principalSet://iam.googleapis.com/$pool_name/attribute.repository/$REPOSITORY" >/dev/null
done

cat <<END
Workload identity provider: $pool_name/providers/ci
Launches:                   cml-runner@$domain
Stop, sweep and list:       cml-runner-sweep@$domain
cloud-permission-set:       cml-runner-machine@$domain
END
