/** Contracts from WIT text: what a binding checks against them. */
import { expect, test } from 'vitest'
import { Any, Binding, Component, Engine, ExactlyOne, isWasmLinkError, Plugin, unwrap } from '../../src/index.ts'
import { WitPackages } from '../../src/wit/index.ts'

const WIT = `package acme:calc@1.0.0;
interface ops {
  resource counter { constructor(start: u32); value: func() -> u32; zero: static func() -> counter; }
  record pair { a: u32, b: u32 }
  add: func(p: pair) -> u32;
  log: func(message: string);
  later: async func() -> list<counter>;
}
interface types { type t = u8; }`

test('functions with kind, return kind, asynchrony and type; resources by name', () => {
  const { ops, types } = WitPackages.parse(WIT).interfaces('acme:calc')
  expect(types).toEqual({ functions: {}, resources: [] })
  expect(ops?.resources).toEqual(['counter'])
  const facts = Object.entries(ops?.functions ?? {}).map(([name, { kind, returns, async }]) => [
    name,
    kind,
    returns,
    async,
  ])
  expect(facts).toEqual([
    ['[constructor]counter', 'freestanding', 'may-contain-resources', false],
    ['[method]counter.value', 'method', 'assume-no-resources', false],
    ['[static]counter.zero', 'freestanding', 'may-contain-resources', false],
    ['add', 'freestanding', 'assume-no-resources', false],
    ['log', 'freestanding', 'void', false],
    ['later', 'freestanding', 'may-contain-resources', true],
  ])
  expect(ops?.functions['add']?.type?.params[0]).toMatchObject({ name: 'p', type: { kind: 'record' } })
})

test.each([
  ['acme:nothing', 'no such package; there is `acme:calc@1.0.0`'],
  ['acme:calc@2.0.0', 'no such package; there is `acme:calc@1.0.0`'],
])('%s: a LinkError', (name, message) => {
  expect(() => WitPackages.parse(WIT).interfaces(name)).toThrow(message)
})

const plug = (result: string): string => `(component
  (core module $m (func (export "f") (param i32) (result i32) local.get 0))
  (core instance $i (instantiate $m))
  (func $f (param "n" u32) (result ${result}) (canon lift (core func $i "f")))
  (instance $ops (export "twice" (func $f)))
  (export "a:b/ops" (instance $ops)))`

test('a plug that fits is taken, one that does not is refused with the path', async () => {
  const engine = new Engine()
  const { interfaces } = {
    interfaces: WitPackages.parse('package a:b; interface ops { twice: func(n: u32) -> u32; }').interfaces('a:b'),
  }
  const make = async (result: string) => await new Plugin(await Component.compile(plug(result))).instantiate(engine)
  const binding = new Binding('a:b', ExactlyOne('x', await make('u32')), { interfaces })
  expect(unwrap(binding.dispatch('ops', 'twice', [21]).value)).toBe(21)

  const open = new Binding('a:b', Any([]), { interfaces })
  const wrong = await make('s32')
  try {
    open.plug('late', wrong)
    expect.unreachable()
  } catch (error) {
    if (!isWasmLinkError(error) || error.kind !== 'link') throw error
    expect(error.problems.map(({ kind, path }) => [kind, path])).toEqual([['type-mismatch', 'a:b/ops#twice']])
  }
})
