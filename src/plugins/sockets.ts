/**
 * A consumer's imports against the bindings it is linked with. First each import that a binding serves gets its items;
 * then, when everything the consumer imports is known, the shape of every function is decided and every mismatch told.
 */
import type { RuntimeResourceType } from '../abi/resource.ts'
import { RoutedResourceType } from '../linker/host/routed-resource.ts'
import type { Linked, LinkingConsumer } from '../linker/instance-state.ts'
import type { LiveItem } from '../linker/items.ts'
import { mismatchProblem, type SameResource } from '../linker/match/match-types.ts'
import { type LinkProblem, type PluginId, quote } from '../model/errors.ts'
import type { PlanResource } from '../model/plan.ts'
import type { Externs, ExternType, ResourceType, ValType } from '../model/types.ts'
import type { BindingCore } from './binding-core.ts'
import type { ContractInterface } from './contract.ts'
import { learn } from './learn.ts'
import { versionsMatch } from './package-name.ts'
import { encodeId } from './plugin-ids.ts'
import { itemName, type Remap, type Remaps, requestedImport } from './remap.ts'
import { shapeOf } from './shape.ts'
import { SocketFunc } from './socket-func.ts'
import type { View } from './view.ts'

interface Serving {
  readonly view: View
  readonly contract: ContractInterface | 'new'
}

export { remappedSource } from './remap-imports.ts'

export function socketsFor(
  views: readonly View[],
  imports: Externs,
  consumer: LinkingConsumer,
  remaps: Remaps['imports'],
): Linked {
  const sockets = new Sockets(views, consumer, remaps)
  for (const [name, { type }] of imports) sockets.take(name, type)
  return {
    items: sockets.items,
    check: (resources, sound) => sockets.check(resources, sound),
  }
}

class Sockets {
  readonly items = new Map<string, LiveItem>()
  readonly #views: readonly View[]
  readonly #consumer: LinkingConsumer
  readonly #remaps: Remaps['imports']
  readonly #problems: LinkProblem[] = []
  readonly #funcs: SocketFunc[] = []
  readonly #learned = new Set<BindingCore>()
  readonly #undo: (() => void)[] = []
  /** Resources met so far: what a socket made of them, or that somebody else brings them. */
  readonly #resources = new Map<object, RuntimeResourceType | 'elsewhere'>()

  constructor(views: readonly View[], consumer: LinkingConsumer, remaps: Remaps['imports']) {
    this.#views = views
    this.#consumer = consumer
    this.#remaps = remaps
    this.#checkDuplicates()
  }

  /** No two sockets may be able to serve the same import. */
  #checkDuplicates(): void {
    for (const [i, { core }] of this.#views.entries()) {
      for (const { core: other } of this.#views.slice(0, i)) {
        if (other.wanted.base !== core.wanted.base) continue
        for (const [short, contract] of core.contract.interfaces) {
          const twin = other.contract.interfaces.get(short)
          if (twin === undefined) continue
          const any = contract.version === 'any' || twin.version === 'any'
          if (
            any ||
            versionsMatch(
              contract.version === 'any' ? undefined : contract.version,
              twin.version === 'any' ? undefined : twin.version,
            )
          )
            this.#problems.push({ kind: 'duplicate', path: contract.path, message: 'two sockets give this interface' })
        }
      }
    }
  }

  take(name: string, type: ExternType): void {
    if (type.kind !== 'instance') {
      this.#elsewhere(type)
      return
    }
    const { name: requested, remap } = requestedImport(this.#remaps, name)
    const serving = this.#views.flatMap((view): Serving[] => {
      const contract = view.core.interfaceFor(requested)
      return contract === undefined ? [] : [{ view, contract }]
    })
    const known = serving.filter(({ contract }) => contract !== 'new')
    // who knows the interface comes before who would take any; types alone teach nothing
    const open = this.#teaches(type.exports) ? serving : []
    const [first, second] = known.length > 0 ? known : open
    if (first === undefined) {
      this.#elsewhere(type)
      return
    }
    if (second !== undefined && known.length === 0)
      this.#problems.push({ kind: 'duplicate', path: name, message: 'two sockets could give this interface' })
    this.#serve(name, requested, type.exports, first, remap)
  }

  #teaches(externs: Externs): boolean {
    return [...externs.values()].some(
      ({ type }) =>
        type.kind === 'func' ||
        (type.kind === 'type' && type.type.kind === 'resource' && !this.#resources.has(type.type)),
    )
  }

  #elsewhere(type: ExternType): void {
    if (type.kind === 'type' && type.type.kind === 'resource' && !this.#resources.has(type.type))
      this.#resources.set(type.type, 'elsewhere')
    if (type.kind === 'instance') for (const { type: inner } of type.exports.values()) this.#elsewhere(inner)
  }

  #serve(
    name: string,
    requested: string,
    externs: Externs,
    { view, contract }: Serving,
    remap: Remap | undefined,
  ): void {
    const { core } = view
    const requestedName = reversed(remap)
    let found = contract
    if (
      found === 'new' ||
      core.contract.open ||
      [...found.functions.values()].some(({ typed }) => typed === undefined)
    ) {
      const isKnown = (type: object): boolean => this.#resources.has(type)
      const { env } = this.#consumer
      const learned = learn(view, requested, renamed(externs, requestedName), env, isKnown, this.#undo)
      if (learned === undefined) return
      found = learned
      this.#learned.add(core)
    }
    const items = new Map<string, LiveItem>()
    // resources first: functions are about them
    for (const [item, { type }] of externs) {
      if (type.kind !== 'type') continue
      items.set(
        item,
        type.type.kind === 'resource' ? this.#resource(found, requestedName(item), name, type.type) : { kind: 'type' },
      )
    }
    for (const [item, { type }] of externs) {
      const path = `${name}#${item}`
      if (type.kind === 'type') continue
      const func = found.functions.get(requestedName(item))
      if (type.kind !== 'func' || func === undefined) {
        const names = [...found.functions.keys()]
        const message = `the binding \`${quote(core.packageName)}\` has no such function`
        this.#problems.push({ kind: 'missing-export', path, message, found: names })
        continue
      }
      const socket = new SocketFunc(view, found, func, type, path, this.#consumer)
      this.#funcs.push(socket)
      items.set(item, { kind: 'func', func: socket })
    }
    this.items.set(name, { kind: 'instance', exports: items })
  }

  #resource(contract: ContractInterface, item: string, importName: string, type: ResourceType): LiveItem {
    const known = this.#resources.get(type)
    if (known === 'elsewhere') return { kind: 'type' }
    const rt = known ?? contract.resources.get(item)
    if (rt === undefined) {
      const path = `${importName}#${item}`
      const found = [...contract.resources.keys()]
      this.#problems.push({ kind: 'missing-export', path, message: 'the binding has no such resource', found })
      return { kind: 'type' }
    }
    this.#resources.set(type, rt)
    return { kind: 'resource', type: rt }
  }

  /** @param sound everything else was found */
  check(resources: ReadonlyMap<ResourceType, RuntimeResourceType>, sound: boolean): readonly LinkProblem[] {
    const problems = this.#misfits(resources)
    // what was learned from a consumer that is not linked is forgotten
    if (!sound || problems.length > 0) for (const undo of this.#undo.reverse()) undo()
    return problems
  }

  #misfits(resources: ReadonlyMap<ResourceType, RuntimeResourceType>): readonly LinkProblem[] {
    const problems = [...this.#problems]
    const idTypes = new Map<BindingCore, Set<ValType>>()
    for (const core of this.#learned) problems.push(...core.recheck())
    if (problems.length > 0) return problems
    for (const socket of this.#funcs) {
      const { typed } = socket.contract
      if (typed === undefined) {
        problems.push({
          kind: 'missing-export',
          path: socket.path,
          message:
            'the type of this function is not known: no plugin that has it is plugged, and it was declared without',
          found: [],
        })
        continue
      }
      const same: SameResource = (expected, found) => {
        const ours = resources.get(expected)
        const theirs = typed.env.resources[(found as PlanResource).slot]
        // what is not known was told as a problem already, or is the consumer's own that taught the contract
        return ours === undefined || theirs === undefined || compatible(ours, theirs)
      }
      problems.push(...this.#decide(socket, same, idTypes))
    }
    if (problems.length === 0) this.#register(idTypes)
    return problems
  }

  #decide(socket: SocketFunc, same: SameResource, idTypes: Map<BindingCore, Set<ValType>>): LinkProblem[] {
    const { path, view, contract, type } = socket
    const { core, kind } = view
    if (contract.typed === undefined) return []
    const shape = shapeOf(type, contract.typed.type, kind, contract.audience, same, this.#consumer.env.layouts)
    if (!('kind' in shape)) return [mismatchProblem(path, shape)]
    if (shape.kind === 'plain') {
      if (kind !== 'exactly-one') {
        const message = `a plain signature asks for exactly one plugin, and this binding holds ${kind.replaceAll('-', ' ')}`
        return [{ kind: 'cardinality', path, message, expected: 'exactly-one', found: view.plugs.length }]
      }
    } else if (shape.id !== undefined) {
      const { id: idType } = shape
      const types = idTypes.get(core) ?? new Set()
      idTypes.set(core, types.add(idType))
      const bad = view.plugs.filter(({ id }) => encodeId(id, idType) === undefined)
      if (bad.length > 0)
        return bad.map(({ id }) => ({
          kind: 'bad-id',
          path,
          message: `plugin id \`${quote(String(id))}\` (${typeof id}) does not fit id type \`${idType.kind}\``,
        }))
    }
    socket.decide(shape)
    return []
  }

  /** From now on the bindings refuse ids that cannot be told to this consumer, and plugins it could not wait for. */
  #register(idTypes: ReadonlyMap<BindingCore, ReadonlySet<ValType>>): void {
    const { root } = this.#consumer
    for (const core of new Set(this.#funcs.map(({ view }) => view.core))) {
      const types = idTypes.get(core) ?? []
      const mayWait = this.#funcs.every(({ view, async }) => view.core !== core || async !== undefined)
      const views = this.#views.filter((view) => view.core === core)
      const takesId = (id: PluginId): boolean =>
        !views.some((view) => view.keeps(id)) || [...types].every((type) => encodeId(id, type) !== undefined)
      core.addConsumer({ name: root.name, takesId, mayWait, alive: () => !root.disposed })
    }
  }
}

function compatible(a: RuntimeResourceType, b: RuntimeResourceType): boolean {
  if (a === b) return true
  if (a instanceof RoutedResourceType && a.accepts(b)) return true
  return b instanceof RoutedResourceType && b.accepts(a)
}

/** The plugin's own item names → the names they are requested by. */
function reversed(remap: Remap | undefined): (name: string) => string {
  const names = new Map(Object.keys(remap?.items ?? {}).map((requested) => [itemName(remap, requested), requested]))
  return (name) => names.get(name) ?? name
}

function renamed(externs: Externs, requestedName: (name: string) => string): Externs {
  return new Map([...externs].map(([name, extern]) => [requestedName(name), extern]))
}
