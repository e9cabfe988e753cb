/**
 * `wasi:cli@0.3`: as 0.2's (`../cli.ts`), with the standard streams as streams. What a guest writes is written when it
 * arrives, in order, and its future says how that ended.
 */
import { type CliState, cliInterfaces, TerminalInput, TerminalOutput } from '../cli.ts'
import type { IoFailure } from '../io.ts'
import type { Output } from '../stdio.ts'
import type { Lifetime } from './lifetime.ts'
import type { Input } from './stdin.ts'
import { type Outcome, type Reading, reading, writing } from './streams.ts'

type CliErrorCode = 'io' | 'illegal-byte-sequence' | 'pipe'

const errorOf = ({ code }: IoFailure): CliErrorCode => (code === 'EPIPE' ? 'pipe' : 'io')

export function cliInterfaces3(state: CliState, input: Input, lifetime: Lifetime) {
  const { 'wasi:cli/environment': environment, 'wasi:cli/exit': exit, ...others } = cliInterfaces(state)
  const output = ({ sink }: Output) => ({
    writeViaStream(data: AsyncIterable<Uint8Array>): Promise<Outcome<CliErrorCode>> {
      const written = writing(data, sink, errorOf)
      lifetime.expect(written)
      return written
    },
  })
  return {
    'wasi:cli/types': {},
    'wasi:cli/environment': {
      getEnvironment: environment.getEnvironment,
      getArguments: environment.getArguments,
      getInitialCwd: environment.initialCwd,
    },
    'wasi:cli/exit': exit,
    'wasi:cli/stdin': {
      readViaStream: (): Reading<Uint8Array, CliErrorCode> => reading(input.open(), errorOf),
    },
    'wasi:cli/stdout': output(state.stdout),
    'wasi:cli/stderr': output(state.stderr),
    'wasi:cli/terminal-input': { TerminalInput },
    'wasi:cli/terminal-output': { TerminalOutput },
    'wasi:cli/terminal-stdin': others['wasi:cli/terminal-stdin'],
    'wasi:cli/terminal-stdout': others['wasi:cli/terminal-stdout'],
    'wasi:cli/terminal-stderr': others['wasi:cli/terminal-stderr'],
  }
}
