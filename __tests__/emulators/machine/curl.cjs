// curl, for hosts that have none: as much of it as boot scripts, agent and stand-ins use, and not a word more. With `--config FILE` (`-`: its input), or `-sS
// --noproxy '*' --data-binary @- URL`. Exit codes are curl's own (curl(1), EXIT CODES).
const { createWriteStream, readFileSync } = require('node:fs')
const http = require('node:http')
const https = require('node:https')
const { pipeline } = require('node:stream/promises')
const { clearTimeout, setTimeout } = require('node:timers')
const { setTimeout: pause } = require('node:timers/promises')

const flags = new Set(['fail', 'location', 'silent', 'show-error', 'retry-connrefused'])
const values = new Set([
  ...['url', 'output', 'request', 'data', 'noproxy', 'write-out', 'proto', 'proto-redir', 'proto-default'],
  ...['connect-timeout', 'max-time', 'retry', 'retry-delay', 'retry-max-time', 'speed-time', 'speed-limit'],
])
const lists = new Set(['header', 'data-urlencode'])

class Trouble extends Error {
  constructor(code, text) {
    super(`curl: (${code}) ${text}`)
    this.code = code
  }
}

function refuse(what) {
  process.stderr.write(`curl: not emulated: ${what}\n`)
  process.exit(64)
}

function readConfig(text) {
  const options = { header: [], 'data-urlencode': [] }
  for (const line of text.split('\n').filter(Boolean)) {
    const [, name, quoted, plain] =
      /^([a-z-]+)(?: = (?:"((?:[^"\\]|\\.)*)"|([^"\s]\S*)))?$/.exec(line) ?? refuse(line)
    const value = quoted?.replace(/\\(.)/g, '$1') ?? plain
    if (flags.has(name) && value === undefined) options[name] = true
    else if (values.has(name) && value !== undefined) options[name] = value
    else if (lists.has(name) && value !== undefined) options[name].push(value)
    else refuse(line)
  }
  return options
}

function optionsOf(argv) {
  if (argv.length === 2 && argv[0] === '--config')
    return readConfig(readFileSync(argv[1] === '-' ? 0 : argv[1], 'utf8'))
  const [first, second, third, fourth, fifth, url, ...more] = argv
  const words = [first, second, third, fourth, fifth].join(' ')
  if (words !== '-sS --noproxy * --data-binary @-' || more.length > 0) refuse(argv.join(' '))
  return { url, header: [], 'data-urlencode': [], body: readFileSync(0) }
}

function bodyOf({ body, data, 'data-urlencode': fields }) {
  if (body || fields.length === 0) return body ?? data
  const encode = (field) => {
    const at = field.indexOf('=')
    return `${field.slice(0, at)}=${encodeURIComponent(field.slice(at + 1))}`
  }
  return fields.map(encode).join('&')
}

function once(address, options) {
  const body = bodyOf(options)
  const headers = Object.fromEntries(
    options.header.map((line) => {
      const [name, value] = line.split(/: (.*)/s)
      return [name.toLowerCase(), value]
    }),
  )
  if (body !== undefined && !headers['content-type'])
    headers['content-type'] = 'application/x-www-form-urlencoded'
  const bundle = process.env.CURL_CA_BUNDLE
  const start = address.protocol === 'https:' ? https.request : http.request
  const request = start(address, {
    method: options.request ?? (body === undefined ? 'GET' : 'POST'),
    headers: { ...headers, ...(body === undefined ? {} : { 'content-length': Buffer.byteLength(body) }) },
    agent: false,
    ...(bundle ? { ca: readFileSync(bundle) } : {}),
  })
  if (options['max-time']) {
    const late = () => request.destroy(new Trouble(28, 'Operation timed out'))
    request.on('close', clearTimeout.bind(null, setTimeout(late, options['max-time'] * 1000)))
  }
  return new Promise((resolve, reject) => {
    request.on('response', resolve)
    request.on('error', (error) => reject(troubleOf(error)))
    request.end(body)
  })
}

function troubleOf(error) {
  if (error instanceof Trouble) return error
  if (error.code === 'ECONNREFUSED') return new Trouble(7, 'Failed to connect to server')
  if (error.code === 'ENOTFOUND' || error.code === 'EAI_AGAIN')
    return new Trouble(6, 'Could not resolve host')
  if (/CERT|SELF_SIGNED|UNABLE_TO_VERIFY/.test(error.code ?? '')) return new Trouble(60, error.message)
  return new Trouble(56, `Recv failure: ${error.message}`)
}

async function transfer(options) {
  let address = new URL(options.url)
  const schemes = (options.proto ?? '=https,http').slice(1).split(',')
  for (let redirects = 0; ; redirects++) {
    if (!schemes.includes(address.protocol.slice(0, -1))) throw new Trouble(1, 'Protocol not supported')
    const answer = await once(address, options)
    const { location } = answer.headers
    if (options.location && location && answer.statusCode >= 300 && answer.statusCode < 400) {
      if (redirects === 50) throw new Trouble(47, 'Maximum (50) redirects followed')
      const next = new URL(location, address)
      if (next.host !== address.host)
        options.header = options.header.filter((line) => !/^authorization:/i.test(line))
      answer.resume()
      address = next
      continue
    }
    if (options.fail && answer.statusCode >= 400) {
      answer.resume()
      throw Object.assign(new Trouble(22, `The requested URL returned error: ${answer.statusCode}`), {
        status: answer.statusCode,
      })
    }
    await pipeline(answer, options.output ? createWriteStream(options.output) : process.stdout, {
      end: Boolean(options.output),
    }).catch((error) => {
      throw troubleOf(error)
    })
    return answer.statusCode
  }
}

const passing = new Set([408, 429, 500, 502, 503, 504])

async function main() {
  const proxies = ['http_proxy', 'https_proxy', 'HTTPS_PROXY', 'all_proxy', 'ALL_PROXY']
  const options = optionsOf(process.argv.slice(2))
  const direct = options.body || options.noproxy === '*'
  if (!direct && proxies.some((name) => process.env[name])) refuse('a proxy')
  for (let left = Number(options.retry ?? 0); ; left--) {
    const end = await transfer(options).then(
      (status) => ({ status }),
      (trouble) => ({ status: trouble.status, trouble }),
    )
    const again =
      passing.has(end.status) ||
      end.trouble?.code === 28 ||
      (end.trouble?.code === 7 && options['retry-connrefused'])
    if (again && left > 0) {
      await pause(Number(options['retry-delay'] ?? 1) * 1000)
      continue
    }
    if (options['write-out'])
      process.stdout.write(
        options['write-out']
          .replace('\\n', '\n')
          .replace('%{http_code}', String(end.status ?? 0).padStart(3, '0')),
      )
    if (end.trouble) {
      process.stderr.write(`${end.trouble.message}\n`)
      process.exitCode = end.trouble.code
    }
    return
  }
}

void main().catch((error) => {
  process.stderr.write(`${error.message}\n`)
  process.exitCode = error.code ?? 2
})
