/**
 * Errors fit to read: one line that says what happened and to whom it belongs, then the detail that helps, and the exit
 * code. No stack unless `WASM_LINK_DEBUG` is set. What a guest wrote (names, messages) is made harmless to a terminal.
 */
import { isWasmLinkError, type WasmLinkError } from '../index.ts'
import { unreachable } from '../model/errors.ts'
import { InputError } from './source.ts'
import { type CliIo, UsageError } from './verb.ts'
import { UNFIT } from './wave-labels.ts'

export interface Report {
  readonly code: number
  /** Without the final newline. */
  readonly text: string
}

export const EXIT = { done: 0, failed: 1, usage: 2, timeout: 124, trap: 134 } as const

const LONGEST = 10_000

/** Guest text made fit to be printed; newlines of ours stay. */
export function printable(text: string): string {
  const cut = text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text
  return cut.replace(UNFIT, (c) => (c === '\n' ? c : `\\u{${c.charCodeAt(0).toString(16)}}`))
}

export function report(error: unknown, io: CliIo): Report {
  const { code, lines } = explain(error)
  const debug = io.env['WASM_LINK_DEBUG']
  if (debug !== undefined && debug !== '' && error instanceof Error) lines.push('', error.stack ?? '')
  return { code, text: printable(`error: ${lines.join('\n')}`) }
}

interface Explained {
  readonly code: number
  readonly lines: string[]
}

function explain(error: unknown): Explained {
  if (error instanceof UsageError) return { code: EXIT.usage, lines: [error.message] }
  if (error instanceof InputError) return { code: EXIT.failed, lines: [error.message] }
  if (isWasmLinkError(error)) return explainOurs(error)
  if (error instanceof Error && error.name === 'AbortError') return { code: EXIT.failed, lines: ['aborted'] }
  // a grant that this process cannot give
  if (error instanceof TypeError && error.message.startsWith('wasi: ')) {
    return { code: EXIT.failed, lines: [error.message] }
  }
  const what = error instanceof Error ? `${error.name}: ${error.message}` : String(error)
  return {
    code: EXIT.failed,
    lines: [what, 'This is unexpected: please report it with the command line that shows it.'],
  }
}

function explainOurs(error: WasmLinkError): Explained {
  switch (error.kind) {
    case 'malformed':
      return failed('malformed component', error.message)
    case 'invalid': {
      const hint = error.feature === undefined ? [] : [`  \`--features ${error.feature}\` turns the feature on`]
      return failed('invalid component', error.message, hint)
    }
    case 'link': {
      const problems = error.problems.map(({ path, message }) => (path === '' ? message : `${path}: ${message}`))
      if (problems.length === 1) return failed('cannot link', problems.join())
      return failed(
        'cannot link',
        `${problems.length} problems`,
        problems.map((problem) => `  ${problem}`),
      )
    }
    case 'trap':
      return { code: EXIT.trap, lines: [error.message, ...where(error.path), ...causes(error.cause)] }
    case 'limit': {
      const timed = error.limit === 'fuel' || error.limit === 'epochTicks' || error.limit === 'timeoutMs'
      return { code: timed ? EXIT.timeout : EXIT.failed, lines: [error.message] }
    }
    case 'component':
      return failed('the component answered with an error', error.message)
    case 'closed':
      return failed('used after its end', error.message)
    case 'bug':
      return { code: EXIT.failed, lines: [error.message, ...causes(error.cause)] }
    case 'lock-rejected':
    case 'invalid-interface-path':
    case 'invalid-function':
    case 'missing-response':
    case 'invalid-argument-list':
    case 'runtime-exception':
    case 'unsupported-type':
    case 'executor-unavailable':
    case 'resource-table-full':
    case 'resource-handle-conversion-failed':
    case 'invalid-resource-handle':
    case 'needs-async':
    case 'plugin-unavailable':
    case 'cancelled':
      return failed(error.kind, error.message, [...where(error.path), ...causes(error.cause)])
    default:
      return unreachable(error)
  }
}

const failed = (what: string, message: string, detail: readonly string[] = []): Explained => ({
  code: EXIT.failed,
  lines: [`${what}: ${message}`, ...detail],
})

const where = (path: string): string[] => (path === '' ? [] : [`  in ${path}`])

const MOST_CAUSES = 4

function causes(first: unknown): string[] {
  const lines: string[] = []
  for (let cause = first; cause instanceof Error && lines.length < MOST_CAUSES; cause = cause.cause) {
    lines.push(`  because ${cause.message}`)
  }
  return lines
}
