/**
 * Makes plain objects with given keys: records and flags as JavaScript sees them.
 *
 * A loop of keyed stores is what works everywhere. (A literal with computed keys is fast in V8 only until it has met a
 * second set of keys.)
 */
import type { Value } from './embedding.ts'

/** @param values as many as there are keys */
export type RecordMaker = (values: readonly Value[]) => Record<string, Value>

/** Whether source may be generated. A platform that refuses is asked once. */
export interface Codegen {
  allowed: boolean
}

export function recordMaker(keys: readonly string[]): RecordMaker {
  return (values) => {
    const record: Record<string, Value> = {}
    for (let i = 0; i < keys.length; i++) record[keys[i] as string] = values[i] // i < length
    return record
  }
}
