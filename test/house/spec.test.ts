/** `@spec` marks of `src` name real headings of the pinned specification, and no heading is forgotten. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { filesBelow, readText, root } from './sources.ts'
import { marksOf, parseHeadings, parseTodo, specProblems } from './spec-rules.ts'

const todoPath = 'test/house/spec-todo.txt'
const headings = parseHeadings(readText('test/house/spec-headings.txt'))
const marks = filesBelow('src', (name) => name.endsWith('.ts')).flatMap((path) =>
  marksOf(path, readText(path), headings.known),
)

test('every heading of the Canonical ABI has a home', () => {
  if (process.env['BLESS'] === '1') dropClaimed()
  expect(specProblems(headings, parseTodo(readText(todoPath)), marks)).toEqual([])
})

/** Takes what has been claimed off the list; it never adds to it. */
function dropClaimed(): void {
  const claimed = new Set(marks.map(({ heading }) => heading))
  const kept = readText(todoPath)
    .split('\n')
    .filter((line) => ![...parseTodo(line).keys()].some((heading) => claimed.has(heading)))
  writeFileSync(join(root, todoPath), kept.join('\n'))
}

test('the rule finds unknown marks, forgotten headings and stale entries', () => {
  const small = parseHeadings(
    '# comment\n[CanonicalABI.md]\nLoading\nStoring\ncanon stream.{read,write}\n[Binary.md]\nName Section',
  )
  const found = marksOf(
    'src/a.ts',
    '/**\n * @spec Loading, Name Section (both of them, in order)\n * @spec 🔀 `canon stream.{read,write}`\n * @spec Loadings\n */',
    small.known,
  )
  expect(found.map(({ heading }) => heading)).toEqual([
    'Loading',
    'Name Section',
    'canon stream.{read,write}',
    'Loadings',
  ])
  expect(specProblems(small, parseTodo('Loading | soon\nName Section | soon'), found)).toEqual([
    'src/a.ts:4: the specification has no heading "Loadings"',
    'no file claims "Storing", and spec-todo.txt does not say why',
    'spec-todo.txt: "Loading" is claimed by now; BLESS=1 removes it',
    'spec-todo.txt: "Name Section" is no heading of the Canonical ABI',
  ])
  expect(specProblems(small, parseTodo('Storing'), found)).toContain('spec-todo.txt: "Storing" needs a reason')
})
