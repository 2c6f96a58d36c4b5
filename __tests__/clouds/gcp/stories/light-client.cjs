// Asks what it is told to with Compute Engine's client from a folder: FOLDER PORT, and cases as JSON on stdin. Prints what came of each. A process of its own,
// since tests load no more than a part of the installed client.
const [folder, port] = process.argv.slice(2)
const { join } = require('node:path')
const { readFileSync } = require('node:fs')
const { OAuth2Client } = require('google-auth-library')

const payload = Symbol.for('google-gax.rawHttpResponsePayload')
const options = { timeout: 15_000, retry: null, autoPaginate: false }
const fileOf = (service) => `${service.replace(/(?<!^)[A-Z]/g, '_$&').toLowerCase()}_client.js`

const clients = new Map()

function clientOf(service) {
  if (!clients.has(service)) clients.set(service, makeClient(service))
  return clients.get(service)
}

function makeClient(service) {
  const exported = require(join(folder, 'build/src/v1', fileOf(service)))
  const authClient = new OAuth2Client()
  authClient.setCredentials({ access_token: 'of-somebody', expiry_date: Date.now() + 3_600_000 })
  const endpoint = { apiEndpoint: '127.0.0.1', port: Number(port), protocol: 'http' }
  return new exported[`${service}Client`]({ authClient, projectId: 'my-project', ...endpoint })
}

/** As the launcher calls them: lists by the call below the paging one, all others by their own methods. */
async function ask({ service, method, request }) {
  const client = clientOf(service)
  const name = method[0].toLowerCase() + method.slice(1)
  try {
    await client.initialize()
    const asked = /list$/i.test(name) ? client.innerApiCalls[name] : client[name].bind(client)
    const [first, next, third] = await asked(request, options)
    return { answer: first?.latestResponse ?? first, next, third: third?.latestResponse ?? third }
  } catch (error) {
    const { name, message, code, httpStatusCode } = error
    return { error: { name, message, code, httpStatusCode, payload: error[payload] } }
  }
}

async function main() {
  const results = []
  for (const one of JSON.parse(readFileSync(0, 'utf8'))) results.push(await ask(one))
  process.stdout.write(JSON.stringify(results), () => process.exit(0))
}

void main()
