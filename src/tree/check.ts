/**
 * Checks of data that anybody may have written: each takes a value and the path to it, and gives back a copy of what it
 * knows, of own properties only. What does not fit is a TypeError that says where, what was expected and what is there.
 */
import { quote } from '../model/errors.ts'

export type Check<T> = (value: unknown, path: string) => T

/** No id, name or path is longer. */
export const LONGEST_NAME = 1000

export const misfit = (path: string, message: string): TypeError =>
  new TypeError(`${path === '' ? 'the manifest' : path}: ${message}`)

function described(value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'an array'
  if (typeof value === 'string') return `"${quote(value.slice(0, 60))}"`
  return typeof value === 'object' || typeof value === 'function' ? `a ${typeof value}` : String(value)
}

const expected = (path: string, what: string, value: unknown): TypeError =>
  misfit(path, `expected ${what}, got ${described(value)}`)

/** `bindings.offers`, `plugins["a b"].plug[2]`. */
export const at = (path: string, key: string): string =>
  /^[A-Za-z_$][\w$-]*$/.test(key) ? (path === '' ? key : `${path}.${key}`) : `${path}[${JSON.stringify(quote(key))}]`

export const text =
  (what = 'a string', most = LONGEST_NAME): Check<string> =>
  (value, path) => {
    if (typeof value !== 'string' || value === '') throw expected(path, what, value)
    if (value.length > most) throw misfit(path, `${value.length} characters, at most ${most}`)
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is refused
    if (most <= LONGEST_NAME && /[\u0000-\u001f\u007f]/.test(value)) throw misfit(path, 'contains a control character')
    return value
  }

/** Any string, the empty one too. */
export const words: Check<string> = (value, path) => {
  if (typeof value !== 'string') throw expected(path, 'a string', value)
  return value
}

export const flag: Check<boolean> = (value, path) => {
  if (typeof value !== 'boolean') throw expected(path, 'true or false', value)
  return value
}

/** A safe integer ≥ 0, or Infinity, which JSON cannot write. */
export const amount: Check<number> = (value, path) => {
  if (typeof value !== 'number' || !(value === Number.POSITIVE_INFINITY || Number.isSafeInteger(value)) || value < 0)
    throw expected(path, 'a whole number, 0 or more', value)
  return value
}

export const oneOf =
  <const T extends string>(...words: readonly T[]): Check<T> =>
  (value, path) => {
    const found = words.find((word) => word === value)
    if (found === undefined) throw expected(path, words.map((word) => `"${word}"`).join(' or '), value)
    return found
  }

export const anyOf =
  <A, B>(isFirst: (value: unknown) => boolean, first: Check<A>, second: Check<B>): Check<A | B> =>
  (value, path) =>
    isFirst(value) ? first(value, path) : second(value, path)

export const isText = (value: unknown): boolean => typeof value === 'string'

export const list =
  <T>(item: Check<T>, most = 10_000): Check<readonly T[]> =>
  (value, path) => {
    if (!Array.isArray(value)) throw expected(path, 'an array', value)
    if (value.length > most) throw misfit(path, `${value.length} entries, at most ${most}`)
    return Array.from(value, (entry: unknown, i) => item(entry, `${path}[${i}]`))
  }

/** What stands under a key of its own, if anything does. */
export function entryOf(value: object, key: string): unknown {
  return Object.hasOwn(value, key) ? Reflect.get(value, key) : undefined
}

/** Keys are the author's: none of them may mean anything to JavaScript. */
export function entriesOf(value: unknown, path: string, most = 10_000): readonly (readonly [string, unknown])[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw expected(path, 'an object', value)
  const keys = Object.keys(value)
  if (keys.length > most) throw misfit(path, `${keys.length} entries, at most ${most}`)
  return keys.map((key) => {
    text('a name')(key, at(path, key))
    return [key, Reflect.get(value, key)]
  })
}

/** A record of any names, without a prototype. */
export const record =
  <T>(item: Check<T>, most?: number): Check<Readonly<Record<string, T>>> =>
  (value, path) => {
    const copy: Record<string, T> = Object.create(null)
    for (const [key, entry] of entriesOf(value, path, most)) copy[key] = item(entry, at(path, key))
    return copy
  }

/** An object with these fields and no others; those not named in `required` may be missing. */
export const object =
  <T extends object>(
    fields: { readonly [K in keyof T]-?: Check<Exclude<T[K], undefined>> },
    ...required: readonly (keyof T & string)[]
  ): Check<T> =>
  (value, path) => {
    const known = Object.keys(fields)
    const copy: Record<string, unknown> = Object.create(null)
    for (const [key, entry] of entriesOf(value, path)) {
      if (!Object.hasOwn(fields, key))
        throw misfit(at(path, key), `there is no such setting; there are ${known.join(', ')}`)
      if (entry !== undefined) copy[key] = fields[key as keyof T](entry, at(path, key))
    }
    for (const key of required) if (copy[key] === undefined) throw misfit(at(path, key), 'is missing')
    return copy as T
  }

/** As it is: the host's own. */
export const anything: Check<never> = (value) => value as never
