/**
 * `wasm-link run`: a `wasi:cli` command as a program, or with `--invoke` one call of any export, its result printed. What
 * the component may do is what the options say, and nothing else; its standard streams are this process's.
 */
import { statSync } from 'node:fs'
import { resolve } from 'node:path'
import type { Component, Engine, Gauge, Instance, Limits, Usage } from '../index.ts'
import { exitCodeOf, programWasi } from '../wasi/command.ts'
import { runCommand, type WasiOptions } from '../wasi/index.ts'
import { type Call, parseCall } from './call.ts'
import { parseOptions } from './options.ts'
import { EXIT } from './report.ts'
import { compile, readInput } from './source.ts'
import { type CliIo, UsageError, type Verb } from './verb.ts'
import { printJson, printWave } from './wave-print.ts'

const MIB = 2 ** 20

interface LimitValues {
  readonly fuel?: string | undefined
  readonly timeout?: string | undefined
  readonly memory?: string | undefined
}

interface Settings {
  readonly engine: Engine
  readonly name: string
  readonly limits?: Limits
}

const options = {
  invoke: { type: 'string' },
  env: { type: 'string', multiple: true },
  dir: { type: 'string', multiple: true },
  network: { type: 'boolean' },
  json: { type: 'boolean' },
  fuel: { type: 'string' },
  timeout: { type: 'string' },
  memory: { type: 'string' },
} as const

export const verb: Verb = {
  name: 'run',
  usage: `run FILE [--invoke CALL] [--json] [--env K=V|K]… [--dir HOST[::GUEST[::rw]]]… [--network]
    [--fuel N] [--timeout MS] [--memory MB] [-- ARG…]`,
  summary: 'run a command, or call a function',
  details: `  --invoke CALL   call an exported function: ops.add(40, 2), acme:calc/ops@0.3.1#div(1, 0), run("bob")
                  the arguments are WAVE, and so is what is printed
  --json          print the result as JSON
  --env K=V       set a variable; --env K passes on this one of yours. There are no others.
  --dir HOST      let the component read a folder, as GUEST if given; with ::rw, write it
  --network       let it use sockets, name lookup and HTTP
  --fuel N        let it execute N units: about one for each instruction
  --timeout MS    let it run for MS milliseconds
  --memory MB     let its memories have so many MiB together
                  What was used of them is told on standard error, unless --quiet.
  -- ARG…         the arguments of the command
The exit code is the command's own; 124 when its fuel or time is used up, 134 for a trap.`,
  run: execute,
}

async function execute(args: readonly string[], io: CliIo): Promise<number> {
  const dashes = args.indexOf('--')
  const [own, rest] = dashes < 0 ? [args, []] : [args.slice(0, dashes), args.slice(dashes + 1)]
  const { values, positionals } = parseOptions(own, options)
  const [file, extra] = positionals
  if (file === undefined) throw new UsageError('run: which FILE?')
  if (extra !== undefined) {
    throw new UsageError(`run: one FILE, got \`${extra}\` too; arguments for the command come after \`--\``)
  }
  const limits = limitsFrom(values)
  const granted: WasiOptions = {
    args: rest,
    env: environment(values.env ?? [], io),
    dirs: Object.fromEntries((values.dir ?? []).map((text) => directory(text, io))),
    network: values.network === true,
  }
  const input = await readInput(file, io)
  const { component, engine } = await compile(input, values, counts(limits))
  const settings: Settings = { engine, name: input.name, ...(limits && { limits }) }
  const used = (usage: Usage): void => {
    if (limits !== undefined && values.quiet !== true) io.err(`${usageText(limits, usage)}\n`)
  }
  if (values.invoke === undefined) return await runCommand(component, { ...granted, ...settings, usage: used })

  const call = parseCall(values.invoke, component.exports)
  const print = values.json === true ? printJson : printWave
  const printed: Print = (type, value) => {
    if (values.quiet !== true) io.out(`${print(type, value)}\n`)
  }
  return await invoke(component, call, granted, settings, printed, used)
}

/** For the whole run, start-up included. */
function limitsFrom({ fuel, timeout, memory }: LimitValues): Limits | undefined {
  const figure = (name: string, text: string, unit = 1): number => {
    const value = Number(text) * unit
    if (text.trim() === '' || !Number.isSafeInteger(value) || value < 0)
      throw new UsageError(`run: --${name}: expected a whole number, got \`${text}\``)
    return value
  }
  const limits: Limits = {
    ...(fuel !== undefined && { fuel: { initial: figure('fuel', fuel) } }),
    ...(timeout !== undefined && { timeoutMs: { initial: figure('timeout', timeout) } }),
    ...(memory !== undefined && { memoryBytes: figure('memory', memory, MIB) }),
  }
  return Object.keys(limits).length === 0 ? undefined : limits
}

const counts = (limits: Limits | undefined): boolean => limits?.fuel !== undefined || limits?.timeoutMs !== undefined

/** What was used of what was limited, and the fuel wherever it was counted. */
function usageText(limits: Limits, { fuel, timeoutMs, memoryBytes }: Usage): string {
  const of = ({ used = 0, limit }: Gauge, unit: string): string =>
    limit === Number.POSITIVE_INFINITY ? `${Math.ceil(used)} ${unit}` : `${Math.ceil(used)} of ${limit} ${unit}`
  const parts = [
    ...(fuel.used === undefined ? [] : [of(fuel, 'fuel')]),
    ...(limits.timeoutMs === undefined ? [] : [of(timeoutMs, 'ms')]),
    of(memoryBytes, 'bytes of memory'),
  ]
  return `used: ${parts.join(', ')}`
}

type Print = (type: NonNullable<Call['type']['result']>, value: unknown) => void

async function invoke(
  component: Component,
  { path, type, args }: Call,
  granted: WasiOptions,
  settings: Settings,
  print: Print,
  used: (usage: Usage) => void,
): Promise<number> {
  let instance: Instance | undefined
  try {
    instance = await component.instantiate(programWasi(granted), settings)
    const value: unknown = await instance.func(path).callAsync(args)
    if (type.result !== undefined) print(type.result, value)
    const failed = type.result?.kind === 'result' && Reflect.get(Object(value), 'tag') === 'err'
    return failed ? EXIT.failed : EXIT.done
  } catch (error) {
    const code = exitCodeOf(error)
    if (code === undefined) throw error
    return code
  } finally {
    if (instance !== undefined) used(instance.usage())
    instance?.[Symbol.dispose]()
  }
}

/** `K=V`, or `K` for what this process has under that name. */
function environment(settings: readonly string[], io: CliIo): Record<string, string> {
  const env: Record<string, string> = {}
  for (const setting of settings) {
    const equals = setting.indexOf('=')
    const name = equals < 0 ? setting : setting.slice(0, equals)
    if (name === '') throw new UsageError(`--env: expected K=V or K, got \`${setting}\``)
    const value = equals < 0 ? io.env[name] : setting.slice(equals + 1)
    if (value !== undefined) env[name] = value
  }
  return env
}

/** `HOST[::GUEST[::rw]]`. */
function directory(text: string, io: CliIo): [string, { host: string; writable: boolean }] {
  const [host = '', guest = host, mode, ...more] = text.split('::')
  if (host === '' || guest === '' || more.length > 0 || (mode !== undefined && mode !== 'rw' && mode !== 'ro')) {
    throw new UsageError(`--dir: expected HOST[::GUEST[::rw]], got \`${text}\``)
  }
  const path = resolve(io.cwd, host)
  if (!statSync(path, { throwIfNoEntry: false })?.isDirectory()) {
    throw new UsageError(`--dir: there is no folder \`${path}\``)
  }
  return [guest, { host: path, writable: mode === 'rw' }]
}
