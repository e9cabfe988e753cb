/**
 * Core text → core binaries, by libraries: `wabt` first (fast, and what is written is what is encoded), `binaryen` where
 * wabt cannot, or is not there. Each is loaded when first needed; whoever parses many texts keeps one toolkit for them all.
 *
 * A module that neither can assemble is a MalformedError with wabt's words at their place in the whole text. Whether a
 * module is valid is not asked here, but what wabt wrote wrongly must not pass for what the text says.
 */
import type { MalformedError } from '../model/errors.ts'
import type { CoreModuleText, FieldNode } from './ast.ts'
import { Cursor, STRICT } from './cursor.ts'
import { lex, type Tokens } from './lexer.ts'
import { parseCoreModuleBody } from './parse-component.ts'
import { offsetOf, textError } from './source.ts'

/** The part of wabt used here; `validate` without features knows the first version of WebAssembly only. */
interface Wabt {
  parseWat(file: string, text: Uint8Array, features: typeof FEATURES): WabtModule
  readWasm(bytes: Uint8Array, options: typeof FEATURES & { readonly readDebugNames: boolean }): WabtModule
}
interface WabtModule {
  toBinary(options: object): { readonly buffer: Uint8Array }
  toText(options: { readonly foldExprs: boolean; readonly inlineExport: boolean }): string
  validate(features: typeof FEATURES): void
  destroy(): void
}

/** The part of binaryen used here; its own declarations lag behind what it has. */
interface Binaryen {
  readonly Features: { readonly All: number; readonly CompactImports: number; readonly RelaxedAtomics: number }
  parseText(text: string): { setFeatures(features: number): void; emitBinary(): Uint8Array; dispose(): void }
}

const FEATURES = {
  exceptions: true,
  mutable_globals: true,
  sat_float_to_int: true,
  sign_extension: true,
  simd: true,
  threads: true,
  multi_value: true,
  tail_call: true,
  bulk_memory: true,
  reference_types: true,
  function_references: true,
  annotations: true,
  gc: true,
  memory64: true,
  multi_memory: true,
  extended_const: true,
  relaxed_simd: true,
}

const EMPTY = Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0)

export interface Libraries {
  wabt(): Promise<Wabt>
  binaryen(): Promise<Binaryen>
}

const INSTALLED: Libraries = {
  wabt: () => import('wabt').then(({ default: load }) => load()),
  binaryen: () => import('binaryen').then((module: { readonly default: object }) => module.default as Binaryen),
}

export class Toolkit {
  private readonly load: Libraries
  private wabt: Promise<Wabt> | undefined
  private binaryen: Promise<Binaryen> | undefined

  constructor(load: Libraries = INSTALLED) {
    this.load = load
  }

  /** @throws MalformedError */
  async assemble(tokens: Tokens, modules: readonly CoreModuleText[]): Promise<Map<CoreModuleText, Uint8Array>> {
    const assembled = new Map<CoreModuleText, Uint8Array>()
    for (const module of modules) assembled.set(module, module.binary ?? (await this.assembleText(tokens, module)))
    return assembled
  }

  /** Those of a component and all nested in it. @throws MalformedError */
  assembleAll(tokens: Tokens, fields: readonly FieldNode[]): Promise<Map<CoreModuleText, Uint8Array>> {
    return this.assemble(tokens, coreModules(fields))
  }

  /**
   * A core module as the text of its fields, if wabt can write it and what it wrote assembles to the very same bytes.
   * Custom sections, padded lengths and what wabt does not know are reasons why not.
   */
  async print(bytes: Uint8Array): Promise<string | undefined> {
    if (bytes.length > PRINTED_AT_MOST) return undefined
    try {
      const wabt = await this.loadWabt()
      const module = wabt.readWasm(new Uint8Array(bytes), { ...FEATURES, readDebugNames: false })
      try {
        const text = module.toText({ foldExprs: false, inlineExport: false }).trim()
        if (!text.startsWith('(module') || !text.endsWith(')')) return undefined
        const fields = outdent(text.slice('(module'.length, -1))
        const tokens = lex({ text: fields, file: FILE })
        const again = await this.assembleText(tokens, parseCoreModuleBody(new Cursor(tokens, STRICT)))
        return equal(again, bytes) ? fields : undefined
      } finally {
        module.destroy()
      }
    } catch (error) {
      if (isCrash(error)) this.wabt = undefined
      // Whatever keeps it from being written, the bytes can be.
      return undefined
    }
  }

  private loadWabt(): Promise<Wabt> {
    this.wabt ??= this.load.wabt()
    return this.wabt
  }

  private async assembleText(tokens: Tokens, module: CoreModuleText): Promise<Uint8Array> {
    if (module.from === module.to) return EMPTY
    if (module.depth > DEEPEST) throw textError(tokens.source, 'item nesting too deep', module.from)
    const text = `${PREFIX}${blanked(tokens, module)})`
    const first = module.depth > DEEPEST_FOR_WABT ? TOO_DEEP : await this.byWabt(text)
    if ('bytes' in first && (first.rejected || WebAssembly.validate(first.bytes))) return first.bytes
    const second = await this.byBinaryen(text, 'missing' in first ? first.missing : undefined)
    // An engine may refuse what wabt wrote because the engine is old; binaryen's version counts only if it is accepted.
    if ('bytes' in first) return second !== undefined && WebAssembly.validate(second) ? second : first.bytes
    if (second !== undefined) return second
    throw failure(tokens, module, text, first.message)
  }

  private async byWabt(text: string): Promise<Assembled | Refused> {
    let wabt: Wabt
    try {
      wabt = await this.loadWabt()
    } catch (missing) {
      return { message: 'it is not what Binaryen reads', missing }
    }
    try {
      // It reads to the end of the underlying buffer, so the array must fill it.
      const parsed = wabt.parseWat(FILE, new TextEncoder().encode(text).slice(), FEATURES)
      try {
        const bytes = parsed.toBinary({}).buffer.slice()
        return { bytes, rejected: !WebAssembly.validate(bytes) && isRejected(() => parsed.validate(FEATURES)) }
      } finally {
        parsed.destroy()
      }
    } catch (error) {
      // What a crash leaves behind is in doubt, so the next module gets a fresh one.
      if (isCrash(error)) this.wabt = undefined
      return { message: messageOf(error) }
    }
  }

  /** @param missing why there is no wabt, which makes it an error that there is no Binaryen either */
  private async byBinaryen(text: string, missing: unknown): Promise<Uint8Array<ArrayBuffer> | undefined> {
    let binaryen: Binaryen
    try {
      this.binaryen ??= this.load.binaryen()
      binaryen = await this.binaryen
    } catch {
      if (missing === undefined) return undefined
      throw new TypeError(NO_LIBRARY, { cause: missing })
    }
    const { All, CompactImports, RelaxedAtomics } = binaryen.Features
    try {
      const module = binaryen.parseText(ascii(text))
      try {
        // Both change the encoding of modules that do not use them, to one that no engine reads.
        module.setFeatures(All & ~(CompactImports | RelaxedAtomics))
        return module.emitBinary().slice()
      } finally {
        module.dispose()
      }
    } catch (error) {
      if (isCrash(error)) this.binaryen = undefined
      return undefined
    }
  }
}

interface Assembled {
  readonly bytes: Uint8Array<ArrayBuffer>
  /** wabt's own validator finds the text at fault, so the bytes are faithful though the engine refuses them. */
  readonly rejected: boolean
}

interface Refused {
  readonly message: string
  /** Why wabt could not be loaded. */
  readonly missing?: unknown
}

const NO_LIBRARY =
  'text with core modules needs the package `wabt` or `binaryen`, and neither can be loaded here: a page without a bundler ' +
  'can name `binaryen` in an import map, or load the component as binary'

/**
 * wabt recurses on a stack of 64 KiB and does not notice its end, which some 150 levels reach; binaryen's ends the
 * JavaScript engine's own after some 1,500.
 */
const DEEPEST_FOR_WABT = 64
const DEEPEST = 1_000
const TOO_DEEP = { message: 'item nesting too deep' } as const

/** Text is for reading, and nobody reads more; wabt's indentation makes it grow by the square of the nesting. */
const PRINTED_AT_MOST = 64 * 1024
const FILE = 'core.wat'
const PREFIX = '(module '

const equal = (a: Uint8Array, b: Uint8Array): boolean => a.length === b.length && a.every((byte, i) => byte === b[i])

/** The lines of a module's fields, moved to the left by their common indentation. */
function outdent(text: string): string {
  const lines = text.split('\n').map((line) => line.trimEnd())
  const used = lines.filter((line) => line !== '')
  const margin = Math.min(...used.map((line) => line.length - line.trimStart().length))
  return used.map((line) => line.slice(margin)).join('\n')
}

const isCrash = (error: unknown): boolean => error instanceof WebAssembly.RuntimeError || error instanceof RangeError

function isRejected(validate: () => unknown): boolean {
  try {
    validate()
    return false
  } catch {
    return true
  }
}

/** The slice with annotations blanked out: the assemblers know only some of them. */
function blanked({ source, blanks }: Tokens, { from, to }: CoreModuleText): string {
  let text = ''
  let at = from
  for (const [start, end] of blanks) {
    if (start < at || end > to) continue
    text += source.text.slice(at, start) + source.text.slice(start, end).replace(/[^\n]/g, ' ')
    at = end
  }
  return text + source.text.slice(at, to)
}

/** binaryen reads ASCII; a byte of a string can be written as two hexadecimal digits. */
function ascii(text: string): string {
  return text.replace(/[^\0-\x7f]+/g, (run) => {
    const bytes = [...new TextEncoder().encode(run)]
    return bytes.map((byte) => `\\${byte.toString(16)}`).join('')
  })
}

function messageOf(error: unknown): string {
  const message: unknown = error !== null && typeof error === 'object' ? Reflect.get(error, 'message') : undefined
  return typeof message === 'string' ? message : String(error)
}

/** wabt names a place in what it was given; ours is the place in the whole text. */
function failure(tokens: Tokens, module: CoreModuleText, text: string, said: string): MalformedError {
  const match = /core\.wat:(\d+):(\d+): error: ([^\n]*)/.exec(said)
  if (match === null) return textError(tokens.source, `core module cannot be assembled: ${said}`, module.from)
  const [, line, column, message = ''] = match
  const offset = offsetOf(text, { line: Number(line), column: Number(column) }) - PREFIX.length
  return textError(tokens.source, message, Math.min(module.from + Math.max(0, offset), module.to))
}

function coreModules(fields: readonly FieldNode[]): CoreModuleText[] {
  return fields.flatMap((field) => {
    if (field.kind === 'core-module') return [field.module]
    return field.kind === 'component' ? coreModules(field.fields) : []
  })
}
