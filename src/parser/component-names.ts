/**
 * The `component-name` custom section: debug names for a component and for the items of its index spaces.
 *
 * Names are decoration: whatever is wrong with a section, the names read up to there count and nothing is thrown.
 *
 * @spec Name Section
 */
import type { ComponentDef, Sort } from '../model/component.ts'
import { MalformedError } from '../model/errors.ts'
import { decodeSort } from './decode-externs.ts'
import { ByteReader } from './reader.ts'

export interface ComponentNames {
  /** The component's own name. */
  readonly component: string | undefined
  readonly items: ReadonlyMap<Sort, ReadonlyMap<number, string>>
}

interface Names {
  component: string | undefined
  readonly items: Map<Sort, Map<number, string>>
}

/** The names of one component; those of nested components stand in their own sections. The first name of an item counts. */
export function decodeNames(def: ComponentDef): ComponentNames {
  const names: Names = { component: undefined, items: new Map() }
  for (const section of def.defs) {
    if (section.kind !== 'custom' || section.name !== 'component-name') continue
    const r = new ByteReader(section.bytes, section.at, Number.POSITIVE_INFINITY)
    try {
      while (!r.done) subsection(r, names)
    } catch (error) {
      if (!(error instanceof MalformedError)) throw error
    }
  }
  return names
}

function subsection(r: ByteReader, names: Names): void {
  const outer = r.end
  const id = r.u8()
  const length = r.u32()
  r.need(length)
  r.end = r.pos + length
  if (id === 0) names.component ??= r.name()
  if (id === 1) {
    const sort = decodeSort(r)
    if (sort !== undefined) sortNames(r, names, sort)
  }
  r.pos = r.end
  r.end = outer
}

function sortNames(r: ByteReader, { items }: Names, sort: Sort): void {
  const named = items.get(sort) ?? new Map<number, string>()
  items.set(sort, named)
  const count = r.u32()
  r.charge(count)
  for (let left = count; left > 0; left--) {
    const index = r.u32()
    const name = r.name()
    if (!named.has(index)) named.set(index, name)
  }
}
