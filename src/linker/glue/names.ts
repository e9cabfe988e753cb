/** Names that code for one signature uses for parts of its types: fixed ones for the type, bound ones for an instance. */
import { isInterpreted } from '../../abi/emit/nodes.ts'
import type { Source } from '../../abi/emit/source.ts'
import type { Layout } from '../../abi/layout.ts'
import { assert } from '../../model/errors.ts'
import type { Checks } from './take.ts'

export class CodeNames implements Checks {
  readonly images: string[] = []
  readonly #source: Source
  readonly #index: Map<Layout, number>
  readonly #bound = new Map<number, string>()
  #lists = 0

  constructor(source: Source, nodes: readonly Layout[]) {
    this.#source = source
    this.#index = new Map(nodes.map((t, i): [Layout, number] => [t, i]).reverse())
  }

  #indexOf(t: Layout): number {
    const i = this.#index.get(t)
    assert(i !== undefined, 'a part of the signature')
    return i
  }

  ask(t: Layout, value: string, place: string): string {
    return `ask(${this.#indexOf(t)},${value},${place})`
  }

  image(): string {
    return `I${this.#lists++}`
  }

  /** Handles inside are of the instance's own resource types. */
  layout(t: Layout): string {
    if (!isInterpreted(t)) return this.#source.constant(t)
    const i = this.#indexOf(t)
    const name = this.#bound.get(i) ?? `n${i}`
    this.#bound.set(i, name)
    return name
  }

  /** Declares what is bound, from `b`. After everything else was written. */
  prologue(): string {
    const bound = [...this.#bound].map(([i, name]) => `const ${name}=b.node(${i});`)
    const images = Array.from({ length: this.#lists }, (_, i) => `const I${i}=b.image();`)
    return [...bound, ...images].join('')
  }
}
