/**
 * Makes plain objects with given keys: records and flags as JavaScript sees them.
 *
 * A loop of keyed stores is what works everywhere. (A literal with computed keys is fast in V8 only until it has met a
 * second set of keys.) For keys in steady use a literal is generated, five to ten times as fast, where that is permitted;
 * nothing but the keys goes into the source, as JSON.
 */
import type { Value } from './embedding.ts'

/** @param values as many as there are keys */
export type RecordMaker = (values: readonly Value[]) => Record<string, Value>

/** Whether source may be generated. A platform that refuses is asked once. */
export interface Codegen {
  allowed: boolean
}

/** Generating costs as much as some hundred records do by the loop. */
const STEADY = 300

export function recordMaker(keys: readonly string[], codegen: Codegen): RecordMaker {
  const byLoop: RecordMaker = (values) => {
    const record: Record<string, Value> = {}
    for (let i = 0; i < keys.length; i++) record[keys[i] as string] = values[i] // i < length
    return record
  }
  let make = byLoop
  let made = 0
  return (values) => {
    if (made < STEADY && ++made === STEADY) make = generated(keys, codegen) ?? byLoop
    return make(values)
  }
}

function generated(keys: readonly string[], codegen: Codegen): RecordMaker | undefined {
  // the one key that means something else in a literal; no WIT name becomes it
  if (!codegen.allowed || keys.includes('__proto__')) return undefined
  const properties = keys.map((key, i) => `${JSON.stringify(key)}:v[${i}]`)
  try {
    return new Function('v', `return {${properties.join(',')}}`) as RecordMaker
  } catch {
    codegen.allowed = false
    return undefined
  }
}
