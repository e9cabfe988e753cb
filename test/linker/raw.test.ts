/**
 * What passes from core module to core module as it is, and what has code of ours between. A core function of one core
 * instance that another of the same component imports is the engine's own; what crosses a component's border never is.
 */
import { afterEach, expect, test, vi } from 'vitest'
import { Component, Engine } from '../../src/index.ts'

const { Instance } = WebAssembly

/** The imports and exports of every core instance that is made, in order. */
function watch(): { readonly imports: WebAssembly.Imports; readonly exports: WebAssembly.Exports }[] {
  const made: { imports: WebAssembly.Imports; exports: WebAssembly.Exports }[] = []
  vi.stubGlobal('WebAssembly', {
    ...Object.fromEntries(
      Object.getOwnPropertyNames(WebAssembly).map((name) => [name, Reflect.get(WebAssembly, name)]),
    ),
    Instance: new Proxy(Instance, {
      construct(target, [module, imports]) {
        const instance: WebAssembly.Instance = Reflect.construct(target, [module, imports])
        made.push({ imports: imports ?? {}, exports: instance.exports })
        return instance
      },
    }),
  })
  return made
}

afterEach(() => {
  vi.unstubAllGlobals()
})

/** Whether the engine made it: a core function exported by an instance is named by its index. */
const isCore = (f: unknown): boolean => typeof f === 'function' && /^\d+$/.test(f.name) && !('prototype' in f)

const INNER = `
  (core module $a (memory (export "memory") 1) (table (export "table") 1 funcref) (global (export "g") i32 (i32.const 1))
    (func (export "f") (param i32) (result i32) (local.get 0)))
  (core instance $a (instantiate $a))`

async function instancesOf(text: string, imports: Readonly<Record<string, (x: number) => number>> = {}) {
  const component = await Component.compile(text)
  const made = watch()
  await component.instantiate(imports, { engine: new Engine() })
  return made
}

test('core exports of one component pass as they are, alone, renamed and in bundles', async () => {
  const made = await instancesOf(`(component ${INNER}
    (core module $b (import "whole" "f" (func (param i32) (result i32))) (import "whole" "memory" (memory 1))
      (import "bundle" "h" (func (param i32) (result i32))) (import "bundle" "t" (table 1 funcref)) (import "bundle" "g" (global i32)))
    (alias core export $a "f" (core func $f))
    (alias core export $a "table" (core table $t))
    (alias core export $a "g" (core global $g))
    (core instance $b (instantiate $b (with "whole" (instance $a))
      (with "bundle" (instance (export "h" (func $f)) (export "t" (table $t)) (export "g" (global $g)))))))`)
  const a = made.find(({ exports }) => 'f' in exports)?.exports
  const b = made.find(({ imports }) => 'bundle' in imports)?.imports
  expect(a?.['f']).toBeTypeOf('function')
  expect(b?.['whole']?.['f']).toBe(a?.['f'])
  expect(b?.['whole']?.['memory']).toBe(a?.['memory'])
  expect(b?.['bundle']?.['h']).toBe(a?.['f'])
  expect(b?.['bundle']?.['t']).toBe(a?.['table'])
  expect(b?.['bundle']?.['g']).toBe(a?.['g'])
  expect(isCore(b?.['bundle']?.['h'])).toBe(true)
})

test.each([
  [
    'a function of JavaScript, though of numbers only',
    `(component (import "f" (func $f (param "x" u32) (result u32))) (core func $l (canon lower (func $f)))`,
    { f: (x: number) => x },
  ],
  [
    'a function lifted in another component, though of numbers only',
    `(component (component $c ${INNER}
        (func $f (param "x" u32) (result u32) (canon lift (core func $a "f"))) (export "f" (func $f)))
      (instance $c (instantiate $c)) (core func $l (canon lower (func $c "f")))`,
    {},
  ],
  [
    'a function lifted in the same component, which may not be entered again',
    `(component ${INNER} (func $f (param "x" u32) (result u32) (canon lift (core func $a "f")))
      (core func $l (canon lower (func $f)))`,
    {},
  ],
  ['a built-in', `(component (type $r (resource (rep i32))) (core func $l (canon resource.new $r))`, {}],
])('%s does not', async (_, text, imports) => {
  const made = await instancesOf(
    `${text}
      (core module $m (import "m" "f" (func $f (param i32) (result i32))))
      (core instance (instantiate $m (with "m" (instance (export "f" (func $l)))))))`,
    imports,
  )
  const f = made.find((instance) => 'm' in instance.imports)?.imports['m']?.['f']
  expect(f).toBeTypeOf('function')
  expect(isCore(f)).toBe(false)
})
