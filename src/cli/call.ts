/**
 * CALL on the command line, `[INTERFACE ("#" | ".")] ITEM "(" [WAVE {"," WAVE}] ")"`, found among what a component
 * exports. A dot is a separator, a part of a version or a part of a method's name; which one is decided by what there is.
 */
import type { Externs, FuncType } from '../index.ts'
import { quote } from '../model/errors.ts'
import { UsageError } from './verb.ts'
import { parseArguments, WaveError } from './wave-parse.ts'
import { funcTypeText } from './wit-text.ts'

export interface Call {
  /** For `instance.func`. */
  readonly path: string
  readonly type: FuncType
  readonly args: readonly unknown[]
}

export interface Exported {
  /** `acme:calc/ops@0.3.1#add`, or `run` at the top level. */
  readonly path: string
  readonly interface: string | undefined
  readonly item: string
  readonly type: FuncType
}

/** Every function a component exports, in order. */
export function exportedFunctions(exports: Externs): Exported[] {
  return [...exports].flatMap(([name, { type }]): Exported[] => {
    if (type.kind === 'func') return [{ path: name, interface: undefined, item: name, type }]
    if (type.kind !== 'instance') return []
    return [...type.exports].flatMap(([item, { type: inner }]) =>
      inner.kind === 'func' ? [{ path: `${name}#${item}`, interface: name, item, type: inner }] : [],
    )
  })
}

/** @throws UsageError that shows the place, or what there is to call */
export function parseCall(text: string, exports: Externs): Call {
  const open = text.indexOf('(')
  if (open < 0) throw new UsageError(`--invoke: expected \`(\` after the function's name, as in \`${quote(text)}()\``)
  const { path, type } = find(text.slice(0, open).trim(), exportedFunctions(exports))
  try {
    return { path, type, args: parseArguments(type.params, text, open) }
  } catch (error) {
    if (!(error instanceof WaveError)) throw error
    throw new UsageError(`--invoke: ${error.message}\n  ${excerpt(text, error.at)}\n  ${path}: ${funcTypeText(type)}`)
  }
}

function find(name: string, functions: readonly Exported[]): Exported {
  const fitting = functions.filter((found) => answersTo(found, name))
  // the item alone will do where only one interface has it
  const named = fitting.length > 0 ? fitting : functions.filter(({ item }) => item === name)
  const exact = named.find(({ path }) => path === name)
  const [first, second] = named
  if (exact !== undefined) return exact
  if (first === undefined) {
    const there = functions.map(({ path, type }) => `\n  ${path}: ${funcTypeText(type)}`).join('')
    throw new UsageError(
      `--invoke: there is no function \`${quote(name)}\`; there ${there === '' ? 'are none' : `are${there}`}`,
    )
  }
  if (second !== undefined) {
    throw new UsageError(`--invoke: \`${quote(name)}\` is ${named.map(({ path }) => `\`${path}\``).join(' and ')}`)
  }
  return first
}

/** By full name, without the version, or by the interface's last name; with `#` or `.` between. */
function answersTo(found: Exported, name: string): boolean {
  if (found.interface === undefined) return found.item === name
  const base = found.interface.replace(/@.*$/, '')
  const interfaces = [found.interface, base, base.slice(base.lastIndexOf('/') + 1)]
  return interfaces.some((of) => name === `${of}#${found.item}` || name === `${of}.${found.item}`)
}

/** A window of the text with a caret below the place. */
function excerpt(text: string, at: number): string {
  const start = Math.max(0, at - 50)
  // tabs and newlines would move the caret
  const line = text.slice(start, at + 20).replace(/\s/g, ' ')
  return `${line}\n  ${' '.repeat(at - start)}^`
}
