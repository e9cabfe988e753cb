/**
 * What a host grants. `WasiOptions` is the public shape; `grantsFrom` checks it and copies it, so that what a guest can
 * do is fixed when `wasi(options)` is called, and no later change of the host's object, nor anything inherited by it,
 * widens it. All that is not named here is denied.
 */

export interface WasiOptions {
  /** What follows the program's name. With none, the guest sees no arguments at all. */
  readonly args?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  /** Guest path → a folder of the host; read-only unless `writable`. */
  readonly dirs?: Readonly<Record<string, { readonly host: string; readonly writable?: boolean }>>
  /** Sockets, name lookup and outgoing HTTP, for components of 0.2. Those of 0.3 are told that there is none. */
  readonly network?: boolean
  /**
   * Read to its end before the guest starts, for what a synchronous guest reads must be there already. Only `runCommand`
   * gives it to a command of 0.3 as it comes.
   */
  readonly stdin?: AsyncIterable<Uint8Array>
  /** Discarded unless given. A function's bytes count against the limit `outputBytes`; what is inherited does not. */
  readonly stdout?: OutputOption
  readonly stderr?: OutputOption
}

export type OutputOption = 'inherit' | ((chunk: Uint8Array) => void)

export interface DirGrant {
  readonly guest: string
  readonly host: string
  readonly writable: boolean
}

export interface Grants {
  readonly args: readonly string[] | undefined
  readonly env: readonly (readonly [string, string])[]
  readonly dirs: readonly DirGrant[]
  readonly network: boolean
  readonly stdin: AsyncIterable<Uint8Array> | 'inherit' | undefined
  readonly stdout: OutputOption | undefined
  readonly stderr: OutputOption | undefined
}

const OPTIONS: readonly (keyof WasiOptions)[] = ['args', 'env', 'dirs', 'network', 'stdin', 'stdout', 'stderr']

/** @throws TypeError naming the option, for a host that has it wrong: a misspelt grant must not pass for a denial */
export function grantsFrom(options: WasiOptions = {}): Grants {
  if (typeof options !== 'object' || options === null) throw expected('the options', 'an object', options)
  for (const name of Object.keys(options)) {
    if (!OPTIONS.some((option) => option === name)) throw new TypeError(`wasi: there is no option \`${name}\``)
  }
  const own = <K extends keyof WasiOptions>(name: K): WasiOptions[K] | undefined =>
    Object.hasOwn(options, name) ? options[name] : undefined
  return {
    args: stringList('args', own('args')),
    env: environment(own('env')),
    dirs: directories(own('dirs')),
    network: flag('network', own('network')),
    stdin: input(own('stdin')),
    stdout: output('stdout', own('stdout')),
    stderr: output('stderr', own('stderr')),
  }
}

function expected(what: string, wanted: string, got: unknown): TypeError {
  return new TypeError(`wasi: ${what}: expected ${wanted}, got ${got === null ? 'null' : typeof got}`)
}

function text(what: string, value: unknown): string {
  if (typeof value !== 'string') throw expected(what, 'a string', value)
  if (value.includes('\0')) throw new TypeError(`wasi: ${what}: contains a NUL character`)
  return value
}

function flag(what: string, value: unknown): boolean {
  if (value === undefined) return false
  if (typeof value !== 'boolean') throw expected(what, 'a boolean', value)
  return value
}

function stringList(what: string, value: unknown): readonly string[] | undefined {
  if (value === undefined) return undefined
  if (!Array.isArray(value)) throw expected(what, 'an array of strings', value)
  return value.map((item: unknown, index) => text(`${what}[${index}]`, item))
}

function environment(value: unknown): readonly (readonly [string, string])[] {
  if (value === undefined) return []
  if (typeof value !== 'object' || value === null) throw expected('env', 'an object of strings', value)
  return Object.entries(value).map(([name, item]: [string, unknown]) => {
    if (name === '' || name.includes('=')) throw new TypeError(`wasi: env: \`${name}\` is no name of a variable`)
    return [text('env', name), text(`env.${name}`, item)] as const
  })
}

function directories(value: unknown): readonly DirGrant[] {
  if (value === undefined) return []
  if (typeof value !== 'object' || value === null) throw expected('dirs', 'an object', value)
  return Object.entries(value).map(([guest, grant]: [string, unknown]) => {
    const where = `dirs['${text('dirs', guest)}']`
    if (typeof grant !== 'object' || grant === null) throw expected(where, '{ host, writable? }', grant)
    const host: unknown = Object.hasOwn(grant, 'host') ? Reflect.get(grant, 'host') : undefined
    const writable: unknown = Object.hasOwn(grant, 'writable') ? Reflect.get(grant, 'writable') : undefined
    return { guest, host: text(`${where}.host`, host), writable: flag(`${where}.writable`, writable) }
  })
}

function input(value: unknown): AsyncIterable<Uint8Array> | undefined {
  if (value === undefined) return undefined
  if (!isAsyncIterable(value)) throw expected('stdin', 'an async iterable of Uint8Array', value)
  return value
}

const isAsyncIterable = (value: unknown): value is AsyncIterable<Uint8Array> =>
  typeof value === 'object' && value !== null && Symbol.asyncIterator in value

function output(what: string, value: unknown): OutputOption | undefined {
  if (value === undefined || value === 'inherit') return value
  if (typeof value !== 'function') throw expected(what, `'inherit' or a function`, value)
  return (chunk) => void value(chunk)
}
