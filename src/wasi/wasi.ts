/**
 * `wasi(options)`: an import source. For every instance it makes the interfaces of WASI 0.2 and 0.3 anew, with exactly
 * what the options grant behind them. All interfaces are always there, denied ones too, so that a component links by
 * what it imports and is refused by what it does. Names carry versions: a component gets those of 0.2.x, of 0.3.x or of
 * both, as it imports them, and both see the same state.
 *
 * The shim and Node's modules are loaded here, by `import()`, when a grant needs them and never otherwise.
 */
import type { Caller, Signal } from '../index.ts'
import { LimitError } from '../model/errors.ts'
import type { RunLimit } from '../model/limits.ts'
import { type CliState, cliInterfaces } from './cli.ts'
import { clockInterfaces } from './clocks.ts'
import { filesystemInterfaces, folderFor } from './filesystem.ts'
import { fsHost } from './fs-host.ts'
import type { Folder } from './fs-path.ts'
import { deniedHttp, httpInterfaces } from './http-types.ts'
import { ioInterfaces } from './io.ts'
import { type DirGrant, type Grants, grantsFrom, type WasiOptions } from './options.ts'
import { interfaces3, WASI3_VERSION } from './p3/interfaces.ts'
import { Lifetime } from './p3/lifetime.ts'
import { type Input, inputFrom, inputOf, processInput } from './p3/stdin.ts'
import { randomInterfaces } from './random.ts'
import { deniedSockets, socketInterfaces } from './sockets.ts'
import { collected, empty, inheritedStdin, outputFrom } from './stdio.ts'

/** The newest 0.2; the linker lets it serve every 0.2.x. */
export const WASI_VERSION = '0.2.12'

/** What is asked of the instance that is served. */
export type Served = Pick<Caller, 'name' | 'usage'> &
  Partial<Pick<Caller, 'call'>> & {
    /** @throws LimitError */
    charge?(limit: RunLimit, amount: number): void
    /** @throws LimitError when the time of who waits is over */
    look?(): void
  }

/** How the instance is run. */
export interface Running {
  /** It reads its input through 0.3, as it comes; else what the host gives is read to its end before it starts. */
  readonly live: boolean
  readonly lifetime: Lifetime
}

/**
 * WASI 0.2 and 0.3 for components, whichever they import. Clocks and randomness are on, output is discarded, everything else is denied until named.
 *
 * ```ts
 * linker.use(wasi({ env: { GREETING: 'hi' }, stdout: (chunk) => log(chunk) }))
 * ```
 *
 * @throws TypeError for options that are none, or ill-typed; from the source, for a grant this engine cannot give
 */
export function wasi(options?: WasiOptions): (caller: Served) => Promise<{}> {
  const grants = grantsFrom(options)
  return (caller) => interfacesFor(grants, caller)
}

export async function interfacesFor(
  grants: Grants,
  caller: Served,
  { live, lifetime }: Running = { live: false, lifetime: new Lifetime() },
): Promise<Record<string, object>> {
  const charge = outputMeter(caller)
  const look = caller.look === undefined ? undefined : (): void => caller.look?.()
  const stdout = outputFrom(grants.stdout, 1, charge)
  const stderr = outputFrom(grants.stderr, 2, charge)
  const folders = foldersFor(grants.dirs)
  const [stdin, network, network3] = await Promise.all([
    stdinFrom(grants.stdin, live),
    grants.network ? import('./shim.ts').then(({ shimNetwork }) => shimNetwork(look)) : undefined,
    grants.network ? import('./p3/shim.ts').then(({ shimNetwork3 }) => shimNetwork3()) : undefined,
  ])
  const args = grants.args === undefined ? [] : [caller.name || 'component', ...grants.args]
  const cli = { args, env: grants.env, stdin, stdout, stderr }
  const callSignal = (): Signal | undefined => caller.call?.signal
  const interfaces = {
    ...ioInterfaces,
    ...clockInterfaces(look),
    ...randomInterfaces,
    ...cliInterfaces(cli),
    ...filesystemInterfaces(folders),
    ...socketInterfaces(network?.sockets ?? deniedSockets()),
    ...httpInterfaces(network?.http ?? deniedHttp),
  }
  const newer = interfaces3({ cli, input: stdin.input, folders, network: network3, lifetime, callSignal })
  return { ...versioned(interfaces, WASI_VERSION), ...versioned(newer, WASI3_VERSION) }
}

function versioned(interfaces: Readonly<Record<string, object>>, version: string): Record<string, object> {
  return Object.fromEntries(Object.entries(interfaces).map(([name, members]) => [`${name}@${version}`, members]))
}

/** 0.2's input and 0.3's, which share what is there: a byte goes to the one that reads it first. */
async function stdinFrom(
  stdin: Grants['stdin'],
  live: boolean,
): Promise<CliState['stdin'] & { readonly input: Input }> {
  if (stdin === 'inherit') return { ...inheritedStdin(), input: processInput() }
  if (live && stdin !== undefined) return { source: empty, terminal: false, input: inputFrom(stdin) }
  const source = stdin === undefined ? empty : await collected(stdin)
  return { source, terminal: false, input: inputOf(source) }
}

function foldersFor(dirs: readonly DirGrant[]): (readonly [Folder, string])[] {
  if (dirs.length === 0) return []
  const host = fsHost()
  return dirs.map(({ guest, host: path, writable }) => [folderFor(host, guest, path, writable), guest] as const)
}

/** Output handed to a function of the host counts against `outputBytes`: a guest cannot flood a log. */
function outputMeter(caller: Served): (bytes: number) => void {
  if (caller.charge !== undefined) return (bytes) => caller.charge?.('outputBytes', bytes)
  // served by hand, without an account
  let used = 0
  return (bytes) => {
    const { limit } = caller.usage().outputBytes
    if (used + bytes > limit) throw new LimitError('outputBytes', used + bytes, limit, 'limits.outputBytes')
    used += bytes
  }
}
