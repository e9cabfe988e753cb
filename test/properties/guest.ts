/** Components that echo, as decoded definitions: one alone, or one that asks another which speaks another encoding. */
import type { CanonOptDef, StringEncoding } from '../../src/model/builtins.ts'
import {
  type ComponentDef,
  type Def,
  type DefType,
  type DefValType,
  type ExternTypeDef,
  index,
  type Sort,
  type TypeIndex,
  type ValTypeRef,
} from '../../src/model/component.ts'
import type { ValType } from '../../src/model/types.ts'
import { encode } from '../../src/text/encode.ts'
import { type CoreShape, coreShape, echoModule, garbleModule, libc, relayModule } from './core-code.ts'
import { hasHandle } from './types.ts'

/** What is echoed. `pad`: so many more parameters, and the result is the tuple of the first parameter and one of them. */
export interface Echo {
  readonly types: readonly ValType[]
  readonly pad: boolean
}

const U8: ValType = { kind: 'u8' }

export function paramsOf({ types, pad }: Echo): readonly ValType[] {
  return pad ? [...types, ...new Array<ValType>(18).fill(U8)] : types
}

export function resultOf({ types, pad }: Echo): ValType {
  const [first] = types
  if (first === undefined) throw new TypeError('an echo has a type')
  if (pad) return { kind: 'tuple', elements: [first, U8] }
  return types.length === 1 ? first : { kind: 'tuple', elements: types }
}

/** How types get the names that exports need: a component inside another imports them, the outermost exports them. */
type Naming = 'import' | 'export'

/** One component being written: definitions, and how long each index space is. */
class Builder {
  readonly defs: Def[] = []
  private readonly counts = new Map<Sort, number>()
  private readonly refs = new Map<ValType, ValTypeRef>()
  private readonly naming: Naming
  /** The indices of the named types, by name. */
  readonly named = new Map<string, number>()
  private thing: TypeIndex | undefined

  constructor(naming: Naming) {
    this.naming = naming
  }

  next(sort: Sort): number {
    const n = this.counts.get(sort) ?? 0
    this.counts.set(sort, n + 1)
    return n
  }

  push(def: Def, sort: Sort): number {
    this.defs.push(def)
    return this.next(sort)
  }

  type(type: DefType): TypeIndex {
    return index<'type'>(this.push({ kind: 'type', at: 0, type }, 'type'))
  }

  importThing(): void {
    const type: ExternTypeDef = { kind: 'type', bound: { kind: 'sub-resource' } }
    const at = this.push({ kind: 'import', at: 0, name: { name: 'thing' }, type }, 'type')
    this.thing = index<'type'>(at)
    this.named.set('thing', at)
  }

  /** Records, variants, enums and flags must have names to be part of an export's type. */
  private name(type: TypeIndex): TypeIndex {
    const name = `t${this.named.size}`
    const at =
      this.naming === 'import'
        ? this.push(
            { kind: 'import', at: 0, name: { name }, type: { kind: 'type', bound: { kind: 'eq', type } } },
            'type',
          )
        : this.push(
            { kind: 'export', at: 0, name: { name }, item: { sort: 'type', index: type }, type: undefined },
            'type',
          )
    this.named.set(name, at)
    return index<'type'>(at)
  }

  valType(type: ValType): ValTypeRef {
    const known = this.refs.get(type)
    if (known !== undefined) return known
    const ref = this.define(type)
    this.refs.set(type, ref)
    return ref
  }

  private define(type: ValType): ValTypeRef {
    const of = (inner: ValType | undefined): ValTypeRef | undefined =>
      inner === undefined ? undefined : this.valType(inner)
    const structural = (def: DefValType): TypeIndex => this.type(def)
    switch (type.kind) {
      case 'list':
        return structural({ kind: 'list', element: this.valType(type.element), length: type.length })
      case 'map':
        return structural({ kind: 'map', key: this.valType(type.key), value: this.valType(type.value) })
      case 'tuple':
        return structural({ kind: 'tuple', elements: type.elements.map((e) => this.valType(e)) })
      case 'option':
        return structural({ kind: 'option', some: this.valType(type.some) })
      case 'result':
        return structural({ kind: 'result', ok: of(type.ok), err: of(type.err) })
      case 'record': {
        const fields = type.fields.map((f) => ({ name: f.name, type: this.valType(f.type) }))
        return this.name(structural({ kind: 'record', fields }))
      }
      case 'variant': {
        const cases = type.cases.map((c) => ({ name: c.name, type: of(c.type) }))
        return this.name(structural({ kind: 'variant', cases }))
      }
      case 'enum':
      case 'flags':
        return this.name(structural({ kind: type.kind, labels: type.labels }))
      case 'own':
        if (this.thing === undefined) throw new TypeError('the resource is imported first')
        return structural({ kind: 'own', resource: this.thing })
      case 'borrow':
      case 'stream':
      case 'future':
        throw new TypeError(`${type.kind} cannot be echoed`)
      default:
        return type.kind
    }
  }

  funcType(echo: Echo): TypeIndex {
    const params = paramsOf(echo).map((type, i) => ({ name: `p${i}`, type: this.valType(type) }))
    return this.type({ kind: 'func', async: false, params, result: this.valType(resultOf(echo)) })
  }

  module(module: Uint8Array): number {
    const type = { types: [], imports: [], exports: [] }
    return this.push({ kind: 'core-module', at: 0, bytes: module, type }, 'core-module')
  }

  coreInstance(module: Uint8Array, args: Readonly<Record<string, number>>): number {
    const at = this.module(module)
    const instance = {
      kind: 'instantiate',
      module: index<'core-module'>(at),
      args: Object.entries(args).map(([name, i]) => ({ name, instance: index<'core-instance'>(i) })),
    } as const
    return this.push({ kind: 'core-instance', at: 0, instance }, 'core-instance')
  }

  coreAlias(instance: number, name: string, sort: 'core-func' | 'core-memory'): number {
    const alias = { kind: 'core-export', sort, instance: index<'core-instance'>(instance), name } as const
    return this.push({ kind: 'alias', at: 0, alias }, sort)
  }

  /** libc's part of the canonical options. */
  options(instance: number, encoding: StringEncoding): CanonOptDef[] {
    const memory = this.coreAlias(instance, 'memory', 'core-memory')
    const realloc = this.coreAlias(instance, 'realloc', 'core-func')
    return [
      { kind: encoding },
      { kind: 'memory', memory: index<'core-memory'>(memory) },
      { kind: 'realloc', func: index<'core-func'>(realloc) },
    ]
  }

  lift(core: number, type: TypeIndex, opts: readonly CanonOptDef[]): number {
    return this.push(
      { kind: 'canon', at: 0, canon: { kind: 'lift', core: index<'core-func'>(core), opts, type } },
      'func',
    )
  }

  export(name: string, sort: Sort, at: number, type?: ExternTypeDef): void {
    this.push({ kind: 'export', at: 0, name: { name }, item: { sort, index: at }, type }, sort)
  }

  component(): ComponentDef {
    return { at: 0, end: 0, defs: this.defs }
  }
}

/** `echo` and `digest` lifted out of `module`; a relay lowers the function it imported first. */
function finish(
  b: Builder,
  type: TypeIndex,
  shape: CoreShape,
  encoding: StringEncoding,
  run: Uint8Array,
  imported?: number,
): void {
  const memory = b.coreInstance(libc(), {})
  const opts = b.options(memory, encoding)
  const args: Record<string, number> = { libc: memory }
  if (imported !== undefined) {
    const lowered = b.push(
      { kind: 'canon', at: 0, canon: { kind: 'lower', func: index<'func'>(imported), opts } },
      'core-func',
    )
    const exports = [{ name: 'echo', sort: 'core-func', index: lowered }] as const
    args['host'] = b.push({ kind: 'core-instance', at: 0, instance: { kind: 'exports', exports } }, 'core-instance')
  }
  const main = b.coreInstance(run, args)
  const core = b.coreAlias(main, 'run', 'core-func')
  const reset = index<'core-func'>(b.coreAlias(memory, 'reset', 'core-func'))
  // what goes to post-return is the pointer; one plain result is not always an i32
  const after: CanonOptDef[] = shape.area ? [{ kind: 'post-return', func: reset }] : []
  b.export('echo', 'func', b.lift(core, type, [...opts, ...after]), { kind: 'func', type })
  const digestType = b.type({ kind: 'func', async: false, params: [], result: 'u64' })
  b.export('digest', 'func', b.lift(b.coreAlias(memory, 'digest', 'core-func'), digestType, []))
}

function begin(naming: Naming, echo: Echo): { b: Builder; type: TypeIndex; shape: CoreShape } {
  const b = new Builder(naming)
  if (echo.types.some(hasHandle)) b.importThing()
  return { b, type: b.funcType(echo), shape: coreShape(paramsOf(echo), resultOf(echo)) }
}

function echoComponent(naming: Naming, echo: Echo, encoding: StringEncoding): ComponentDef {
  const { b, type, shape } = begin(naming, echo)
  finish(b, type, shape, encoding, echoModule(shape, paramsOf(echo), resultOf(echo)))
  return b.component()
}

function relayComponent(echo: Echo, encoding: StringEncoding): ComponentDef {
  const { b, type, shape } = begin('import', echo)
  const imported = b.push({ kind: 'import', at: 0, name: { name: 'ask' }, type: { kind: 'func', type } }, 'func')
  finish(b, type, shape, encoding, relayModule(shape, resultOf(echo)), imported)
  return b.component()
}

/** @param encodings the guest's; or, of two, that of the guest which JavaScript calls and that of the one behind it */
export function echoBytes(echo: Echo, encodings: readonly [StringEncoding, StringEncoding?]): Uint8Array {
  const [front, back] = encodings
  if (back === undefined) return encode(echoComponent('export', echo, front))
  const { b, type } = begin('export', echo)
  const types = [...b.named].map(([name, i]) => ({ name, sort: 'type', index: i }) as const)
  let asked: { readonly name: string; readonly sort: 'func'; readonly index: number } | undefined
  for (const component of [echoComponent('import', echo, back), relayComponent(echo, front)]) {
    const at = b.push({ kind: 'component', at: 0, component }, 'component')
    const args = asked === undefined ? types : [...types, asked]
    const made = b.push(
      { kind: 'instance', at: 0, instance: { kind: 'instantiate', component: index<'component'>(at), args } },
      'instance',
    )
    const alias = { kind: 'export', sort: 'func', instance: index<'instance'>(made), name: 'echo' } as const
    asked = { name: 'ask', sort: 'func', index: b.push({ kind: 'alias', at: 0, alias }, 'func') }
  }
  if (asked !== undefined) b.export('echo', 'func', asked.index, { kind: 'func', type })
  return encode(b.component())
}

/** A guest whose `echo` asks the imported function `ask`. */
export function relayBytes(echo: Echo, encoding: StringEncoding): Uint8Array {
  return encode(relayComponent(echo, encoding))
}

/** A guest whose `echo` answers with the bytes it is given, as if they were a value in memory; flat ones are zero. */
export function garbleBytes(result: ValType, encoding: StringEncoding): Uint8Array {
  const b = new Builder('export')
  const param = { name: 'bytes', type: b.valType({ kind: 'list', element: U8, length: undefined }) }
  const type = b.type({ kind: 'func', async: false, params: [param], result: b.valType(result) })
  const shape = coreShape([{ kind: 'list', element: U8, length: undefined }], result)
  finish(b, type, shape, encoding, garbleModule(shape))
  return encode(b.component())
}
