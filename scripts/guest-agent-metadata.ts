// The metadata server of an emulated machine at Compute Engine, for scripts/guest-agent-check.sh: ADDRESS FILE. FILE is its startup script, as long as it is there.
import { existsSync, readFileSync } from 'node:fs'
import { createServer } from 'node:http'

import { GceMetadata } from '../__tests__/emulators/gcp/metadata.ts'

const [address = '', file = ''] = process.argv.slice(2)

const metadata = new GceMetadata({
  project: 'p',
  projectNumber: '1',
  zone: 'us-west1-b',
  name: 'cml-check',
  id: '2',
  attributes: (): Record<string, string> =>
    existsSync(file) ? { 'startup-script': readFileSync(file, 'utf8') } : {},
})

createServer((request, response) => {
  console.log(`${request.method} ${request.url} ${String(request.headers['user-agent'])}`)
  metadata.answer(request, response)
}).listen(80, address)
