/**
 * A consumer in text that calls the `values` and `counter` components of `examples/small` in loops, and the best fused
 * JavaScript one would write by hand for the pairs: it knows both modules, moves bytes from memory to memory, and does
 * what it must (refreshes views after growth, refuses invalid UTF-8, calls post-return, keeps a table of handles and counts
 * what is lent), but no more.
 */
import { readFileSync } from 'node:fs'
import wabt from 'wabt'

export const VALUES = 'example:small/values@0.1.0'
export const COUNTERS = 'example:small/counters@0.1.0'

export const built = (file: string): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(readFileSync(new URL(`../examples/small/built/${file}`, import.meta.url)))

export const LIBC = `
  (memory (export "memory") 8)
  (global $top (export "top") (mut i32) (i32.const 262144))
  (func (export "realloc") (param $old i32) (param $size i32) (param $align i32) (param $new i32) (result i32)
    (local $ptr i32)
    (local.set $ptr (i32.and (i32.sub (i32.add (global.get $top) (local.get $align)) (i32.const 1))
      (i32.sub (i32.const 0) (local.get $align))))
    (global.set $top (i32.add (local.get $ptr) (local.get $new)))
    (local.get $ptr))`

/** What is echoed lies at 1024, the answer's area at 256; every turn empties the heap. */
const loop = (name: string, call: string): string => `
  (func (export "${name}") (param $n i32) (param $length i32)
    (loop $next
      (global.set $top (i32.const 262144))
      ${call}
      (br_if $next (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))`

export const MAIN = `
  (import "libc" "memory" (memory 8))
  (import "libc" "top" (global $top (mut i32)))
  (import "values" "add" (func $add (param i32 i32) (result i32)))
  (import "values" "echo-string" (func $echo-string (param i32 i32 i32)))
  (import "values" "echo-bytes" (func $echo-bytes (param i32 i32 i32)))
  (import "values" "echo-sample" (func $echo-sample (param i32 i32 f64 i32 i32 i32)))
  (import "values" "echo-samples" (func $echo-samples (param i32 i32 i32)))
  (import "counters" "[constructor]counter" (func $counter (param i32) (result i32)))
  (import "counters" "[method]counter.increment" (func $increment (param i32 i32) (result i32)))
  (global $handle (mut i32) (i32.const 0))
  (func (export "fill") (param $text i32)
    (local $i i32)
    (local.set $i (i32.const 1024))
    (loop $next
      (i32.store8 (local.get $i) (select (i32.add (i32.const 32) (i32.rem_u (local.get $i) (i32.const 90)))
        (i32.and (i32.mul (local.get $i) (i32.const 7)) (i32.const 1)) (local.get $text)))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $next (i32.lt_u (local.get $i) (i32.const 70000))))
    (if (i32.eqz (global.get $handle)) (then (global.set $handle (call $counter (i32.const 0))))))
  (func (export "add") (param $n i32) (result i32)
    (local $x i32)
    (loop $next
      (local.set $x (call $add (local.get $x) (local.get $n)))
      (br_if $next (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $x))
  (func (export "method") (param $n i32) (result i32)
    (local $x i32)
    (loop $next
      (local.set $x (call $increment (global.get $handle) (i32.const 1)))
      (br_if $next (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $x))
  ${loop('string', '(call $echo-string (i32.const 1024) (local.get $length) (i32.const 256))')}
  ${loop('bytes', '(call $echo-bytes (i32.const 1024) (local.get $length) (i32.const 256))')}
  ${loop('sample', '(call $echo-sample (i32.const 7) (i32.const -300) (f64.const 2.5) (i32.const 1) (i32.const 200) (i32.const 256))')}
  ${loop('samples', '(call $echo-samples (i32.const 1024) (local.get $length) (i32.const 256))')}
  (func (export "answer") (param $offset i32) (result i32) (i32.load (i32.add (i32.const 256) (local.get $offset))))
  (func (export "echoed") (param $offset i32) (result i32)
    (i32.load8_u (i32.add (i32.load (i32.const 256)) (local.get $offset))))`

const u32s = (...names: readonly string[]): string => names.map((name) => `(param "${name}" u32)`).join(' ')

/** The consumer as a component; both interfaces are imported. */
export const CONSUMER = `(component
  (import "${VALUES}" (instance $v
    (type $sample0 (record (field "id" u32) (field "level" s16) (field "weight" f64) (field "ready" bool) (field "grade" u8)))
    (export "sample" (type $sample (eq $sample0)))
    (export "add" (func (param "a" u32) (param "b" u32) (result u32)))
    (export "echo-string" (func (param "value" string) (result string)))
    (export "echo-bytes" (func (param "value" (list u8)) (result (list u8))))
    (export "echo-sample" (func (param "value" $sample) (result $sample)))
    (export "echo-samples" (func (param "value" (list $sample)) (result (list $sample))))))
  (import "${COUNTERS}" (instance $c
    (export "counter" (type $counter (sub resource)))
    (export "[constructor]counter" (func (param "start" u32) (result (own $counter))))
    (export "[method]counter.increment" (func (param "self" (borrow $counter)) (param "by" u32) (result u32)))))
  (core module $libc ${LIBC})
  (core instance $libc (instantiate $libc))
  (alias core export $libc "memory" (core memory $memory))
  (alias core export $libc "realloc" (core func $realloc))
  ${['add', 'echo-string', 'echo-bytes', 'echo-sample', 'echo-samples']
    .map((name) => `(core func $${name} (canon lower (func $v "${name}") (memory $memory) (realloc $realloc)))`)
    .join('\n')}
  (core func $new (canon lower (func $c "[constructor]counter")))
  (core func $increment (canon lower (func $c "[method]counter.increment")))
  (core module $main ${MAIN})
  (core instance $main (instantiate $main
    (with "libc" (instance $libc))
    (with "values" (instance ${['add', 'echo-string', 'echo-bytes', 'echo-sample', 'echo-samples'].map((name) => `(export "${name}" (func $${name}))`).join(' ')}))
    (with "counters" (instance (export "[constructor]counter" (func $new)) (export "[method]counter.increment" (func $increment))))))
  (func (export "fill") ${u32s('text')} (canon lift (core func $main "fill")))
  ${['add', 'method'].map((name) => `(func (export "${name}") ${u32s('n')} (result u32) (canon lift (core func $main "${name}")))`).join('\n')}
  ${['string', 'bytes', 'sample', 'samples'].map((name) => `(func (export "${name}") ${u32s('n', 'length')} (canon lift (core func $main "${name}")))`).join('\n')}
  ${['answer', 'echoed'].map((name) => `(func (export "${name}") ${u32s('offset')} (result u32) (canon lift (core func $main "${name}")))`).join('\n')})`

/** What a consumer has for its host. */
export interface Consumer {
  fill(text: number): void
  add(n: number): number
  method(n: number): number
  string(n: number, length: number): void
  bytes(n: number, length: number): void
  sample(n: number, length: number): void
  samples(n: number, length: number): void
  answer(offset: number): number
  echoed(offset: number): number
}

type Core = (...args: number[]) => number

class Memory {
  readonly #memory: WebAssembly.Memory
  bytes: Uint8Array
  view: DataView

  constructor(memory: unknown) {
    if (!(memory instanceof WebAssembly.Memory)) throw new TypeError('no memory')
    this.#memory = memory
    this.bytes = new Uint8Array(memory.buffer)
    this.view = new DataView(memory.buffer)
  }

  refresh(): void {
    if (this.bytes.length !== 0) return
    this.bytes = new Uint8Array(this.#memory.buffer)
    this.view = new DataView(this.#memory.buffer)
  }
}

const decoder = new TextDecoder('utf-8', { fatal: true })

function checkText({ view, bytes }: Memory, at: number, length: number): void {
  const end = at + length
  let i = at
  for (; i + 16 <= end; i += 16) {
    const word =
      view.getUint32(i, true) | view.getUint32(i + 4, true) | view.getUint32(i + 8, true) | view.getUint32(i + 12, true)
    if ((word & 0x8080_8080) !== 0) break
  }
  for (; i < end; i++) {
    if ((bytes[i] as number) >= 0x80) {
      decoder.decode(bytes.subarray(at, end))
      return
    }
  }
}

function move(from: Uint8Array, source: number, to: Uint8Array, target: number, length: number): void {
  if (length <= 64) for (let i = 0; i < length; i++) to[target + i] = from[source + i] as number
  else to.set(from.subarray(source, source + length), target)
}

const SAMPLE = 24

function moveSample(from: DataView, source: number, to: DataView, target: number): void {
  to.setUint32(target, from.getUint32(source, true), true)
  to.setUint16(target + 4, from.getUint16(source + 4, true), true)
  to.setFloat64(target + 8, from.getFloat64(source + 8, true), true)
  to.setUint8(target + 16, from.getUint8(source + 16) === 0 ? 0 : 1)
  to.setUint8(target + 17, from.getUint8(source + 17))
}

/** Its declarations do not know the last. */
const FEATURES = { bulk_memory: true, multi_memory: true }

export async function assembler(): Promise<(text: string) => WebAssembly.Module> {
  const { parseWat } = await wabt()
  return (text) =>
    new WebAssembly.Module(parseWat('module.wat', `(module ${text})`, FEATURES).toBinary({}).buffer as BufferSource)
}

export async function pairByHand(): Promise<Consumer> {
  const assemble = await assembler()
  const values = new WebAssembly.Instance(new WebAssembly.Module(built('values.core.wasm'))).exports
  const libc = new WebAssembly.Instance(assemble(LIBC)).exports

  const ours = new Memory(libc['memory'])
  const theirs = new Memory(values['memory'])
  const ourRealloc = libc['realloc'] as Core
  const theirRealloc = values['cabi_realloc'] as Core
  const named = (name: string): Core => values[`${VALUES}#${name}`] as Core
  const post = (name: string): Core => values[`cabi_post_${VALUES}#${name}`] as Core
  const [add, echoString, echoBytes, echoSample, echoSamples] = [
    named('add'),
    named('echo-string'),
    named('echo-bytes'),
    named('echo-sample'),
    named('echo-samples'),
  ]
  const [postString, postBytes, postSamples] = [post('echo-string'), post('echo-bytes'), post('echo-samples')]

  const reps: ({ readonly rep: number; lends: number } | undefined)[] = [undefined]
  const counters: WebAssembly.Exports = new WebAssembly.Instance(new WebAssembly.Module(built('counter.core.wasm')), {
    [`[export]${COUNTERS}`]: {
      '[resource-new]counter': (rep: number) => reps.push({ rep, lends: 0 }) - 1,
      '[resource-rep]counter': (handle: number) => reps[handle]?.rep,
      '[resource-drop]counter': (handle: number) => {
        reps[handle] = undefined
      },
    },
  }).exports
  const increment = counters[`${COUNTERS}#[method]counter.increment`] as Core

  const { exports } = new WebAssembly.Instance(assemble(MAIN), {
    libc,
    counters: {
      '[constructor]counter': counters[`${COUNTERS}#[constructor]counter`] as Core,
      '[method]counter.increment': (handle: number, by: number) => {
        const found = reps[handle]
        if (found === undefined) throw new TypeError('no such counter')
        found.lends++
        const value = increment(found.rep, by)
        found.lends--
        return value
      },
    },
    values: {
      'add': (a: number, b: number) => add(a, b),
      'echo-string': (at: number, length: number, area: number) => {
        ours.refresh()
        checkText(ours, at, length)
        const given = theirRealloc(0, 0, 1, length)
        theirs.refresh()
        move(ours.bytes, at, theirs.bytes, given, length)
        const answer = echoString(given, length)
        theirs.refresh()
        const begin = theirs.view.getUint32(answer, true)
        const size = theirs.view.getUint32(answer + 4, true)
        checkText(theirs, begin, size)
        const taken = ourRealloc(0, 0, 1, size)
        ours.refresh()
        move(theirs.bytes, begin, ours.bytes, taken, size)
        ours.view.setUint32(area, taken, true)
        ours.view.setUint32(area + 4, size, true)
        postString(answer)
      },
      'echo-bytes': (at: number, length: number, area: number) => {
        ours.refresh()
        const given = theirRealloc(0, 0, 1, length)
        theirs.refresh()
        move(ours.bytes, at, theirs.bytes, given, length)
        const answer = echoBytes(given, length)
        theirs.refresh()
        const begin = theirs.view.getUint32(answer, true)
        const size = theirs.view.getUint32(answer + 4, true)
        const taken = ourRealloc(0, 0, 1, size)
        ours.refresh()
        move(theirs.bytes, begin, ours.bytes, taken, size)
        ours.view.setUint32(area, taken, true)
        ours.view.setUint32(area + 4, size, true)
        postBytes(answer)
      },
      'echo-sample': (id: number, level: number, weight: number, ready: number, grade: number, area: number) => {
        const answer = echoSample(id, level, weight, ready, grade)
        theirs.refresh()
        ours.refresh()
        moveSample(theirs.view, answer, ours.view, area)
      },
      'echo-samples': (at: number, length: number, area: number) => {
        ours.refresh()
        const given = theirRealloc(0, 0, 8, length * SAMPLE)
        theirs.refresh()
        for (let i = 0; i < length; i++) moveSample(ours.view, at + i * SAMPLE, theirs.view, given + i * SAMPLE)
        const answer = echoSamples(given, length)
        theirs.refresh()
        const begin = theirs.view.getUint32(answer, true)
        const size = theirs.view.getUint32(answer + 4, true)
        const taken = ourRealloc(0, 0, 8, size * SAMPLE)
        ours.refresh()
        for (let i = 0; i < size; i++) moveSample(theirs.view, begin + i * SAMPLE, ours.view, taken + i * SAMPLE)
        ours.view.setUint32(area, taken, true)
        ours.view.setUint32(area + 4, size, true)
        postSamples(answer)
      },
    },
  })
  // core functions with the names and numbers of parameters that `Consumer` says
  return exports as object as Consumer
}
