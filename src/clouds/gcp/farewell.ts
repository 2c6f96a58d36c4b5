import { curlFunction } from '../../lib/curl-function.ts'
import { Failure } from '../../model/failure.ts'
import type { Ground } from '../../model/instance.ts'
import { metadataAddresses } from './machine-half.ts'

/**
 * Powering off stops a machine of Compute Engine, whose disk stays. So it deletes itself, with the token of its own service account, and asks at
 * boot whether it may. `api`: base of the Compute API, `https://compute.googleapis.com/compute/v1`. `ipv6Only`: the machine has no IPv4.
 */
export function groundAt(api: string, ipv6Only = false): Ground {
  const base = api.replace(/\/+$/, '')
  // It becomes text of a shell, and of curl's configuration.
  if (!/^https?:\/\/[\w.:[\]-]+(\/[\w.-]+)*$/.test(base))
    throw new Failure('invalid-input', {
      tried: 'read the address of the Compute API',
      said: 'it is not a plain address',
      fix: 'correct or unset `CLOUDSDK_API_ENDPOINT_OVERRIDES_COMPUTE`, for example to https://compute.googleapis.com/compute/v1/.',
    })
  const host = ipv6Only ? `[${metadataAddresses.ipv6}]` : metadataAddresses.ipv4
  return {
    powerOff: 'stops',
    farewell: `api='${base}'\nown_host='${host}'\n${farewell}`,
    direct: ['metadata.google.internal', ...(ipv6Only ? [metadataAddresses.ipv6] : [])],
  }
}

/**
 * An answer tells only those permissions that are held (`instances.testIamPermissions`). Scopes count besides: a token without them is
 * refused whatever its account may, and they are looked at, since asking needs less of them than deleting. The token stands in no command's
 * arguments. What the metadata server answers is not printed, since one answer holds it. A machine that is being stopped from outside is left to
 * whoever does so: to a person, who may want it again, or to Compute Engine, which deletes it then. Where that may not be read, it is deleted.
 */
const farewell = `${curlFunction}metadata() {
call "http://\${GCE_METADATA_HOST:-$own_host}/computeMetadata/v1/$1" 'header = "Metadata-Flavor: Google"
noproxy = "*"
max-time = 3'
case $code:$1 in
200:*) return ;;
404:*/token)
echo 'it has no service account'
exit 77
;;
esac
echo "HTTP $code from its metadata server"
exit 1
}
metadata project/project-id
machine=$api/projects/$said
metadata instance/zone
machine=$machine/zones/\${said##*/}
metadata instance/name
machine=$machine/instances/$said
metadata instance/service-accounts/default/token
token=\${said#*'"access_token":"'}
with='header = "Authorization: Bearer '\${token%%'"'*}'"
max-time = 10'
judge() {
said=$(echo "$said" | grep -m 1 '"message"' | cut -d '"' -f 4)
echo "HTTP $code: $said"
case $code:$said in
403:*[Rr]ate*[Ee]xceeded* | 403:*[Qq]uota*) exit 1 ;;
400:* | 403:*) exit 77 ;;
esac
exit 1
}
if [ "\${1:-}" = ask ]; then
metadata instance/service-accounts/default/scopes
case $nl$said$nl in
*/auth/cloud-platform"$nl"* | */auth/compute"$nl"*) ;;
*)
echo 'its access scopes do not cover compute'
exit 77
;;
esac
call "$machine/testIamPermissions" "$with
header = \\"Content-Type: application/json\\"
data = {\\"permissions\\":[\\"compute.instances.delete\\"]}"
[ "$code" = 200 ] || judge
case $said in *compute.instances.delete*) exit 0 ;; esac
echo 'its service account lacks compute.instances.delete'
exit 77
fi
call "$machine" "$with"
case $(printf %s "$said" | tr -d ' ') in
*'"status":"STOPPING"'* | *'"status":"PENDING_STOP"'* | *'"status":"SUSPENDING"'*) exit 0 ;;
esac
call "$machine" "$with
request = DELETE"
case $code in 200 | 404) exit 0 ;; esac
judge
`
