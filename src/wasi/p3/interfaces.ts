/** WASI 0.3's interfaces for one instance, beside 0.2's and with the same grants behind them. */
import type { Signal } from '../../index.ts'
import type { CliState } from '../cli.ts'
import type { Folder } from '../fs-path.ts'
import { cliInterfaces3 } from './cli.ts'
import { clockInterfaces3 } from './clocks.ts'
import { filesystemInterfaces3 } from './filesystem.ts'
import { deniedClient, httpInterfaces3 } from './http.ts'
import type { Lifetime } from './lifetime.ts'
import { randomInterfaces3 } from './random.ts'
import type { Network3 } from './shim.ts'
import { deniedSockets3, socketInterfaces3 } from './sockets.ts'
import type { Input } from './stdin.ts'

/** The linker lets it serve every 0.3.x. */
export const WASI3_VERSION = '0.3.0'

export interface Granted3 {
  readonly cli: CliState
  readonly input: Input
  readonly folders: readonly (readonly [Folder, string])[]
  /** What is granted of it. */
  readonly network: Network3 | undefined
  readonly lifetime: Lifetime
  readonly callSignal: () => Signal | undefined
}

export function interfaces3({ cli, input, folders, network, lifetime, callSignal }: Granted3): Record<string, object> {
  return {
    ...cliInterfaces3(cli, input, lifetime),
    ...clockInterfaces3(lifetime, callSignal),
    ...randomInterfaces3,
    ...filesystemInterfaces3(folders),
    ...socketInterfaces3(network?.sockets ?? deniedSockets3()),
    ...httpInterfaces3(network?.client ?? deniedClient),
  }
}
