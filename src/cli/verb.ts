/**
 * What a verb of the command line is, and all it may touch of the outside: a verb gets its own arguments and this `io`,
 * and answers with an exit code. So a test runs a verb without a child process, and no verb ends the host on its own.
 *
 * Exit codes: 0 done; 1 the program's failure, an invalid or ill-linked input, a failed test; 2 wrong usage;
 * 124 timeout or fuel; 134 trap. An error a verb throws is printed and given its code by `main.ts`.
 */

export interface CliIo {
  /** Verbatim to standard output; the caller adds the newline. Guest text goes through `quote` first. */
  readonly out: (text: string) => void
  readonly outBytes: (bytes: Uint8Array) => void
  /** Verbatim to standard error. */
  readonly err: (text: string) => void
  readonly stdin: () => AsyncIterable<Uint8Array>
  readonly env: Readonly<Record<string, string | undefined>>
  /** What relative paths are relative to. */
  readonly cwd: string
}

export interface Verb {
  readonly name: string
  /** The synopsis lines, beginning with the verb: `validate FILE…`. */
  readonly usage: string
  /** One line for the list of verbs. */
  readonly summary: string
  /** What `--help` of the verb prints below its usage; empty when the usage says all. */
  readonly details?: string
  /** `args`: what follows the verb's name. @throws UsageError for exit code 2, typed errors for the rest */
  readonly run: (args: readonly string[], io: CliIo) => Promise<number>
}

/** The command line itself is wrong: exit code 2, the message, and the verb's usage. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}
