/**
 * A text and the places in it. Offsets (in UTF-16 code units, as JavaScript counts) go in; line, column and an excerpt
 * with a caret come out, inside the one error the text front door throws.
 */
import { MalformedError } from '../model/errors.ts'

export interface Source {
  readonly text: string
  /** For messages only. */
  readonly file: string
}

export interface Place {
  readonly line: number
  readonly column: number
}

/** 1-based. A carriage return alone does not end a line. */
export function placeOf(text: string, offset: number): Place {
  const start = lineStart(text, offset)
  let line = 1
  for (let i = text.indexOf('\n'); i >= 0 && i < start; i = text.indexOf('\n', i + 1)) line++
  return { line, column: offset - start + 1 }
}

export function offsetOf(text: string, place: Place): number {
  let start = 0
  for (let line = 1; line < place.line; line++) {
    const end = text.indexOf('\n', start)
    if (end < 0) return text.length
    start = end + 1
  }
  return Math.min(start + place.column - 1, text.length)
}

/** The error for a fault in the text: the message first, then where, then the line with a caret below the place. */
export function textError(source: Source, message: string, offset: number): MalformedError {
  const place = placeOf(source.text, offset)
  const header = `${message}\n --> ${source.file}:${place.line}:${place.column}`
  return new MalformedError(`${header}${excerpt(source.text, offset, place)}`, offset, place)
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: what a terminal would act upon is shown as a blank
const UNFIT = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g
const WIDEST = 120

/** The caret must stand below its character, so every unfit character becomes exactly one blank. */
function excerpt(text: string, offset: number, place: Place): string {
  const start = lineStart(text, offset)
  const newline = text.indexOf('\n', offset)
  const line = text.slice(start, newline < 0 ? text.length : newline)
  const from = place.column > WIDEST ? place.column - 1 - WIDEST / 2 : 0
  const shown = line.slice(from, from + WIDEST).replace(UNFIT, ' ')
  const margin = ' '.repeat(String(place.line).length)
  const caret = ' '.repeat(place.column - 1 - from)
  return `\n${margin} |\n${place.line} | ${shown}\n${margin} | ${caret}^`
}

function lineStart(text: string, offset: number): number {
  return offset === 0 ? 0 : text.lastIndexOf('\n', offset - 1) + 1
}
