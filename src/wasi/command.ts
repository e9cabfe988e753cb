/**
 * Runs a `wasi:cli` command as a program is run: an instance of its own, the standard streams of the host's process, an
 * exit code in the end. The process is the host's: nothing here ends it, changes its state or listens to its signals.
 */
import { type Component, type Instance, type InstanceOptions, LinkError, type Signal, type Usage } from '../index.ts'
import { type Grants, grantsFrom, type WasiOptions } from './options.ts'
import { isExitRequest } from './outcome.ts'
import { Lifetime } from './p3/lifetime.ts'
import { interfacesFor, type Running, type Served } from './wasi.ts'

export interface CommandOptions extends WasiOptions, InstanceOptions<undefined> {
  readonly signal?: Signal
  /** Told once, when the command is over, however it ended: what it used. */
  readonly usage?: (usage: Usage) => void
}

/** What a command exports; of two, the newer one. */
const RUN = [/^wasi:cli\/run@0\.3\.[^#]*$/, /^wasi:cli\/run(@0\.2\.[^#]*)?$/] as const

/**
 * The exit code of the command: 0 for `ok`, 1 for `err`, its own if it exits by one. Standard streams are the process's
 * unless given; everything else is denied unless given, as in `wasi`.
 *
 * ```ts
 * process.exitCode = await runCommand(component, { args: ['a'], env: { GREETING: 'hi' } })
 * ```
 *
 * @throws LinkError if the component is no command; Trap, LimitError if it fails; `signal.reason` if that aborts it
 */
export async function runCommand(component: Component, options: CommandOptions = {}): Promise<number> {
  const { engine, name, context, limits, signal, usage, ...granted } = options
  const { path, live } = runOf(component)
  const lifetime = new Lifetime()
  const source = programWasi(granted, { live, lifetime })
  if (signal?.aborted === true) throw signal.reason
  const settings: InstanceOptions<undefined> = {
    name: name ?? component.name ?? 'command',
    ...(engine === undefined ? {} : { engine }),
    ...(context === undefined ? {} : { context }),
    ...(limits === undefined ? {} : { limits }),
  }
  let instance: Instance | undefined
  try {
    instance = await component.instantiate(source, settings)
    return await call(instance, path, signal)
  } catch (error) {
    const code = exitCodeOf(error)
    if (code === undefined) throw error
    return code
  } finally {
    if (instance !== undefined) usage?.(instance.usage())
    instance?.[Symbol.dispose]()
    lifetime.stopTimers()
    // what the guest handed over before its end is still written
    await lifetime.settled()
  }
}

async function call(instance: Instance, path: string, signal: Signal | undefined): Promise<number> {
  const result: unknown = await instance.func(path).callAsync([], signal === undefined ? {} : { signal })
  return typeof result === 'object' && result !== null && 'tag' in result && result.tag === 'err' ? 1 : 0
}

/** What the instance asked for, if it ended by `wasi:cli/exit`. A start function may do so too. */
export function exitCodeOf(error: unknown): number | undefined {
  const cause: unknown = error instanceof Error ? error.cause : undefined
  return isExitRequest(cause) ? cause.code : undefined
}

/** `wasi` as a program gets it: with the process's streams where none are given, and its own name. */
export function programWasi(options: WasiOptions, running?: Running): (caller: Served) => Promise<{}> {
  const grants = grantsFrom(options)
  const inherit = hasProcess() ? 'inherit' : undefined
  const all: Grants = {
    ...grants,
    args: grants.args ?? [],
    stdin: grants.stdin ?? inherit,
    stdout: grants.stdout ?? inherit,
    stderr: grants.stderr ?? inherit,
  }
  return (caller) => interfacesFor(all, caller, running)
}

/** A page has no standard streams to inherit: there the input is empty and the output goes nowhere, unless given. */
function hasProcess(): boolean {
  const { process } = globalThis as { readonly process?: { readonly versions?: { readonly node?: string } } }
  return process?.versions?.node !== undefined
}

/** @throws LinkError: a component of functions is called, not run */
function runOf(component: Component): { readonly path: string; readonly live: boolean } {
  const names = [...component.exports.keys()]
  for (const run of RUN) {
    const found = names.find((name) => run.test(name))
    if (found !== undefined) return { path: `${found}#run`, live: run === RUN[0] }
  }
  throw new LinkError([
    {
      kind: 'missing-export',
      path: 'wasi:cli/run',
      message: 'the component is no command: it exports neither `wasi:cli/run@0.2` nor `wasi:cli/run@0.3`',
      found: names,
    },
  ])
}
