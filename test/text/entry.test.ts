import { describe, expect, test } from 'vitest'
import { Component, Engine, LimitError, MalformedError } from '../../src/index.ts'
import { parseText, printText, runWast } from '../../src/text.ts'

const EMPTY = Uint8Array.of(0, 0x61, 0x73, 0x6d, 0x0d, 0, 1, 0)

test('text and bytes, there and back', async () => {
  expect(await parseText('(component)')).toEqual(EMPTY)
  expect(await printText(EMPTY)).toBe('(component)\n')
  // any array of bytes, also one that is a view of something larger
  expect(await printText(Buffer.concat([Buffer.of(1), EMPTY]).subarray(1))).toBe('(component)\n')
  await expect(printText(EMPTY.slice(0, 6))).rejects.toThrow(MalformedError)
})

test('an error names the file', async () => {
  await expect(parseText('(component', { file: 'a/b.wat' })).rejects.toThrow('--> a/b.wat:1:11')
})

test("the engine's limit on a component holds for its text", async () => {
  const engine = new Engine({ compileLimits: { componentBytes: 20 } })
  expect(await parseText('(component)', { engine })).toEqual(EMPTY)
  await expect(parseText(`(component ${' '.repeat(20)})`, { engine })).rejects.toThrow(LimitError)
})

test('the main entry takes text too', async () => {
  const component = await Component.compile(`(component
    (core module $m (func (export "f") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1))))
    (core instance $i (instantiate $m))
    (func (export "add") (param "a" u32) (param "b" u32) (result u32) (canon lift (core func $i "f"))))`)
  const { exports } = await component.instantiate()
  expect(exports.add(40, 2)).toBe(42)
})

describe('runWast', () => {
  const script = '(component)\n(assert_invalid (component) "a rule")\n(assert_invalid (component (foo)) "a rule")'

  test('reports', async () => {
    expect(await runWast(script, { file: 'x.wast' })).toEqual({
      passed: 1,
      failed: 1,
      skipped: 1,
      failures: [{ at: 'x.wast:2', expected: 'invalid: a rule', got: 'valid' }],
    })
  })

  test('a skip list excuses, and must', async () => {
    expect(await runWast(script, { file: 'x.wast', skip: new Map([['x.wast:2', 'known']]) })).toMatchObject({
      passed: 1,
      failed: 0,
      skipped: 2,
    })
    expect(await runWast(script, { file: 'x.wast', skip: new Map([['x.wast:1', 'known']]) })).toMatchObject({
      failed: 2,
      failures: [{ at: 'x.wast:2' }, { at: 'x.wast:1', got: 'none: the entry is out of date' }],
    })
  })

  test("the engine's gates hold, unless the script says otherwise", async () => {
    const lists = '(component (type (list u8 4)))'
    expect(await runWast(lists)).toMatchObject({ passed: 0, failed: 1 })
    const engine = new Engine({ features: { 'fixed-length-lists': true } })
    expect(await runWast(lists, { engine })).toMatchObject({ passed: 1, failed: 0 })
    const said = ';;! component_model_fixed_length_lists = false\n'
    expect(await runWast(said + lists, { engine })).toMatchObject({ passed: 0, failed: 1 })
  })

  test('a script that is none is malformed', async () => {
    await expect(runWast('(component')).rejects.toThrow(MalformedError)
  })
})
