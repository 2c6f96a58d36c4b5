import { rawOptionsOf, type Arguments } from './arguments.ts'
import { componentVariables, isLoginVariable, notGiven, optionOfInput } from './component-variables.ts'
import type { RawOptions } from './host.ts'
import type { Variables } from './origin.ts'

/**
 * The inputs of the component arrive as CML_RUNNER_INPUT_<NAME>, apart from CML_RUNNER_<NAME>: those may be set for a whole project, and
 * GitLab would let them win over the variables of the job. A flag on the command line wins over an input.
 */
export function readInputs(stage: 'main' | 'post', read: Arguments, variables: Variables): RawOptions {
  const inputs = Object.entries(variables).flatMap(([variable, text = '']): [string, string][] => {
    const option = optionOfInput(variable)
    return option === undefined || ['', notGiven].includes(text.trim()) ? [] : [[option, text]]
  })
  const internal = new Set<string>(Object.values(componentVariables))
  const others = Object.entries(variables).filter(
    ([variable]) =>
      !internal.has(variable) && !isLoginVariable(variable) && optionOfInput(variable) === undefined,
  )
  const raw = rawOptionsOf(read, Object.fromEntries(others))
  return {
    ...raw,
    given: { ...Object.fromEntries(inputs), ...raw.given },
    // `post launch` asks for the end of what `launch` began.
    words: stage === 'post' ? raw.words.slice(1) : raw.words,
    prefix: inputs.length > 0 && Object.keys(raw.given).length === 0 ? '' : raw.prefix,
  }
}
