/**
 * A word of a command that is pasted into a shell: as it is where the shell leaves it alone, else between quotes. To zsh `=ls` is the path
 * of `ls`.
 */
export function shellWord(text: string): string {
  return /^(?!=)[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`
}
