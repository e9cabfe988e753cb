/** Names that code for one signature uses for parts of its types: fixed ones for the type, bound ones for an instance. */
import { isInterpreted } from '../../abi/emit/nodes.ts'
import type { Source } from '../../abi/emit/source.ts'
import type { Layout } from '../../abi/layout.ts'
import { assert } from '../../model/errors.ts'
import type { Checks } from './take.ts'

/** A place that is known when the code is bound: a parameter or an answer, and the way into it. */
const FIXED = /^[PE](?:\[\d+\])?(?:\+"(?:[^"\\]|\\.)*")*$/

export class CodeNames implements Checks {
  readonly images: string[] = []
  readonly #source: Source
  readonly #index: Map<Layout, number>
  readonly #bound = new Map<number, string>()
  readonly #questions = new Map<string, string>()
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
    const call = (v: string): string => `ask(${this.#indexOf(t)},${v},${place})`
    return FIXED.test(place) ? `${this.apart(`v=>${call('v')}`)}(${value})` : call(value)
  }

  askCase(t: Layout, tag: string, val: string, place: string): string {
    const call = (a: string, b: string): string => `ask(${this.#indexOf(t)},{tag:${a},val:${b}},${place})`
    return FIXED.test(place) ? `${this.apart(`(t,v)=>${call('t', 'v')}`)}(${tag},${val})` : call(tag, val)
  }

  askField(t: Layout, object: string, place: string, field: Layout, value: string, there: string): string {
    const call = (o: string, v: string): string =>
      `${o} instanceof Promise?ask(${this.#indexOf(t)},${o},${place}):ask(${this.#indexOf(field)},${v},${there})`
    return FIXED.test(place) ? `${this.apart(`(o,v)=>${call('o', 'v')}`)}(${object},${value})` : call(object, value)
  }

  /** What seldom runs stands in functions of its own: engines look into functions that are short. */
  apart(code: string): string {
    let name = this.#questions.get(code)
    if (name === undefined) {
      name = `q${this.#questions.size}`
      this.#questions.set(code, name)
    }
    return name
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
    const bound = [...this.#bound].map(([i, name]) => `var ${name}=b.node(${i});`)
    const images = Array.from({ length: this.#lists }, (_, i) => `var I${i}=b.image();`)
    const questions = [...this.#questions].map(([code, name]) => `var ${name}=${code};`)
    return [...bound, ...images, ...questions].join('')
  }
}
