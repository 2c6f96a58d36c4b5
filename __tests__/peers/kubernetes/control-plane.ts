import { type ChildProcess, spawn } from 'node:child_process'
import { generateKeyPairSync } from 'node:crypto'
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'

import { Api } from './api.ts'

/** Tokens, and whose they are. */
const users = {
  admin: { token: 'admin-token', groups: 'system:masters' },
  /** Nobody has granted it anything. */
  stranger: { token: 'stranger-token', groups: 'strangers' },
} as const

const controllers = [
  'disruption-controller',
  'garbage-collector-controller',
  'job-controller',
  'namespace-controller',
  'pod-garbage-collector-controller',
  'resourcequota-controller',
  'root-ca-certificate-publisher-controller',
  'serviceaccount-controller',
  'ttl-after-finished-controller',
]

/** ms; it is ready within four seconds on an idle machine. */
const patience = 90_000

/** The real etcd, kube-apiserver, kube-controller-manager and kube-scheduler, on loopback, in a folder that goes with them. */
export class ControlPlane {
  readonly admin: Api
  /** Somebody whom the server knows and whom nobody has granted anything. */
  readonly stranger: Api
  /** PEM. */
  readonly ca: string
  readonly url: string
  readonly folder: string
  readonly #supervisor: ChildProcess

  private constructor(folder: string, url: string, supervisor: ChildProcess) {
    this.folder = folder
    this.url = url
    this.#supervisor = supervisor
    this.ca = readFileSync(join(folder, 'certs/apiserver.crt'), 'utf8')
    this.admin = new Api({ url, ca: this.ca, token: users.admin.token })
    this.stranger = this.admin.as(users.stranger.token)
  }

  /** `programs`: the folder in which they are. Resolves when all of them work. */
  static async start(programs: string): Promise<ControlPlane> {
    const folder = mkdtempSync(join(tmpdir(), 'cml-runner-control-plane-'))
    const [port = 0, ...etcd] = await freePorts(3)
    const url = `https://127.0.0.1:${port}`
    writeFiles(folder, url)
    const supervisor = spawn(process.execPath, [join(import.meta.dirname, 'supervisor.mjs'), folder], {
      stdio: ['pipe', 'pipe', 'inherit'],
      detached: true,
    })
    let ended = ''
    supervisor.stdout.setEncoding('utf8').on('data', (text: string) => (ended += text))
    const run = ({ name, words }: Program) =>
      supervisor.stdin.write(`${JSON.stringify({ path: join(programs, name), words })}\n`)
    try {
      for (const program of ofServer(port, etcd)) run(program)
      const certificate = join(folder, 'certs/apiserver.crt')
      await patiently(
        () => existsSync(certificate) || 'there is no certificate',
        () => ended,
      )
      const plane = new ControlPlane(folder, url, supervisor)
      await patiently(
        () => isReady(plane.admin),
        () => ended,
      )
      // They give up on a server that takes long.
      for (const program of ofController(folder)) run(program)
      await patiently(
        () => isControlled(plane.admin),
        () => ended,
      )
      return plane
    } catch (error) {
      const names = [...ofServer(port, etcd), ...ofController(folder)].map(({ name }) => name)
      const logs = names.map((name) => tailOf(join(folder, `${name}.log`))).join('\n')
      await end(supervisor)
      throw new Error(`the control plane did not start: ${String(error)}\n${logs}`, { cause: error })
    }
  }

  async stop(): Promise<void> {
    this.admin.close()
    this.stranger.close()
    await end(this.#supervisor)
  }

  /** What kubectl and its like are given for a token. */
  kubeconfig(token: string, namespace: string): string {
    return kubeconfigOf({ url: this.url, ca: this.ca, token, namespace })
  }
}

/** Asks again until the answer is true; what else it is, is told when there was no patience left. */
async function patiently(
  ask: () => true | string | Promise<true | string>,
  ended: () => string,
): Promise<void> {
  const until = Date.now() + patience
  for (;;) {
    const answer = await ask()
    if (answer === true) return
    if (ended() || Date.now() > until) throw new Error(ended() || answer)
    await pause(50)
  }
}

const isReady = (admin: Api): Promise<true | string> =>
  admin.ask('GET', '/readyz').then(
    ({ text }) => text === 'ok' || text,
    (error: unknown) => String(error),
  )

/** Each namespace gets an account from the controllers; the scheduler and they start side by side. */
async function isControlled(admin: Api): Promise<true | string> {
  const { status, text } = await admin.ask('GET', '/api/v1/namespaces/default/serviceaccounts/default')
  return status === 200 || text
}

async function end(supervisor: ChildProcess): Promise<void> {
  if (supervisor.exitCode !== null) return
  const over = new Promise((resolve) => supervisor.once('exit', resolve))
  supervisor.stdin?.end()
  await over
}

function writeFiles(folder: string, url: string): void {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  })
  const lines = Object.entries(users).map(
    ([name, { token, groups }]) => `${token},${name},${name},"${groups}"`,
  )
  const files = {
    'sa.key': privateKey,
    'sa.pub': publicKey,
    'tokens.csv': `${lines.join('\n')}\n`,
    kubeconfig: kubeconfigOf({ url, token: users.admin.token, namespace: 'default' }),
  }
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text, { mode: 0o600 })
}

/** YAML, of which JSON is a part. Without `ca` it names the file that the server makes. */
function kubeconfigOf(given: { url: string; ca?: string; token: string; namespace: string }): string {
  const { url, ca, token, namespace } = given
  const authority =
    ca === undefined
      ? { 'certificate-authority': 'certs/apiserver.crt' }
      : { 'certificate-authority-data': Buffer.from(ca).toString('base64') }
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'peer', cluster: { server: url, ...authority } }],
    users: [{ name: 'somebody', user: { token } }],
    contexts: [{ name: 'peer', context: { cluster: 'peer', user: 'somebody', namespace } }],
    'current-context': 'peer',
  })
}

interface Program {
  readonly name: string
  readonly words: readonly string[]
}

function ofServer(port: number, [client = 0, peer = 0]: readonly number[]): readonly Program[] {
  const store = `http://127.0.0.1:${client}`
  return [
    {
      name: 'etcd',
      words: [
        '--data-dir=etcd',
        '--unsafe-no-fsync',
        '--log-level=warn',
        `--listen-client-urls=${store}`,
        `--advertise-client-urls=${store}`,
        `--listen-peer-urls=http://127.0.0.1:${peer}`,
      ],
    },
    {
      name: 'kube-apiserver',
      words: [
        `--etcd-servers=${store}`,
        `--secure-port=${port}`,
        '--bind-address=127.0.0.1',
        '--advertise-address=127.0.0.1',
        // It would look for a default route.
        '--endpoint-reconciler-type=none',
        '--cert-dir=certs',
        '--authorization-mode=RBAC',
        '--token-auth-file=tokens.csv',
        '--service-account-issuer=https://kubernetes.default.svc',
        '--service-account-key-file=sa.pub',
        '--service-account-signing-key-file=sa.key',
        '--kubelet-preferred-address-types=InternalIP',
        // Nobody here would take the taint of a node that is not ready away from one that is.
        '--disable-admission-plugins=TaintNodesByCondition',
      ],
    },
  ]
}

function ofController(folder: string): readonly Program[] {
  const all = ['--kubeconfig=kubeconfig', '--leader-elect=false', '--secure-port=0']
  return [
    {
      name: 'kube-controller-manager',
      words: [
        ...all,
        `--controllers=${controllers.join(',')}`,
        '--use-service-account-credentials=false',
        '--service-account-private-key-file=sa.key',
        `--root-ca-file=${join(folder, 'certs/apiserver.crt')}`,
      ],
    },
    { name: 'kube-scheduler', words: all },
  ]
}

/** Held all at once, so that no two are the same. */
async function freePorts(count: number): Promise<readonly number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, () => {
      const server = createServer()
      return new Promise<typeof server>((resolve) => server.listen(0, '127.0.0.1', () => resolve(server)))
    }),
  )
  const ports = servers.map((server) => (server.address() as AddressInfo).port)
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))))
  return ports
}

function tailOf(path: string): string {
  const lines = existsSync(path) ? readFileSync(path, 'utf8').trimEnd().split('\n') : ['no log']
  return `== ${path}\n${lines.slice(-15).join('\n')}`
}
