/**
 * `@spec` marks against the headings of the pinned specification. Moving the pin means: new headings into
 * spec-headings.txt, then follow the failures. Every heading of the Canonical ABI is claimed by a file of `src`
 * or stands in spec-todo.txt with a reason; an entry that has been claimed is out of date and fails too.
 */
import { lineOf } from './sources.ts'

export interface Headings {
  /** Every heading a mark may name. */
  readonly known: ReadonlySet<string>
  /** Those of CanonicalABI.md, which must all have a home. */
  readonly owed: ReadonlySet<string>
}

export interface Mark {
  readonly where: string
  readonly heading: string
}

/** Marks and headings compare without gate emoji and back-ticks. */
const plain = (heading: string): string =>
  heading
    .replace(/[^\x20-\x7e]|`/g, '')
    .replace(/\s+/g, ' ')
    .trim()

export function parseHeadings(text: string): Headings {
  const known = new Set<string>()
  const owed = new Set<string>()
  let section = ''
  for (const line of contentLines(text)) {
    const file = /^\[(.+)\]$/.exec(line)?.[1]
    if (file !== undefined) section = file
    else {
      known.add(line)
      if (section === 'CanonicalABI.md') owed.add(line)
    }
  }
  return { known, owed }
}

/** `heading | reason` → reason by heading. */
export function parseTodo(text: string): Map<string, string> {
  return new Map(
    contentLines(text).map((line) => {
      const [heading = '', reason = ''] = line.split(' | ')
      return [plain(heading), reason.trim()]
    }),
  )
}

function contentLines(text: string): string[] {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'))
}

/**
 * One heading a mark, or several with `, ` between them (no heading of the Canonical ABI holds that); what follows in
 * parentheses is a remark.
 */
export function marksOf(path: string, text: string, known: ReadonlySet<string>): Mark[] {
  return [...text.matchAll(/@spec[ \t]+(.+)/g)].flatMap((found) => {
    const whole = plain((found[1] ?? '').replace(/\*\/.*$|\(.*$/g, '')).replace(/\.$/, '')
    const where = `${path}:${lineOf(text, found.index)}`
    const headings = known.has(whole) ? [whole] : whole.split(', ')
    return headings.map((heading) => ({ where, heading }))
  })
}

export function specProblems(headings: Headings, todo: ReadonlyMap<string, string>, marks: readonly Mark[]): string[] {
  const claimed = new Set(marks.map(({ heading }) => heading))
  return [
    ...marks
      .filter(({ heading }) => !headings.known.has(heading))
      .map(({ where, heading }) => `${where}: the specification has no heading "${heading}"`),
    ...[...headings.owed]
      .filter((heading) => !claimed.has(heading) && !todo.has(heading))
      .map((heading) => `no file claims "${heading}", and spec-todo.txt does not say why`),
    ...[...todo].flatMap(([heading, reason]) => {
      if (!headings.owed.has(heading)) return [`spec-todo.txt: "${heading}" is no heading of the Canonical ABI`]
      if (claimed.has(heading)) return [`spec-todo.txt: "${heading}" is claimed by now; BLESS=1 removes it`]
      return reason === '' ? [`spec-todo.txt: "${heading}" needs a reason`] : []
    }),
  ]
}
