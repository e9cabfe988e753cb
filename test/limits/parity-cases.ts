/**
 * The modules and calls on which meters are compared with wasmtime: small texts, modules of the examples with all their
 * functions exported, and modules made up from seeds. The table of what wasmtime used is parity.json; record-parity.ts makes it.
 */
import { readFileSync } from 'node:fs'
import { coreModulesIn } from '../../fuzz/core-modules.ts'
import { readShape, SECTION } from '../../src/limits/module-shape.ts'
import { COMPILE_LIMITS } from '../../src/model/limits.ts'
import { decodeCoreModule } from '../../src/parser/core-module.ts'
import { argumentsFor, generate, type NumType, randomOf } from './generate.ts'
import { assemble } from './harness.ts'

export interface ParityCall {
  readonly func: string
  readonly params: readonly NumType[]
  readonly args: readonly (number | bigint)[]
}
export interface ParityCase {
  readonly name: string
  readonly code: Uint8Array<ArrayBuffer>
  readonly calls: readonly ParityCall[]
  /** Whether the least fuel that is enough was looked for too. */
  readonly least: boolean
  /** Most functions are called from within only, which is nothing to the Binaryen meter. */
  readonly closed?: boolean
}

/** What a call may use; what needs more is recorded as stopped. */
export const PARITY_FUEL = 200_000

export interface Recorded {
  /** Of the module. */
  readonly sha256: string
  /** Units used by start-up, and by each call on an instance of its own; `null`: it did not end by itself. */
  readonly start: number | null
  readonly calls: readonly (number | null)[]
  readonly least?: readonly (number | null)[]
}
export type ParityTable = Readonly<Record<string, Recorded>>

const LOOP = `(local i32) i32.const 1000 local.set 0
  block loop local.get 0 i32.const 1 i32.sub local.set 0 local.get 0 i32.eqz br_if 1 br 0 end end i32.const 7`

/** Module fields; `f` is called without arguments. */
const TEXTS: Readonly<Record<string, string>> = {
  'constant': '(func (export "f") (result i32) i32.const 42)',
  'nothing': '(func (export "f"))',
  'start with a nop': '(func $s nop) (start $s) (func (export "f"))',
  'a loop of 1,000': `(func (export "f") (result i32) ${LOOP})`,
  'start function': `(func $s (result i32) ${LOOP}) (func $t (drop (call $s))) (start $t) (func (export "f"))`,
  'computed global': '(global $a i32 i32.const 1) (global i32 global.get $a) (func (export "f"))',
  'extended constants': '(global i32 (i32.add (i32.const 1) (i32.const 2))) (func (export "f"))',
  'null global': '(global externref (ref.null extern)) (func (export "f"))',
  'computed table offset':
    '(global $a i32 i32.const 1) (table 9 funcref) (func $g) (elem (global.get $a) $g $g $g) (func (export "f"))',
  'element expressions':
    '(table 9 funcref) (func $g) (elem (i32.const 1) funcref (ref.func $g) (ref.null func)) (func (export "f"))',
  'constant table offset': '(table 9 funcref) (func $g) (elem (i32.const 1) $g $g $g) (func (export "f"))',
  'computed memory offset':
    '(global $a i32 i32.const 1) (memory 1) (data (global.get $a) "1234567") (func (export "f"))',
  'constant memory offset': '(memory 1) (data (i32.const 1) "1234567") (func (export "f"))',
  'one computed offset of two':
    '(global $a i32 i32.const 1) (memory 1) (data (i32.const 1) "12") (data (global.get $a) "345") (func (export "f"))',
  'sparse data': '(memory 300) (data (i32.const 0) "1") (data (i32.const 17000000) "1") (func (export "f"))',
  'passive elements': '(func $g) (elem funcref (ref.func $g) (ref.func $g)) (func (export "f"))',
  'passive functions': '(func $g) (elem func $g $g) (func (export "f"))',
  'passive data': '(memory 1) (data "abc") (func (export "f"))',
  'nested blocks': '(func (export "f") block block block i32.const 1 br_if 1 nop end i32.const 2 drop end end)',
  'if': '(func (export "f") (result i32) i32.const 1 if (result i32) i32.const 2 else i32.const 3 i32.const 4 i32.add end)',
  'else':
    '(func (export "f") (result i32) i32.const 0 if (result i32) i32.const 2 else i32.const 3 i32.const 4 i32.add end)',
  'if without else': '(func (export "f") i32.const 0 if i32.const 1 drop end i32.const 1 drop)',
  'br_table':
    '(func (export "f") block block block i32.const 1 br_table 0 1 2 end i32.const 1 drop end i32.const 1 drop i32.const 2 drop end)',
  'dead code': '(func (export "f") block br 0 i32.const 1 drop loop i32.const 1 drop end end return i32.const 5 drop)',
  'dead else': '(func (export "f") i32.const 1 if return else i32.const 1 drop end i32.const 1 drop)',
  'return within': '(func (export "f") (result i32) loop i32.const 3 return end unreachable)',
  'calls':
    '(func $g (param i32) (result i32) local.get 0 i32.const 1 i32.add) (func (export "f") (result i32) i32.const 1 call $g call $g drop i32.const 1 call $g)',
  'call_indirect':
    '(type $t (func (result i32))) (table funcref (elem $g)) (func $g (result i32) i32.const 1) (func (export "f") (result i32) i32.const 0 call_indirect (type $t) i32.const 2 i32.add)',
  'recursion':
    '(func $fib (param i32) (result i32) local.get 0 i32.const 2 i32.lt_s if (result i32) local.get 0 else local.get 0 i32.const 1 i32.sub call $fib local.get 0 i32.const 2 i32.sub call $fib i32.add end) (func (export "f") (result i32) i32.const 12 call $fib)',
  'tail calls':
    '(func $g (param i32) local.get 0 i32.eqz if return end local.get 0 i32.const 1 i32.sub return_call $g) (func (export "f") i32.const 50 call $g)',
  'tail calls through a table':
    '(type $t (func (param i32))) (table funcref (elem $g)) (func $g (param i32) local.get 0 i32.eqz if return end local.get 0 i32.const 1 i32.sub i32.const 0 return_call_indirect (type $t)) (func (export "f") i32.const 50 call $g)',
  'memory.fill, small': '(memory 1) (func (export "f") (memory.fill (i32.const 0) (i32.const 1) (i32.const 100)))',
  'memory.fill, large': '(memory 1) (func (export "f") (memory.fill (i32.const 0) (i32.const 1) (i32.const 60000)))',
  'memory.fill, computed':
    '(memory 1) (func (export "f") (local i32) i32.const 50 local.set 0 (memory.fill (i32.const 0) (i32.const 1) (i32.mul (local.get 0) (local.get 0))))',
  'memory.copy': '(memory 1) (func (export "f") (memory.copy (i32.const 0) (i32.const 100) (i32.const 1000)))',
  'memory.init':
    '(memory 1) (data $d "12345678") (func (export "f") (memory.init $d (i32.const 0) (i32.const 1) (i32.const 6)) (data.drop $d))',
  'memory.grow, constant': '(memory 1) (func (export "f") (drop (memory.grow (i32.const 2))) (drop (memory.size)))',
  'memory.grow, computed': '(memory 1) (func (export "f") (drop (memory.grow (memory.size))) (drop (memory.size)))',
  'table.fill':
    '(table 200 funcref) (func $g) (func (export "f") (table.fill 0 (i32.const 0) (ref.null func) (i32.const 150)))',
  'table.copy':
    '(table 200 funcref) (func $g) (func (export "f") (table.copy (i32.const 0) (i32.const 10) (i32.const 20)))',
  'table.grow': '(table 2 funcref) (func $g) (func (export "f") (drop (table.grow 0 (ref.null func) (i32.const 300))))',
  'table.grow that fails':
    '(table 2 4 funcref) (func $g) (func (export "f") (drop (table.grow 0 (ref.null func) (i32.const 300))))',
  'table.init':
    '(table 20 funcref) (func $g) (elem $e func $g $g $g $g) (func (export "f") (table.init $e (i32.const 0) (i32.const 0) (i32.const 4)) (elem.drop $e))',
  'vectors':
    '(func (export "f") (result i32) (i32x4.extract_lane 2 (i32x4.add (i32x4.splat (i32.const 5)) (v128.const i32x4 1 2 3 4))))',
  'select': '(func (export "f") (result i32) (select (i32.const 1) (i32.const 2) (i32.const 0)))',
  'select of a type':
    '(func (export "f") (drop (select (result funcref) (ref.null func) (ref.null func) (i32.const 0))))',
  'multiple values':
    '(func $g (result i32 i32) i32.const 1 i32.const 2) (func (export "f") (result i32) call $g block (param i32 i32) (result i32) i32.add end)',
  'numbers':
    '(func (export "f") (result i64) (i64.add (i64.extend_i32_s (i32.trunc_sat_f64_s (f64.sqrt (f64.const 2)))) (i64.rotl (i64.const 5) (i64.ctz (i64.const 8)))))',
  'loads and stores':
    '(memory 1) (func (export "f") (i64.store offset=8 (i32.const 0) (i64.load32_s (i32.const 4))) (i32.store8 (i32.const 1) (i32.load16_u (i32.const 3))))',
  'exceptions':
    '(tag $e (param i32)) (func (export "f") (result i32) (block $h (result i32) (try_table (catch $e $h) i32.const 1 drop i32.const 7 throw $e) i32.const 8))',
  'exceptions, none thrown':
    '(tag $e (param i32)) (func (export "f") (result i32) (block $h (result i32) (try_table (catch $e $h) i32.const 1 drop) i32.const 8))',
  'array.new_default, constant':
    '(type $a (array (mut i8))) (global (ref $a) (array.new_default $a (i32.const 100))) (func (export "f"))',
  'array.new_default, computed':
    '(type $a (array (mut i8))) (global $n i32 i32.const 33) (global (ref $a) (array.new_default $a (global.get $n))) (func (export "f"))',
  'arrays':
    '(type $a (array (mut i32))) (func (export "f") (result i32) (local $x (ref null $a)) (local.set $x (array.new $a (i32.const 1) (i32.const 300))) (array.fill $a (local.get $x) (i32.const 0) (i32.const 2) (i32.const 200)) (array.copy $a $a (local.get $x) (i32.const 0) (local.get $x) (i32.const 100) (i32.const 50)) (array.len (local.get $x)))',
  'structs':
    '(type $s (struct (field (mut i32)))) (func (export "f") (result i32) (struct.get $s 0 (struct.new $s (i32.const 1))))',
  'br_on_null':
    '(type $s (struct (field (mut i32)))) (func (export "f") (block $l (br_on_null $l (struct.new $s (i32.const 1))) drop) (i32.const 1) drop)',
  'start-up, nothing that flushes':
    '(type $a (array (mut i8))) (global (ref $a) (array.new_default $a (i32.const 128))) (func (export "f"))',
  'start-up with large arrays':
    '(type $a (array (mut i8))) (global $n i32 i32.const 33) (global (ref $a) (array.new_default $a (i32.add (global.get $n) (i32.const 1)))) (global (ref $a) (array.new $a (i32.const 0) (i32.const 129))) (func $s) (start $s) (func (export "f"))',
  'filled table': '(table 200 funcref (ref.null func)) (func (export "f"))',
  'memory.grow that fails': '(memory 1 2) (func (export "f") (drop (memory.grow (i32.const -1))))',
  'memory.grow that fails, constant': '(memory 1 2) (func (export "f") (drop (memory.grow (i32.const 100))))',
  'wide memory.grow': '(memory i64 1 200) (func (export "f") (drop (memory.grow (i64.const 129))))',
  'wide memory': '(memory i64 1) (func (export "f") (memory.fill (i64.const 0) (i32.const 1) (i64.const 1000)))',
}

/** Files of the examples, which of their core modules, and how many functions to take at most. */
const REAL: readonly (readonly [path: string, module: number, funcs: number])[] = [
  ['shop/built/orders.component.wasm', 0, 100],
  ['shop/built/shipping.component.wasm', 0, 100],
  ['shop/built/bulk.component.wasm', 0, 100],
  ['shop/built/flat.component.wasm', 0, 100],
  ['shop/built/lucky.component.wasm', 0, 100],
  ['small/built/calls.core.wasm', 0, 100],
  ['small/built/counter.core.wasm', 0, 100],
  ['small/built/values.core.wasm', 0, 100],
  ['shop/built/app.component.wasm', 1, 100],
  ['shop/built/app.component.wasm', 8, 100],
  ['shop/built/app.component.wasm', 2, 250],
]

const examples = new URL('../../examples/', import.meta.url)

export async function parityCases(): Promise<ParityCase[]> {
  const cases: ParityCase[] = []
  for (const [name, fields] of Object.entries(TEXTS)) {
    const code = await assemble(`(module ${fields})`)
    cases.push({ name, code, calls: [{ func: 'f', params: [], args: [] }], least: true })
  }
  const real = REAL.map(([path, index, funcs]) => {
    const bytes = new Uint8Array(readFileSync(new URL(path, examples)))
    const module = path.endsWith('.core.wasm') ? bytes : coreModulesIn(bytes)[index]
    if (module === undefined) throw new RangeError(`${path} has no core module ${index}`)
    return { name: `${path} ${index}`, module, funcs }
  })
  for (const { name, module, funcs } of real) cases.push(realCase(name, module, funcs))
  for (const { name, module } of real.filter((_, nth) => nth % 2 === 0))
    cases.push(realCase(`${name}, few exported`, module, 12, true))
  for (let seed = 0; seed < 60; seed++) {
    const newer = seed >= 40
    const { code, funcs } = generate(seed, newer ? { exceptions: true, gc: true } : {})
    const pick = randomOf(seed + 1000)
    const calls = funcs.map(({ name, params }) => ({ func: name, params, args: argumentsFor(pick, params) }))
    cases.push({ name: `generated ${seed}`, code, calls, least: seed % 4 === 0 })
  }
  for (let seed = 100; seed < 160; seed++) {
    const { code, funcs } = generate(seed, { closed: true, ...(seed >= 140 && { exceptions: true, gc: true }) })
    const pick = randomOf(seed + 1000)
    const calls = funcs.map(({ name, params }) => ({ func: name, params, args: argumentsFor(pick, params) }))
    cases.push({ name: `generated ${seed}, closed`, code, calls, least: seed % 2 === 0, closed: true })
  }
  return cases
}

/**
 * Exports every function under a name of its own, and calls an even choice of those that take numbers.
 *
 * @param few exports none but that choice
 */
function realCase(name: string, code: Uint8Array, most: number, few = false): ParityCase {
  const shape = readShape(code)
  const step = Math.max(1, shape.definedFuncs / most)
  const exported: number[] = []
  let more = 0
  for (let nth = 0; nth < shape.definedFuncs; nth += few ? step : 1) {
    const index = shape.importedFuncs + Math.floor(nth)
    more++
    const text = new TextEncoder().encode(`func:${index}`)
    exported.push(...leb(text.length), ...text, 0, ...leb(index))
  }
  const parts: ArrayLike<number>[] = [code.subarray(0, 8)]
  let written = false
  const write = (from: number, to: number): void => {
    const head = leb(shape.exports + more)
    parts.push([7, ...leb(head.length + to - from + exported.length)], head, code.subarray(from, to), exported)
    written = true
  }
  for (const { id, start, end } of shape.sections) {
    if (id === SECTION.custom) continue
    if (!written && [8, 9, 12, 10, 11].includes(id)) write(0, 0)
    if (id === SECTION.export) {
      let at = start
      while ((code[at] ?? 0) & 0x80) at++
      write(at + 1, end)
    } else parts.push([id, ...leb(end - start)], code.subarray(start, end))
  }
  const all = new Uint8Array(parts.reduce((size, part) => size + part.length, 0))
  let at = 0
  for (const part of parts) {
    all.set(part, at)
    at += part.length
  }
  const type = decodeCoreModule(all, 0, COMPILE_LIMITS)
  const calls: ParityCall[] = []
  const pick = randomOf(shape.definedFuncs)
  const byName = new Map(type.exports.map((item) => [item.name, item.type]))
  for (let nth = 0; nth < shape.definedFuncs && calls.length < most; nth += step) {
    const func = `func:${shape.importedFuncs + Math.floor(nth)}`
    const found = byName.get(func)
    const signature = found?.kind === 'func' ? type.types[found.type]?.type : undefined
    if (signature?.kind !== 'func') continue
    const params = signature.params.flatMap((param) =>
      param === 'i32' || param === 'i64' || param === 'f32' || param === 'f64' ? [param] : [],
    )
    if (params.length < signature.params.length || signature.results.includes('v128')) continue
    const args = params.map((param) => {
      const n = [0, 1, 8, 64, 1024][pick(5)] ?? 0
      return param === 'i64' ? BigInt(n) : n
    })
    calls.push({ func, params, args })
  }
  return { name, code: all, calls, least: false, closed: few }
}

function leb(value: number): number[] {
  const bytes: number[] = []
  let rest = value
  while (rest >= 0x80) {
    bytes.push((rest & 0x7f) | 0x80)
    rest = Math.floor(rest / 0x80)
  }
  return [...bytes, rest]
}

/** Imports that do nothing: functions that answer zeros, memories, tables and globals as they are asked for. */
export function stubImports(code: Uint8Array): WebAssembly.Imports {
  const type = decodeCoreModule(code, 0, COMPILE_LIMITS)
  const imports: Record<string, Record<string, WebAssembly.ImportValue>> = {}
  for (const { module, name, type: item } of type.imports) {
    imports[module] ??= {}
    imports[module][name] = stub(type, item)
  }
  return imports
}

function stub(
  { types }: ReturnType<typeof decodeCoreModule>,
  item: ReturnType<typeof decodeCoreModule>['imports'][number]['type'],
): WebAssembly.ImportValue {
  switch (item.kind) {
    case 'func': {
      const signature = types[item.type]?.type
      const results = signature?.kind === 'func' ? signature.results : []
      const zeros = results.map((result) => (result === 'i64' ? 0n : typeof result === 'string' ? 0 : null))
      return () => (zeros.length > 1 ? zeros : zeros[0])
    }
    case 'memory': {
      const { min, max } = item.limits
      return new WebAssembly.Memory({ initial: Number(min), ...(max !== undefined && { maximum: Number(max) }) })
    }
    case 'table': {
      const { min, max } = item.limits
      const bounds = { initial: Number(min), ...(max !== undefined && { maximum: Number(max) }) }
      return new WebAssembly.Table({ element: item.element.heap === 'extern' ? 'externref' : 'anyfunc', ...bounds })
    }
    case 'global': {
      const value = item.type as WebAssembly.ValueType
      return new WebAssembly.Global({ value, mutable: item.mutable }, value === 'i64' ? 0n : 0)
    }
    case 'tag':
      return new WebAssembly.Tag({ parameters: [] }) as WebAssembly.ImportValue
  }
}
