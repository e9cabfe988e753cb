/**
 * The default meter: Binaryen reads the module, charges are put into its expressions, and Binaryen writes it again.
 *
 * What is ours is appended to the bytes before (appended.ts), so Binaryen only finds calls to it. It gets modules that the engine
 * has found valid and that it sees in all parts; the rest, and what it fails on, goes through the exact meter. Units are within
 * 1 % of wasmtime's in sum.
 *
 * @throws InvalidError for what the engine refuses, and for an operator that neither meter knows
 */
import { BugError } from '../model/errors.ts'
import { COMPILE_LIMITS } from '../model/limits.ts'
import { Added, assemble } from './appended.ts'
import { type Binaryen, type BinaryenModule, raw } from './binaryen-ir.ts'
import { BinaryenSource } from './binaryen-load.ts'
import { unseen } from './binaryen-sight.ts'
import { FunctionWalk, type Helpers } from './binaryen-walk.ts'
import { ByteSink } from './byte-sink.ts'
import { checkByEngine, rewrite } from './exact-meter.ts'
import type { Meter, Metered, MeterRequest } from './meter.ts'
import { type ModuleShape, readerOf, readShape, SECTION } from './module-shape.ts'
import { writeFunctionNames } from './names.ts'
import { OperatorReader } from './operator-reader.ts'

export interface BinaryenOptions {
  /** How deep the blocks of a function may nest. */
  readonly coreNesting?: number
  readonly source?: BinaryenSource
}

export function binaryenMeter({
  coreNesting = COMPILE_LIMITS.coreNesting,
  source = new BinaryenSource(),
}: BinaryenOptions = {}): Meter {
  return {
    kind: 'binaryen',
    version: 'binaryen-2',
    async instrument(code, request) {
      checkByEngine(code)
      const shape = readShape(code)
      const seen = request.fuel && unseen(shape, coreNesting) === undefined
      const binaryen = seen ? await source.get() : undefined
      const metered = binaryen && instrument(binaryen, shape, request)
      if (binaryen !== undefined && metered === undefined) source.failed(binaryen)
      return metered ?? rewrite(shape, request, coreNesting)
    },
  }
}

/** What the modules that get here may use; more would make Binaryen write what an engine does not read. */
const FEATURES = [
  'Atomics',
  'MutableGlobals',
  'NontrappingFPToInt',
  'SIMD128',
  'RelaxedSIMD',
  'BulkMemory',
  'BulkMemoryOpt',
  'SignExt',
  'ExceptionHandling',
  'TailCall',
  'ReferenceTypes',
  'Multivalue',
  'Memory64',
  'ExtendedConst',
  'CallIndirectOverlong',
]

/** `undefined`: Binaryen failed, in one of the many ways in which it does. Nobody asks it again. */
function instrument(b: Binaryen, shape: ModuleShape, request: MeterRequest): Metered | undefined {
  const added = new Added(shape, request.growth)
  added.helpers()
  const growths = new Growths(shape, request, added)
  const metered = assemble(shape, request, added, originalBodies(shape), 'binaryen')
  try {
    const features = FEATURES.reduce((all, name) => all | (b.Features[name] ?? 0), 0)
    const module = b.readBinary(metered.code, features)
    try {
      module.setFeatures(features)
      walk(b, module, shape, added, growths)
      const written = module.emitBinary()
      if (!isLike(written, metered.code)) return undefined
      const out = new ByteSink(written.length + 1024)
      out.bytes(written)
      writeFunctionNames(shape, out)
      return { ...metered, code: out.toBytes() }
    } finally {
      module.dispose()
    }
  } catch (error) {
    if (error instanceof BugError) throw error
    return undefined
  }
}

/** What stands in for growth, made before the bodies are seen: for the memory and each table, charged and not. */
class Growths {
  readonly #funcs = new Map<string, number>()

  constructor(shape: ModuleShape, { growth }: MeterRequest, added: Added) {
    for (const kind of ['memory', 'table'] as const) {
      const grown = kind === 'memory' ? shape.memories : shape.tables
      for (const index of grown.keys()) {
        for (const charges of growth ? [true, false] : [true]) {
          this.#funcs.set(`${kind} ${index} ${charges}`, added.growFunc(kind, index, charges))
        }
      }
    }
  }

  find(kind: 'memory' | 'table', index: number, charges: boolean): number | undefined {
    return this.#funcs.get(`${kind} ${index} ${charges}`)
  }
}

function walk(b: Binaryen, module: BinaryenModule, shape: ModuleShape, added: Added, growths: Growths): void {
  const funcAt = raw(b, '_BinaryenGetFunctionByIndex')
  const nameOf = raw(b, '_BinaryenFunctionGetName')
  const nameAt = (index: number): number => nameOf(funcAt(module.ptr, index))
  const tables = new Map<number, number>()
  for (const index of shape.tables.keys()) {
    tables.set(raw(b, '_BinaryenTableGetName')(raw(b, '_BinaryenGetTableByIndex')(module.ptr, index)), index)
  }
  const { counter, refill, length32, length64 } = added.at
  const helpers: Helpers = {
    counter: raw(b, '_BinaryenGlobalGetName')(raw(b, '_BinaryenGetGlobalByIndex')(module.ptr, counter)),
    refill: nameAt(refill),
    length: (wide) => nameAt(wide ? length64 : length32),
    grow(kind, table, charges) {
      const index = kind === 'memory' ? 0 : tables.get(table)
      const func = index === undefined ? undefined : growths.find(kind, index, charges)
      return func === undefined ? undefined : nameAt(func)
    },
  }
  const walker = new FunctionWalk(b, module, helpers)
  for (const [nth, declared] of declaredLocals(shape).entries()) {
    const func = funcAt(module.ptr, shape.importedFuncs + nth)
    const locals =
      raw(b, '_BinaryenFunctionGetNumLocals')(func) - raw(b, '_BinaryenFunctionGetNumVars')(func) + declared
    walker.func(func, locals)
  }
}

/** How many locals each body declares. */
function declaredLocals({ code, sections }: ModuleShape): number[] {
  const section = sections.find(({ id }) => id === SECTION.code)
  if (section === undefined) return []
  const r = readerOf(code)
  r.pos = section.start
  const reader = new OperatorReader(code)
  const counts: number[] = []
  for (let left = r.u32(); left > 0; left--) {
    const size = r.u32()
    counts.push(reader.locals(r.pos))
    r.skip(size)
  }
  return counts
}

function originalBodies({ code, sections }: ModuleShape): ByteSink {
  const section = sections.find(({ id }) => id === SECTION.code)
  if (section === undefined) return new ByteSink(64)
  const bodies = new ByteSink(section.end - section.start)
  const r = readerOf(code)
  r.pos = section.start
  r.u32()
  bodies.copy(code, r.pos, section.end)
  return bodies
}

/** Whether what Binaryen wrote is valid, and has what it was given. */
function isLike(written: Uint8Array, given: Uint8Array): boolean {
  if (!WebAssembly.validate(written as BufferSource)) return false
  const outline = (code: Uint8Array): string => {
    const { funcs, importedFuncs, globals, tables, memories, exportNames } = readShape(code)
    return JSON.stringify([funcs, importedFuncs, globals, tables.length, memories.length, [...exportNames]])
  }
  return outline(written) === outline(given)
}
