// The command line as the component's job calls it, with a note of how it was called: who it is, what it was told, what it finds.
const { appendFileSync, existsSync, readFileSync, statSync } = require('node:fs')
const { join } = require('node:path')

const { TRACED_DIST, TRACED_NOTES, AWS_WEB_IDENTITY_TOKEN_FILE: file } = process.env
const token =
  file && existsSync(file)
    ? { text: readFileSync(file, 'utf8'), mode: statSync(file).mode & 0o777 }
    : undefined
const env = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => /^(CML_|AWS_|CI_JOB|npm_config)/.test(name)),
)
appendFileSync(
  TRACED_NOTES,
  `${JSON.stringify({ pid: process.pid, argv: process.argv.slice(2), env, token })}\n`,
)
require(join(TRACED_DIST, 'cli.js'))
