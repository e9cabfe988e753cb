import { expect, test } from 'vitest'
import { parseSkipList, SkipList } from '../../src/wast/skip.ts'

const entries = parseSkipList(`
# a remark
a/b.wast:3   because of this
./c.wast no engine has it
d.wast:7
`)

test('a list is read', () => {
  expect(entries).toEqual([
    { path: 'a/b.wast', line: 3, reason: 'because of this' },
    { path: 'c.wast', line: undefined, reason: 'no engine has it' },
    { path: 'd.wast', line: 7, reason: '' },
  ])
})

test('an entry excuses its line, or its whole file, below any folder', () => {
  const list = new SkipList(entries)
  expect(list.excuse('x/a/b.wast', 3)).toBe('because of this')
  expect(list.excuse('a/b.wast', 4)).toBeUndefined()
  expect(list.excuse('xa/b.wast', 3)).toBeUndefined()
  expect(list.excuse('/tests/c.wast', 99)).toBe('no engine has it')
})

test('an entry that excused nothing is stale, if its file was run at all', () => {
  const list = new SkipList(entries)
  list.excuse('a/b.wast', 3)
  expect(list.stale(['a/b.wast', 'c.wast']).map(({ path }) => path)).toEqual(['c.wast'])
})
