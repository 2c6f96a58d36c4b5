import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { execFile } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describeWith } from '../needs.ts'
import { renderCurl } from '../../src/machine/curl.ts'

test("curl's configuration takes no line break or other control character, which would begin an option", () => {
  for (const sign of ['\n', '\r', '\0', '\t', '\u0085'])
    expect(() => renderCurl([['url', `https://x/${sign}output=first`]])).toThrow(RangeError)
})

describeWith(['curl'])("curl's configuration", () => {
  let folder: string

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'cml-runner-curl-'))
    writeFileSync(join(folder, 'secret'), 'secret')
  })

  afterEach(() => rmSync(folder, { recursive: true }))

  /** The real curl's exit code. */
  const curl = async (config: string): Promise<number> => {
    writeFileSync(join(folder, 'config'), config)
    return new Promise((resolve) => {
      const child = execFile('curl', ['--config', 'config'], { cwd: folder }, () => undefined)
      child.on('close', (code) => resolve(code ?? -1))
    })
  }

  test('makes curl refuse a file of the machine, which it would read without it', async () => {
    const options = [['url', `file://${folder}/secret`], ['output', 'copy'], ['silent']] as const
    // CURLE_UNSUPPORTED_PROTOCOL
    expect(await curl(renderCurl(options))).toBe(1)
    expect(existsSync(join(folder, 'copy'))).toBe(false)
    const free = renderCurl(options).replace(/^proto.*\n/gm, '')
    expect(await curl(free)).toBe(0)
    expect(readFileSync(join(folder, 'copy'), 'utf8')).toBe('secret')
  })
})
