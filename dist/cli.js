#!/usr/bin/env node
require('./index.js').runCli(__dirname)
