/** Makes the problems of a tree, and tells failures apart: what a tree reports as data, and what is our own bug. */
import { isWasmLinkError } from '../index.ts'
import { quote } from '../model/errors.ts'
import type { TreeProblem } from './data.ts'

type Details = Partial<Pick<TreeProblem, 'cause' | 'found' | 'through'>>

export function problem(
  kind: TreeProblem['kind'],
  subject: string,
  message: string,
  { cause, found, through = [] }: Details = {},
): TreeProblem {
  return Object.freeze({ kind, subject, message, cause, found, through })
}

/** The value, or why there is none. */
export type Outcome<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly problem: TreeProblem }

export const done = <T>(value: T): Outcome<T> => ({ ok: true, value })
export const broken = (problem: TreeProblem): { readonly ok: false; readonly problem: TreeProblem } => ({
  ok: false,
  problem,
})

/** What was thrown, in words. @throws what is our own fault: it is no data */
export function reason(thrown: unknown): string {
  if (isWasmLinkError(thrown) && thrown.kind === 'bug') throw thrown
  if (!(thrown instanceof Error)) return quote(String(thrown))
  const code = 'code' in thrown && typeof thrown.code === 'string' ? thrown.code : ''
  return FILE_REASONS[code] ?? thrown.message
}

const FILE_REASONS: Readonly<Record<string, string>> = {
  EACCES: 'no permission',
  EISDIR: 'it is a folder',
  ENOENT: 'there is no such file',
  ENOTDIR: 'there is no such file',
  ELOOP: 'too many symbolic links',
}

/** For messages. */
export const name = (id: string): string => `\`${quote(id)}\``
