/**
 * ASTs → packages. Interfaces are resolved dependencies first, so that a `use` finds its types; worlds after all
 * interfaces, those that are included first. An item behind a feature gate that is not on does not exist.
 *
 * WIT.md of the specification: Name resolution of WIT
 */
import { type MalformedError, quote } from '../model/errors.ts'
import { parseVersion } from '../parser/semver.ts'
import { compareVersions } from '../parser/semver-order.ts'
import { textError } from '../text/source.ts'
import type { Front, InterfaceAst, InterfaceItem, TopUse, UseAst, UsePath, WorldAst } from './ast.ts'
import { type Group, type Groups, groupFiles, type Part } from './group.ts'
import { inOrder } from './order.ts'
import {
  interfaceId,
  type NamedType,
  packageId,
  type WitInterface,
  type WitItem,
  type WitPackage,
  type WitWorld,
} from './packages.ts'
import { TypeScope } from './resolve-types.ts'
import { WorldResolver } from './resolve-world.ts'

export interface Resolved {
  readonly packages: ReadonlyMap<string, WitPackage>
  readonly main: WitPackage | undefined
}

/** A definition at the top of a package, and where it stands. */
export interface Node<A> {
  readonly ast: A
  readonly part: Part
  readonly group: Group
}
type AnyNode = Node<InterfaceAst> | Node<WorldAst>

/** @throws MalformedError with line, column and excerpt */
export function resolveFiles(files: Readonly<Record<string, string>>, features: ReadonlySet<string> | 'all'): Resolved {
  return new Resolver(groupFiles(files), features).run()
}

export class Resolver {
  readonly facts: WeakMap<NamedType, { readonly depth: number; readonly borrows: boolean }> = new WeakMap()
  readonly #groups: Groups
  readonly #features: ReadonlySet<string> | 'all'
  readonly #packages = new Map<string, WitPackage>()
  /** Ids of what a gate hides. */
  readonly #off = new Set<string>()
  readonly #nodes = new Map<Group, Map<string, AnyNode>>()
  readonly #interfaces = new Map<InterfaceAst, WitInterface>()
  readonly #worlds = new Map<WorldAst, WitWorld>()

  constructor(groups: Groups, features: ReadonlySet<string> | 'all') {
    this.#groups = groups
    this.#features = features
  }

  run(): Resolved {
    for (const [id, group] of this.#groups.byId) {
      const { base, version, docs } = group
      this.#packages.set(id, { base, version, docs, interfaces: new Map(), worlds: new Map() })
      const nodes = new Map<string, AnyNode>()
      this.#nodes.set(group, nodes)
      for (const part of group.parts) {
        for (const ast of part.interfaces) if (this.on(ast)) nodes.set(ast.name.text, { ast, part, group })
        for (const ast of part.worlds) if (this.on(ast)) nodes.set(ast.name.text, { ast, part, group })
        for (const ast of [...part.interfaces, ...part.worlds]) {
          checkGates(ast, part, group)
          if (!this.on(ast)) this.#off.add(interfaceId(group.base, group.version, ast.name.text))
        }
      }
    }
    for (const group of this.#groups.byId.values()) for (const part of group.parts) this.#checkUses(group, part)
    const all = [...this.#nodes.values()].flatMap((nodes) => [...nodes.values()])
    const interfaces = all.filter((node) => isInterface(node))
    const worlds = all.filter((node) => isWorld(node))

    const cycle = (node: AnyNode): never => {
      throw textError(node.part.source, `\`${quote(node.ast.name.text)}\` depends on itself`, node.ast.name.at)
    }
    for (const node of inOrder(interfaces, (node) => this.#used(node), cycle)) this.#define(node)
    for (const node of inOrder(worlds, (node) => this.#included(node), cycle)) {
      const world = new WorldResolver(this, node).run()
      this.#worlds.set(node.ast, world)
      this.#package(node.group).worlds.set(world.name, world)
    }
    // as written, not as resolved
    for (const group of this.#groups.byId.values()) this.#sort(group)
    const main = this.#groups.main && this.#package(this.#groups.main)
    return { packages: this.#packages, main }
  }

  // — What the parts of the resolver ask

  /** Whether an item exists: its gate is open. */
  on({ gate }: Pick<Front, 'gate'>): boolean {
    return gate.unstable === undefined || this.#features === 'all' || this.#features.has(gate.unstable)
  }

  /** Whether a path leads to what a gate hides: a world does without it then. */
  hidden({ part, group }: AnyNode, { package: wanted, name }: UsePath): boolean {
    const { package: from, name: target } = part.uses.get(name.text)?.path ?? { package: wanted, name }
    const { base, version } = from ?? group
    return this.#off.has(interfaceId(base, version, target.text))
  }

  error(part: Pick<Part, 'source'>, message: string, at: number): MalformedError {
    return textError(part.source, message, at)
  }

  /** The interface that a path means. */
  interface(node: AnyNode, path: UsePath): WitInterface {
    const found = this.#find(node, path)
    const made = isInterface(found) ? this.#interfaces.get(found.ast) : undefined
    if (made === undefined)
      throw this.error(node.part, `\`${quote(path.name.text)}\` is not an interface`, path.name.at)
    return made
  }

  world(node: AnyNode, path: UsePath): WitWorld {
    const found = this.#find(node, path)
    const made = isWorld(found) ? this.#worlds.get(found.ast) : undefined
    if (made === undefined) throw this.error(node.part, `\`${quote(path.name.text)}\` is not a world`, path.name.at)
    return made
  }

  /** The items of an interface, also of one that is written inside a world. */
  fill(node: AnyNode, made: WitInterface, items: readonly InterfaceItem[]): void {
    const here = items.filter((item) => this.on(item))
    const scope = this.scope(node, made.items)
    for (const item of here) if (item.kind === 'use') this.use(node, scope, item)
    scope.define(here.filter((item) => item.kind === 'type'))
    for (const item of here) if (item.kind === 'func') scope.add(scope.func(item.name, item, item.func), item.name.at)
    // resources keep their functions beside them, in the order of the text
    sortItems(made.items, here)
  }

  scope(node: AnyNode, items: Map<string, WitItem>): TypeScope {
    return new TypeScope(node.part.source, items, this.facts)
  }

  use(node: AnyNode, scope: TypeScope, { path, names }: UseAst): void {
    const from = this.interface(node, path)
    for (const { name, as } of names) {
      const item = from.items.get(name.text)
      if (item === undefined || item.kind === 'func') {
        const where = from.id ?? from.name
        throw this.error(node.part, `type \`${quote(name.text)}\` is not defined in \`${quote(where)}\``, name.at)
      }
      scope.add({ kind: 'use', name: as.text, from, item: name.text, type: item.type }, as.at)
    }
  }

  // — Names

  #package({ base, version }: Group): WitPackage {
    const found = this.#packages.get(packageId(base, version))
    if (found === undefined) throw new TypeError(`no package ${base}`)
    return found
  }

  #find(node: Pick<AnyNode, 'part' | 'group'>, { package: wanted, name }: UsePath): AnyNode {
    let group: Group | undefined = node.group
    if (wanted === undefined) {
      const renamed: TopUse | undefined = node.part.uses.get(name.text)
      // a file may rename its own interface, but not go round in circles
      if (renamed !== undefined && renamed.path.package !== undefined) return this.#find(node, renamed.path)
      const target = renamed?.path.name ?? name
      const found = this.#nodes.get(group)?.get(target.text)
      if (found !== undefined) return found
      throw this.error(node.part, `interface or world \`${quote(target.text)}\` does not exist`, name.at)
    }
    const id = packageId(wanted.base, wanted.version)
    group = this.#groups.byId.get(id)
    if (group === undefined) {
      const near = [...this.#groups.byId.keys()].filter((other) => other.split('@')[0] === wanted.base)
      const hint = near.length === 0 ? '' : `; there is ${near.map((other) => `\`${quote(other)}\``).join(', ')}`
      throw this.error(node.part, `package \`${quote(id)}\` is not known${hint}`, wanted.at)
    }
    const found = this.#nodes.get(group)?.get(name.text)
    if (found !== undefined) return found
    throw this.error(node.part, `\`${quote(name.text)}\` does not exist in package \`${quote(id)}\``, name.at)
  }

  *#used(node: Node<InterfaceAst>): Iterable<Node<InterfaceAst>> {
    for (const item of node.ast.items) {
      if (item.kind !== 'use' || !this.on(item)) continue
      const found = this.#find(node, item.path)
      if (isInterface(found)) yield found
    }
  }

  *#included(node: Node<WorldAst>): Iterable<Node<WorldAst>> {
    for (const item of node.ast.items) {
      if (item.kind !== 'include' || !this.on(item) || this.hidden(node, item.path)) continue
      const found = this.#find(node, item.path)
      if (isWorld(found)) yield found
    }
  }

  /** A file's own names for interfaces must mean some, also where nobody uses them. */
  #checkUses(group: Group, part: Part): void {
    for (const { path, gate } of part.uses.values()) {
      if (!this.on({ gate })) continue
      // a renamed interface is looked for in the package, not among other renamed ones
      const found = this.#find({ part: { ...part, uses: new Map() }, group }, path)
      if (!isInterface(found)) throw this.error(part, `\`${quote(path.name.text)}\` is not an interface`, path.name.at)
    }
  }

  #define(node: Node<InterfaceAst>): void {
    const { ast, group } = node
    const id = interfaceId(group.base, group.version, ast.name.text)
    const made: WitInterface = { id, name: ast.name.text, docs: ast.docs, items: new Map() }
    this.fill(node, made, ast.items)
    this.#interfaces.set(ast, made)
    this.#package(group).interfaces.set(made.name, made)
  }

  #sort(group: Group): void {
    const { interfaces, worlds } = this.#package(group)
    for (const name of this.#nodes.get(group)?.keys() ?? []) {
      toEnd(interfaces, name)
      toEnd(worlds, name)
    }
  }
}

const isInterface = (node: AnyNode): node is Node<InterfaceAst> => node.ast.kind === 'interface'
const isWorld = (node: AnyNode): node is Node<WorldAst> => node.ast.kind === 'world'

function toEnd<T>(map: Map<string, T>, name: string): void {
  const value = map.get(name)
  if (value === undefined) return
  map.delete(name)
  map.set(name, value)
}

/** Uses first, then as written, a resource's functions after it. */
function sortItems(items: Map<string, WitItem>, written: readonly InterfaceItem[]): void {
  const before = new Map(items)
  items.clear()
  const move = (name: string): void => {
    const item = before.get(name)
    if (item !== undefined) items.set(name, item)
  }
  for (const [name, item] of before) if (item.kind === 'use') move(name)
  for (const item of written) {
    if (item.kind === 'use') continue
    move(item.name.text)
    if (item.kind !== 'type' || item.body.kind !== 'resource') continue
    for (const { kind, name } of item.body.methods)
      move(kind === 'constructor' ? `[constructor]${item.name.text}` : `[${kind}]${item.name.text}.${name.text}`)
  }
}

/** What is inside a gate must not be seen without it, and no gate can name a version that is still to come. */
function checkGates(ast: InterfaceAst | WorldAst, part: Part, group: Group): void {
  const check = (item: Front, around: Front | undefined): void => {
    const { unstable, since, deprecated } = item.gate
    if (around?.gate.unstable !== undefined && unstable === undefined)
      throw textError(
        part.source,
        `this is part of \`@unstable(feature = ${around.gate.unstable})\` and needs the same gate`,
        item.at,
      )
    for (const version of [since, deprecated]) {
      if (version === undefined) continue
      const known = group.version === undefined ? undefined : parseVersion(group.version)
      const asked = parseVersion(version)
      if (known === undefined)
        throw textError(part.source, `a gate needs a version of its package \`${quote(group.base)}\``, item.at)
      if (asked === undefined || compareVersions(asked, known) > 0) {
        const current = `\`${quote(group.base)}\` (current version ${group.version})`
        throw textError(
          part.source,
          `feature gate cannot reference unreleased version ${version} of package ${current}`,
          item.at,
        )
      }
    }
  }
  check(ast, undefined)
  for (const item of ast.items) {
    check(item, ast)
    if (item.kind === 'type' && item.body.kind === 'resource')
      for (const method of item.body.methods) check(method, item)
  }
}
