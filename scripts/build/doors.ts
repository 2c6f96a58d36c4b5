/** The oldest Node that the command line runs on, as in `engines` of package.json, which npm only warns about. */
const oldest = { major: 22, minor: 19 }

/** In words that any Node can read: what is behind it may be more than an old one understands, and ends there with a stack. */
const guard = [
  "var found = process.versions.node.split('.').map(Number)",
  `if (found[0] < ${oldest.major} || (found[0] === ${oldest.major} && found[1] < ${oldest.minor})) {`,
  `  console.error('cml-runner needs Node.js ${oldest.major}.${oldest.minor} or newer, and this is ' + process.versions.node + '. In a job of GitLab, give an image such as node:24.')`,
  '  process.exit(1)',
  '}',
  '',
].join('\n')

/** Each door is as good as one line, so that everything behind it is one bundle with shared chunks. An action runs on the Node it names. */
export const doors: Readonly<Record<string, string>> = {
  'main.js': "require('./index.js').runMain(__dirname)\n",
  'post.js': "require('./index.js').runPost()\n",
  'cli.js': `#!/usr/bin/env node\n${guard}require('./index.js').runCli(__dirname)\n`,
}
