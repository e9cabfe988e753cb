/**
 * `wasi:http/types`'s `fields`: headers and trailers. Names and values come from the guest and may go out to a network,
 * so what could break out of a header line is refused here, as are the headers that belong to the connection.
 */
import { fail } from './outcome.ts'

type HeaderError = { readonly tag: 'invalid-syntax' | 'forbidden' | 'immutable' }

const NAME = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/
const MAX_FIELDS = 10_000

const FORBIDDEN: ReadonlySet<string> = new Set([
  'connection',
  'host',
  'http2-settings',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'transfer-encoding',
  'upgrade',
])

export class Fields {
  /** In order, names as the guest wrote them. */
  #entries: readonly (readonly [string, Uint8Array])[] = []
  #mutable = true

  static fromList(entries: readonly (readonly [string, Uint8Array])[]): Fields {
    const fields = new Fields()
    for (const [name, value] of entries) fields.append(name, value)
    return fields
  }

  /** What came from the network, as it came. */
  static received(entries: readonly (readonly [string, Uint8Array])[]): Fields {
    const fields = new Fields()
    fields.#entries = entries
    return fields.frozen()
  }

  /** The same fields, which nobody can change any more. */
  frozen(): Fields {
    const fields = new Fields()
    fields.#entries = this.#entries
    fields.#mutable = false
    return fields
  }

  get(name: string): Uint8Array[] {
    return this.#entries.filter(([key]) => same(key, name)).map(([, value]) => value)
  }

  has(name: string): boolean {
    return this.#entries.some(([key]) => same(key, name))
  }

  set(name: string, values: readonly Uint8Array[]): void {
    this.#check(name, values)
    this.#entries = [...this.#without(name), ...values.map((value) => [name, value] as const)]
  }

  delete(name: string): void {
    this.#check(name, [])
    this.#entries = this.#without(name)
  }

  /** 0.3 only. */
  getAndDelete(name: string): Uint8Array[] {
    const values = this.get(name)
    this.delete(name)
    return values
  }

  append(name: string, value: Uint8Array): void {
    this.#check(name, [value])
    this.#entries = [...this.#entries, [name, value]]
  }

  entries(): [string, Uint8Array][] {
    return this.#entries.map(([name, value]) => [name, value])
  }

  /** 0.3's name for it. */
  copyAll(): [string, Uint8Array][] {
    return this.entries()
  }

  clone(): Fields {
    const fields = new Fields()
    fields.#entries = this.#entries
    return fields
  }

  #without(name: string) {
    return this.#entries.filter(([key]) => !same(key, name))
  }

  #check(name: string, values: readonly Uint8Array[]): void {
    if (!this.#mutable) fail<HeaderError>({ tag: 'immutable' })
    if (!NAME.test(name)) fail<HeaderError>({ tag: 'invalid-syntax' })
    if (FORBIDDEN.has(name.toLowerCase())) fail<HeaderError>({ tag: 'forbidden' })
    if (values.some((value) => value.some(breaksLine))) fail<HeaderError>({ tag: 'invalid-syntax' })
    if (this.#entries.length + values.length > MAX_FIELDS) fail<HeaderError>({ tag: 'forbidden' })
  }
}

const same = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase()

/** All control characters but the tab. */
const breaksLine = (byte: number): boolean => (byte < 0x20 && byte !== 0x09) || byte === 0x7f
