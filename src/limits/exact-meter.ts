/**
 * The exact meter: rewrites the bytes of a module and counts what wasmtime counts, to the unit.
 *
 * One walk over each body (scan-body) and one copy with what is added (injected); everything else is appended to its section.
 * The one thing that wasmtime forgets and this meter charges: what a callee uses that is called by `call_ref`, or that throws.
 *
 * @throws InvalidError for what the engine refuses, and for an operator that this meter does not know
 */
import { InvalidError } from '../model/errors.ts'
import { COMPILE_LIMITS } from '../model/limits.ts'
import { Added, assemble, untouched } from './appended.ts'
import { ByteSink } from './byte-sink.ts'
import type { Meter, Metered, MeterRequest } from './meter.ts'
import { type ModuleShape, readerOf, readShape, SECTION } from './module-shape.ts'
import { BodyScanner, NOTE } from './scan-body.ts'

export interface ExactOptions {
  /** How deep the blocks of a function may nest. */
  readonly coreNesting?: number
}

export function exactMeter({ coreNesting = COMPILE_LIMITS.coreNesting }: ExactOptions = {}): Meter {
  return {
    kind: 'exact',
    version: 'exact-1',
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
  const body = new ByteSink(2 ** 16)
  const { code } = shape
  const out = new ByteSink(Math.ceil((section.end - section.start) * 1.3) + 64)
  const wide = ({ index }: { readonly index: 'i32' | 'i64' }): boolean => index === 'i64'
  const scanner = new BodyScanner(code, {
    fuel,
    growth,
    nesting,
    wideMemories: shape.memories.map(wide),
    wideTables: shape.tables.map(wide),
  })
  const r = readerOf(code)
  r.pos = section.start
  r.end = section.end
  for (let left = r.u32(); left > 0; left--) {
    const size = r.u32()
    const start = r.pos
    r.skip(size)
    scanner.scan(start, r.pos)
    body.size = 0
    writeBody(code, start, r.pos, scanner, added, body)
    out.sized(body)
  }
  return out
}

function writeBody(
  code: Uint8Array,
  start: number,
  end: number,
  { notes: { cells, size } }: BodyScanner,
  added: Added,
  out: ByteSink,
): void {
  const { injected } = added
  let from = start
  for (let i = 0; i < size; i += 4) {
    // notes have four cells each
    const place = cells[i] ?? 0
    const kind = cells[i + 1]
    const a = cells[i + 2] ?? 0
    if (kind === NOTE.charge && a === 0) continue
    if (place > from) {
      out.copy(code, from, place)
      from = place
    }
    switch (kind) {
      case NOTE.charge:
        out.bytes(injected.charge(a))
        break
      case NOTE.entry:
        out.bytes(injected.entry(a))
        break
      case NOTE.check:
        out.bytes(injected.check(a))
        break
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
        from = cells[i + 3] ?? 0
      }
    }
  }
  out.copy(code, from, end)
}
