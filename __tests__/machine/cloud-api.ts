import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

import type { Ground } from '../../src/model/instance.ts'

/** The API of a cloud on which powering off is not a machine's end: root on the machine tells it to take the machine. */
export interface CloudApi {
  /** Of a machine that tells this API of its end. `may`: the result that it gets when it only asks, and the reason. */
  ground(powerOff: Ground['powerOff'], may?: readonly [code: number, reason: string]): Ground
  /** What the machine has asked, in order. */
  readonly asked: readonly string[]
  close(): void
}

const farewell = (url: string, [code, reason]: readonly [number, string]) => `if [ "\${1:-}" = ask ]; then
echo '${reason}'
exit ${code}
fi
answer=$(curl --config - <<END
url = "${url}"
request = "DELETE"
header = "Authorization: Bearer of-the-machine"
write-out = "\\n%{http_code}"
silent
show-error
max-time = "5"
END
)
echo "HTTP $(echo "$answer" | tail -n 1)"
case $answer in *200 | *404) exit 0 ;; *403) exit 77 ;; *) exit 1 ;; esac
`

/** `answer` gives the HTTP status of each request, by its number from 0. */
export async function startCloudApi(answer: (count: number) => number): Promise<CloudApi> {
  const asked: string[] = []
  const server = createServer((request, response) => {
    const status = answer(asked.length)
    asked.push(`${request.method} ${request.url} ${request.headers.authorization}`)
    response.writeHead(status).end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/machines/self`
  return {
    ground: (powerOff, may = [0, '']) => ({ powerOff, farewell: farewell(url, may) }),
    asked,
    close: () => (server.closeAllConnections(), void server.close()),
  }
}
