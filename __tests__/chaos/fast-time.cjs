// Loaded into a process of the product before anything else, by NODE_OPTIONS. Its time runs faster, by the clock of the whole story, and
// it can die exactly before or after it writes something down. Sockets and everything behind them stay as they are.
const fs = require('node:fs')
const net = require('node:net')
const Module = require('node:module')
const timers = require('node:timers')
const timersPromises = require('node:timers/promises')

const { CHAOS_FOLDER: folder, CHAOS_HURRY: hurry = '1' } = process.env
// Processes that this one starts are none of the product's.
for (const name of ['CHAOS_FOLDER', 'CHAOS_HURRY', 'NODE_COMPILE_CACHE', 'NODE_OPTIONS'])
  delete process.env[name]

const [epoch, offset, factor] = fs.readFileSync(`${folder}/clock`, 'utf8').split(',').map(Number)
runFaster()
watchWrites(takeCrash(`${folder}/crash`))

/** Where this process is to die, if it is; the next one lives. */
function takeCrash(file) {
  if (!fs.existsSync(file)) return ''
  const crash = fs.readFileSync(file, 'utf8')
  fs.rmSync(file)
  return crash
}

function runFaster() {
  const RealDate = Date
  const realNow = RealDate.now.bind(RealDate)
  const now = () => Math.floor(epoch + (realNow() - epoch) * factor + offset)
  globalThis.Date = new Proxy(RealDate, {
    construct: (target, given, made) => Reflect.construct(target, given.length > 0 ? given : [now()], made),
    apply: () => new RealDate(now()).toString(),
    get: (target, name, receiver) => (name === 'now' ? now : Reflect.get(target, name, receiver)),
  })
  RealDate.prototype.constructor = globalThis.Date

  const real = (ms) => (typeof ms === 'number' ? Math.max(1, Math.round(ms / factor)) : ms)
  for (const name of ['setTimeout', 'setInterval']) {
    const genuine = timers[name]
    const faster = (callback, ms, ...rest) => genuine(callback, real(ms ?? 1), ...rest)
    Object.defineProperties(faster, Object.getOwnPropertyDescriptors(genuine))
    globalThis[name] = timers[name] = faster
    const promised = timersPromises[name]
    // Who hurries pauses less; what he waits for from others takes its time.
    timersPromises[name] = (ms, ...rest) => promised(real((ms ?? 1) / Number(hurry)), ...rest)
  }
  const wait = timersPromises.scheduler.wait.bind(timersPromises.scheduler)
  timersPromises.scheduler.wait = (ms, options) => wait(real(ms), options)
  const timeout = globalThis.AbortSignal.timeout.bind(globalThis.AbortSignal)
  globalThis.AbortSignal.timeout = (ms) => timeout(real(ms))

  const elapsed = performance.now.bind(performance)
  performance.now = () => elapsed() * factor
  const idle = net.Socket.prototype.setTimeout
  net.Socket.prototype.setTimeout = function (ms, callback) {
    return idle.call(this, ms > 0 ? real(ms) : ms, callback)
  }
  Module.syncBuiltinESMExports()
}

/** Everything that the process hands to whoever comes after it: state, outputs, summary, the line of outputs, files put in their place. */
function watchWrites(crash) {
  const [label, when, signal] = crash.split('|')
  const seen = new Map()
  const around = (name, write) => {
    const count = (seen.get(name) ?? 0) + 1
    seen.set(name, count)
    const point = `${name}#${count}`
    append(`${folder}/writes`, `${point}\n`)
    if (point === label && when === 'before') die()
    const result = write()
    if (point === label && when === 'after') die()
    return result
  }
  // Whoever is told so near its end that it ends well was told all the same.
  const die = () => {
    append(`${folder}/struck`, '')
    process.kill(process.pid, signal)
  }
  const append = fs.appendFileSync
  fs.appendFileSync = (file, text, ...rest) => around(nameOf(file, text), () => append(file, text, ...rest))
  const appendLater = fs.promises.appendFile
  fs.promises.appendFile = async (file, ...rest) => around(nameOf(file, ''), () => appendLater(file, ...rest))
  const rename = fs.renameSync
  fs.renameSync = (from, to) => around(nameOf(to, ''), () => rename(from, to))
  const print = process.stdout.write.bind(process.stdout)
  process.stdout.write = (text, ...rest) =>
    /^\{"/.test(String(text)) ? around('stdout', () => print(text, ...rest)) : print(text, ...rest)
  Module.syncBuiltinESMExports()
}

function nameOf(file, text) {
  const { GITHUB_STATE, GITHUB_OUTPUT, GITHUB_STEP_SUMMARY } = process.env
  const [, key = ''] = /^([\w-]+)<</.exec(String(text)) ?? []
  if (file === GITHUB_STATE) return `state ${key}`
  if (file === GITHUB_OUTPUT) return `output ${key}`
  if (file === GITHUB_STEP_SUMMARY) return 'summary'
  return /cml-runner-state/.test(file) ? 'state file' : 'file'
}
