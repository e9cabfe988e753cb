/**
 * Strings, names and references as text.
 */
import type { ExternName, Sort } from '../model/component.ts'

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is escaped here
const UNFIT = /["\\\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g

/** A name as a string literal: readable where it can be, escaped where it would mislead. */
export function printString(text: string): string {
  return `"${text.replace(UNFIT, (c) => (c === '"' || c === '\\' ? `\\${c}` : `\\u{${c.charCodeAt(0).toString(16)}}`))}"`
}

export function printBytes(bytes: Uint8Array): string {
  let text = ''
  for (const byte of bytes) {
    const plain = byte >= 0x20 && byte < 0x7f && byte !== 0x22 && byte !== 0x5c
    text += plain ? String.fromCharCode(byte) : `\\${byte.toString(16).padStart(2, '0')}`
  }
  return `"${text}"`
}

export function printExternName({ name, implements: iface, versionSuffix, externalId }: ExternName): string {
  let text = printString(name)
  if (iface !== undefined) text += ` (implements ${printString(iface)})`
  if (versionSuffix !== undefined) text += ` (versionsuffix ${printString(versionSuffix)})`
  if (externalId !== undefined) text += ` (external-id ${printString(externalId)})`
  return text
}

/** `core func`, `type` and so on. */
export const printSort = (sort: Sort): string => sort.replace('core-', 'core ')

export const printRef = (sort: Sort, index: number): string => `(${printSort(sort)} ${index})`
