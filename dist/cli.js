#!/usr/bin/env node
var found = process.versions.node.split('.').map(Number)
if (found[0] < 22 || (found[0] === 22 && found[1] < 19)) {
  console.error('cml-runner needs Node.js 22.19 or newer, and this is ' + process.versions.node + '. In a job of GitLab, give an image such as node:24.')
  process.exit(1)
}
require('./index.js').runCli(__dirname)
