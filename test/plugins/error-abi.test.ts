/** The error contract: eleven cases by name, and what is told of an error. */
import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { ClosedError, type DispatchError, dispatchError, LimitError, Trap } from '../../src/model/errors.ts'
import type { ValType } from '../../src/model/types.ts'
import { DISPATCH_ERROR_CASES, encodeError, isErrorType } from '../../src/plugins/error-abi.ts'

const string = { kind: 'string' } as const
const variant = (cases: Readonly<Record<string, ValType | undefined>>): ValType => ({
  kind: 'variant',
  cases: Object.entries(cases).map(([name, type]) => ({ name, type })),
})

test('X2 dispatch_errors_cover_the_provided_wit_contract', async () => {
  const wit = await readFile(new URL('../../wit/runtime.wit', import.meta.url), 'utf8')
  const cases = [...wit.matchAll(/^ {6}([a-z-]+)(\(string\))?,$/gm)].map(([, name, payload]) => [
    name,
    payload !== undefined,
  ])
  expect(cases.map(([name]) => name)).toEqual(DISPATCH_ERROR_CASES)
  // the examples' copy, which has fewer words
  const copy = await readFile(new URL('../../examples/shop/wit/runtime.wit', import.meta.url), 'utf8')
  const bare = (text: string): string => text.replace(/^ *\/\/\/.*\n/gm, '')
  expect(bare(copy)).toBe(bare(wit))
  const type = variant(Object.fromEntries(cases.map(([name, text]) => [name, text ? string : undefined])))
  expect(isErrorType(type)).toBe(true)
  for (const [name, text] of cases) {
    const error = dispatchError(name as 'lock-rejected', 'm', 'id', 'a:b/c#d', undefined)
    expect(encodeError(type, error, 'redacted')).toEqual(text ? { tag: name, val: expect.any(String) } : { tag: name })
  }
})

const full = variant(
  Object.fromEntries(
    DISPATCH_ERROR_CASES.map((name) => [name, /path|function|exception|type/.test(name) ? string : undefined]),
  ),
)
const trap = new Trap('unreachable', 'a secret', { path: 'p' })
const told: readonly [DispatchError, unknown][] = [
  [
    dispatchError('invalid-interface-path', 'm', 1, 'a:b/c', undefined),
    { tag: 'invalid-interface-path', val: 'a:b/c' },
  ],
  [dispatchError('invalid-function', 'm', 1, 'a:b/c#d', undefined), { tag: 'invalid-function', val: 'a:b/c:d' }],
  [
    dispatchError('runtime-exception', 'a secret', 1, 'p', trap),
    { tag: 'runtime-exception', val: 'wasm `unreachable` instruction executed' },
  ],
  [
    dispatchError('runtime-exception', 'a secret', 1, 'p', new LimitError('fuel', 5, 4, 'limits.fuel')),
    { tag: 'runtime-exception', val: 'limit fuel reached' },
  ],
  [
    dispatchError('runtime-exception', 'a secret', 1, 'p', new TypeError('a secret')),
    { tag: 'runtime-exception', val: 'the call failed' },
  ],
  // the three that only the host knows
  [dispatchError('needs-async', 'm', 1, 'p', undefined), { tag: 'runtime-exception', val: 'needs async' }],
  [dispatchError('cancelled', 'm', 1, 'p', 'why'), { tag: 'runtime-exception', val: 'cancelled' }],
  [
    dispatchError('plugin-unavailable', 'm', 1, 'p', new ClosedError('gone')),
    { tag: 'runtime-exception', val: 'plugin unavailable' },
  ],
]
test.each(told)('%s', (error, value) => {
  expect(encodeError(full, error, 'redacted')).toEqual(value)
  if (error.kind === 'runtime-exception')
    expect(encodeError(full, error, 'full')).toEqual({ tag: error.kind, val: 'a secret' })
})

test('what can hold an error', () => {
  expect(isErrorType(undefined)).toBe(true)
  expect(isErrorType({ kind: 'enum', labels: ['lock-rejected'] })).toBe(true)
  expect(isErrorType(variant({ 'lock-rejected': undefined, 'mine': { kind: 'u8' } }))).toBe(true)
  for (const type of [
    string,
    { kind: 'enum', labels: ['mine'] },
    variant({ mine: undefined }),
    variant({ 'lock-rejected': string }),
    variant({ 'invalid-function': undefined }),
  ] as const)
    expect(isErrorType(type)).toBe(false)
  const enumeration: ValType = { kind: 'enum', labels: ['lock-rejected'] }
  expect(encodeError(enumeration, dispatchError('lock-rejected', 'm', 1, 'p', undefined), 'full')).toBe('lock-rejected')
  expect(() => encodeError(enumeration, told[2]?.[0] ?? expect.fail(), 'full')).toThrow(/declares no case/)
})
