/**
 * `wasm-link run`: a `wasi:cli` command as a program, or with `--invoke` one call of any export, its result printed. What
 * the component may do is what the options say, and nothing else; its standard streams are this process's.
 */
import { statSync } from 'node:fs'
import { resolve } from 'node:path'
import type { Component, Engine, Instance } from '../index.ts'
import { exitCodeOf, programWasi } from '../wasi/command.ts'
import { runCommand, type WasiOptions } from '../wasi/index.ts'
import { type Call, parseCall } from './call.ts'
import { parseOptions } from './options.ts'
import { EXIT } from './report.ts'
import { compile, readInput } from './source.ts'
import { type CliIo, UsageError, type Verb } from './verb.ts'
import { printJson, printWave } from './wave-print.ts'

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
  -- ARG…         the arguments of the command
The exit code is the command's own; 124 for a time limit, 134 for a trap.`,
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
  for (const limit of ['fuel', 'timeout', 'memory'] as const) {
    // ignored, it would be a promise not kept
    if (values[limit] !== undefined) throw new UsageError(`run: --${limit} is not supported yet`)
  }
  const granted: WasiOptions = {
    args: rest,
    env: environment(values.env ?? [], io),
    dirs: Object.fromEntries((values.dir ?? []).map((text) => directory(text, io))),
    network: values.network === true,
  }
  const input = await readInput(file, io)
  const { component, engine } = await compile(input, values)
  const settings = { engine, name: input.name }
  if (values.invoke === undefined) return await runCommand(component, { ...granted, ...settings })

  const call = parseCall(values.invoke, component.exports)
  const print = values.json === true ? printJson : printWave
  return await invoke(component, call, granted, settings, (type, value) => {
    if (values.quiet !== true) io.out(`${print(type, value)}\n`)
  })
}

type Print = (type: NonNullable<Call['type']['result']>, value: unknown) => void

async function invoke(
  component: Component,
  { path, type, args }: Call,
  granted: WasiOptions,
  settings: { readonly engine: Engine; readonly name: string },
  print: Print,
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
