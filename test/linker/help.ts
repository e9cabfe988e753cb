/** Components from text, and what goes wrong with them. */
import { expect } from 'vitest'
import {
  Component,
  Engine,
  type EngineOptions,
  type Instance,
  LinkError,
  type LinkProblem,
  type Untyped,
} from '../../src/index.ts'

export async function compile(text: string, engine?: Engine): Promise<Component> {
  return await Component.compile(text, engine === undefined ? {} : { engine })
}

/** An engine with which `compileSync` works everywhere, because its compiler is loaded. */
export async function preparedEngine(options: EngineOptions = {}): Promise<Engine> {
  const engine = new Engine(options)
  await Component.compile('(component)', { engine })
  return engine
}

/** Compiled and instantiated; `imports` as a user gives them. */
export async function start(text: string, imports?: object, engine?: Engine): Promise<Instance> {
  const component = await compile(text, engine)
  return component.instantiateSync(imports as Untyped, engine === undefined ? {} : { engine })
}

export const exportsOf = async (text: string, imports?: object): Promise<Untyped> =>
  (await start(text, imports)).exports

export function thrown(run: () => unknown): Untyped {
  try {
    run()
  } catch (error) {
    return error
  }
  return expect.fail('nothing was thrown')
}

export async function rejected(promise: Promise<unknown>): Promise<Untyped> {
  return await promise.then(
    () => expect.fail('nothing was thrown'),
    (error: unknown) => error,
  )
}

/** The problems of a failed instantiation, as `kind path: message`. */
export function problems(component: Component, imports?: object): string[] {
  const error = thrown(() => component.instantiateSync(imports as Untyped))
  if (!(error instanceof LinkError)) throw error
  return error.problems.map(({ kind, path, message }: LinkProblem) => `${kind} ${path}: ${message}`)
}

/** A core module with a memory and an allocator that only grows. */
export const LIBC = `
  (core module $libc
    (memory (export "memory") 1)
    (global $top (mut i32) (i32.const 1024))
    (func (export "realloc") (param $old i32) (param $size i32) (param $align i32) (param $new i32) (result i32)
      (local $at i32)
      (local.set $at
        (i32.and (i32.add (global.get $top) (i32.sub (local.get $align) (i32.const 1)))
                 (i32.sub (i32.const 0) (local.get $align))))
      (global.set $top (i32.add (local.get $at) (local.get $new)))
      (memory.copy (local.get $at) (local.get $old) (local.get $size))
      (local.get $at)))
  (core instance $libc (instantiate $libc))`
