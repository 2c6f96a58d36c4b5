// The description of an API that its client reads at its start and after each refusal: 12 MB for Compute Engine, in three versions. This keeps what the
// given methods reach.

/** A name of protobufjs' JSON, as far as it is walked here. */
interface Node {
  readonly nested?: Readonly<Record<string, Node>>
  readonly fields?: Readonly<Record<string, { readonly type: string; readonly keyType?: string }>>
  readonly methods?: Readonly<Record<string, { readonly requestType: string; readonly responseType: string }>>
  readonly values?: Readonly<Record<string, number>>
  readonly options?: unknown
}

/** `{ Instances: ['Insert', 'Get'] }`: by service, the methods that are called. */
export type UsedMethods = Readonly<Record<string, readonly string[]>>

const scalars = /^(double|float|u?int(32|64)|sint(32|64)|s?fixed(32|64)|bool|string|bytes)$/

/** The same tree with the named methods of the services in `package` and the types they reach; `google.protobuf` and `google.rpc` stay whole. */
export function trimProtos(tree: Node, path: string, used: UsedMethods): Node {
  const parts = path.split('.')
  const home = parts.reduce<Node | undefined>((node, name) => node?.nested?.[name], tree)
  if (!home?.nested) throw new Error(`there is no ${path} in these protos`)
  const services = Object.entries(used).map(
    ([name, methods]) => [name, serviceOf(home, name, methods)] as const,
  )
  const kept = new Map<string, Node>(services)
  for (const [, { methods = {} }] of services)
    for (const { requestType, responseType } of Object.values(methods)) {
      keep(home, requestType, kept)
      keep(home, responseType, kept)
    }
  const nested = Object.fromEntries([...kept].toSorted(([one], [other]) => (one < other ? -1 : 1)))
  const own = parts.reduceRight<Node>((node, name) => ({ nested: { [name]: node } }), {
    ...rest(home),
    nested,
  })
  return { nested: { google: { nested: { ...common(tree), ...own.nested?.google?.nested } } } }
}

function rest({ nested: _nested, ...node }: Node): Node {
  return node
}

function common(tree: Node): Readonly<Record<string, Node>> {
  const { protobuf, rpc } = tree.nested?.google?.nested ?? {}
  return { ...(protobuf ? { protobuf } : {}), ...(rpc ? { rpc } : {}) }
}

function serviceOf(home: Node, name: string, wanted: readonly string[]): Node {
  const service = home.nested?.[name]
  const methods = wanted.map((method) => {
    const found = service?.methods?.[method]
    if (!found) throw new Error(`the protos have no ${name}.${method}`)
    return [method, found] as const
  })
  return { ...service, methods: Object.fromEntries(methods) }
}

/** Enumerations within a message are described for people: its fields are text. */
function keep(home: Node, name: string, kept: Map<string, Node>): void {
  if (name.startsWith('.') || name.startsWith('google.') || kept.has(name)) return
  const node = home.nested?.[name]
  if (!node) throw new Error(`the protos have no type ${name}`)
  const inner = Object.values(node.fields ?? {})
    .map(({ type }) => type)
    .filter((type) => !scalars.test(type))
  const own = Object.entries(node.nested ?? {}).filter(([nested]) => inner.includes(nested))
  kept.set(name, own.length > 0 ? { ...node, nested: Object.fromEntries(own) } : rest(node))
  for (const type of inner) if (!own.some(([nested]) => nested === type)) keep(home, type, kept)
}
