/**
 * One world: its own items, what it includes, and the imports that follow from them. A world that uses a type of an
 * interface imports that interface, unless it exports both the user and the used.
 *
 * WIT.md of the specification: Transitive imports and worlds
 */
import { BugError, quote } from '../model/errors.ts'
import type { WorldAst, WorldItem } from './ast.ts'
import { inOrder } from './order.ts'
import {
  interfaceId,
  type WitExtern,
  type WitInterface,
  type WitItem,
  type WitTypeDef,
  type WitUse,
  type WitWorld,
} from './packages.ts'
import type { Node, Resolver } from './resolve.ts'

export class WorldResolver {
  readonly #resolver: Resolver
  readonly #node: Node<WorldAst>
  readonly #world: WitWorld
  readonly #claimed = new Set<string>()

  constructor(resolver: Resolver, node: Node<WorldAst>) {
    const { ast, group } = node
    this.#resolver = resolver
    this.#node = node
    this.#world = {
      id: interfaceId(group.base, group.version, ast.name.text),
      name: ast.name.text,
      docs: ast.docs,
      types: new Map(),
      imports: new Map(),
      exports: new Map(),
    }
  }

  run(): WitWorld {
    const resolver = this.#resolver
    const node = this.#node
    const items = node.ast.items.filter((item) => resolver.on(item))
    const known = new Map<string, WitItem>()
    const scope = resolver.scope(node, known)
    for (const item of items) if (item.kind === 'use') resolver.use(node, scope, item)
    scope.define(items.filter((item) => item.kind === 'type'))
    for (const [name, item] of known) {
      // functions of a world's resources are imports like any other
      if (item.kind === 'func') this.#world.imports.set(name, item)
      else this.#world.types.set(name, item)
    }
    for (const item of items) {
      if (item.kind !== 'import' && item.kind !== 'export') continue
      if (item.type.kind !== 'path' || !resolver.hidden(node, item.type.path)) this.#extern(item, known)
    }
    for (const item of items) if (item.kind === 'include' && !resolver.hidden(node, item.path)) this.#include(item)
    this.#elaborate()
    return this.#world
  }

  #side(kind: 'import' | 'export'): Map<string, WitExtern> {
    return kind === 'import' ? this.#world.imports : this.#world.exports
  }

  #extern(item: Extract<WorldItem, { kind: 'import' | 'export' }>, known: Map<string, WitItem>): void {
    const resolver = this.#resolver
    const node = this.#node
    const { type, docs, externalId } = item
    if (item.name === undefined) {
      if (type.kind !== 'path') return
      const found = resolver.interface(node, type.path)
      const name = found.id ?? found.name
      this.#claim(item.kind, name, type.path.name.at)
      this.#side(item.kind).set(name, { kind: 'interface', interface: found, docs, externalId })
      return
    }
    const { text, at } = item.name
    this.#claim(item.kind, text, at)
    switch (type.kind) {
      case 'func':
        this.#side(item.kind).set(text, resolver.scope(node, known).func(item.name, item, type.func))
        break
      case 'path':
        this.#side(item.kind).set(text, {
          kind: 'interface',
          interface: resolver.interface(node, type.path),
          docs,
          externalId,
        })
        break
      case 'inline': {
        const made: WitInterface = { id: undefined, name: text, docs, items: new Map() }
        resolver.fill(node, made, type.items)
        this.#side(item.kind).set(text, { kind: 'interface', interface: made, docs, externalId })
        break
      }
    }
  }

  #claim(kind: 'import' | 'export', name: string, at: number): void {
    const key = `${kind} ${name.toLowerCase()}`
    // types of a world are imports of its components
    if (this.#claimed.has(key) || (kind === 'import' && this.#world.types.has(name))) throw this.#twice(kind, name, at)
    this.#claimed.add(key)
  }

  #twice(kind: string, name: string, at: number): Error {
    return this.#resolver.error(this.#node.part, `${kind} \`${quote(name)}\` is there more than once`, at)
  }

  #include(item: Extract<WorldItem, { kind: 'include' }>): void {
    const included = this.#resolver.world(this.#node, item.path)
    const renames = new Map(item.with.map(({ name, as }) => [name.text, as.text]))
    const used = new Set<string>()
    const merge = <T>(
      from: ReadonlyMap<string, T>,
      into: Map<string, T>,
      what: string,
      rename: (value: T, name: string) => T,
    ) => {
      for (const [name, value] of from) {
        const renamed = name.includes(':') ? undefined : renames.get(name)
        if (renamed !== undefined) used.add(name)
        const key = renamed ?? name
        if (!into.has(key)) into.set(key, renamed === undefined ? value : rename(value, key))
        else if (!name.includes(':') && into.get(key) !== value) throw this.#twice(what, key, item.path.name.at)
      }
    }
    const extern = (value: WitExtern, name: string): WitExtern => (value.kind === 'func' ? { ...value, name } : value)
    merge<WitTypeDef | WitUse>(included.types, this.#world.types, 'type', (value, name) => ({ ...value, name }))
    merge(included.imports, this.#world.imports, 'import', extern)
    merge(included.exports, this.#world.exports, 'export', extern)
    const unknown = item.with.find(({ name }) => !used.has(name.text))
    if (unknown !== undefined) {
      const message = `\`${quote(unknown.name.text)}\` is no plain name of the included world`
      throw this.#resolver.error(this.#node.part, message, unknown.name.at)
    }
  }

  /** Adds the interfaces whose types are used, before those that use them. */
  #elaborate(): void {
    const { imports, exports, types } = this.#world
    const before = new Map(imports)
    imports.clear()
    const add = (wanted: WitInterface): void => {
      for (const found of inOrder([wanted], ({ items }) => usedBy(items.values()), noCycle)) {
        if (found.id === undefined || imports.has(found.id)) continue
        imports.set(
          found.id,
          before.get(found.id) ?? { kind: 'interface', interface: found, docs: '', externalId: undefined },
        )
      }
    }
    for (const used of usedBy(types.values())) add(used)
    for (const [name, extern] of before) {
      if (extern.kind === 'interface') for (const used of usedBy(extern.interface.items.values())) add(used)
      if (!imports.has(name)) imports.set(name, extern)
    }
    for (const extern of exports.values()) {
      if (extern.kind !== 'interface') continue
      for (const used of usedBy(extern.interface.items.values()))
        if (used.id === undefined || !exports.has(used.id)) add(used)
    }
  }
}

function usedBy(items: Iterable<WitItem>): WitInterface[] {
  const used = new Set<WitInterface>()
  for (const item of items) if (item.kind === 'use') used.add(item.from)
  return [...used]
}

function noCycle(): never {
  throw new BugError('resolved: interfaces do not depend on themselves')
}
