/** How WIT names look in JavaScript: jco's rules, and the exact WIT name where two would look alike. */
import { camelCase } from '../abi/property-keys.ts'

export { camelCase }

export function pascalCase(name: string): string {
  const camel = camelCase(name)
  return camel.charAt(0).toUpperCase() + camel.slice(1)
}

/** How a function is called in messages: `acme:calc/ops#add`, or `add` at the top. */
export const joinPath = (outer: string, name: string): string => (outer === '' ? name : `${outer}#${name}`)

/** `acme:calc/ops@0.3.1` → `ops`. */
export function aliasOf(interfaceName: string): string {
  const slash = interfaceName.lastIndexOf('/')
  const at = interfaceName.indexOf('@', slash)
  return camelCase(interfaceName.slice(slash + 1, at < 0 ? undefined : at))
}

/** Names → JavaScript keys: the made one, or the WIT name itself for all that would share one. */
export function uniqueKeys(names: readonly string[], make: (name: string) => string): ReadonlyMap<string, string> {
  const count = new Map<string, number>()
  for (const name of names) {
    const key = make(name)
    count.set(key, (count.get(key) ?? 0) + 1)
  }
  const keys = new Map<string, string>()
  for (const name of names) {
    const key = make(name)
    keys.set(name, count.get(key) === 1 ? key : name)
  }
  return keys
}

/** A function of a resource, told by its name. */
export type ResourceFunc =
  | { readonly kind: 'constructor'; readonly resource: string }
  | { readonly kind: 'method' | 'static'; readonly resource: string; readonly name: string }

export function resourceFunc(name: string): ResourceFunc | undefined {
  const match = /^\[(constructor|method|static)\]([^.]+)(?:\.(.+))?$/.exec(name)
  if (match === null) return undefined
  const [, kind, resource, member] = match
  if (resource === undefined) return undefined
  if (kind === 'constructor') return { kind, resource }
  return (kind === 'method' || kind === 'static') && member !== undefined ? { kind, resource, name: member } : undefined
}
