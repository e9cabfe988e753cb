/**
 * The two tiny core modules around core calls that may park their stack, assembled here: one per core signature.
 *
 * Guard, what a guest imports for a built-in that may block: `r = fast(args); blocked ? (blocked = 0, slow()) : r`. `fast`
 * is plain JavaScript; only `slow` suspends, so what needs no waiting never touches the stack.
 * Runner, what calls a guest: `done(id, f(args))`. Run by `promising`, it tells at once whether the call ended.
 */
import type { FlatType } from '../layout.ts'

export interface CoreType {
  readonly params: readonly FlatType[]
  /** One at most. */
  readonly results: readonly FlatType[]
}

export function coreTypeKey({ params, results }: CoreType): string {
  return `${params.join()}:${results.join()}`
}

const TYPES: Readonly<Record<FlatType, number>> = { i32: 0x7f, i64: 0x7e, f32: 0x7d, f64: 0x7c }

function leb(n: number): number[] {
  const bytes: number[] = []
  let rest = n
  do {
    const low = rest & 0x7f
    rest >>>= 7
    bytes.push(rest === 0 ? low : low | 0x80)
  } while (rest !== 0)
  return bytes
}

const vec = (items: readonly (readonly number[])[]): number[] => [...leb(items.length), ...items.flat()]
const section = (id: number, content: readonly number[]): number[] => [id, ...leb(content.length), ...content]
const name = (text: string): number[] => vec([...text].map((c) => [c.charCodeAt(0)]))
const func = (params: readonly number[], results: readonly number[]): number[] => [
  0x60,
  ...vec(params.map((p) => [p])),
  ...vec(results.map((r) => [r])),
]
const imported = (field: string, ...desc: number[]): number[] => [...name(''), ...name(field), ...desc]
const exported = (field: string, index: number): number[] => [...name(field), 0x00, ...leb(index)]
const gets = (from: number, count: number): number[] =>
  Array.from({ length: count }, (_, i) => [0x20, ...leb(from + i)]).flat()

function module(sections: readonly (readonly number[])[]): Uint8Array<ArrayBuffer> {
  return new Uint8Array([0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00, ...sections.flat()])
}

function code(locals: readonly number[], body: readonly number[]): number[] {
  const content = [...vec(locals.map((type) => [1, type])), ...body, 0x0b]
  return section(10, vec([[...leb(content.length), ...content]]))
}

/** Imports `fast`, `slow`, `blocked` (a mutable i32); exports `guard`. */
export function guardModule({ params, results }: CoreType): Uint8Array<ArrayBuffer> {
  const p = params.map((t) => TYPES[t])
  const r = results.map((t) => TYPES[t])
  const local = params.length
  const keep = r.length > 0 ? [0x21, ...leb(local)] : []
  const kept = r.length > 0 ? [0x20, ...leb(local)] : []
  const body = [
    ...gets(0, params.length),
    ...[0x10, 0x00],
    ...keep,
    // if blocked
    ...[0x23, 0x00, 0x04, r[0] ?? 0x40],
    ...[0x41, 0x00, 0x24, 0x00, 0x10, 0x01],
    ...[0x05],
    ...kept,
    0x0b,
  ]
  return module([
    section(1, vec([func(p, r), func([], r)])),
    section(2, vec([imported('fast', 0, 0), imported('slow', 0, 1), imported('blocked', 3, 0x7f, 1)])),
    section(3, vec([[0]])),
    section(7, vec([exported('guard', 2)])),
    code(r, body),
  ])
}

/** Exports `takes`: whether a function reference is of the type of a thread's start function. */
export function startTypeModule(wide: boolean): Uint8Array<ArrayBuffer> {
  const context = wide ? TYPES.i64 : TYPES.i32
  // local.get 0; ref.test (ref 0)
  const body = [0x20, 0x00, 0xfb, 0x14, 0x00]
  return module([
    section(1, vec([func([context], []), func([0x70], [0x7f])])),
    section(3, vec([[1]])),
    section(7, vec([exported('takes', 0)])),
    code([], body),
  ])
}

/** Imports `f`, `done` (the id, then what `f` gave); exports `run` (the id, then what `f` takes). */
export function runnerModule({ params, results }: CoreType): Uint8Array<ArrayBuffer> {
  const p = params.map((t) => TYPES[t])
  const r = results.map((t) => TYPES[t])
  const body = [0x20, 0x00, ...gets(1, params.length), 0x10, 0x00, 0x10, 0x01]
  return module([
    section(1, vec([func(p, r), func([0x7f, ...r], []), func([0x7f, ...p], [])])),
    section(2, vec([imported('f', 0, 0), imported('done', 0, 1)])),
    section(3, vec([[2]])),
    section(7, vec([exported('run', 2)])),
    code([], body),
  ])
}
