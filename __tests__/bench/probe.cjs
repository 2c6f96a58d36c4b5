// Loaded into the measured process before anything else: tells at its end what it took.
const { readFileSync, statSync, writeFileSync } = require('node:fs')
const Module = require('node:module')

// NODE_OPTIONS reach the processes that the measured one starts, too.
const { PROBE_REPORT: report } = process.env
delete process.env.PROBE_REPORT
delete process.env.NODE_OPTIONS

process.on('exit', () => {
  if (!report) return
  // VmHWM is this program's own peak; getrusage would count what the parent held before the exec.
  const [, peakKiB] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8')) ?? []
  const files = Object.keys(Module._cache).filter((file) => file !== module.filename)
  const loaded = files.map((file) => ({ file, bytes: statSync(file).size }))
  writeFileSync(report, JSON.stringify({ peakBytes: Number(peakKiB) * 1024, loaded }))
})
