/**
 * The commands a run is known not to pass, each with its reason: `path[:line] reason…`, one a line, `#` for comments.
 *
 * An entry excuses a failure and nothing else. One that excuses none is out of date, and that is a failure too: the
 * list cannot grow stale.
 */

export interface SkipEntry {
  /** The end of a path, from a folder boundary on. */
  readonly path: string
  readonly line: number | undefined
  readonly reason: string
}

export class SkipList {
  private readonly entries: readonly SkipEntry[]
  private readonly used = new Set<SkipEntry>()

  constructor(entries: readonly SkipEntry[]) {
    this.entries = entries
  }

  /** Why the command at this place may fail, if the list says so. */
  excuse(file: string, line: number): string | undefined {
    const entry = this.entries.find((e) => (e.line === undefined || e.line === line) && isEnd(file, e.path))
    if (entry === undefined) return undefined
    this.used.add(entry)
    return entry.reason
  }

  /** Entries for these files that excused nothing. */
  stale(files: readonly string[]): SkipEntry[] {
    return this.entries.filter((e) => !this.used.has(e) && files.some((file) => isEnd(file, e.path)))
  }
}

function isEnd(file: string, path: string): boolean {
  return file === path || file.endsWith(`/${path}`)
}

export function parseSkipList(text: string): SkipEntry[] {
  const entries: SkipEntry[] = []
  for (const raw of text.split('\n')) {
    const line = raw.trim()
    if (line === '' || line.startsWith('#')) continue
    const end = line.search(/\s|$/)
    entries.push(skipEntry(line.slice(0, end), line.slice(end).trim()))
  }
  return entries
}

export function skipEntry(place: string, reason: string): SkipEntry {
  const match = /^(.*):(\d+)$/.exec(place)
  const path = (match?.[1] ?? place).replace(/^\.\//, '')
  return { path, line: match?.[2] === undefined ? undefined : Number(match[2]), reason }
}
