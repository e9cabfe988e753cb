/**
 * Types of one scope, an interface or a world: from their AST to the types of the model, whatever order they stand in.
 * What cannot be a type of the component model is an error at its place: unknown names, cycles, depth, borrows in results.
 */
import { type MalformedError, quote } from '../model/errors.ts'
import { MAX_FLAGS, MAX_WASM_TYPE_DEPTH } from '../model/limits.ts'
import type { FuncType, Named, PrimValType, ResourceType, ValType } from '../model/types.ts'
import { partsOf } from '../model/val-types.ts'
import { type Source, textError } from '../text/source.ts'
import type { Front, FuncAst, MethodAst, Name, TypeAst, TypeDefAst } from './ast.ts'
import { inOrder } from './order.ts'
import type { NamedType, WitFunc, WitItem, WitTypeDef } from './packages.ts'

interface Facts {
  readonly depth: number
  readonly borrows: boolean
}

export class TypeScope {
  readonly #source: Source
  readonly items: Map<string, WitItem>
  /** Names are alike whatever their case. */
  readonly #taken: Set<string>
  /** The definition that is being read, for what has no place of its own. */
  #here = 0
  /** Shared by all scopes: types pass between them. */
  readonly #facts: WeakMap<NamedType, Facts>

  constructor(source: Source, items: Map<string, WitItem>, facts: WeakMap<NamedType, Facts>) {
    this.#source = source
    this.items = items
    this.#taken = new Set([...items.keys()].map((name) => name.toLowerCase()))
    this.#facts = facts
  }

  error(message: string, at: number): MalformedError {
    return textError(this.#source, message, at)
  }

  /** @throws MalformedError for a name that the scope has already */
  add(item: WitItem, at: number): void {
    const key = item.name.toLowerCase()
    if (this.#taken.has(key)) throw this.error(`name \`${quote(item.name)}\` is defined more than once`, at)
    this.#taken.add(key)
    this.items.set(item.name, item)
  }

  /** Adds all types of the scope, and the functions of its resources. */
  define(defs: readonly TypeDefAst[]): void {
    const byName = new Map<string, TypeDefAst>()
    for (const def of defs) {
      if (byName.has(def.name.text) || this.#taken.has(def.name.text.toLowerCase()))
        throw this.error(`name \`${quote(def.name.text)}\` is defined more than once`, def.name.at)
      byName.set(def.name.text, def)
    }
    const needs = (def: TypeDefAst): TypeDefAst[] =>
      namesIn(def).flatMap(({ text }) => {
        const found = byName.get(text)
        return found === undefined ? [] : [found]
      })
    const ordered = inOrder(defs, needs, ({ name }) => {
      throw this.error(`type \`${quote(name.text)}\` depends on itself`, name.at)
    })
    for (const def of ordered) this.add(this.#def(def), def.name.at)
    // a method may name any type of the scope, its own resource included
    for (const def of defs) if (def.body.kind === 'resource') this.#methods(def, def.body.methods)
  }

  #def({ name, docs, externalId, body }: TypeDefAst): WitTypeDef {
    this.#here = name.at
    const def = (type: NamedType, alias?: NamedType): WitTypeDef => ({
      kind: 'type',
      name: name.text,
      docs,
      externalId,
      type,
      alias,
    })
    switch (body.kind) {
      case 'resource':
        return def({ kind: 'resource', name: name.text })
      case 'alias': {
        if (body.type.kind !== 'name') return def(this.#made({ ...this.type(body.type) }))
        const target = this.#named(body.type.name)
        // a resource stays itself under every name; of all else this is a type of its own with the same shape
        return target.kind === 'resource' ? def(target, target) : def(this.#made({ ...target }), target)
      }
      case 'record':
        return def(this.#made({ kind: 'record', fields: this.#fields(body.fields) }))
      case 'variant':
        return def(this.#made({ kind: 'variant', cases: this.#fields(body.cases) }))
      case 'enum':
      case 'flags': {
        const labels = this.#fields(body.labels).map((label) => label.name)
        if (body.kind === 'flags' && labels.length > MAX_FLAGS)
          throw this.error(`cannot have more than ${MAX_FLAGS} flags`, name.at)
        return def(this.#made({ kind: body.kind, labels }))
      }
    }
  }

  #fields<T extends TypeAst | undefined>(
    fields: readonly { readonly name: Name; readonly type: T }[],
  ): Named<T extends TypeAst ? ValType : undefined>[]
  #fields(
    fields: readonly { readonly name: Name; readonly type: TypeAst | undefined }[],
  ): Named<ValType | undefined>[] {
    this.#distinct(fields, 'field or case')
    return fields.map(({ name, type }) => ({ name: name.text, type: type && this.type(type) }))
  }

  #distinct(named: readonly { readonly name: Name }[], what: string): void {
    const seen = new Set<string>()
    for (const { name } of named) {
      const key = name.text.toLowerCase()
      if (seen.has(key)) throw this.error(`${what} \`${quote(name.text)}\` is there more than once`, name.at)
      seen.add(key)
    }
  }

  // — Functions

  func(name: Name, { docs, externalId }: Front, ast: FuncAst): WitFunc {
    return { kind: 'func', name: name.text, docs, externalId, type: this.#func(ast, name, []) }
  }

  #methods(def: TypeDefAst, methods: readonly MethodAst[]): void {
    const resource = def.name.text
    const type = this.#resource(def.name)
    const constructors = methods.filter(({ kind }) => kind === 'constructor')
    const [, second] = constructors
    if (second !== undefined) throw this.error('a resource has at most one constructor', second.name.at)
    this.#distinct(methods, 'method')
    for (const { kind, name, docs, externalId, func } of methods) {
      const self = { name: 'self', type: { kind: 'borrow', resource: type } } as const
      const made = this.#func(func, name, kind === 'method' ? [self] : [])
      if (kind !== 'constructor') {
        this.add({ kind: 'func', name: `[${kind}]${resource}.${name.text}`, docs, externalId, type: made }, name.at)
        continue
      }
      const own: ValType = { kind: 'own', resource: type }
      const { result = own } = made
      const makesIt = result.kind === 'own' ? result : result.kind === 'result' ? result.ok : undefined
      if (makesIt?.kind !== 'own' || makesIt.resource !== type)
        throw this.error(`a constructor returns \`${resource}\` or \`result<${resource}, …>\``, name.at)
      this.add({ kind: 'func', name: `[constructor]${resource}`, docs, externalId, type: { ...made, result } }, name.at)
    }
  }

  #func(ast: FuncAst, name: Name, before: readonly Named<ValType>[]): FuncType {
    this.#here = name.at
    this.#distinct(ast.params, 'parameter')
    const params = [...before, ...ast.params.map((param) => ({ name: param.name.text, type: this.type(param.type) }))]
    const result = ast.result && this.type(ast.result)
    if (result !== undefined && this.#factsOf(result).borrows)
      throw this.error('function returns a type which contains a `borrow<T>` which is not supported', name.at)
    return { kind: 'func', async: ast.async, params, result }
  }

  // — Types

  type(ast: TypeAst): ValType {
    switch (ast.kind) {
      case 'name': {
        const found = this.#named(ast.name)
        return found.kind === 'resource' ? { kind: 'own', resource: found } : found
      }
      case 'own':
      case 'borrow':
        return { kind: ast.kind, resource: this.#resource(ast.resource) }
      case 'primitive':
        return { kind: ast.name as PrimValType }
      case 'list':
        return this.#made({ kind: 'list', element: this.type(ast.element), length: ast.length })
      case 'map':
        return this.#made({ kind: 'map', key: this.type(ast.key), value: this.type(ast.value) })
      case 'tuple':
        return this.#made({ kind: 'tuple', elements: ast.elements.map((element) => this.type(element)) })
      case 'option':
        return this.#made({ kind: 'option', some: this.type(ast.some) })
      case 'result':
        return this.#made({ kind: 'result', ok: ast.ok && this.type(ast.ok), err: ast.err && this.type(ast.err) })
      case 'stream':
      case 'future':
        return this.#made({ kind: ast.kind, element: ast.element && this.type(ast.element) })
    }
  }

  #named(name: Name): NamedType {
    const item = this.items.get(name.text)
    if (item === undefined) throw this.error(`type \`${quote(name.text)}\` does not exist`, name.at)
    if (item.kind === 'func') throw this.error(`\`${quote(name.text)}\` is a function, not a type`, name.at)
    return item.type
  }

  #resource(name: Name): ResourceType {
    const type = this.#named(name)
    if (type.kind !== 'resource') throw this.error(`type \`${quote(name.text)}\` is not a resource`, name.at)
    return type
  }

  // — What must be known of a type without walking it again: it may unfold to something huge

  #made<T extends ValType>(type: T): T {
    if (this.#factsOf(type).depth > MAX_WASM_TYPE_DEPTH) throw this.error('type nesting is too deep', this.#here)
    return type
  }

  #factsOf(type: ValType): Facts {
    let facts = this.#facts.get(type)
    if (facts === undefined) {
      let depth = 0
      let borrows = type.kind === 'borrow'
      for (const part of partsOf(type)) {
        if (part === undefined) continue
        const inner = this.#factsOf(part)
        depth = Math.max(depth, inner.depth)
        borrows ||= inner.borrows
      }
      facts = { depth: depth + 1, borrows }
      this.#facts.set(type, facts)
    }
    return facts
  }
}

/** The names in a definition, those in methods apart. */
function namesIn({ body }: TypeDefAst): Name[] {
  switch (body.kind) {
    case 'resource':
      return []
    case 'alias':
      return namesInType(body.type)
    case 'record':
      return body.fields.flatMap((field) => namesInType(field.type))
    case 'variant':
      return body.cases.flatMap((c) => (c.type === undefined ? [] : namesInType(c.type)))
    case 'enum':
    case 'flags':
      return []
  }
}

function namesInType(type: TypeAst): Name[] {
  switch (type.kind) {
    case 'name':
      return [type.name]
    case 'own':
    case 'borrow':
      return [type.resource]
    case 'primitive':
      return []
    case 'list':
      return namesInType(type.element)
    case 'map':
      return [...namesInType(type.key), ...namesInType(type.value)]
    case 'tuple':
      return type.elements.flatMap(namesInType)
    case 'option':
      return namesInType(type.some)
    case 'result':
      return [type.ok, type.err].flatMap((part) => (part === undefined ? [] : namesInType(part)))
    case 'stream':
    case 'future':
      return type.element === undefined ? [] : namesInType(type.element)
  }
}
