/** How labels of WIT are spelled as properties in JavaScript. */

/** lowerCamelCase of a WIT label: `get-HTTP-url` → `getHttpUrl`. */
export function camelCase(name: string): string {
  const [first = '', ...rest] = name.split('-')
  return first.toLowerCase() + rest.map((w) => w.slice(0, 1).toUpperCase() + w.slice(1).toLowerCase()).join('')
}

/** The JavaScript property of each label: where two would be the same, both keep their WIT names. */
export function propertyKeys(names: readonly string[]): string[] {
  const count = new Map<string, number>()
  for (const name of names) {
    const key = camelCase(name)
    count.set(key, (count.get(key) ?? 0) + 1)
  }
  return names.map((name) => asKey(count.get(camelCase(name)) === 1 ? camelCase(name) : name))
}

/** The same string as engines keep it for property names: with one put together at run time every access is a search. */
function asKey(name: string): string {
  return Object.keys({ [name]: true })[0] ?? name
}
