/**
 * curl's configuration (curl(1), `--config`): what would be secret or hostile on a command line is quoted in a file. Options
 * without a value stand alone. Whatever address stands there, also one that a server redirects to, curl speaks HTTP alone: root reads these
 * files, and `file:` would be one of the machine's. Throws a RangeError for a control character: a line break would begin an option.
 */
export function renderCurl(options: readonly (readonly [name: string, value?: string])[]): string {
  return [...onlyHttp, ...options]
    .map(([name, value]) => (value === undefined ? `${name}\n` : `${name} = ${quoted(value)}\n`))
    .join('')
}

/** Without a scheme an address is https; curl would guess by the host's name. */
const onlyHttp = [
  ['proto', '=https,http'],
  ['proto-redir', '=https,http'],
  ['proto-default', 'https'],
] as const

function quoted(value: string): string {
  if (/\p{Cc}/u.test(value)) throw new RangeError('a control character in a setting of curl')
  return `"${value.replace(/[\\"]/g, '\\$&')}"`
}
