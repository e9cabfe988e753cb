/**
 * Instrumented with endless fuel, a module does what it did: the same results, traps, memories, globals, tables, and the same exports
 * besides those that are hidden. Both run the same calls on instances of their own.
 */
import type { CoreValType } from '../../src/model/core-types.ts'
import { COMPILE_LIMITS } from '../../src/model/limits.ts'
import { decodeCoreModule } from '../../src/parser/core-module.ts'
import { argumentsFor, type NumType, randomOf } from './generate.ts'
import { type Budgeted, OUT_OF_FUEL, type Prepared, startBudget } from './harness.ts'

export interface Call {
  readonly func: string
  readonly args: readonly unknown[]
}

/** What can be seen of an instance after a call. */
function stateOf(exports: WebAssembly.Exports, hidden: ReadonlySet<string>): unknown[] {
  const seen: unknown[] = []
  for (const [name, item] of Object.entries(exports)) {
    if (hidden.has(name)) continue
    if (item instanceof WebAssembly.Memory) seen.push([name, 'memory', item.buffer.byteLength, hashOf(item.buffer)])
    else if (item instanceof WebAssembly.Global) seen.push([name, 'global', shown(contentOf(item))])
    else if (item instanceof WebAssembly.Table) seen.push([name, 'table', item.length, nullsOf(item)])
    else seen.push([name, typeof item])
  }
  return seen
}

/** Globals of vectors show nothing. */
function contentOf(global: WebAssembly.Global): unknown {
  try {
    return global.value
  } catch {
    return 'hidden'
  }
}

function nullsOf(table: WebAssembly.Table): string {
  let nulls = ''
  for (let i = 0; i < Math.min(table.length, 64); i++) nulls += table.get(i) === null ? '0' : '1'
  return nulls
}

/** FNV-1a over the words of the first 16 MiB: what is larger is mostly empty. */
function hashOf(buffer: ArrayBufferLike): number {
  let hash = 0x811c9dc5
  for (const word of new Uint32Array(buffer, 0, Math.min(buffer.byteLength, 2 ** 24) / 4))
    hash = Math.imul(hash ^ word, 0x01000193)
  return hash >>> 0
}

const shown = (value: unknown): unknown =>
  typeof value === 'function' || (typeof value === 'object' && value !== null) ? typeof value : value

/** A result, or what ended it: traps by class and message, exceptions by what they are. */
function outcome(run: () => unknown): string {
  try {
    const result = run()
    return text(['ok', Array.isArray(result) ? result.map(shown) : shown(result)])
  } catch (error) {
    // where a stack ends depends on the size of frames
    if (error instanceof RangeError) return 'stack'
    if (error instanceof Error && error.message === OUT_OF_FUEL) return OUT_OF_FUEL
    return text(error instanceof Error ? ['threw', error.constructor.name, error.message] : ['threw', typeof error])
  }
}

const text = (value: unknown): string =>
  JSON.stringify(value, (_, item) => {
    if (typeof item === 'bigint') return `${item}n`
    return typeof item === 'number' && !(Number.isFinite(item) && !Object.is(item, -0)) ? `${1 / item} ${item}` : item
  })

/** So much that only what does not end by itself uses it up; that is not compared, since the original would not end either. */
const PLENTY = 20_000_000

export interface Compared {
  /** Calls that came to the same. */
  readonly calls: number
  readonly difference: string | undefined
}

/** @param imports made anew for each of the two */
export function compare(
  code: Uint8Array,
  prepared: Prepared,
  calls: readonly Call[],
  imports: () => WebAssembly.Imports,
): Compared {
  let metered: Budgeted | undefined
  let original: WebAssembly.Instance | undefined
  const begun = outcome(() => {
    metered = startBudget(prepared, { imports: imports(), fuel: PLENTY })
    metered.start()
  })
  if (begun === OUT_OF_FUEL) return { calls: 0, difference: undefined }
  const expected = outcome(() => {
    original = new WebAssembly.Instance(new WebAssembly.Module(code as BufferSource), imports())
  })
  if (begun !== expected) return { calls: 0, difference: `start: ${expected}, metered ${begun}` }
  if (metered === undefined || original === undefined) return { calls: 0, difference: undefined }
  const hidden = new Set(metered.hidden)
  let same = 0
  for (const { func, args } of [{ func: undefined, args: [] }, ...calls]) {
    const [after, before] = [metered.exports, original.exports].map((exports) => {
      const call = func === undefined ? undefined : (exports[func] as (...args: readonly unknown[]) => unknown)
      return (): readonly [string, string] => [outcome(() => call?.(...args)), text(stateOf(exports, hidden))]
    })
    const [result, state] = after?.() ?? ['', '']
    if (result === OUT_OF_FUEL) break
    const [wanted, wantedState] = before?.() ?? ['', '']
    const place = `${func}(${text(args)})`
    if (result !== wanted) return { calls: same, difference: `${place}: ${wanted}, metered ${result}` }
    if (result === 'stack') break
    if (state !== wantedState) return { calls: same, difference: `${place}: ${wantedState}, metered ${state}` }
    same++
  }
  return { calls: same, difference: undefined }
}

/** A call or two of every exported function that takes numbers. */
export function callsOf(code: Uint8Array, seed: number): Call[] {
  const { types, exports } = decodeCoreModule(code, 0, COMPILE_LIMITS)
  const pick = randomOf(seed)
  const calls: Call[] = []
  for (const { name, type } of exports) {
    const signature = type.kind === 'func' ? types[type.type]?.type : undefined
    if (signature?.kind !== 'func' || signature.results.includes('v128')) continue
    const params = signature.params.filter(isNumber)
    if (params.length < signature.params.length) continue
    for (let times = 0; times < 2; times++) calls.push({ func: name, args: argumentsFor(pick, params) })
  }
  return calls
}

const isNumber = (type: CoreValType): type is NumType =>
  type === 'i32' || type === 'i64' || type === 'f32' || type === 'f64'
