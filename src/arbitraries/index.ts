/**
 * `wasm-link/arbitraries`: fast-check arbitraries from component types, to test a component's interface by properties.
 * fast-check is a peer dependency: the one your tests use.
 */
import { type Arbitrary, tuple } from 'fast-check'
import type { Component, FuncType, Imports, ValType } from '../index.ts'
import { type CallSequence, callsOf } from './calls.ts'
import { importsOf } from './imports.ts'
import { ValueMaker } from './values.ts'

export type { CallSequence } from './calls.ts'

/**
 * Values of a type, as JavaScript gives them to a component.
 *
 * @example
 * fc.assert(fc.property(values(type), (value) => same(exports.echo(value), value)))
 * @throws TypeError for a type with handles: they belong to an instance, see `calls`
 */
export function values(type: ValType): Arbitrary<unknown> {
  return new ValueMaker(noHandles).of(type)
}

/** The arguments of one call. @throws TypeError as `values` */
export function args(type: FuncType): Arbitrary<readonly unknown[]> {
  const maker = new ValueMaker(noHandles)
  return tuple(...type.params.map((param) => maker.of(param.type)))
}

function noHandles(type: ValType & { readonly kind: 'own' | 'borrow' }): never {
  throw new TypeError(`no ${type.kind} handle of \`${type.resource.name}\` can be made from its type; use \`calls\``)
}

/**
 * Hosts for a component: every function it imports answers well-typed values in turn, every resource is a class.
 *
 * @example
 * fc.assert(fc.asyncProperty(imports(component), calls(component), async (host, sequence) => {
 *   await sequence.run(await component.instantiate(host))
 * }))
 * @throws TypeError for imports that no JavaScript value can satisfy: core modules, components, values
 */
export function imports(component: Pick<Component, 'imports'>): Arbitrary<Imports> {
  return importsOf(component)
}

/**
 * Sequences of calls of a component's exports, resources included; they shrink to the shortest that fails.
 *
 * @param options `maxCalls`: default 20
 * @throws TypeError if the component exports no function
 */
export function calls(component: Component, options: { readonly maxCalls?: number } = {}): Arbitrary<CallSequence> {
  return callsOf(component, options.maxCalls ?? 20)
}
