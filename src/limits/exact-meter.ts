/**
 * The exact meter: rewrites the bytes of a module and counts what wasmtime counts, to the unit.
 *
 * One walk over each body (scan-body), one over what it noted (settle), and one copy with what is added (injected); everything else is
 * appended to its section.
 * The one thing that wasmtime forgets and this meter charges: what a callee uses that is called by `call_ref`, or that throws.
 *
 * @throws InvalidError for what the engine refuses, and for an operator that this meter does not know
 */
import { InvalidError } from '../model/errors.ts'
import { COMPILE_LIMITS } from '../model/limits.ts'
import { Added, assemble, untouched } from './appended.ts'
import { ByteSink } from './byte-sink.ts'
import { forEachFuncRef } from './func-refs.ts'
import type { Meter, Metered, MeterRequest } from './meter.ts'
import { type ModuleSection, type ModuleShape, readerOf, readShape, SECTION } from './module-shape.ts'
import { CELLS, endOf, entryOf, NOTE, Notes, Points } from './notes.ts'
import { BodyScanner } from './scan-body.ts'
import { settle } from './settle.ts'

export interface ExactOptions {
  /** How deep the blocks of a function may nest. */
  readonly coreNesting?: number
}

export function exactMeter({ coreNesting = COMPILE_LIMITS.coreNesting }: ExactOptions = {}): Meter {
  return {
    kind: 'exact',
    version: 'exact-2',
    async instrument(code, request) {
      checkByEngine(code)
      return rewrite(readShape(code), request, coreNesting)
    },
  }
}

/** Only a valid module may be rewritten: an index one past the guest's own would be valid afterwards, and mean our counter. */
export function checkByEngine(code: Uint8Array): void {
  if (!WebAssembly.validate(code as BufferSource)) {
    throw new InvalidError('core module refused by this JavaScript engine', 0)
  }
}

export function rewrite(shape: ModuleShape, request: MeterRequest, nesting: number): Metered {
  if (!request.fuel && !request.growth) return untouched(shape, 'exact')
  const added = new Added(shape, request.growth)
  const bodies = rewriteBodies(shape, request, nesting, added)
  if (added.funcs.length === 0) return untouched(shape, 'exact')
  return assemble(shape, request, added, bodies, 'exact')
}

/** The bodies of the module, each with its size, rewritten. */
function rewriteBodies(shape: ModuleShape, { fuel, growth }: MeterRequest, nesting: number, added: Added): ByteSink {
  const section = shape.sections.find(({ id }) => id === SECTION.code)
  if (fuel) added.helpers()
  if (section === undefined) return new ByteSink(64)
  const { code, importedFuncs } = shape
  const wide = ({ index }: { readonly index: 'i32' | 'i64' }): boolean => index === 'i64'
  const notes = new Notes()
  const points = new Points(shape.definedFuncs)
  const scanner = new BodyScanner(
    code,
    {
      fuel,
      growth,
      nesting,
      wideMemories: shape.memories.map(wide),
      wideTables: shape.tables.map(wide),
      importedFuncs,
    },
    notes,
    points,
  )
  const firsts = new Int32Array(shape.definedFuncs + 1)
  forEachBody(code, section, (func, start, end) => {
    firsts[func] = notes.size
    scanner.scan(func, start, end)
  })
  firsts[shape.definedFuncs] = notes.size
  if (fuel) {
    forEachFuncRef(shape, (func) => {
      if (func < importedFuncs) return
      points.settle(entryOf(func - importedFuncs))
      points.settle(endOf(func - importedFuncs))
    })
    settle(notes, firsts, points)
  }
  const out = new ByteSink(Math.ceil((section.end - section.start) * 1.3) + 64)
  const body = new ByteSink(2 ** 16)
  const branches: number[] = []
  forEachBody(code, section, (func, start, end) => {
    body.size = 0
    branches.length = 0
    writeBody(code, start, end, notes.cells.subarray(firsts[func], firsts[func + 1]), added, body, branches)
    out.sized(body)
    added.hints.func(importedFuncs + func, branches)
  })
  return out
}

function forEachBody(
  code: Uint8Array,
  section: ModuleSection,
  then: (func: number, start: number, end: number) => void,
): void {
  const r = readerOf(code)
  r.pos = section.start
  r.end = section.end
  const funcs = r.u32()
  for (let func = 0; func < funcs; func++) {
    const size = r.u32()
    const start = r.pos
    r.skip(size)
    then(func, start, r.pos)
  }
}

/** @param branches told where branches of ours are */
function writeBody(
  code: Uint8Array,
  start: number,
  end: number,
  notes: Int32Array,
  added: Added,
  out: ByteSink,
  branches: number[],
): void {
  const { injected } = added
  let from = start
  for (let i = 0; i < notes.length; i += CELLS) {
    // a note has all its cells
    const place = notes[i] ?? 0
    const kind = notes[i + 1]
    const a = notes[i + 2] ?? 0
    const b = notes[i + 3] ?? 0
    if ((kind === NOTE.charge || kind === NOTE.join) && a === 0) continue
    if (place > from) {
      out.copy(code, from, place)
      from = place
    }
    switch (kind) {
      case NOTE.charge:
      case NOTE.join:
        out.bytes(injected.charge(a))
        break
      case NOTE.entry:
      case NOTE.check: {
        if (a !== 0) out.bytes(injected.charge(a))
        // the unit for the entry is used before wasmtime looks
        const { bytes, branch } = added.check(kind === NOTE.entry ? b - 1 : b)
        branches.push(out.size + branch)
        out.bytes(bytes)
        break
      }
      case NOTE.bulk32:
      case NOTE.bulk64:
        out.bytes(injected.length(kind === NOTE.bulk64))
        break
      case NOTE.growMemory:
      case NOTE.growTable:
      case NOTE.chargeMemory:
      case NOTE.chargeTable: {
        const memory = kind === NOTE.growMemory || kind === NOTE.chargeMemory
        const charges = kind === NOTE.chargeMemory || kind === NOTE.chargeTable
        out.bytes(added.grow(memory ? 'memory' : 'table', a, charges))
        from = b
      }
    }
  }
  out.copy(code, from, end)
}
