/**
 * curl's configuration (curl(1), `--config`): what would be secret or hostile on a command line is quoted in a file. Options
 * without a value stand alone.
 */
export function renderCurl(options: readonly (readonly [name: string, value?: string])[]): string {
  return options
    .map(([name, value]) => (value === undefined ? `${name}\n` : `${name} = ${quoted(value)}\n`))
    .join('')
}

function quoted(value: string): string {
  return `"${value.replace(/[\\"]/g, '\\$&')}"`
}
