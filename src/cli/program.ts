/**
 * The command line from arguments to exit code: finds the verb, lets it run, reports what it throws. It touches nothing
 * but its `io`, so that a test runs it as the shell would.
 */
import { helpText, usageText, verbHelp } from './help.ts'
import { EXIT, printable, report } from './report.ts'
import { type CliIo, UsageError, type Verb } from './verb.ts'

/** Each verb with what it needs is loaded when it is named. */
const VERBS: Readonly<Record<string, () => Promise<Verb>>> = {
  run: async () => (await import('./run.ts')).verb,
  inspect: async () => (await import('./inspect.ts')).verb,
  validate: async () => (await import('./validate.ts')).verb,
  wast: async () => (await import('./wast.ts')).verb,
  parse: async () => (await import('./parse.ts')).verb,
  print: async () => (await import('./print.ts')).verb,
  wit: async () => (await import('./wit.ts')).verb,
  types: async () => (await import('./types.ts')).verb,
  graph: async () => (await import('./graph.ts')).verb,
  check: async () => (await import('./check.ts')).verb,
  link: async () => (await import('./link.ts')).verb,
  fuzz: async () => (await import('./fuzz.ts')).verb,
}

export async function program(args: readonly string[], io: CliIo, version: string): Promise<number> {
  const [name, ...rest] = args
  let verb: Verb | undefined
  try {
    if (name === undefined) throw new UsageError('which verb?')
    if (name === '--version' || name === '-V') {
      io.out(`wasm-link ${version}\n`)
      return EXIT.done
    }
    if (name === 'help' || name === '--help' || name === '-h') return await help(rest[0], io)
    verb = await load(name)
    if (asksForHelp(rest)) return await help(name, io)
    return await verb.run(rest, io)
  } catch (error) {
    const { code, text } = report(error, io)
    const usage = error instanceof UsageError ? `\n${hint(verb)}` : ''
    io.err(`${text}${usage}\n`)
    return code
  }
}

const hint = (verb: Verb | undefined): string =>
  verb === undefined ? 'usage: wasm-link VERB …; `wasm-link help` lists the verbs' : `usage: ${usageText(verb.usage)}`

async function load(name: string): Promise<Verb> {
  const entry = Object.hasOwn(VERBS, name) ? VERBS[name] : undefined
  if (entry === undefined) throw new UsageError(`there is no verb \`${printable(name.slice(0, 100))}\``)
  return await entry()
}

async function help(name: string | undefined, io: CliIo): Promise<number> {
  if (name === undefined) {
    io.out(helpText(await Promise.all(Object.keys(VERBS).map(load))))
  } else {
    io.out(verbHelp(await load(name)))
  }
  return EXIT.done
}

/** Before `--`, which begins what belongs to somebody else. */
function asksForHelp(args: readonly string[]): boolean {
  const dashes = args.indexOf('--')
  return (dashes < 0 ? args : args.slice(0, dashes)).some((arg) => arg === '--help' || arg === '-h')
}
