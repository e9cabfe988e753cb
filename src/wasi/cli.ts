/**
 * `wasi:cli`: environment, exit, standard streams and terminals, with the state of one instance. A guest sees exactly
 * what it was granted: no variable, argument or folder of the host's process comes through on its own.
 */
import { type ByteSource, InputStream, OutputStream } from './io.ts'
import { ExitRequest } from './outcome.ts'
import type { Output } from './stdio.ts'

/** `wasi:cli/terminal-input`'s and `-output`'s resources: they say that there is a terminal, nothing more. */
export class TerminalInput {}
export class TerminalOutput {}

export interface CliState {
  /** The whole list, the program's name first; empty when nothing was granted. */
  readonly args: readonly string[]
  readonly env: readonly (readonly [string, string])[]
  readonly stdin: { readonly source: ByteSource; readonly terminal: boolean }
  readonly stdout: Output
  readonly stderr: Output
}

export function cliInterfaces({ args, env, stdin, stdout, stderr }: CliState) {
  return {
    'wasi:cli/environment': {
      getEnvironment: (): [string, string][] => env.map(([name, value]) => [name, value]),
      getArguments: (): string[] => [...args],
      initialCwd: (): string | undefined => undefined,
    },
    'wasi:cli/exit': {
      exit(status: { readonly tag: 'ok' | 'err' }): never {
        throw new ExitRequest(status.tag === 'ok' ? 0 : 1)
      },
      exitWithCode(code: number): never {
        throw new ExitRequest(code)
      },
    },
    // A fresh resource for every call: the guest owns what it gets, and drops it.
    'wasi:cli/stdin': { getStdin: () => new InputStream(stdin.source) },
    'wasi:cli/stdout': { getStdout: () => new OutputStream(stdout.sink) },
    'wasi:cli/stderr': { getStderr: () => new OutputStream(stderr.sink) },
    'wasi:cli/terminal-input': { TerminalInput },
    'wasi:cli/terminal-output': { TerminalOutput },
    'wasi:cli/terminal-stdin': { getTerminalStdin: () => (stdin.terminal ? new TerminalInput() : undefined) },
    'wasi:cli/terminal-stdout': { getTerminalStdout: () => (stdout.terminal ? new TerminalOutput() : undefined) },
    'wasi:cli/terminal-stderr': { getTerminalStderr: () => (stderr.terminal ? new TerminalOutput() : undefined) },
  }
}
