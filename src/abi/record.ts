/**
 * Makes plain objects with given keys: records and flags as JavaScript sees them.
 *
 * A loop of keyed stores, because a literal with computed keys is fast in V8 only until it has met a second set of keys.
 */
import type { Value } from './embedding.ts'

/** @param values as many as there are keys */
export type RecordMaker = (values: readonly Value[]) => Record<string, Value>

export function recordMaker(keys: readonly string[]): RecordMaker {
  return (values) => {
    const record: Record<string, Value> = {}
    for (let i = 0; i < keys.length; i++) record[keys[i] as string] = values[i] // i < length
    return record
  }
}
