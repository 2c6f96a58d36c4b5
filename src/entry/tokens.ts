import type { TokenVariable } from '../forges/forge.ts'
import { commonTokens, forges } from '../forges/registry.ts'
import type { RawOptions } from '../hosts/host.ts'

/** The server that a token will be shown to. */
export interface TokenTarget {
  /** As the forge's line in the registry is called. */
  readonly forge: string
  readonly repo: URL
  /** False when nothing but a git remote told it. */
  readonly named: boolean
}

export interface FittingTokens {
  /** Without the variables whose tokens belong to other servers. */
  readonly raw: RawOptions
  /** Why a variable is not used: a sentence each. */
  readonly withheld: readonly string[]
}

/**
 * A token goes to its own server alone. What is given to this program (the option, its own variables) is for the server that is asked; what the
 * surroundings hold for others (`forges/registry.ts` has the table) only where it is at home.
 */
export function fittingTokens(raw: RawOptions, target: TokenTarget): FittingTokens {
  const variables = { ...raw.variables }
  const withheld: string[] = []
  const own = forges.find(({ name }) => name === target.forge)?.servers.tokens ?? []
  const foreign = forges.flatMap(({ name, servers }) => (name === target.forge ? [] : servers.tokens))
  const unfit = [...own, ...commonTokens].filter(
    ({ fits }) => !fits(target.repo, target.named, raw.variables),
  )
  for (const token of [...unfit, ...foreign]) {
    if (!variables[token.name]?.trim()) continue
    delete variables[token.name]
    withheld.push(sentence(token, target))
  }
  return { raw: { ...raw, variables }, withheld }
}

function sentence({ name, servers }: TokenVariable, { repo, named }: TokenTarget): string {
  const told = named ? '' : ', an address that nothing but the git remote of this folder tells'
  return `The variable ${name} is set, and is not shown to ${repo.host}${told}: it is for ${servers}.`
}
