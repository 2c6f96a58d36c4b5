#!/bin/bash
# Everything that cml-runner needs in a subscription of Azure, by az, for an owner of it: in Cloud Shell, or on Linux. Repeat it to change something.
#
#   REPOSITORY=my-org/my-repo bash azure-role.sh            # GitHub Actions
#   REPOSITORY=my-group/my-project FORGE=https://gitlab.com bash azure-role.sh
#
# It makes a resource group with a network, in which machines are made; the application `cml-runner`, as which jobs of that repository launch them without
# any secret; and the identity `cml-runner-machine`, as which a machine removes itself. GROUP and LOCATION name the group and its region, REF the branch.
set -euo pipefail

: "${REPOSITORY:?owner/name, or the path of a project}"
forge=${FORGE:-https://github.com}
ref=${REF:-main}
group=${GROUP:-runners}
location=${LOCATION:-westus2}
host=${forge#https://}

# Of a launch, in the group. The last three only make it better: without them it goes on, and says what it could not do.
launcher=(
  Microsoft.Compute/disks/write
  Microsoft.Compute/virtualMachines/deallocate/action
  Microsoft.Compute/virtualMachines/delete
  Microsoft.Compute/virtualMachines/read
  Microsoft.Compute/virtualMachines/write
  Microsoft.ManagedIdentity/userAssignedIdentities/assign/action
  Microsoft.Network/networkInterfaces/join/action
  Microsoft.Network/networkInterfaces/write
  Microsoft.Network/publicIPAddresses/join/action
  Microsoft.Network/publicIPAddresses/write
  Microsoft.Network/virtualNetworks/read
  Microsoft.Network/virtualNetworks/subnets/join/action
  Microsoft.Resources/subscriptions/resourceGroups/read
  Microsoft.Compute/virtualMachines/retrieveBootDiagnosticsData/action
  Microsoft.Network/networkInterfaces/read
  Microsoft.Network/publicIPAddresses/read
)
# The same, on the whole subscription: what is sold where, and the timer that ends a machine. The last four only make it better.
everywhere=(
  Microsoft.Compute/locations/publishers/artifacttypes/offers/skus/versions/read
  Microsoft.ComputeSchedule/locations/virtualMachinesSubmitDeallocate/action
  Microsoft.Compute/locations/operations/read
  Microsoft.Compute/locations/usages/read
  Microsoft.Resources/subscriptions/locations/read
  Microsoft.Resources/subscriptions/providers/read
)
# Of a machine, in the group.
machine=(
  Microsoft.Compute/virtualMachines/delete
  Microsoft.Compute/virtualMachines/read
)

subscription=$(az account show --query id --output tsv)
tenant=$(az account show --query tenantId --output tsv)
whole=/subscriptions/$subscription
scope=$whole/resourceGroups/$group

if [ "$host" = github.com ]; then
  issuer=https://token.actions.githubusercontent.com
  subject=repo:$REPOSITORY:ref:refs/heads/$ref
else
  issuer=$forge
  subject=project_path:$REPOSITORY:ref_type:branch:ref:$ref
fi

# role NAME DESCRIPTION SCOPE ACTION...
role() {
  local name=$1 description=$2 on=$3 actions text verb=create
  shift 3
  actions=$(printf '"%s",' "$@")
  text="{\"Name\":\"$name\",\"Description\":\"$description\",\"Actions\":[${actions%,}],\"AssignableScopes\":[\"$on\"]}"
  if [ "$(az role definition list --custom-role-only --name "$name" --scope "$on" --query 'length(@)' --output tsv)" != 0 ]; then verb=update; fi
  az role definition "$verb" --role-definition "$text" --output none
}

# assign OBJECT ROLE SCOPE: a fresh identity or role is unknown to others for a while.
assign() {
  local tries
  for tries in 1 2 3 4 5 6 7 8 9 10 11 12; do
    az role assignment create --assignee-object-id "$1" --assignee-principal-type ServicePrincipal --role "$2" --scope "$3" --output none && return
    [ "$tries" = 12 ] || sleep 10
  done
  return 1
}

for provider in Microsoft.Compute Microsoft.Network Microsoft.ManagedIdentity Microsoft.ComputeSchedule; do
  az provider register --namespace "$provider" --wait
done

az group create --name "$group" --location "$location" --output none
az network vnet create --resource-group "$group" --name "runners-$location" --location "$location" --address-prefixes 10.1.0.0/20 \
  --subnet-name machines --subnet-prefixes 10.1.0.0/20 --output none

role cml-runner-launcher 'cml-runner: launches machines' "$scope" "${launcher[@]}"
role cml-runner-reader 'cml-runner: what is sold, and timers' "$whole" "${everywhere[@]}"
role cml-runner-machine 'cml-runner: removes itself' "$scope" "${machine[@]}"

client=$(az ad app list --display-name cml-runner --query '[0].appId' --output tsv)
if [ -z "$client" ]; then client=$(az ad app create --display-name cml-runner --query appId --output tsv); fi
object=$(az ad sp list --filter "appId eq '$client'" --query '[0].id' --output tsv)
if [ -z "$object" ]; then object=$(az ad sp create --id "$client" --query id --output tsv); fi
name=$(printf %s "$host-$REPOSITORY-$ref" | tr -c 'A-Za-z0-9\n' -)
federation="{\"name\":\"$name\",\"issuer\":\"$issuer\",\"subject\":\"$subject\",\"audiences\":[\"api://AzureADTokenExchange\"]}"
if [ "$(az ad app federated-credential list --id "$client" --query "length([?name=='$name'])" --output tsv)" = 0 ]; then
  az ad app federated-credential create --id "$client" --parameters "$federation" --output none
fi
assign "$object" cml-runner-launcher "$scope"
assign "$object" cml-runner-reader "$whole"

identity=$(az identity create --resource-group "$group" --name cml-runner-machine --location "$location" --query id --output tsv)
principal=$(az identity show --ids "$identity" --query principalId --output tsv)
assign "$principal" cml-runner-machine "$scope"

cat <<END
AZURE_CLIENT_ID:              $client
AZURE_TENANT_ID:              $tenant
AZURE_SUBSCRIPTION_ID:        $subscription
cloud-azure-resource-group:   $group
cloud-permission-set:         $identity
END
