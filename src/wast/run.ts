/**
 * Runs the commands of a script against an engine and judges each: passed, failed, or excused with a reason.
 *
 * The engine is an interface, so that the same judge serves validation alone, the whole runtime, and tests of itself.
 * A negative test counts only if what was asked for is what failed: a text this parser does not know proves nothing
 * about validation, and is skipped. Messages are compared by substring and counted; they do not decide.
 */
import { InvalidError, isWasmLinkError, LimitError, LinkError, MalformedError, Trap } from '../model/errors.ts'
import type { Id } from '../text/ast.ts'
import type { ParseOptions } from '../text/cursor.ts'
import { encode } from '../text/encode.ts'
import { resolveComponent } from '../text/resolve.ts'
import type { Toolkit } from '../text/toolkit.ts'
import { parseScript, type WastCommand, type WastForm, type WastGet, type WastInvoke } from './script.ts'
import type { SkipList } from './skip.ts'
import type { WastValue } from './values.ts'

// — The engine

export interface WastEngine {
  /** Otherwise nothing is instantiated, and commands that need an instance are skipped. */
  readonly executes: boolean
  /** Decodes and validates. @throws MalformedError, InvalidError, LimitError */
  compile(bytes: Uint8Array): Promise<WastDefinition>
  /** The same for a core module. */
  compileCore(bytes: Uint8Array): Promise<WastDefinition>
  /** After the last command: what still runs, a guest that yields for ever say, ends. */
  end(): void
}

export interface WastDefinition {
  /** In a store of its own. `registered`: what earlier commands made available. */
  readonly instantiate: (registered: ReadonlyMap<string, WastInstance>) => Promise<WastInstance>
}

export interface WastInstance {
  /** As imports of others take them. */
  readonly exports: object
  /** Resolves to a complaint if the results differ from those expected. @throws what the call throws */
  invoke(
    name: string,
    args: readonly WastValue[],
    expected: readonly WastValue[] | undefined,
  ): Promise<string | undefined>
  get(name: string, expected: readonly WastValue[] | undefined): Promise<string | undefined>
}

// — The report

export interface Outcome {
  /** `file:line`. */
  readonly at: string
  readonly kind: 'passed' | 'failed' | 'skipped'
  readonly command: WastCommand['kind']
  /** Of failures: both. Of skipped ones: `got` is the reason. */
  readonly expected: string
  readonly got: string
  /** Of negative tests that passed: whether the message contains the expected one. */
  readonly message: { readonly expected: string; readonly got: string; readonly matches: boolean } | undefined
}

export interface ScriptOptions {
  readonly file: string
  readonly syntax: ParseOptions
  readonly engine: WastEngine
  /** Features the script switches on or off that are no gate here: what it then expects to be refused proves little. */
  readonly unknownFeatures: readonly string[]
  readonly toolkit: Toolkit
  readonly skip: SkipList
}

type Verdict =
  | { readonly kind: 'passed'; readonly expected?: string; readonly got?: string }
  | { readonly kind: 'failed'; readonly expected: string; readonly got: string }
  | { readonly kind: 'skipped'; readonly reason: string }

const NOT_EXECUTED = 'nothing is executed in this script'
const PASSED: Verdict = { kind: 'passed' }
const failed = (expected: string, got: string): Verdict => ({ kind: 'failed', expected, got })
const skipped = (reason: string): Verdict => ({ kind: 'skipped', reason })

/** @throws MalformedError if the script is not even a sequence of balanced forms */
export async function runScript(script: string, options: ScriptOptions): Promise<Outcome[]> {
  const { file, syntax, skip } = options
  const commands = parseScript({ text: script, file }, syntax)
  const run = new ScriptRun(options)
  const outcomes: Outcome[] = []
  for (const command of commands) {
    const verdict = await run.judge(command)
    outcomes.push(outcome(`${file}:${command.line}`, command.kind, verdict, () => skip.excuse(file, command.line)))
  }
  return outcomes
}

function outcome(
  at: string,
  command: WastCommand['kind'],
  verdict: Verdict,
  excuse: () => string | undefined,
): Outcome {
  if (verdict.kind === 'skipped') {
    return { at, command, kind: 'skipped', expected: '', got: verdict.reason, message: undefined }
  }
  if (verdict.kind === 'failed') {
    const reason = excuse()
    if (reason !== undefined) return { at, command, kind: 'skipped', expected: '', got: reason, message: undefined }
    return { at, command, ...verdict, message: undefined }
  }
  const { expected, got } = verdict
  if (expected === undefined || got === undefined) {
    return { at, command, kind: 'passed', expected: '', got: '', message: undefined }
  }
  const message = { expected, got, matches: got.includes(expected) }
  return { at, command, kind: 'passed', expected: '', got: '', message }
}

/** What a form came to. `text`: its syntax or its core text is beyond us; `names`: its names or sugar make no sense. */
type Built =
  | { readonly kind: 'built'; readonly definition: WastDefinition }
  | { readonly kind: 'text' | 'names' | 'binary'; readonly error: Error }

class ScriptRun {
  private readonly options: ScriptOptions
  private readonly definitions = new Map<string, WastDefinition>()
  private readonly instances = new Map<string, WastInstance>()
  private readonly registered = new Map<string, WastInstance>()
  private lastDefinition: WastDefinition | undefined
  private lastInstance: WastInstance | undefined

  constructor(options: ScriptOptions) {
    this.options = options
  }

  async judge(command: WastCommand): Promise<Verdict> {
    try {
      return await inTime(this.run(command))
    } catch (error) {
      // Nothing a script does may throw anything else; if it did, the command failed and the script goes on.
      return failed('a typed error', said(error))
    }
  }

  private async run(command: WastCommand): Promise<Verdict> {
    switch (command.kind) {
      case 'unknown':
        return failed('a command', said(command.error))
      case 'define':
        return this.define(command.form, command.instantiate)
      case 'instance':
        return this.instance(command.id, command.of)
      case 'register': {
        const instance = this.instanceNamed(command.id)
        if (!this.executes) return skipped(NOT_EXECUTED)
        if (instance === undefined) return failed('an instance', 'no instance')
        this.registered.set(command.name, instance)
        return PASSED
      }
      case 'action':
        return this.action(command.action, undefined)
      case 'assert_return':
        return this.action(command.action, command.results)
      case 'assert_trap':
      case 'assert_exhaustion':
        return this.trap(command.action, command.message)
      case 'assert_invalid':
      case 'assert_malformed':
        return this.refused(command.form, command.kind, command.message)
      case 'assert_unlinkable':
      case 'assert_uninstantiable':
        return this.stillborn(command.form, command.kind, command.message)
    }
  }

  // — Definitions and instances

  private async define(form: WastForm, instantiate: boolean): Promise<Verdict> {
    // What fails here must not leave its predecessor to be taken for it.
    this.lastDefinition = undefined
    if (instantiate) this.lastInstance = undefined
    const built = await this.build(form)
    if (built.kind !== 'built') return failed('valid', said(built.error))
    this.lastDefinition = built.definition
    if (form.id !== undefined) this.definitions.set(form.id.name, built.definition)
    return instantiate && this.executes ? this.instantiate(built.definition, form.id) : PASSED
  }

  private async instance(id: Id | undefined, of: Id | undefined): Promise<Verdict> {
    const definition = of === undefined ? this.lastDefinition : this.definitions.get(of.name)
    if (definition === undefined) return failed('a definition', 'there is none of that name')
    return this.executes ? this.instantiate(definition, id) : PASSED
  }

  private async instantiate(definition: WastDefinition, id: Id | undefined): Promise<Verdict> {
    this.lastInstance = undefined
    try {
      const instance = await definition.instantiate(this.registered)
      this.lastInstance = instance
      if (id !== undefined) {
        this.instances.set(id.name, instance)
        // A named component's exports can be imported by that name.
        this.registered.set(id.name, instance)
      }
      return PASSED
    } catch (error) {
      return failed('an instance', said(error))
    }
  }

  private instanceNamed(id: Id | undefined): WastInstance | undefined {
    return id === undefined ? this.lastInstance : this.instances.get(id.name)
  }

  /** A form as far as it gets. @throws what is not an error of the form */
  private async build(form: WastForm): Promise<Built> {
    const { engine, toolkit } = this.options
    if (form.kind === 'syntax') return { kind: 'text', error: form.error }
    const bytes = await this.bytesOf(form, toolkit)
    if (!(bytes instanceof Uint8Array)) return bytes
    try {
      const definition = form.kind === 'module' ? await engine.compileCore(bytes) : await engine.compile(bytes)
      return { kind: 'built', definition }
    } catch (error) {
      if (error instanceof MalformedError || error instanceof InvalidError || error instanceof LimitError) {
        return { kind: 'binary', error }
      }
      throw error
    }
  }

  private async bytesOf(
    form: Exclude<WastForm, { readonly kind: 'syntax' }>,
    toolkit: Toolkit,
  ): Promise<Uint8Array | Built> {
    let kind: 'text' | 'names' = 'text'
    try {
      if (form.kind === 'module') {
        const modules = await toolkit.assemble(form.tokens, [form.module])
        return modules.get(form.module) ?? new Uint8Array()
      }
      if (form.node.kind === 'binary') return form.node.bytes
      const modules = await toolkit.assembleAll(form.tokens, form.node.fields)
      kind = 'names'
      return encode(resolveComponent(form.tokens.source, form.node, modules))
    } catch (error) {
      if (error instanceof MalformedError) return { kind, error }
      throw error
    }
  }

  // — Assertions about definitions

  private async refused(
    form: WastForm,
    command: 'assert_invalid' | 'assert_malformed',
    message: string,
  ): Promise<Verdict> {
    const expected = `${command === 'assert_invalid' ? 'invalid' : 'malformed'}: ${message}`
    const built = await this.build(form)
    if (built.kind === 'built') return failed(expected, 'valid')
    const { error } = built
    const text = headline(error)
    const passed: Verdict = { kind: 'passed', expected: message, got: text }
    if (built.kind === 'names') return passed
    if (built.kind === 'text') {
      return text.includes(message) ? passed : skipped(`syntax unknown here: ${said(error)}`)
    }
    if (command === 'assert_malformed' && error instanceof InvalidError) return failed(expected, said(error))
    const { unknownFeatures } = this.options
    if (unknownFeatures.length > 0 && !text.includes(message)) {
      return skipped(`the script is about \`${unknownFeatures.join(', ')}\`, which is no feature here: ${said(error)}`)
    }
    return passed
  }

  /** Valid, and yet no instance can be made. */
  private async stillborn(
    form: WastForm,
    command: 'assert_unlinkable' | 'assert_uninstantiable',
    message: string,
  ): Promise<Verdict> {
    const expected = `${command === 'assert_unlinkable' ? 'unlinkable' : 'trap'}: ${message}`
    const built = await this.build(form)
    if (built.kind !== 'built') return failed(expected, said(built.error))
    if (!this.executes) return skipped(NOT_EXECUTED)
    try {
      await built.definition.instantiate(this.registered)
      return failed(expected, 'an instance')
    } catch (error) {
      const right =
        command === 'assert_unlinkable'
          ? error instanceof LinkError || error instanceof WebAssembly.LinkError
          : isTrap(error)
      return right ? { kind: 'passed', expected: message, got: said(error) } : failed(expected, said(error))
    }
  }

  // — Assertions about calls

  private async perform(
    action: WastInvoke | WastGet,
    results: readonly WastValue[] | undefined,
  ): Promise<string | undefined> {
    const instance = this.instanceNamed(action.instance)
    if (instance === undefined) return 'no instance'
    return action.kind === 'get'
      ? instance.get(action.name, results)
      : instance.invoke(action.name, action.args, results)
  }

  private get executes(): boolean {
    return this.options.engine.executes
  }

  private async action(action: WastInvoke | WastGet, results: readonly WastValue[] | undefined): Promise<Verdict> {
    if (!this.executes) return skipped(NOT_EXECUTED)
    const expected = results === undefined ? 'no trap' : 'the results given'
    try {
      const complaint = await this.perform(action, results)
      return complaint === undefined ? PASSED : failed(expected, complaint)
    } catch (error) {
      return failed(expected, said(error))
    }
  }

  private async trap(action: WastInvoke | WastGet, message: string): Promise<Verdict> {
    if (!this.executes) return skipped(NOT_EXECUTED)
    const expected = `trap: ${message}`
    try {
      const complaint = await this.perform(action, undefined)
      return failed(expected, complaint ?? 'a result')
    } catch (error) {
      return isTrap(error) ? { kind: 'passed', expected: message, got: said(error) } : failed(expected, said(error))
    }
  }
}

const PATIENCE_MS = 20_000

/** A call that never comes back must not take the run with it; one that never gives way cannot be helped from here. */
async function inTime(verdict: Promise<Verdict>): Promise<Verdict> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<Verdict>((resolve) => {
    timer = setTimeout(() => resolve(failed('an answer', `none after ${PATIENCE_MS / 1000} s`)), PATIENCE_MS)
  })
  try {
    return await Promise.race([verdict, late])
  } finally {
    clearTimeout(timer)
  }
}

/** A core module's trap is the engine's own error. A bug of ours is thrown as a trap too, and is never what was meant. */
function isTrap(error: unknown): boolean {
  if (error instanceof Trap) return error.code !== 'internal'
  return error instanceof WebAssembly.RuntimeError || isStackOverflow(error)
}

function isStackOverflow(error: unknown): boolean {
  return error instanceof RangeError && !isWasmLinkError(error) && /call stack/i.test(error.message)
}

function said(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${headline(error)}` : String(error)
}

/** In one line and without the excerpt: that quotes the script, and with it what the script expects. */
function headline(error: Error): string {
  const excerpt = error.message.indexOf('\n --> ')
  const text = excerpt < 0 ? error.message : error.message.slice(0, excerpt)
  return text.replace(/\s*\n\s*/g, ' ')
}
