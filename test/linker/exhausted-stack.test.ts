/** Calls made with hardly any stack left: an instance that such a call ended says so, whatever tier was running. */
import { expect, test, vi } from 'vitest'
import { Component, Engine, type Instance, type Untyped } from '../../src/index.ts'
import { fromTheDeep } from '../deep.ts'

const TEXT = `(component
  (import "host" (func $h (param "n" u32) (result u32)))
  (core func $h (canon lower (func $h)))
  (core module $m
    (import "" "h" (func $h (param i32) (result i32)))
    (memory (export "memory") 1)
    (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 1024))
    (func (export "ask") (param i32) (result i32) (call $h (local.get 0)))
    (func (export "next") (param i32) (result i32) (i32.add (local.get 0) (i32.const 1)))
    (func (export "echo") (param i32 i32) (result i32)
      (i32.store (i32.const 16) (local.get 0)) (i32.store (i32.const 20) (local.get 1)) (i32.const 16)))
  (core instance $i (instantiate $m (with "" (instance (export "h" (func $h))))))
  (func (export "ask") (param "n" u32) (result u32) (canon lift (core func $i "ask")))
  (func (export "next") (param "n" u32) (result u32) (canon lift (core func $i "next")))
  (func (export "echo") (param "s" string) (result string)
    (canon lift (core func $i "echo") (memory (core memory $i "memory")) (realloc (core func $i "realloc")))))`

const CALLS = [
  ['ask', 5, 6],
  ['next', 5, 6],
  ['echo', 'abc', 'abc'],
] as const

test.each(CALLS)('%s', async (name, arg, expected) => {
  const engine = new Engine()
  const component = await Component.compile(TEXT, { engine })
  const start = (): Instance => component.instantiateSync({ host: (n: number) => n + 1 }, { engine })
  const use = (instance: Instance): unknown => (instance.exports as Untyped)[name](arg)
  for (let round = 0; round < 3; round++) {
    const spare = Array.from({ length: 100 }, start)
    for (const instance of spare) for (let i = 0; i < 4 ** (2 * round); i++) use(instance)
    await vi.waitFor(async () => await import('../../src/linker/glue/index.ts'))
    const seen: { readonly instance: Instance; answer: unknown }[] = []
    fromTheDeep(80, () => {
      const instance = spare.pop() as Instance // fewer attempts than spares
      const entry = { instance, answer: undefined as unknown }
      seen.push(entry)
      try {
        entry.answer = use(instance)
      } catch {
        entry.answer = 'threw'
      }
    })
    expect(seen.length).toBeGreaterThan(10)
    for (const { instance, answer } of seen) {
      if (answer !== 'threw' && answer !== undefined) expect(answer).toBe(expected)
      expect(instance.state).toMatch(/^(ready|trapped)$/)
      if (instance.state === 'ready') expect(use(instance)).toBe(expected)
    }
  }
})
