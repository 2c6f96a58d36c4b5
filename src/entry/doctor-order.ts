import { readFile } from 'node:fs/promises'
import { checkHere, type Examination } from '../doctor/doctor.ts'
import { namesProxy, nodeKnowsProxies } from '../lib/http.ts'
import { silentLog } from '../lib/log.ts'
import { certificatesIn } from '../machine/certificates.ts'
import type { Check } from '../model/check.ts'
import { Failure } from '../model/failure.ts'
import { uniqueLabel } from '../model/runner.ts'
import type { Composition } from './compose.ts'
import { leaseOf, wayOutOf } from './launch-order.ts'
import { requestOf } from './request.ts'
import { proxyOf } from './surroundings.ts'

/** What a launch of these options would ask for, and what is seen of the machine at hand. */
export async function examinationOf(composition: Composition): Promise<Examination> {
  const { values, ports, variables } = composition
  const proxy = proxyOf(values, variables, silentLog)
  const lease = leaseOf(composition)
  return {
    lease,
    request: { ...requestOf(values, composition.sources), ...wayOutOf(ports.forge, proxy) },
    registration: {
      name: lease.name,
      labels: [...values.labels, uniqueLabel(lease.identity)],
      single: values.single,
      platform: { os: 'linux', architecture: 'x64' },
      lifetime: values['max-lifetime'],
    },
    here: await checksHere(variables),
  }
}

type Variables = Composition['variables']

/** The oldest Node that this program runs on (package.json, `engines`). */
const oldest = [22, 19] as const

async function checksHere(variables: Variables): Promise<readonly Check[]> {
  return [
    await checkHere('Node.js', nodeOf(process.versions.node)),
    ...(namesProxy(variables) ? [await checkHere('proxy', ownProxy(variables))] : []),
    ...(variables.NODE_EXTRA_CA_CERTS
      ? [await checkHere('certificates', certificatesOf(variables.NODE_EXTRA_CA_CERTS))]
      : []),
  ]
}

function nodeOf(version: string): Promise<string> {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  if (major > oldest[0] || (major === oldest[0] && minor >= oldest[1])) return Promise.resolve(version)
  return Promise.reject(missing(`this is ${version}`, `use Node.js ${oldest.join('.')} or later.`))
}

function ownProxy(variables: Variables): Promise<string> {
  const names = ['HTTPS_PROXY', 'HTTP_PROXY', 'NO_PROXY']
  const set = names.filter((name) => variables[name] || variables[name.toLowerCase()])
  if (nodeKnowsProxies()) return Promise.resolve(`${set.join(', ')} set, and heeded`)
  const said = `Node.js ${process.versions.node} has no support for proxies`
  return Promise.reject(missing(said, 'use Node.js 24.5 or later.'))
}

async function certificatesOf(file: string): Promise<string> {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    throw missing(String(error), 'have NODE_EXTRA_CA_CERTS name a file that can be read.')
  })
  const count = certificatesIn(text).length
  if (count > 0) return `${count} in NODE_EXTRA_CA_CERTS`
  throw missing(`${file} holds none`, 'have NODE_EXTRA_CA_CERTS name a file of certificates in PEM.')
}

function missing(said: string, fix: string): Failure {
  return new Failure('failed-precondition', { tried: 'look at the surroundings', said, fix })
}
