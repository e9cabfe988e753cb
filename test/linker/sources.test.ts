/** Where a component may come from, what is refused, and the conditions a caller can put on it. */
import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, describe, expect, test } from 'vitest'
import { Component, type ComponentSource, Engine, LimitError, MalformedError } from '../../src/index.ts'
import { parseText } from '../../src/text.ts'
import { preparedEngine, rejected, thrown } from './help.ts'

const TEXT = `(component
  (core module $m (func (export "f") (result i32) i32.const 42))
  (core instance $m (instantiate $m))
  (func (export "f") (result u32) (canon lift (core func $m "f"))))`
const bytes = Uint8Array.from(await parseText(TEXT))
const folder = mkdtempSync(join(tmpdir(), 'wasm-link-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
writeFileSync(join(folder, 'a b.wasm'), bytes)

async function* chunks(size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

const shared = new Uint8Array(new SharedArrayBuffer(bytes.length))
shared.set(bytes)

const SOURCES: Readonly<Record<string, () => ComponentSource | Promise<ComponentSource>>> = {
  'a Uint8Array': () => bytes,
  'a Buffer in a larger pool': () => Buffer.from(bytes),
  'a view into a larger buffer': () => {
    const large = new Uint8Array(bytes.length + 20).fill(7)
    large.set(bytes, 10)
    return large.subarray(10, 10 + bytes.length)
  },
  'an ArrayBuffer': () => bytes.buffer,
  'a view of shared memory': () => shared,
  'a Blob': () => new Blob([bytes]),
  'a Response': () => new Response(bytes),
  'a promise of a Response': async () => new Response(bytes),
  'a ReadableStream': () => new Blob([bytes]).stream(),
  'an async iterable': () => chunks(7),
  'an async iterable of single bytes': () => chunks(1),
  'a file URL': () => pathToFileURL(join(folder, 'a b.wasm')),
  'text': () => TEXT,
  'text after blanks and comments': () => `\n  ;; first\n (; second ;) ${TEXT}`,
}

test.each(Object.keys(SOURCES))('%s', async (name) => {
  const component = await Component.compile((await SOURCES[name]?.()) as ComponentSource)
  expect((await component.instantiate()).exports['f']()).toBe(42)
})

test.each([
  ['a path', './a.wasm', /a string is component text and begins with `\(`; give a path as `new URL/],
  ['nothing', undefined, /a component source is bytes, a Response, a Blob, a stream, a URL or text, got undefined/],
  ['null', null, /got null/],
  ['a number', 7, /got number/],
  ['an array of numbers', [0, 0x61], /got object/],
  ['a typed array of another kind', new Uint16Array(4), /got object/],
  ['a failed response', new Response('not found', { status: 404 }), /the response for the component has status 404/],
  [
    'a stream of text',
    new Blob([]).stream().constructor === undefined ? '' : iterate('x'),
    /yields Uint8Array chunks, got string/,
  ],
])('%s is no source', async (_, source, message) => {
  const error = await rejected(Component.compile(source as ComponentSource))
  expect(error).toBeInstanceOf(TypeError)
  expect(error.message).toMatch(message)
})

async function* iterate(value: unknown): AsyncGenerator<Uint8Array> {
  yield value as Uint8Array
}

test('what reading throws passes as it is', async () => {
  const cause = new Error('the disk is gone')
  const source = {
    [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(cause) }),
  }
  expect(await rejected(Component.compile(source))).toBe(cause)
  expect(await rejected(Component.compile(new URL('nothing-here.wasm', pathToFileURL(`${folder}/`))))).toMatchObject({
    code: 'ENOENT',
  })
})

test('the bytes are copied: what the caller does to his does not matter', async () => {
  const mine = Uint8Array.from(bytes)
  const compiling = Component.compile(mine)
  mine.fill(0)
  // read when the promise is taken, not later
  const component = await compiling.catch(() => undefined)
  const engine = await preparedEngine()
  const again = Uint8Array.from(bytes)
  const sync = Component.compileSync(again, { engine })
  again.fill(0)
  expect(sync.instantiateSync({}, { engine }).exports['f']()).toBe(42)
  if (component !== undefined) expect((await component.instantiate()).exports['f']()).toBe(42)
})

describe('integrity', () => {
  const digest = (algorithm: string): string => `${algorithm}-${createHash(algorithm).update(bytes).digest('base64')}`

  test.each(['sha256', 'sha384', 'sha512'])('%s', async (algorithm) => {
    await Component.compile(bytes, { integrity: digest(algorithm) })
  })

  test('one of several suffices, as in HTML', async () => {
    await Component.compile(bytes, { integrity: `sha256-AAAA ${digest('sha512')}` })
  })

  test('other bytes are refused', async () => {
    const error = await rejected(
      Component.compile(bytes, { integrity: digest('sha256').replace(/-./, '-_').replace('_', 'A') }),
    )
    expect(error).toBeInstanceOf(MalformedError)
    expect(error.message).toMatch(/the bytes do not match the given integrity/)
  })

  test('a form nobody knows is refused, and so is asking without waiting', async () => {
    expect(await rejected(Component.compile(bytes, { integrity: 'md5-abc' }))).toBeInstanceOf(TypeError)
    expect(thrown(() => Component.compileSync(bytes, { integrity: digest('sha256') }))).toBeInstanceOf(TypeError)
  })
})

describe('a signal', () => {
  test('that is aborted already stops it before it begins', async () => {
    const reason = new Error('enough')
    expect(await rejected(Component.compile(bytes, { signal: AbortSignal.abort(reason) }))).toBe(reason)
  })

  test('that is aborted on the way rejects at once', async () => {
    const controller = new AbortController()
    const never = new Promise<Uint8Array>(() => {})
    const compiling = rejected(Component.compile(never, { signal: controller.signal }))
    controller.abort('stop')
    expect(await compiling).toBe('stop')
  })
})

describe('limits', () => {
  test.each(['a Uint8Array', 'a Blob', 'an async iterable', 'a file URL', 'a ReadableStream'])(
    'a component that is too large, as %s',
    async (name) => {
      const engine = new Engine({ compileLimits: { componentBytes: bytes.length - 1 } })
      const error = await rejected(Component.compile((await SOURCES[name]?.()) as ComponentSource, { engine }))
      expect(error).toBeInstanceOf(LimitError)
      expect(error).toMatchObject({
        limit: 'componentBytes',
        cap: bytes.length - 1,
        option: 'compileLimits.componentBytes',
      })
    },
  )

  test('a stream that never ends is stopped by the limit', async () => {
    async function* endless(): AsyncGenerator<Uint8Array> {
      for (;;) yield new Uint8Array(1000)
    }
    const engine = new Engine({ compileLimits: { componentBytes: 100_000 } })
    expect(await rejected(Component.compile(endless(), { engine }))).toBeInstanceOf(LimitError)
  })

  test('text counts as text', async () => {
    const engine = new Engine({ compileLimits: { componentBytes: 20 } })
    expect(await rejected(Component.compile(TEXT, { engine }))).toBeInstanceOf(LimitError)
  })
})

test('the name is what the options say, else what the component says', async () => {
  const own = new TextEncoder().encode('own')
  // the custom section `component-name` with the name of the component itself
  const head = [0, 0x61, 0x73, 0x6d, 0x0d, 0, 1, 0, 0, 21, 14, ...new TextEncoder().encode('component-name')]
  const named = Uint8Array.of(...head, 0, 4, 3, ...own)
  expect((await Component.compile(named)).name).toBe('own')
  expect((await Component.compile(named, { name: 'given' })).name).toBe('given')
  expect((await Component.compile('(component)')).name).toBeUndefined()
})

test('an engine without a gate refuses a component that uses it', async () => {
  const text = '(component (type $l (list u8 4)) (export "l" (type $l)))'
  const open = await preparedEngine({ features: { 'fixed-length-lists': true } })
  const component = await Component.compile(text, { engine: open })
  expect([...component.features]).toEqual(['fixed-length-lists'])
  expect(component.instantiateSync({}, { engine: open }).state).toBe('ready')
  expect(thrown(() => component.instantiateSync())).toMatchObject({
    kind: 'link',
    problems: [{ kind: 'feature-off', message: expect.stringContaining('`fixed-length-lists`') }],
  })
  expect(await rejected(Component.compile(text))).toMatchObject({ kind: 'invalid' })
})
