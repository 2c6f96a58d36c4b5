import { stripTypeScriptTypes } from 'node:module'

/** Jest's transform: what Node itself does with the product's files. Types become blanks, so lines and columns stay what they were. */
export default {
  process(code) {
    return { code: stripTypeScriptTypes(code, { mode: 'strip' }) }
  },
}
