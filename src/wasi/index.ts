/** The entry `wasm-link/wasi`: WASI 0.2 and 0.3 as imports, and commands run. Importing it loads nothing of Node or the shim. */
export { type CommandOptions, runCommand } from './command.ts'
export type { OutputOption, WasiOptions } from './options.ts'
export { ExitRequest } from './outcome.ts'
export { wasi } from './wasi.ts'
