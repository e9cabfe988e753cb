/**
 * Index spaces with names. A scope belongs to a component, a component or instance type, or a module type; a name is
 * looked up from the inside out, and one found outside gets an outer alias in the innermost scope, once.
 */
import type { Alias, Sort } from '../model/component.ts'
import type { MalformedError } from '../model/errors.ts'
import type { Id, Idx } from './ast.ts'
import { type Source, textError } from './source.ts'

class Space {
  count = 0
  readonly names = new Map<string, number>()
}

/** What an outer alias may name, and how the message calls it. */
const OUTER: ReadonlySet<Sort> = new Set(['core-module', 'core-type', 'type', 'component'])

const words = (sort: Sort): string => sort.replace('core-', 'core ')

export class Scope {
  readonly source: Source
  readonly parent: Scope | undefined
  readonly id: string | undefined
  private readonly spaces = new Map<Sort, Space>()
  private readonly emitAlias: (at: number, alias: Alias & { readonly kind: 'outer' }) => void

  /** `emitAlias` writes an alias definition into what this scope belongs to; the scope allots its index. */
  constructor(
    source: Source,
    parent: Scope | undefined,
    id: Id | undefined,
    emitAlias: (at: number, alias: Alias & { readonly kind: 'outer' }) => void,
  ) {
    this.source = source
    this.parent = parent
    this.id = id?.name
    this.emitAlias = emitAlias
  }

  private space(sort: Sort): Space {
    const found = this.spaces.get(sort)
    if (found !== undefined) return found
    const space = new Space()
    this.spaces.set(sort, space)
    return space
  }

  /** Allots the next index of a sort. */
  define(sort: Sort, id?: Id | undefined): number {
    const space = this.space(sort)
    if (id !== undefined) {
      if (space.names.has(id.name)) throw textError(this.source, `duplicate ${words(sort)} identifier`, id.at)
      space.names.set(id.name, space.count)
    }
    return space.count++
  }

  /** The index allotted last. */
  last(sort: Sort): number {
    return this.space(sort).count - 1
  }

  error(message: string, at: number): MalformedError {
    return textError(this.source, message, at)
  }

  /** An index as a number; a name that only an outer scope knows becomes an outer alias. @throws MalformedError */
  resolve(sort: Sort, { at, ref }: Idx): number {
    if (typeof ref === 'number') return ref
    let count = 0
    for (let scope: Scope | undefined = this; scope !== undefined; scope = scope.parent) {
      const found = scope.spaces.get(sort)?.names.get(ref)
      if (found !== undefined) return count === 0 ? found : this.aliasOuter(sort, at, ref, count, found)
      count++
    }
    throw this.unknown(sort, at, ref)
  }

  /** An index as a number, in this scope alone. */
  resolveHere(sort: Sort, { at, ref }: Idx): number {
    if (typeof ref === 'number') return ref
    const found = this.spaces.get(sort)?.names.get(ref)
    if (found === undefined) throw this.unknown(sort, at, ref)
    return found
  }

  private unknown(sort: Sort, at: number, name: string): MalformedError {
    return textError(this.source, `unknown ${words(sort)}: failed to find name \`$${name}\``, at)
  }

  private aliasOuter(sort: Sort, at: number, name: string, count: number, found: number): number {
    if (!OUTER.has(sort)) {
      throw textError(this.source, `outer item \`${name}\` is not a module, type, or component`, at)
    }
    this.emitAlias(at, { kind: 'outer', sort, count, index: found })
    return this.define(sort, { at, name })
  }

  /**
   * The two indices of a written `alias outer`. Two numbers are taken as they are: whether they exist is a question of
   * validation, and the reference tests ask it.
   */
  resolveOuter(sort: Sort, outer: Idx, idx: Idx): { readonly count: number; readonly index: number } {
    if (typeof outer.ref === 'number' && typeof idx.ref === 'number') return { count: outer.ref, index: idx.ref }
    let count = 0
    let scope: Scope | undefined = this
    if (typeof outer.ref === 'number') {
      for (; count < outer.ref && scope !== undefined; count++) scope = scope.parent
      if (scope === undefined) {
        throw textError(this.source, `outer count of \`${outer.ref}\` is too large`, outer.at)
      }
    } else {
      for (; scope !== undefined && scope.id !== outer.ref; count++) scope = scope.parent
      if (scope === undefined) {
        throw textError(this.source, `outer component \`${outer.ref}\` not found`, outer.at)
      }
    }
    return { count, index: scope.resolveHere(sort, idx) }
  }
}
