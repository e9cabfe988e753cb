/**
 * `wasi(options)`: an import source. For every instance it makes the WASI 0.2 interfaces anew, with exactly what the
 * options grant behind them. All interfaces are always there, denied ones too, so that a component links by what it
 * imports and is refused by what it does. Names carry a 0.2 version: a component of any 0.2.x matches, one of 0.3 not.
 *
 * The shim and Node's modules are loaded here, by `import()`, when a grant needs them and never otherwise.
 */
import type { Caller } from '../index.ts'
import { LimitError } from '../model/errors.ts'
import { cliInterfaces } from './cli.ts'
import { clockInterfaces } from './clocks.ts'
import { filesystemInterfaces, folderFor } from './filesystem.ts'
import { loadFsHost } from './fs-host.ts'
import type { Folder } from './fs-path.ts'
import { deniedHttp, httpInterfaces } from './http-types.ts'
import { ioInterfaces } from './io.ts'
import { type DirGrant, type Grants, grantsFrom, type WasiOptions } from './options.ts'
import { randomInterfaces } from './random.ts'
import { deniedSockets, socketInterfaces } from './sockets.ts'
import { collected, empty, inheritedStdin, outputFrom } from './stdio.ts'

/** The newest 0.2; the linker lets it serve every 0.2.x. */
export const WASI_VERSION = '0.2.12'

/** What is asked of the instance that is served. */
export type Served = Pick<Caller, 'name' | 'usage'>

/**
 * WASI 0.2 for components. Clocks and randomness are on, output is discarded, everything else is denied until named.
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

export async function interfacesFor(grants: Grants, caller: Served): Promise<Record<string, object>> {
  const charge = outputMeter(caller)
  const [stdin, stdout, stderr, folders, network] = await Promise.all([
    stdinFrom(grants.stdin),
    outputFrom(grants.stdout, 1, charge),
    outputFrom(grants.stderr, 2, charge),
    foldersFor(grants.dirs),
    grants.network ? import('./shim.ts').then(({ shimNetwork }) => shimNetwork()) : undefined,
  ])
  const args = grants.args === undefined ? [] : [caller.name || 'component', ...grants.args]
  const interfaces = {
    ...ioInterfaces,
    ...clockInterfaces,
    ...randomInterfaces,
    ...cliInterfaces({ args, env: grants.env, stdin, stdout, stderr }),
    ...filesystemInterfaces(folders),
    ...socketInterfaces(network?.sockets ?? deniedSockets()),
    ...httpInterfaces(network?.http ?? deniedHttp),
  }
  return Object.fromEntries(Object.entries(interfaces).map(([name, members]) => [`${name}@${WASI_VERSION}`, members]))
}

async function stdinFrom(stdin: Grants['stdin']) {
  if (stdin === 'inherit') return inheritedStdin()
  return { source: stdin === undefined ? empty : await collected(stdin), terminal: false }
}

async function foldersFor(dirs: readonly DirGrant[]): Promise<(readonly [Folder, string])[]> {
  if (dirs.length === 0) return []
  const host = await loadFsHost()
  return dirs.map(({ guest, host: path, writable }) => [folderFor(host, guest, path, writable), guest] as const)
}

/** Output handed to a function of the host counts against `outputBytes`: a guest cannot flood a log. */
function outputMeter(caller: Served): (bytes: number) => void {
  let used = 0
  return (bytes) => {
    const { limit } = caller.usage().outputBytes
    if (used + bytes > limit) throw new LimitError('outputBytes', used + bytes, limit, 'limits.outputBytes')
    used += bytes
  }
}
