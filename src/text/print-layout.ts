/**
 * The paper: lines with indentation, and the running index of every space, shown in comments beside what gets it.
 */
import type { Sort } from '../model/component.ts'

export class Printer {
  private readonly lines: string[] = []
  private depth = 0

  line(text: string): void {
    this.lines.push('  '.repeat(this.depth) + text)
  }

  /** `head`, the body one step in, `tail`; on one line if there is no body. */
  block(head: string, tail: string, body: () => void): void {
    const at = this.lines.length
    this.line(head)
    this.depth++
    body()
    this.depth--
    if (this.lines.length === at + 1) this.lines[at] += tail
    else this.line(tail)
  }

  /** Text that has its own layout, moved to where we are. */
  paragraph(text: string): void {
    for (const line of text.split('\n')) this.line(line)
  }

  get text(): string {
    return `${this.lines.join('\n')}\n`
  }
}

/** The index spaces of one component or type, as far as they have been printed. */
export class Indices {
  private readonly counts = new Map<Sort, number>()

  /** Allots the next index, as the comment that shows it. */
  next(sort: Sort): string {
    const index = this.counts.get(sort) ?? 0
    this.counts.set(sort, index + 1)
    return `(;${index};)`
  }

  /** Those of a type within: they begin empty. */
  inner(): Indices {
    return new Indices()
  }
}
