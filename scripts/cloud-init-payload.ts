// Writes a payload as the launcher would send it, for the checks with an image's real programs: FOLDER URL SHA256 CARRIER.
import { readFileSync, writeFileSync } from 'node:fs'
import { generateKeyPairSync } from 'node:crypto'
import { join } from 'node:path'

import { assetsFromSource } from '../__tests__/emulators/machine/assets.ts'
import { agentConfigVersion, type AgentConfig } from '../src/machine/agent-config.ts'
import { carriers, type CarrierName } from '../src/machine/carriers.ts'
import { renderPayload } from '../src/machine/payload.ts'
import { sshPublicKeyOf } from '../src/machine/ssh-key.ts'

const [folder = '', url = '', sha256 = '', word = ''] = process.argv.slice(2)
if (!(word in carriers)) throw new Error(`no way into a machine: ${word}`)
const carrier = word as CarrierName
const assets = assetsFromSource()

const key = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({
  type: 'pkcs1',
  format: 'pem',
})
const expiresAt = Math.floor(Date.now() / 1000) + 3600

const startupScript = Buffer.from('#!/bin/bash\necho "$HOME" \'é\' \t\r\n')
const config: AgentConfig = {
  version: agentConfigVersion,
  identity: 'abcdefghijklmnopqrst',
  cloud: 'nimbus',
  name: 'hostile "name" $(touch /pwned) `id` \\ é 😀',
  labels: ["it's", '${{ secrets.X }}', '#cloud-config', '${CML_RUNNER_ROOT}; touch /pwned'],
  single: false,
  idleTimeout: 300,
  expiresAt,
  workdir: "/mnt/it's; touch /pwned",
  startupScript: true,
  registration: { forge: 'github', kind: 'token', url: 'https://github.com/o/r', token: 'secret', expiresAt },
  proxy: { https: 'http://user:password@proxy.example:3128', no: 'internal.example' },
}

const payload = renderPayload({
  config,
  download: { url, sha256, version: '0' },
  launchTimeout: 600,
  // Where powering off is no end, what tells the cloud has to get there too.
  ground:
    carrier === 'cloud-init'
      ? { powerOff: 'ends', farewell: '' }
      : { powerOff: 'stops', farewell: "echo 'it has no account'\nexit 77" },
  carrier,
  startupScript,
  sshPublicKey: sshPublicKeyOf(String(key)),
  certificates: readFileSync(join(folder, 'ca.pem'), 'utf8'),
  assets,
})

const portable = { https: 'http://proxy.example:3128', no: 'internal.example,169.254.169.254,fd00:ec2::254' }
const ascii = JSON.stringify({ ...config, proxy: portable }).replace(
  /[^\x20-\x7e]/g,
  (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
)
const results = {
  'user-data': payload,
  'expected-agent.js': assets.agent,
  'expected-agent.json': ascii,
  'expected-startup-script': startupScript,
}
for (const [name, content] of Object.entries(results)) writeFileSync(join(folder, name), content)
