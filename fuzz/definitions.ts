/**
 * One component from another, changed as data: what is decoded is edited and encoded again. So every number has its right
 * width and every section its right length, and what is wrong is wrong by a rule: an index one too far, a name given twice,
 * a type of another kind, a definition in another place.
 */
import type { ComponentDef } from '../src/model/component.ts'
import { FEATURES, type Feature } from '../src/model/features.ts'
import { COMPILE_LIMITS } from '../src/model/limits.ts'
import { decode } from '../src/parser/decode.ts'
import { encode } from '../src/text/encode.ts'
import type { Random } from './random.ts'

const options = { features: new Set(Object.keys(FEATURES) as Feature[]), limits: COMPILE_LIMITS }

const NAMES = [
  ...['', 'a', 'a-b', 'A', 'a-B', 'A1', '1a', 'a--b', 'a-', 'a_b', 'constructor', 'then', '__proto__', 'ü', 'a\0b'],
  ...[
    '[constructor]r',
    '[method]r.a',
    '[static]r.a',
    '[method]r.r',
    '[method]r',
    '[async]a',
    '[async method]r.a',
    '[]',
  ],
  ...[
    'a:b/c',
    'a:b/c@1.2.3',
    'a:b/c@01.2.3',
    'a:b/c@1.2.3-rc.1+x',
    'a:b',
    'a:b/c/d',
    'a:b:c/d',
    'wasi:http/types@0.2.0',
  ],
  ...['url=<https://a>', 'integrity=<sha256-AA==>', 'unlocked-dep=<a:b>', 'locked-dep=<a:b@1.0.0>', 'relative-url=<x>'],
]
const PRIMITIVES = ['bool', 's8', 'u8', 's16', 'u32', 's64', 'f32', 'f64', 'char', 'string', 'error-context']
const SORTS = ['core-func', 'core-table', 'core-memory', 'core-global', 'core-type', 'core-module', 'core-instance']
const MORE_SORTS = ['func', 'value', 'type', 'component', 'instance']

interface Place {
  readonly holder: Record<string | number, unknown>
  readonly key: string | number
}

/** What a component is made of, and where it stands. */
interface Places {
  readonly numbers: Place[]
  readonly names: Place[]
  readonly lists: unknown[][]
  readonly choices: Place[]
}

/** Offsets are the decoder's, and core modules are somebody else's. */
const SKIPPED = new Set(['at', 'end', 'bytes'])

function placesIn(def: ComponentDef): Places {
  const places: Places = { numbers: [], names: [], lists: [], choices: [] }
  const walk = (holder: object): void => {
    // the definitions of a component weigh as much as all that is in them
    if (Array.isArray(holder))
      places.lists.push(...(isDefinitions(holder) ? Array<unknown[]>(8).fill(holder) : [holder]))
    if ('kind' in holder && holder.kind === 'core-module') return
    for (const [key, value] of Object.entries(holder)) {
      if (SKIPPED.has(key)) continue
      const place = { holder: holder as Place['holder'], key: Array.isArray(holder) ? Number(key) : key }
      if (typeof value === 'number') places.numbers.push(place)
      else if (typeof value === 'string') (isChoice(key, value) ? places.choices : places.names).push(place)
      else if (typeof value === 'boolean' || value === undefined) places.choices.push(place)
      else if (typeof value === 'object' && value !== null && !ArrayBuffer.isView(value)) walk(value)
    }
  }
  walk(def)
  return places
}

const isDefinitions = (list: readonly unknown[]): boolean =>
  list.some((item) => typeof item === 'object' && item !== null && 'at' in item)

const isChoice = (key: string, value: string): boolean =>
  key === 'sort' || (key !== 'name' && PRIMITIVES.includes(value)) || key === 'kind' || key === 'rep'

/** @param other where definitions are taken from; `undefined`: nothing that can be changed so */
export function mutateDefinitions(random: Random, bytes: Uint8Array, other: Uint8Array): Uint8Array | undefined {
  try {
    // a copy: what was decoded may share parts
    const def = structuredClone(decode(bytes, options))
    for (let left = 1 + random.below(3); left > 0; left--) change(random, def, other)
    return encode(def)
  } catch {
    // no component, or one that no bytes can say
    return undefined
  }
}

function change(random: Random, def: ComponentDef, other: Uint8Array): void {
  const { numbers, names, lists, choices } = placesIn(def)
  const kind = random.below(10)
  if (kind < 4 && numbers.length > 0) changeNumber(random, random.pick(numbers))
  else if (kind < 6 && names.length > 0) changeName(random, random.pick(names), names)
  else if (kind < 7 && choices.length > 0) changeChoice(random, random.pick(choices))
  else if (lists.length > 0) changeList(random, random.pick(lists), other)
}

function changeNumber(random: Random, { holder, key }: Place): void {
  const now = holder[key] as number
  const wanted = random.pick([now + 1, now - 1, random.below(4), random.below(40), 2 ** 32 - 1])
  holder[key] = Math.max(0, wanted)
}

function changeName(random: Random, { holder, key }: Place, others: readonly Place[]): void {
  const from = random.pick(others)
  holder[key] = random.chance(0.5) ? random.pick(NAMES) : from.holder[from.key]
}

function changeChoice(random: Random, { holder, key }: Place): void {
  const now = holder[key]
  if (typeof now === 'boolean') holder[key] = !now
  else if (key === 'sort') holder[key] = random.pick([...SORTS, ...MORE_SORTS])
  else if (key === 'rep') holder[key] = now === 'i32' ? 'i64' : 'i32'
  else if (key === 'kind') changeKind(random, holder, String(now))
  else holder[key] = random.chance(0.5) ? random.pick(PRIMITIVES) : random.below(12)
}

const ALIKE = [
  ['own', 'borrow'],
  ['stream', 'future'],
  ['flags', 'enum'],
  ['func', 'component', 'instance', 'module'],
  ['utf8', 'utf16', 'latin1+utf16', 'async'],
  ['memory', 'realloc', 'post-return', 'callback'],
  ['component', 'instance'],
]

function changeKind(random: Random, holder: Place['holder'], now: string): void {
  const alike = ALIKE.filter((kinds) => kinds.includes(now))
  if (alike.length > 0) holder['kind'] = random.pick(random.pick(alike))
}

function changeList(random: Random, list: unknown[], other: Uint8Array): void {
  const at = random.below(list.length + 1)
  switch (random.below(4)) {
    case 0:
      list.splice(at, 1)
      break
    case 1:
      if (list.length > 0) list.splice(at, 0, structuredClone(random.pick(list)))
      break
    case 2: {
      const [moved] = list.splice(random.below(Math.max(1, list.length)), 1)
      if (moved !== undefined) list.splice(random.below(list.length + 1), 0, moved)
      break
    }
    default: {
      const { defs } = decode(other, options)
      if (defs.length > 0) list.splice(at, 0, structuredClone(random.pick(defs)))
    }
  }
}
