/**
 * Source text being generated: statements, fresh names, and the values it refers to.
 *
 * What comes from a component enters the text in one way only, as a JSON string literal (`text`); everything else is ours.
 * Values that a literal cannot say (functions of the runtime, tables of labels) are constants, handed over beside the text.
 */

/** A name with which generated code can be read in a debugger; never one of a component's. */
type Name = string

export class Source {
  readonly #lines: string[] = []
  readonly #constants = new Map<unknown, Name>()
  #names = 0

  /** A statement. */
  line(statement: string): void {
    this.#lines.push(statement)
  }

  /** `head { … }` */
  block(head: string, body: () => void): void {
    this.#lines.push(`${head}{`)
    body()
    this.#lines.push('}')
  }

  fresh(prefix = 'x'): Name {
    return `${prefix}${this.#names++}`
  }

  /** Evaluates an expression now; answers the name of what it was, which is seen after the block that it stands in too. */
  value(expression: string, prefix?: string): Name {
    const name = this.fresh(prefix)
    this.line(`var ${name}=${expression};`)
    return name
  }

  /** A variable that branches assign. */
  variable(initial?: string, prefix?: string): Name {
    const name = this.fresh(prefix)
    this.line(initial === undefined ? `var ${name};` : `var ${name}=${initial};`)
    return name
  }

  /** The name of a value that belongs to the type, not to an instance: code is shared by all that have the type. */
  constant(value: unknown): Name {
    const known = this.#constants.get(value)
    if (known !== undefined) return known
    const name = `k${this.#constants.size}`
    this.#constants.set(value, name)
    return name
  }

  /** Statements written apart, for a place that is not known yet. */
  apart(write: () => void): string {
    const from = this.#lines.length
    write()
    return this.#lines.splice(from).join('\n')
  }

  toString(): string {
    return this.#lines.join('\n')
  }

  /**
   * The function that the text, the body of `function (…parameters)`, describes.
   * @throws what the platform throws where source must not be generated
   */
  compile(parameters: readonly string[]): (...args: readonly unknown[]) => unknown {
    const names = [...this.#constants.values()]
    const made: unknown = new Function(...names, `"use strict";return (${parameters.join(',')})=>{${this}}`)
    return (made as (...constants: readonly unknown[]) => (...args: readonly unknown[]) => unknown)(
      ...this.#constants.keys(),
    )
  }
}

/** A string of a component's as a literal. JSON is a subset of JavaScript. */
export function text(value: string): string {
  return JSON.stringify(value)
}

/** An address: a name and a distance of ours. */
export function at(base: string, offset: number): string {
  return offset === 0 ? base : `${base}+${offset}`
}

/** An object literal. One key means something else in a literal unless it is computed. */
export function literal(keys: readonly string[], values: readonly string[]): string {
  return `{${keys.map((key, i) => `${key === '__proto__' ? '["__proto__"]' : text(key)}:${values[i]}`).join(',')}}`
}

/** What generated code calls the things it needs on one side of a call. */
export interface Side {
  /** The `LiftLowerContext`. */
  readonly cx: string
  /** A variable with the `DataView` of the memory as it is now. */
  readonly view: string
  /** An expression for the `GuestMemory`. */
  readonly memory: string
  /** An expression for the layout of a part whose handles are of this instance's resource types. */
  layout(t: object): string
}
