import type { CloudRig, OpenCloud } from './rig.ts'

/**
 * Several clouds in one launch: the first has no machine left, the second's quota is used up, the third takes it, and whatever comes after it is never asked for one.
 * What the matrix does to a cloud is done to the one that takes it.
 */
export function jointRig(rigs: readonly [CloudRig, CloudRig, CloudRig, ...CloudRig[]]): CloudRig {
  const [, , { name }] = rigs
  return {
    name,
    async open(surroundings, fleet) {
      const parts = await Promise.all(rigs.map((rig) => rig.open(surroundings, fleet)))
      const [empty, exhausted, taker] = parts as [OpenCloud, OpenCloud, OpenCloud]
      empty.refuse('empty')
      exhausted.refuse('quota')
      const all = <T>(of: (part: OpenCloud) => readonly T[]): readonly T[] => parts.flatMap(of)
      const merged = (of: (part: OpenCloud) => Readonly<Record<string, string>>) =>
        Object.assign({}, ...parts.map(of)) as Readonly<Record<string, string>>
      return {
        ...taker,
        variables: merged(({ variables }) => variables),
        inputs: { ...merged(({ inputs }) => inputs), cloud: rigs.map((rig) => rig.name).join(',') },
        forgets: parts.some(({ forgets }) => forgets === true),
        machines: () => all((part) => part.machines()),
        lag: (looks) => parts.forEach((part) => part.lag(looks)),
        timePassed: () => parts.forEach((part) => part.timePassed?.()),
        strays: () => all((part) => part.strays()),
        secrets: () => all((part) => part.secrets()),
        sent: () => all((part) => part.sent()),
        refused: () => all((part) => part.refused()),
        close: async () => void (await Promise.all(parts.map((part) => part.close()))),
      }
    },
  }
}
