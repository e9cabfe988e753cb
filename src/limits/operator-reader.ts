/**
 * A cursor over the operators of function bodies: steps over what follows an opcode.
 *
 * The module is valid (the engine has said so), so all that is to be there is there.
 *
 * @throws InvalidError for an operator that is not in the tables of operators.ts
 */
import { InvalidError } from '../model/errors.ts'
import { isBranchOnCast, nameOperator, OP, PREFIXED, type Prefixed, STEP, STEPS, TABLE_GROW } from './operators.ts'

export class OperatorReader {
  readonly code: Uint8Array
  pos = 0
  /** Of the operator behind a prefix that was read last; `first` of a branch on a cast is its label; `first` and `second` of a call or a branch, too. */
  what: Prefixed | undefined
  op = 0
  first = 0
  second = 0
  branches = false
  /** Of a block: takes nothing and leaves nothing. */
  isVoid = false
  growsTable = false

  constructor(code: Uint8Array) {
    this.code = code
  }

  refuse(prefix: number | undefined, op: number, at: number): never {
    throw new InvalidError(`${nameOperator(prefix, op)} cannot be metered: this meter does not know it`, at)
  }

  /** Steps over a body's declarations of locals; says how many there are. */
  locals(start: number): number {
    this.pos = start
    let count = 0
    for (let groups = this.u32(); groups > 0; groups--) {
      count += this.u32()
      this.skipValType()
    }
    return count
  }

  /** Reads an operator whole; returns its opcode; what comes after a prefix is in the fields. */
  next(): number {
    const at = this.pos
    const op = byteAt(this.code, this.pos++)
    switch (byteAt(STEPS, op)) {
      case STEP.plain:
      case STEP.free:
        return op
      case STEP.index:
      case STEP.const:
        this.skipNumber()
        return op
      case STEP.memarg:
        this.skipMemarg()
        return op
      case STEP.unknown:
        this.refuse(undefined, op, at)
    }
    switch (op) {
      case OP.block:
      case OP.loop:
      case OP.if:
      case OP.try:
        this.isVoid = byteAt(this.code, this.pos) === 0x40
        this.skipBlockType()
        break
      case OP.tryTable:
        this.isVoid = byteAt(this.code, this.pos) === 0x40
        this.skipBlockType()
        this.skipCatches()
        break
      case OP.else:
      case OP.catchAll:
      case OP.end:
      case OP.unreachable:
      case OP.return:
      case OP.throwRef:
        break
      case OP.brTable:
        for (let targets = this.u32(); targets >= 0; targets--) this.u32()
        break
      case OP.call:
      case OP.brIf:
        this.first = this.u32()
        break
      case OP.callIndirect:
      case OP.returnCallIndirect:
        this.first = this.u32()
        this.second = this.u32()
        break
      case OP.selectTyped:
        for (let types = this.u32(); types > 0; types--) this.skipValType()
        break
      case OP.f32Const:
        this.pos += 4
        break
      case OP.f64Const:
        this.pos += 8
        break
      case OP.refNull:
        this.skipHeapType()
        break
      case OP.gc:
      case OP.misc:
      case OP.simd:
      case OP.atomic:
        this.prefixed(op, at)
        break
      default:
        this.skipNumber()
    }
    return op
  }

  /** Steps over what follows a prefix, and notes what it was. */
  prefixed(prefix: number, at: number): void {
    const op = this.u32()
    const what = PREFIXED[prefix]?.[op]
    if (what === undefined) this.refuse(prefix, op, at)
    if (what.memarg) this.skipMemarg()
    this.first = what.indices > 0 ? this.u32() : 0
    this.second = what.indices > 1 ? this.u32() : 0
    this.pos += what.bytes ?? 0
    if (what.heap === 'cast') {
      this.pos++
      this.first = this.u32()
      this.skipHeapType()
    }
    if (what.heap !== undefined) this.skipHeapType()
    this.what = what
    this.op = op
    this.branches = isBranchOnCast(prefix, op)
    this.growsTable = prefix === OP.misc && op === TABLE_GROW
  }

  u32(): number {
    const { code } = this
    let value = 0
    for (let shift = 0; ; shift += 7) {
      const byte = byteAt(code, this.pos++)
      value |= (byte & 0x7f) << shift
      if (byte < 0x80) return value >>> 0
    }
  }

  skipNumber(): void {
    this.pos = pastNumber(this.code, this.pos)
  }

  skipMemarg(): void {
    const flags = byteAt(this.code, this.pos++)
    if (flags & 0x80) this.skipNumber()
    // a memory index comes between alignment and offset
    if (flags & 0x40) this.skipNumber()
    this.skipNumber()
  }

  skipValType(): void {
    const byte = byteAt(this.code, this.pos++)
    if (byte === 0x63 || byte === 0x64) this.skipHeapType()
  }

  skipHeapType(): void {
    // `exact` and `shared` come in front
    const byte = byteAt(this.code, this.pos)
    if (byte === 0x62 || byte === 0x65) this.pos++
    this.skipNumber()
  }

  skipBlockType(): void {
    const byte = byteAt(this.code, this.pos)
    this.skipNumber()
    if (byte === 0x63 || byte === 0x64) this.skipHeapType()
  }

  skipCatches(): void {
    for (let clauses = this.u32(); clauses > 0; clauses--) {
      this.skipCatchTag()
      this.u32()
    }
  }

  /** Steps over the kind of a catch clause, and its tag; a label follows. */
  skipCatchTag(): void {
    if (byteAt(this.code, this.pos++) < 2) this.u32()
  }
}

/** The module is valid, so all that is asked for is there. */
export const byteAt = (bytes: Uint8Array, at: number): number => bytes[at] ?? 0

/** One past the last byte of a LEB128 number. */
export function pastNumber(code: Uint8Array, start: number): number {
  let at = start
  while (byteAt(code, at) & 0x80) at++
  return at + 1
}
