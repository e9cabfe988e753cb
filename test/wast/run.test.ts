/**
 * The judge, against an engine that says what it is told: the name of a component's one import is its fate.
 */
import { describe, expect, test, vi } from 'vitest'
import { InvalidError, LinkError, MalformedError, Trap } from '../../src/model/errors.ts'
import { FEATURES, type Feature } from '../../src/model/features.ts'
import { COMPILE_LIMITS } from '../../src/model/limits.ts'
import { decode } from '../../src/parser/decode.ts'
import { STRICT } from '../../src/text/cursor.ts'
import { Toolkit } from '../../src/text/toolkit.ts'
import { type Outcome, runScript, type WastEngine, type WastInstance } from '../../src/wast/run.ts'
import { SkipList, skipEntry } from '../../src/wast/skip.ts'

const toolkit = new Toolkit()
const all = { features: new Set(Object.keys(FEATURES) as Feature[]), limits: COMPILE_LIMITS }

function fateOf(bytes: Uint8Array): string {
  const first = decode(bytes, all).defs.find((def) => def.kind === 'import')
  return first === undefined ? '' : first.name.name
}

const instance: WastInstance = {
  exports: {},
  invoke: async (name, args) => {
    if (name === 'trap') throw new Trap('unreachable')
    if (name === 'bug') throw new Trap('internal')
    if (name === 'throw') throw new TypeError('no')
    if (name === 'never') return await new Promise(() => {})
    return name === 'wrong' ? 'another value' : name === 'count' ? `${args.length} arguments` : undefined
  },
  get: async () => undefined,
}

const engine = (executes: boolean): WastEngine => ({
  executes,
  end: () => {},
  compile: async (bytes) => {
    const fate = fateOf(bytes)
    if (fate === 'malformed') throw new MalformedError('some fault', 0)
    if (fate === 'invalid') throw new InvalidError('some rule', 0)
    if (fate === 'bug') throw new SyntaxError('oops')
    return {
      instantiate: async () => {
        if (fate === 'unlinkable') throw new LinkError([])
        if (fate === 'trap') throw new Trap('unreachable')
        return instance
      },
    }
  },
  compileCore: async () => ({ instantiate: async () => instance }),
})

interface Setting {
  readonly executes?: boolean
  readonly skip?: readonly (readonly [string, string])[]
  readonly unknownFeatures?: readonly string[]
}

function run(script: string, { executes = true, skip = [], unknownFeatures = [] }: Setting = {}): Promise<Outcome[]> {
  return runScript(script, {
    file: 's.wast',
    syntax: STRICT,
    engine: engine(executes),
    unknownFeatures,
    toolkit,
    skip: new SkipList(skip.map(([place, reason]) => skipEntry(place, reason))),
  })
}

const C = (fate: string): string => `(component (import "${fate}" (func)))`
const verdicts = async (script: string, setting?: Setting): Promise<string[]> =>
  (await run(script, setting)).map(({ kind, expected, got }) =>
    kind === 'passed' ? kind : `${kind}: ${expected} | ${got}`,
  )

describe('verdicts', () => {
  const rows: readonly (readonly [script: string, ...verdicts: string[]])[] = [
    ['(component)', 'passed'],
    [`(component definition ${C('x').slice('(component'.length)}`, 'passed'],
    [C('invalid'), 'failed: valid | InvalidError: some rule (at offset 0x0)'],
    [C('trap'), 'failed: an instance | Trap: wasm trap: wasm `unreachable` instruction executed'],
    [
      '(component $A) (component instance $i $A) (component instance $j $B)',
      'passed',
      'passed',
      'failed: a definition | there is none of that name',
    ],
    [`(assert_invalid ${C('invalid')} "some rule")`, 'passed'],
    [`(assert_invalid ${C('malformed')} "some fault")`, 'passed'],
    [`(assert_invalid ${C('x')} "m")`, 'failed: invalid: m | valid'],
    [`(assert_malformed ${C('malformed')} "m")`, 'passed'],
    [`(assert_malformed ${C('invalid')} "m")`, 'failed: malformed: m | InvalidError: some rule (at offset 0x0)'],
    [`(assert_malformed (component binary "\\00asm") "unexpected")`, 'passed'],
    [`(assert_malformed (component quote "(type" " foo)") "unexpected token")`, 'passed'],
    ['(assert_malformed (component quote "(export \\"\\" (func $f))") "unknown func")', 'passed'],
    [`(assert_unlinkable ${C('unlinkable')} "m")`, 'passed'],
    [
      `(assert_unlinkable ${C('trap')} "m")`,
      'failed: unlinkable: m | Trap: wasm trap: wasm `unreachable` instruction executed',
    ],
    [`(assert_trap ${C('trap')} "m")`, 'passed'],
    [`(assert_trap ${C('x')} "m")`, 'failed: trap: m | an instance'],
    [
      '(component) (invoke "f") (invoke "trap")',
      'passed',
      'passed',
      'failed: no trap | Trap: wasm trap: wasm `unreachable` instruction executed',
    ],
    ['(component) (assert_return (invoke "wrong"))', 'passed', 'failed: the results given | another value'],
    [
      '(component) (assert_return (invoke "count" (u8.const 1) (str.const "a")))',
      'passed',
      'failed: the results given | 2 arguments',
    ],
    ['(component) (assert_trap (invoke "trap") "m")', 'passed', 'passed'],
    ['(component) (assert_trap (invoke "f") "m")', 'passed', 'failed: trap: m | a result'],
    ['(component) (assert_trap (invoke "bug") "m")', 'passed', 'failed: trap: m | Trap: wasm trap: internal error'],
    ['(component) (assert_trap (invoke "throw") "m")', 'passed', 'failed: trap: m | TypeError: no'],
    // what failed must not leave its predecessor to be taken for it
    [
      `(component) ${C('trap')} (invoke "f")`,
      'passed',
      'failed: an instance | Trap: wasm trap: wasm `unreachable` instruction executed',
      'failed: no trap | no instance',
    ],
    [
      `(component) ${C('invalid')} (component instance)`,
      'passed',
      'failed: valid | InvalidError: some rule (at offset 0x0)',
      'failed: a definition | there is none of that name',
    ],
    ['(component $a) (register "b" $a) (register "b" $c)', 'passed', 'passed', 'failed: an instance | no instance'],
    ['(invoke "f")', 'failed: no trap | no instance'],
  ]
  test.each(rows)('%s', async (script, ...expected) => {
    expect(await verdicts(script)).toEqual(expected)
  })
})

test('an error that is no error of components fails the command and not the run', async () => {
  expect(await verdicts(`${C('bug')} (component)`)).toEqual(['failed: a typed error | SyntaxError: oops', 'passed'])
})

test('a form that cannot be read fails its command alone', async () => {
  const [first, second] = await run('(component (foo))\n(component)')
  expect(first).toMatchObject({ kind: 'failed', at: 's.wast:1', expected: 'a command' })
  expect(second).toMatchObject({ kind: 'passed', at: 's.wast:2' })
  await expect(run('(component')).rejects.toThrow(MalformedError)
})

describe('a negative test proves something or is skipped', () => {
  test('syntax that is unknown here proves nothing about validation', async () => {
    const script = '(assert_invalid (component (foo)) "some rule")'
    expect(await run(script)).toMatchObject([{ kind: 'skipped', got: expect.stringContaining('syntax unknown here') }])
    const malformed = '(assert_malformed (component quote "(foo)") "some fault")'
    expect(await run(malformed)).toMatchObject([{ kind: 'skipped' }])
  })

  test('neither does a refusal in a script about a feature that is none here', async () => {
    const unknownFeatures = ['cm-gc']
    const script = `(assert_invalid ${C('invalid')} "another rule") (assert_invalid ${C('invalid')} "some rule")`
    expect((await run(script, { unknownFeatures })).map(({ kind }) => kind)).toEqual(['skipped', 'passed'])
  })
})

test('without execution, only what needs none is judged', async () => {
  const script = `(component $a) (component instance $i $a) (assert_return (invoke "f")) (assert_trap (invoke "f") "m")
    (invoke "f") (register "x") (assert_unlinkable ${C('x')} "m") (assert_trap ${C('x')} "m") ${C('unlinkable')}`
  const outcomes = await run(script, { executes: false })
  expect(outcomes.map(({ kind }) => kind).join(' ')).toBe(
    'passed passed skipped skipped skipped skipped skipped skipped passed',
  )
})

test('the skip list excuses failures and nothing else', async () => {
  const skip = [
    ['s.wast:1', 'not yet'],
    ['s.wast:2', 'not yet'],
  ] as const
  const script = `${C('invalid')}\n(component)\n${C('invalid')}`
  const outcomes = await run(script, { skip })
  expect(outcomes.map(({ kind, got }) => `${kind} ${got}`)).toEqual([
    'skipped not yet',
    'passed ',
    'failed InvalidError: some rule (at offset 0x0)',
  ])
})

test('a call that never answers fails in the end', async () => {
  vi.useFakeTimers()
  try {
    const outcomes = verdicts('(component) (invoke "never") (component)')
    await vi.advanceTimersByTimeAsync(60_000)
    expect(await outcomes).toEqual(['passed', 'failed: an answer | none after 20 s', 'passed'])
  } finally {
    vi.useRealTimers()
  }
})

test('messages are compared by substring', async () => {
  const outcomes = await run(`(assert_invalid ${C('invalid')} "me rul") (assert_invalid ${C('invalid')} "a rule")`)
  expect(outcomes.map(({ message }) => message?.matches)).toEqual([true, false])
})
