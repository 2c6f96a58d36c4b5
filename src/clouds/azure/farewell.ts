import { curlFunction } from '../../lib/curl-function.ts'
import type { Ground } from '../../model/instance.ts'
import { versions } from './arm.ts'

/**
 * Powering off ends nothing on Azure: the machine is billed as before. So it removes itself, with the token of the identity that it was given, and asks at boot whether
 * it may. `identity`: id of the identity; without one nothing can be told. `api`: `https://management.azure.com`.
 */
export function groundAt(api: string, identity: string | undefined): Ground {
  // Both were checked when they were parsed; neither has a quote in it.
  const words = identity && [
    `api='${api}'`,
    `token='api-version=2018-02-01&resource=${encodeURIComponent(`${api}/`)}&msi_res_id=${encodeURIComponent(identity)}'`,
    `vm='api-version=${versions.compute}'`,
    `may='api-version=${versions.authorization}'`,
  ]
  return { powerOff: 'useless', farewell: words ? `${words.join('\n')}\n${farewell}` : '' }
}

/**
 * What the metadata service answers is not printed, since one answer holds the token, which stands in no command's arguments. Of roles the actions are looked at, less those that a
 * role takes out again. https://learn.microsoft.com/entra/identity/managed-identities-azure-resources/how-to-use-vm-token
 */
const farewell = `${curlFunction}metadata() {
call "\${AZURE_POD_IDENTITY_AUTHORITY_HOST:-http://169.254.169.254}/metadata/$1" 'header = "Metadata: true"
noproxy = "*"
max-time = 10'
[ "$code" = 200 ] && return
echo "HTTP $code from its metadata service"
case $code:$1 in 400:identity/*) exit 77 ;; esac
exit 1
}
metadata 'instance/compute/resourceId?api-version=2021-02-01&format=text'
machine=$api$said
metadata "identity/oauth2/token?$token"
said=$(printf %s "$said" | tr -d ' ')
token=\${said#*'"access_token":"'}
with='header = "Authorization: Bearer '\${token%%'"'*}'"
max-time = 15'
judge() {
echo "HTTP $code: $(printf %s "$said" | tr -d '\\n' | cut -c 1-300)"
case $code in 400 | 403) exit 77 ;; esac
exit 1
}
if [ "\${1:-}" = ask ]; then
call "$machine/providers/Microsoft.Authorization/permissions?$may" "$with"
[ "$code" = 200 ] || judge
said=$(printf %s "$said" | tr -d ' \\n' | tr '[:upper:]' '[:lower:]')
case $(printf %s "$said" | sed 's/"notactions":\\[[^]]*\\]//g') in
*'"*"'* | *'"*/delete"'* | *'"microsoft.compute/*"'* | *'"microsoft.compute/virtualmachines/*"'* | *'"microsoft.compute/virtualmachines/delete"'* | *'"microsoft.compute/*/delete"'*) exit 0 ;;
esac
echo 'its identity lacks Microsoft.Compute/virtualMachines/delete'
exit 77
fi
call "$machine?forceDeletion=true&$vm" "$with
request = DELETE"
case $code in 200 | 202 | 204 | 404) exit 0 ;; esac
judge
`
