import { expect, test, vi } from 'vitest'
import { parseText } from '../../src/text/parse.ts'

// a library of which nothing was loaded yet, on a platform that cannot load modules of its source without waiting
async function fresh() {
  vi.resetModules()
  const { Component } = await import('../../src/linker/component.ts')
  const parts = await import('../../src/linker/part.ts')
  return { Component, parts }
}

const SHAPES = {
  'nothing of the kind': ['(component)', {}],
  'built-ins': [
    `(component (type $r (resource (rep i32))) (core func $new (canon resource.new $r))
      (core module $m (import "" "new" (func (param i32) (result i32))))
      (core instance (instantiate $m (with "" (instance (export "new" (func $new)))))))`,
    {},
  ],
  'a name of a registry, in a type': ['(component (type (component (import "url=<https://a.b>" (func)))))', {}],
  'imports': ['(component (import "f" (func $f)) (core func (canon lower (func $f))))', { f: () => {} }],
} as const

// where a tier is forced, its code is that of another copy of the library
const own = test.runIf(process.env['TIER'] === undefined)

own.each(Object.entries(SHAPES))('parts come with %s', async (_, [text, imports]) => {
  const { Component } = await fresh()
  const component = await Component.compile(await parseText(text))
  await expect(component.instantiate(imports)).resolves.toBeDefined()
})

test('where a part cannot be loaded now, it says what to do', async () => {
  const { Component, parts } = await fresh()
  const bytes = await parseText(SHAPES['built-ins'][0])
  expect(() => Component.compileSync(bytes)).toThrow(parts.PartMissing)
  expect(() => Component.compileSync(bytes)).toThrow(
    'what compiles and runs components is not loaded yet, and this platform cannot load it without waiting: use `await Component.compile(…)` once before',
  )
  await Component.compile(bytes)
  expect(() => Component.compileSync(bytes)).not.toThrow()
})
