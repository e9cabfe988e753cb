/** Grants of arguments, environment and standard streams: the guest gets these and not one thing more. */
import { describe, expect, test } from 'vitest'
import { LimitError } from '../../src/model/errors.ts'
import { grantsFrom } from '../../src/wasi/options.ts'
import { interfacesFor, wasi } from '../../src/wasi/wasi.ts'
import { call, errOf, interfacesOf, method, served, textOf, utf8 } from './help.ts'

async function* chunks(...texts: string[]): AsyncGenerator<Uint8Array> {
  for (const text of texts) yield utf8(text)
}

test('arguments follow the name of the instance', async () => {
  const interfaces = await interfacesOf({ args: ['a', 'b c'] })
  expect(call(interfaces, 'wasi:cli/environment#getArguments')).toEqual(['guest', 'a', 'b c'])
  const nameless = await interfacesOf({ args: [] }, { ...served, name: '' })
  expect(call(nameless, 'wasi:cli/environment#getArguments')).toEqual(['component'])
})

test('the environment is the granted one, and later changes of the object change nothing', async () => {
  const env: Record<string, string> = { GREETING: 'hi' }
  const grants = grantsFrom({ env })
  env['SECRET'] = 'x'
  const interfaces = await interfacesFor(grants, served)
  expect(call(interfaces, 'wasi:cli/environment#getEnvironment')).toEqual([['GREETING', 'hi']])
})

test('what an options object inherits is no grant', async () => {
  const options = Object.create({ env: { SECRET: 'x' }, args: ['inherited'], network: true })
  const interfaces = await interfacesOf(options)
  expect(call(interfaces, 'wasi:cli/environment#getEnvironment')).toEqual([])
  expect(call(interfaces, 'wasi:cli/environment#getArguments')).toEqual([])
  expect(errOf(() => call(interfaces, 'wasi:sockets/tcp-create-socket#createTcpSocket', 'ipv4'))).toBe('access-denied')
})

test('stdin is read to its end beforehand', async () => {
  const interfaces = await interfacesOf({ stdin: chunks('one ', '', 'two') })
  const stdin = call(interfaces, 'wasi:cli/stdin#getStdin')
  expect(textOf(method(stdin, 'blockingRead', 100n))).toBe('one ')
  // a second handle goes on where the first one is
  const again = call(interfaces, 'wasi:cli/stdin#getStdin')
  expect(textOf(method(again, 'read', 2n))).toBe('tw')
  expect(textOf(method(stdin, 'read', 2n))).toBe('o')
  expect(errOf(() => method(again, 'read', 1n))).toEqual({ tag: 'closed' })
})

test('stdout and stderr go to their functions, and count against outputBytes together', async () => {
  const out: string[] = []
  const interfaces = await interfacesOf({
    stdout: (chunk) => out.push(`out ${textOf(chunk)}`),
    stderr: (chunk) => out.push(`err ${textOf(chunk)}`),
  })
  const stdout = call(interfaces, 'wasi:cli/stdout#getStdout')
  const stderr = call(interfaces, 'wasi:cli/stderr#getStderr')
  method(stdout, 'blockingWriteAndFlush', utf8('a'))
  method(stderr, 'blockingWriteAndFlush', utf8('b'))
  method(stdout, 'blockingWriteAndFlush', new Uint8Array())
  expect(out).toEqual(['out a', 'err b'])
  method(stdout, 'blockingWriteAndFlush', new Uint8Array(998))
  expect(() => method(stderr, 'blockingWriteAndFlush', utf8('c'))).toThrow(LimitError)
  expect(() => method(stderr, 'blockingWriteAndFlush', utf8('c'))).toThrow('limit `outputBytes` reached: 1001 of 1000')
})

test('every instance has its own state', async () => {
  const grants = grantsFrom({ stdout: () => {} })
  const [first, second] = await Promise.all([interfacesFor(grants, served), interfacesFor(grants, served)])
  const fill = (interfaces: typeof first): unknown =>
    method(call(interfaces, 'wasi:cli/stdout#getStdout'), 'blockingWriteAndFlush', new Uint8Array(900))
  fill(first)
  expect(() => fill(first)).toThrow(LimitError)
  expect(() => fill(second)).not.toThrow()
})

describe('options that are none', () => {
  const wrong: readonly (readonly [options: unknown, message: string])[] = [
    [null, 'wasi: the options: expected an object, got null'],
    [{ dir: {} }, 'wasi: there is no option `dir`'],
    [{ args: 'a' }, 'wasi: args: expected an array of strings, got string'],
    [{ args: ['a', 1] }, 'wasi: args[1]: expected a string, got number'],
    [{ args: ['a\0b'] }, 'wasi: args[0]: contains a NUL character'],
    [{ env: { A: 1 } }, 'wasi: env.A: expected a string, got number'],
    [{ env: { 'A=B': 'x' } }, 'wasi: env: `A=B` is no name of a variable'],
    [{ dirs: { '/': './data' } }, "wasi: dirs['/']: expected { host, writable? }, got string"],
    [{ dirs: { '/': {} } }, "wasi: dirs['/'].host: expected a string, got undefined"],
    [{ dirs: { '/': { host: '.', writable: 'no' } } }, "wasi: dirs['/'].writable: expected a boolean, got string"],
    [{ network: 1 }, 'wasi: network: expected a boolean, got number'],
    [{ stdin: ['x'] }, 'wasi: stdin: expected an async iterable of Uint8Array, got object'],
    [{ stdout: 'file' }, "wasi: stdout: expected 'inherit' or a function, got string"],
  ]
  test.each(wrong)('%j', (options, message) => {
    expect(() => Reflect.apply(wasi, undefined, [options])).toThrow(new TypeError(message))
  })
})
