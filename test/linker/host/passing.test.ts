/** What a call passes while it is read, and until it starts: handles that nothing can end, arrays that may change. */
import { describe, expect, test, vi } from 'vitest'
import { Component, Engine, type Untyped } from '../../../src/index.ts'
import { rejected, thrown } from '../help.ts'

const DISPOSE: typeof Symbol.dispose = Symbol.dispose ?? Symbol.for('dispose')

/** `out`: with a way out, the flags that say so; the host can answer with a resource. */
const text = (out: boolean): string => `(component
  (core module $d (func (export "dtor") (param i32) (global.set $g (i32.add (global.get $g) (i32.const 1))))
    (global $g (mut i32) (i32.const 0)) (func (export "gone") (result i32) global.get $g))
  (core instance $d (instantiate $d))
  (type $c' (resource (rep i32) (dtor (core func $d "dtor"))))
  (export $c "c" (type $c'))
  (type $p' (record (field "x" u32) (field "y" u32)))
  (export $p "p" (type $p'))
  (core func $new (canon resource.new $c))
  (core func $drop (canon resource.drop $c))
  ${out ? '(import "out" (func $out)) (core func $out (canon lower (func $out)))' : ''}
  (core module $m
    (import "" "new" (func $new (param i32) (result i32)))
    (import "" "drop" (func $drop (param i32)))
    ${out ? '(import "" "out" (func))' : ''}
    (func (export "make") (param i32) (result i32) (call $new (local.get 0)))
    (func (export "add") (param i32 i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
    (func (export "swallow") (param i32 i32 i32) (result i32) (call $drop (local.get 0)) (local.get 1))
    (func (export "both") (param i32 i32)))
  (core instance $m (instantiate $m (with "" (instance
    (export "new" (func $new)) (export "drop" (func $drop)) ${out ? '(export "out" (func $out))' : ''}))))
  (func (export "[constructor]c") (param "start" u32) (result (own $c)) (canon lift (core func $m "make")))
  (func (export "[method]c.add") (param "self" (borrow $c)) (param "p" $p) (result u32) (canon lift (core func $m "add")))
  (func (export "[static]c.swallow") (param "c" (own $c)) (param "p" $p) (result u32) (canon lift (core func $m "swallow")))
  (func (export "lend-and-give") (param "a" (borrow $c)) (param "b" (own $c)) (canon lift (core func $m "both")))
  (func (export "give-and-lend") (param "a" (own $c)) (param "b" (borrow $c)) (canon lift (core func $m "both")))
  (func (export "give-twice") (param "a" (own $c)) (param "b" (own $c)) (canon lift (core func $m "both")))
  (func (export "gone") (result u32) (canon lift (core func $d "gone"))))`

const LENT = 'this `c` resource is lent to a call that has not returned'
const GIVEN = `[static]c.swallow: param \`c\`: ${LENT}`

describe.each([true, false])('with a way out: %s', (out) => {
  describe.each(['auto', 'never'] as const)('codegen %s', (codegen) => {
    const start = async (): Promise<Untyped> => {
      const engine = new Engine({ codegen })
      const component = await Component.compile(text(out), { engine })
      return component.instantiateSync({ out: () => {} }, { engine }).exports
    }
    /** In every tier that is to be had here. */
    const steadily = async (call: () => void): Promise<void> => {
      for (let round = 0; round < 3; round++) {
        for (let i = 0; i < 250; i++) call()
        await vi.waitFor(async () => await import('../../../src/linker/glue/index.ts'))
      }
    }
    const reading = (run: () => unknown) => ({
      get x() {
        return run()
      },
      y: 1,
    })

    test('a getter cannot end what is passed beside it', async () => {
      const { C, gone } = await start()
      let made = 0
      await steadily(() => {
        const c = new C(30)
        made++
        const message = (call: () => unknown): string => thrown(call).message
        expect(message(() => c.add(reading(() => c[DISPOSE]())))).toBe(LENT)
        expect(message(() => c.add(reading(() => C.swallow(c, { x: 1, y: 1 }))))).toBe(GIVEN)
        expect(
          message(() =>
            C.swallow(
              c,
              reading(() => c[DISPOSE]()),
            ),
          ),
        ).toBe(LENT)
        expect(
          message(() =>
            C.swallow(
              c,
              reading(() => C.swallow(c, { x: 1, y: 1 })),
            ),
          ),
        ).toBe(GIVEN)
        expect(message(() => c.add({ x: 1, y: -1 }))).toContain('param `p`.y')
        // after all of this it is nobody's but ours
        expect(c.add(reading(() => c.add({ x: 5, y: 1 })))).toBe(30 + 30 + 5)
        expect(
          C.swallow(
            c,
            reading(() => c.add({ x: 1, y: 1 })),
          ),
        ).toBe(31)
        expect(message(() => c.add({ x: 1, y: 1 }))).toContain('was disposed or given away')
      })
      expect(gone()).toBe(made)
    })

    test('a handle goes one way in one call', async () => {
      const { C, lendAndGive, giveAndLend, giveTwice, gone } = await start()
      await steadily(() => {
        const c = new C(1)
        expect(thrown(() => lendAndGive(c, c)).message).toBe(
          'lend-and-give: param `b`: this `c` resource is lent in the same call',
        )
        expect(thrown(() => giveAndLend(c, c)).message).toBe(
          'give-and-lend: param `b`: this `c` resource is given away in the same call',
        )
        expect(thrown(() => giveTwice(c, c)).message).toBe(
          'give-twice: param `b`: the same `c` resource is given away twice',
        )
        c[DISPOSE]()
      })
      expect(gone()).toBe(750)
    })
  })
})

/** `take` and `look` start when `open` was called as often as `close`. */
const WAITING = `(component
  (type $c' (resource (rep i32)))
  (export $c "c" (type $c'))
  (core func $new (canon resource.new $c))
  (core func $return (canon task.return (result u32)))
  (core func $inc (canon backpressure.inc))
  (core func $dec (canon backpressure.dec))
  (core func $drop (canon resource.drop $c))
  (core module $m
    (import "" "new" (func $new (param i32) (result i32)))
    (import "" "return" (func $return (param i32)))
    (import "" "inc" (func $inc))
    (import "" "dec" (func $dec))
    (import "" "drop" (func $drop (param i32)))
    (func (export "make") (param i32) (result i32) (call $new (local.get 0)))
    (func (export "look") (param i32) (result i32) (call $return (local.get 0)) (i32.const 0))
    (func (export "take") (param i32) (result i32) (call $drop (local.get 0)) (call $return (i32.const 1)) (i32.const 0))
    (func (export "cb") (param i32 i32 i32) (result i32) unreachable)
    (func (export "close") (call $inc))
    (func (export "open") (call $dec)))
  (core instance $m (instantiate $m (with "" (instance
    (export "new" (func $new)) (export "return" (func $return)) (export "inc" (func $inc)) (export "dec" (func $dec))
    (export "drop" (func $drop))))))
  (func (export "[constructor]c") (param "start" u32) (result (own $c)) (canon lift (core func $m "make")))
  (func (export "look") async (param "c" (borrow $c)) (result u32)
    (canon lift (core func $m "look") async (callback (core func $m "cb"))))
  (func (export "take") async (param "c" (own $c)) (result u32)
    (canon lift (core func $m "take") async (callback (core func $m "cb"))))
  (func (export "close") (canon lift (core func $m "close")))
  (func (export "open") (canon lift (core func $m "open"))))`

describe('a call that has to wait', () => {
  const start = async () => (await Component.compile(WAITING)).instantiate()

  test('keeps what it was given until it starts', async () => {
    const { exports }: { readonly exports: Untyped } = await start()
    const { C, close, open, look, take } = exports
    close()
    const [a, b] = [new C(40), new C(41)]
    const [looked, taken] = [look(a), take(b)]
    expect(thrown(() => a[DISPOSE]()).message).toBe(LENT)
    expect(thrown(() => b[DISPOSE]()).message).toBe(LENT)
    expect((await rejected(take(b))).message).toBe(`take: param \`c\`: ${LENT}`)
    open()
    expect(await looked).toBe(40)
    expect(await taken).toBe(1)
    expect((await rejected(look(b))).message).toContain('was disposed or given away')
    a[DISPOSE]()
  })

  test('gives it back when it never starts', async () => {
    const instance = await start()
    const { C, close, open }: Untyped = instance.exports
    close()
    const c = new C(40)
    const controller = new AbortController()
    const call = instance.func('take').callAsync([c], { signal: controller.signal })
    expect(thrown(() => c[DISPOSE]()).message).toBe(LENT)
    controller.abort(new RangeError('enough'))
    expect(await rejected(call)).toBeInstanceOf(RangeError)
    open()
    await vi.waitFor(() => c[DISPOSE]())
  })
})

/** Takes and answers with bytes, all at one place. */
const BYTES = `(component
  (core module $m
    (memory (export "memory") 1)
    (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 1024))
    (func (export "echo") (param i32 i32 i32 i32) (result i32)
      (i32.store (i32.const 16) (local.get 0)) (i32.store (i32.const 20) (local.get 1)) (i32.const 16)))
  (core instance $i (instantiate $m))
  (type $p' (record (field "x" u32) (field "y" u32)))
  (export $p "p" (type $p'))
  (func (export "bytes") (param "list" (list u8)) (param "p" $p) (result (list u8))
    (canon lift (core func $i "echo") (memory (core memory $i "memory")) (realloc (core func $i "realloc"))))
  (func (export "floats") (param "list" (list f64)) (param "p" $p) (result (list f64))
    (canon lift (core func $i "echo") (memory (core memory $i "memory")) (realloc (core func $i "realloc")))))`

describe.each(['auto', 'never'] as const)('typed arrays, codegen %s', (codegen) => {
  const resizable = (length: number): ArrayBuffer => {
    // @ts-expect-error: the types of ES2022 do not know it
    return new ArrayBuffer(length, { maxByteLength: 64 })
  }
  const resize = (buffer: ArrayBufferLike, length: number): void => Reflect.get(buffer, 'resize').call(buffer, length)
  const cases: readonly [string, () => Uint8Array, (array: Uint8Array) => void, readonly number[]][] = [
    ['changed', () => Uint8Array.of(1, 2), (a) => a.fill(9), [9, 9]],
    ['transferred', () => Uint8Array.of(1, 2), (a) => void structuredClone(a, { transfer: [a.buffer] }), []],
    ['grown', () => new Uint8Array(resizable(1)).fill(7), (a) => resize(a.buffer, 3), [7, 0, 0]],
    ['shrunk', () => new Uint8Array(resizable(3)).fill(7), (a) => resize(a.buffer, 1), [7]],
  ]

  test.each(cases)(
    'one that is %s while the rest is read is passed as it is then',
    async (_, make, change, expected) => {
      const engine = new Engine({ codegen })
      const instance = (await Component.compile(BYTES, { engine })).instantiateSync({}, { engine })
      const { bytes, floats } = instance.exports as Untyped
      for (let round = 0; round < 3; round++) {
        for (let i = 0; i < 250; i++) {
          const array = make()
          const p = {
            get x() {
              change(array)
              return 1
            },
            y: 1,
          }
          expect(bytes(array, p)).toEqual(Uint8Array.from(expected))
          expect(floats(Float64Array.of(0.5, i), { x: 1, y: 1 })).toEqual(Float64Array.of(0.5, i))
        }
        await vi.waitFor(async () => await import('../../../src/linker/glue/index.ts'))
      }
    },
  )

  test('is asked for no property', async () => {
    const engine = new Engine({ codegen })
    const instance = (await Component.compile(BYTES, { engine })).instantiateSync({}, { engine })
    const { bytes, floats } = instance.exports as Untyped
    const odd = <T extends Uint8Array | Float64Array>(array: T): T => {
      for (const key of ['length', 'byteLength', 'byteOffset', Symbol.toStringTag])
        Object.defineProperty(array, key, { get: () => expect.fail(`asked for ${String(key)}`) })
      return array
    }
    for (let round = 0; round < 3; round++) {
      for (let i = 0; i < 250; i++) {
        expect([...bytes(odd(Uint8Array.of(1, 2, 3)), { x: 1, y: 1 })]).toEqual([1, 2, 3])
        expect([...floats(odd(Float64Array.of(1, 2, 3).subarray(1)), { x: 1, y: 1 })]).toEqual([2, 3])
      }
      await vi.waitFor(async () => await import('../../../src/linker/glue/index.ts'))
    }
  })
})
