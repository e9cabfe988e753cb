/**
 * Whether Binaryen sees a module in all its parts, known before it gets it: what it has no accessors for, and what is nested
 * deeper than its own recursion bears. What it does not see, the exact meter does.
 *
 * Depth is that of expressions, not of blocks: an operator holds its operands, so a long run of operators may be a deep one. A run
 * ends where a statement does, because what is left on the stack then goes through a local.
 */
import { LimitError } from '../model/errors.ts'
import { type ModuleShape, readerOf, SECTION } from './module-shape.ts'
import { OperatorReader } from './operator-reader.ts'
import { OP } from './operators.ts'

/** Binaryen writes some 8,000 nested blocks before the stack of a JavaScript engine ends; this leaves room for smaller stacks. */
const MAX_DEPTH = 1_500

/** Operators that leave nothing: sets, stores, nop, drop. */
const isStatement = (op: number): boolean =>
  op === 0x21 || op === 0x24 || op === 0x26 || (op >= 0x36 && op <= 0x3e) || op === 0x01 || op === 0x1a

/** Operators that take nothing: gets, constants, sizes. */
const isLeaf = (op: number): boolean =>
  op === 0x20 || op === 0x23 || op === 0x3f || (op >= 0x41 && op <= 0x44) || op === 0xd0 || op === 0xd2

/** Behind 0xfc: no accessors, or none that the charge needs. */
const UNSEEN_MISC: Readonly<Record<number, string>> = {
  12: 'table.init',
  14: 'table.copy',
  17: 'table.fill',
}

/**
 * @param nesting how deep blocks may nest at all
 * @returns what is not seen, or `undefined`
 * @throws LimitError
 */
export function unseen(shape: ModuleShape, nesting: number): string | undefined {
  if (shape.memories.length > 1) return 'several memories'
  if (shape.types.some(({ type, supertypes, final }) => type.kind !== 'func' || supertypes.length > 0 || !final)) {
    return 'types of the GC proposal'
  }
  for (const { initialAt, element } of shape.tables) {
    if (initialAt !== undefined || typeof element.heap === 'number' || !element.nullable)
      return 'tables of typed references'
  }
  const section = shape.sections.find(({ id }) => id === SECTION.code)
  if (section === undefined) return undefined
  const r = readerOf(shape.code)
  r.pos = section.start
  r.end = section.end
  const sight: Sight = {
    reader: new OperatorReader(shape.code),
    voidFuncs: voidFuncsOf(shape),
    voidTypes: shape.types.map(({ type }) => type.kind === 'func' && type.results.length === 0),
    runs: [],
    voids: [],
  }
  let found: string | undefined
  for (let left = r.u32(); left > 0; left--) {
    const size = r.u32()
    sight.reader.locals(r.pos)
    r.skip(size)
    found = unseenInBody(sight, r.pos, nesting) ?? found
  }
  return found
}

interface Sight {
  readonly reader: OperatorReader
  /** By index: whether a call leaves nothing. */
  readonly voidFuncs: readonly boolean[]
  readonly voidTypes: readonly boolean[]
  /** By depth of blocks: how long the run is in which a block stands, and whether the block leaves nothing. */
  readonly runs: number[]
  readonly voids: boolean[]
}

function voidFuncsOf({ code, types, sections, importedFuncTypes }: ModuleShape): boolean[] {
  const isVoid = (type: number): boolean => {
    const found = types[type]?.type
    return found?.kind === 'func' && found.results.length === 0
  }
  const voids = importedFuncTypes.map(isVoid)
  const section = sections.find(({ id }) => id === SECTION.func)
  if (section === undefined) return voids
  const r = readerOf(code)
  r.pos = section.start
  for (let left = r.u32(); left > 0; left--) voids.push(isVoid(r.u32()))
  return voids
}

function unseenInBody(
  { reader, voidFuncs, voidTypes, runs, voids }: Sight,
  end: number,
  nesting: number,
): string | undefined {
  let depth = 0
  let outer = 0
  let run = 0
  let found: string | undefined
  while (reader.pos < end) {
    const op = reader.next()
    if (isLeaf(op)) continue
    run = isStatement(op) ? 0 : run + 1
    switch (op) {
      case OP.block:
      case OP.loop:
      case OP.if:
      case OP.try:
      case OP.tryTable:
        if (op === OP.try) found ??= 'exceptions caught by `try`'
        if (op === OP.tryTable) found ??= '`try_table`'
        if (depth === nesting) throw new LimitError('coreNesting', depth + 1, nesting, 'compileLimits.coreNesting')
        voids[depth] = reader.isVoid
        runs[depth++] = run
        outer += run
        run = 0
        break
      case OP.else:
        run = 0
        break
      case OP.end:
      case OP.delegate: {
        if (depth === 0) break
        const before = runs[--depth] ?? 0
        outer -= before
        run = voids[depth] ? 0 : before + 1
        break
      }
      case OP.brIf:
        if (voids[depth - 1 - reader.first]) run = 0
        break
      case OP.call:
        if (voidFuncs[reader.first]) run = 0
        break
      case OP.callIndirect:
        if (voidTypes[reader.first]) run = 0
        break
      case OP.br:
      case OP.brTable:
      case OP.return:
      case OP.unreachable:
        run = 0
        break
      case OP.throwRef:
      case OP.callRef:
      case OP.returnCallRef:
      case OP.brOnNull:
      case OP.brOnNonNull:
      case OP.gc:
        found ??= 'operators on typed references'
        break
      case OP.misc:
        found ??= UNSEEN_MISC[reader.op]
        if (reader.op >= 0x08 && reader.op <= 0x0d) run = 0
    }
    if (outer + run > MAX_DEPTH) found ??= `expressions nested deeper than ${MAX_DEPTH}`
  }
  return found
}
