/** `wasm-link fuzz`: random calls with well-typed values against random hosts, until something traps. */
import type * as FastCheck from 'fast-check'
import { Component, Engine, type ImportSource } from '../index.ts'
import { engineSettings, parseOptions } from './options.ts'
import { EXIT, printable } from './report.ts'
import { readInput } from './source.ts'
import { type CliIo, UsageError, type Verb } from './verb.ts'

export const verb: Verb = {
  name: 'fuzz',
  usage: 'fuzz FILE [--runs N] [--seed S]',
  summary: 'call a component with random values until it traps',
  details: `Every run is a new instance, a host whose functions answer random well-typed values, and up to 20 calls; WASI is there and
grants nothing. The shortest sequence that fails is printed, and the seed that finds it again. Needs the package fast-check.`,
  run: execute,
}

async function execute(args: readonly string[], io: CliIo): Promise<number> {
  const { values, positionals } = parseOptions(args, { runs: { type: 'string' }, seed: { type: 'string' } })
  const [file, ...others] = positionals
  if (file === undefined || others.length > 0) throw new UsageError('fuzz: one FILE')
  const numRuns = count('--runs', values.runs, 100)
  const seed = count('--seed', values.seed, Date.now() % 2 ** 31)
  const fc = await fastCheck()
  const { calls, imports } = await import('../arbitraries/index.ts')
  const engine = new Engine(engineSettings(values))
  const { bytes, name } = await readInput(file, io)
  const component = await Component.compile(bytes, { engine, name })
  const wasi = await systemOf(component)
  const rest = without(component, (path) => wasi.length > 0 && path.startsWith('wasi:'))

  const property = fc.asyncProperty(imports(rest), calls(component), async (host, sequence) => {
    const instance = await component.instantiate([host, ...wasi], { engine })
    try {
      await sequence.run(instance)
    } finally {
      instance[Symbol.dispose]()
    }
  })
  const result = await fc.check(property, { numRuns, seed })
  if (!result.failed) {
    if (values.quiet !== true) io.out(`${result.numRuns} runs, nothing failed (seed ${seed})\n`)
    return EXIT.done
  }
  const [, sequence] = result.counterexample ?? []
  const error = result.errorInstance
  io.out(`${printable(String(sequence))}\n`)
  io.out(`  ${printable(error instanceof Error ? `${error.name}: ${error.message}` : String(error))}\n`)
  io.out(`after ${result.numRuns} runs and ${result.numShrinks} shrinks; again with --seed ${seed}\n`)
  return EXIT.failed
}

function count(option: string, text: string | undefined, otherwise: number): number {
  if (text === undefined) return otherwise
  if (!/^\d{1,10}$/.test(text)) throw new UsageError(`${option}: expected a number, got \`${printable(text)}\``)
  return Number(text)
}

async function fastCheck(): Promise<typeof FastCheck> {
  try {
    return await import('fast-check')
  } catch (cause) {
    throw new UsageError('fuzz needs the package fast-check: npm install fast-check', { cause })
  }
}

/** WASI, if the component asks for it, with nothing granted. */
async function systemOf(component: Component): Promise<readonly ImportSource<undefined>[]> {
  if (![...component.imports.keys()].some((name) => name.startsWith('wasi:'))) return []
  const { wasi } = await import('../wasi/index.ts')
  return [wasi()]
}

/** The same component as far as its imports are asked for, less those that somebody else serves. */
function without(component: Component, served: (name: string) => boolean): Pick<Component, 'imports'> {
  return { imports: new Map([...component.imports].filter(([name]) => !served(name))) }
}
