/**
 * What reading and writing WAVE agree on: the words that are no labels, and how text is escaped. Escaping covers what a
 * terminal would obey, so that a printed value never moves the cursor, colours the screen or reverses the line.
 */

const KEYWORDS: ReadonlySet<string> = new Set(['true', 'false', 'some', 'none', 'ok', 'err', 'inf', 'nan'])

/** A label that would read as a keyword is written `%none`. */
export function waveLabel(name: string): string {
  return KEYWORDS.has(name) ? `%${name}` : name
}

const NAMED: Readonly<Record<string, string>> = { '\n': 'n', '\r': 'r', '\t': 't' }
export const ESCAPES: Readonly<Record<string, string>> = {
  'n': '\n',
  'r': '\r',
  't': '\t',
  "'": "'",
  '"': '"',
  '\\': '\\',
}

/** What a terminal would obey, or not show: control characters, direction marks, invisible ones. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is escaped here
export const UNFIT = /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g

/** For inside quotes of the kind given. */
export function escapeText(text: string, quote: "'" | '"'): string {
  return text
    .replace(/[\\'"]/g, (c) => (c === '\\' || c === quote ? `\\${c}` : c))
    .replace(UNFIT, (c) => `\\${NAMED[c] ?? `u{${c.charCodeAt(0).toString(16)}}`}`)
}

/** JSON that is safe to show: the same characters, in JSON's escapes. */
export function jsonText(text: string): string {
  return JSON.stringify(text).replace(UNFIT, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`)
}
