import {
  inputsOf,
  type ComponentFacts,
  type ComponentInputs,
  type TemplateCommand,
} from './component-inputs.ts'
import { templates } from './component.ts'
import { codes } from './describe.ts'
import { cell } from './readme.ts'

/** Where the component's README tells what, and how its sections are called. */
const told = {
  shared: '[those of every template](#inputs-of-every-template)',
  login: '[those to log in by](#inputs-to-log-in-by)',
  launch: '[`runner`](#inputs-of-runner)',
} as const

/** The inputs for the component's README, by region. What every template takes is told once, and what `runner` takes too is told there. */
export function renderComponentPage(facts: ComponentFacts): Readonly<Record<string, string>> {
  const commands = Object.keys(templates) as TemplateCommand[]
  const all = commands.map((command) => [command, inputsOf(command, facts)] as const)
  const logins = new Set(
    facts.logins.flatMap(({ inputs, audience }) => [...inputs.map(({ input }) => input), audience.input]),
  )
  const ofLaunch = inputsOf('launch', facts)
  const everywhere = kept(ofLaunch, (name) => all.every(([, inputs]) => same(inputs, ofLaunch, name)))
  const own = all.map(([command, inputs]) => {
    const besides = kept(inputs, (name) => !(name in everywhere))
    return [`inputs-${templates[command]}`, ownPart(besides, command === 'launch' ? {} : ofLaunch)] as const
  })
  return {
    'inputs-shared': table(kept(everywhere, (name) => !logins.has(name))),
    'inputs-login': table(kept(everywhere, (name) => logins.has(name))),
    ...Object.fromEntries(own),
  }
}

function kept(inputs: ComponentInputs, fits: (name: string) => boolean): ComponentInputs {
  return Object.fromEntries(Object.entries(inputs).filter(([name]) => fits(name)))
}

function same(inputs: ComponentInputs, others: ComponentInputs, name: string): boolean {
  return JSON.stringify(inputs[name]) === JSON.stringify(others[name])
}

/** What a template takes besides. `known`: what another table tells. */
function ownPart(inputs: ComponentInputs, known: ComponentInputs): string {
  const isKnown = (name: string): boolean => name in known && same(inputs, known, name)
  const there = Object.keys(kept(inputs, isKnown))
  const parts = [
    `Besides ${told.shared} and ${told.login}:`,
    table(kept(inputs, (name) => !isKnown(name))),
    ...(there.length > 0 ? [`As in ${told.launch}: ${codes(there)}.`] : []),
  ]
  return parts.join('\n\n')
}

function table(inputs: ComponentInputs): string {
  const rows = Object.entries(inputs).map(([name, { type = 'string', description, default: standing }]) => {
    const shown =
      standing === undefined ? '**required**' : codes([JSON.stringify(standing).replace(/^"|"$/g, '')])
    return `| \`${name}\` | ${type} | ${shown} | ${cell(description)} |`
  })
  return ['| input | type | default | meaning |', '| --- | --- | --- | --- |', ...rows].join('\n')
}
