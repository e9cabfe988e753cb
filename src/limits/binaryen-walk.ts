/**
 * Puts charges into the functions of a module that Binaryen has read.
 *
 * Costs are those of the exact meter: one unit for an expression that is an operator, none for what Binaryen added (scratch locals,
 * tuples) or needs no operator. Segments are larger: after a nested statement the one at hand goes on unless the statement may
 * branch past its own end. So a function that leaves in the middle of a statement pays for the rest of it.
 *
 * Recursion is as deep as expressions are, which binaryen-sight has bounded.
 */
import { BugError } from '../model/errors.ts'
import { type Binaryen, type BinaryenModule, type Kind, kindsOf, raw, type Slot } from './binaryen-ir.ts'
import { SMALL_BULK } from './operators.ts'

/** Addresses of the names of what is ours. */
export interface Helpers {
  readonly counter: number
  readonly refill: number
  length(wide: boolean): number
  /** What stands in for growth; `undefined` where the operator may stay. `table` is the address of a name. */
  grow(kind: 'memory' | 'table', table: number, charges: boolean): number | undefined
}

export class UnseenExpression extends TypeError {}

interface Segment {
  cost: number
}

const RETURNS = -1
const NOWHERE = Number.POSITIVE_INFINITY

export class FunctionWalk {
  readonly #b: Binaryen
  readonly #m: BinaryenModule
  readonly #helpers: Helpers
  readonly #kinds: ReadonlyMap<number, Kind>
  readonly #idOf: (of: number) => number
  readonly #typeOf: (of: number) => number
  readonly #i64: number
  readonly #none: number
  #segment: Segment = { cost: 0 }
  /** Names of the blocks and loops around, innermost last; 0 for one without. */
  #labels: number[] = []
  /** How far out a branch of what was walked leads: the place of its label, or RETURNS. */
  #exit = NOWHERE
  /** Locals from here on are Binaryen's. */
  #scratch = 0

  constructor(b: Binaryen, m: BinaryenModule, helpers: Helpers) {
    this.#b = b
    this.#m = m
    this.#helpers = helpers
    this.#kinds = kindsOf(b)
    this.#idOf = raw(b, '_BinaryenExpressionGetId')
    this.#typeOf = raw(b, '_BinaryenExpressionGetType')
    this.#i64 = raw(b, '_BinaryenTypeInt64')()
    this.#none = raw(b, '_BinaryenTypeNone')()
  }

  /** @param locals how many the function had, parameters included */
  func(func: number, locals: number): void {
    this.#scratch = locals
    this.#labels = []
    this.#exit = NOWHERE
    this.#segment = { cost: 1 }
    const { cost } = this.#segment
    const body = this.#visit(raw(this.#b, '_BinaryenFunctionGetBody')(func))
    const units = this.#segment.cost
    const start = [this.#charge(units), this.#check(units - cost), body]
    raw(this.#b, '_BinaryenFunctionSetBody')(func, this.#m.block(null, start, this.#typeOf(body)))
  }

  /** Walks an expression; returns what is to stand in its place, which is mostly itself. */
  #visit(e: number): number {
    const kind = this.#kinds.get(this.#idOf(e))
    if (kind === undefined)
      throw new UnseenExpression(`Binaryen shows nothing of an expression of kind ${this.#idOf(e)}`)
    switch (kind.name) {
      case 'Block':
        this.#block(e, kind)
        return e
      case 'Loop':
        this.#loop(e, kind)
        return e
      case 'If':
        this.#if(e, kind)
        return e
    }
    this.#children(e, kind)
    switch (kind.name) {
      case 'Nop':
      case 'Drop':
      case 'Unreachable':
      case 'TupleMake':
      case 'TupleExtract':
        return e
      case 'Return':
        this.#leaves(RETURNS)
        return e
      case 'LocalGet':
      case 'LocalSet':
        if (raw(this.#b, `_Binaryen${kind.name}GetIndex`)(e) < this.#scratch) this.#segment.cost++
        return e
    }
    this.#segment.cost++
    switch (kind.name) {
      case 'Break':
        this.#leaves(this.#placeOf(raw(this.#b, '_BinaryenBreakGetName')(e)))
        return e
      case 'Switch': {
        const names = raw(this.#b, '_BinaryenSwitchGetNumNames')(e)
        for (let i = 0; i < names; i++) this.#leaves(this.#placeOf(raw(this.#b, '_BinaryenSwitchGetNameAt')(e, i)))
        this.#leaves(this.#placeOf(raw(this.#b, '_BinaryenSwitchGetDefaultName')(e)))
        return e
      }
      case 'Call':
      case 'CallIndirect':
        if (raw(this.#b, `_Binaryen${kind.name}IsReturn`)(e)) this.#leaves(RETURNS)
        return e
      case 'Throw':
        this.#leaves(RETURNS)
        return e
      case 'MemoryInit':
      case 'MemoryCopy':
      case 'MemoryFill':
        this.#bulk(e, kind)
        return e
      case 'MemoryGrow':
      case 'TableGrow':
        return this.#grow(e, kind)
      default:
        return e
    }
  }

  #children(e: number, { slots, list }: Kind): void {
    for (let i = 0; i < (list?.count(e) ?? 0); i++) if (list !== undefined) this.#child(e, list.slot, i)
    for (const slot of slots) this.#child(e, slot, 0)
  }

  #child(e: number, slot: Slot, at: number): void {
    const child = slot.get(e, at)
    // a value that may be there, and is not
    if (child === 0) return
    const instead = this.#visit(child)
    if (instead !== child) slot.set(e, at, instead)
  }

  #leaves(place: number): void {
    if (place < this.#exit) this.#exit = place
  }

  #placeOf(label: number): number {
    const place = this.#labels.lastIndexOf(label)
    if (place < 0) throw new BugError('a branch leads to a label around it')
    return place
  }

  /** Branches to the label that ends here have arrived. */
  #arrive(exit: number): void {
    const place = this.#labels.length - 1
    this.#labels.pop()
    this.#exit = this.#exit < place ? Math.min(exit, this.#exit) : exit
  }

  #block(e: number, { list }: Kind): void {
    if (list === undefined) return
    const before = this.#exit
    const outer = this.#segment
    this.#labels.push(raw(this.#b, '_BinaryenBlockGetName')(e))
    const segments: { readonly at: number; readonly segment: Segment }[] = []
    const count = list.count(e)
    let exit = NOWHERE
    for (let i = 0; i < count; i++) {
      this.#exit = NOWHERE
      this.#child(e, list.slot, i)
      if (this.#exit < NOWHERE && i < count - 1) {
        this.#segment = { cost: 0 }
        segments.push({ at: i + 1, segment: this.#segment })
      }
      exit = Math.min(exit, this.#exit)
    }
    this.#exit = exit
    this.#arrive(before)
    this.#segment = outer
    for (const { at, segment } of segments.reverse()) {
      if (segment.cost > 0) raw(this.#b, '_BinaryenBlockInsertChildAt')(e, at, this.#charge(segment.cost))
    }
  }

  #loop(e: number, { slots: [body] }: Kind): void {
    if (body === undefined) return
    const before = this.#exit
    const outer = this.#segment
    this.#exit = NOWHERE
    this.#labels.push(raw(this.#b, '_BinaryenLoopGetName')(e))
    const segment = { cost: 0 }
    this.#segment = segment
    this.#child(e, body, 0)
    this.#arrive(before)
    this.#segment = outer
    const inner = body.get(e, 0)
    const start = segment.cost > 0 ? [this.#charge(segment.cost)] : []
    body.set(e, 0, this.#m.block(null, [...start, this.#check(segment.cost), inner], this.#typeOf(inner)))
  }

  #if(e: number, { slots: [condition, ...arms] }: Kind): void {
    if (condition === undefined) return
    this.#child(e, condition, 0)
    this.#segment.cost++
    const outer = this.#segment
    for (const arm of arms) {
      if (arm.get(e, 0) === 0) continue
      const segment = { cost: 0 }
      this.#segment = segment
      this.#child(e, arm, 0)
      if (segment.cost === 0) continue
      const inner = arm.get(e, 0)
      arm.set(e, 0, this.#m.block(null, [this.#charge(segment.cost), inner], this.#typeOf(inner)))
    }
    this.#segment = outer
  }

  /** A known length that is small, or -1. */
  #smallLength(e: number): number {
    if (this.#kinds.get(this.#idOf(e))?.name !== 'Const') return -1
    const wide = this.#typeOf(e) === this.#i64
    const low = raw(this.#b, wide ? '_BinaryenConstGetValueI64Low' : '_BinaryenConstGetValueI32')(e)
    if (wide && raw(this.#b, '_BinaryenConstGetValueI64High')(e) !== 0) return -1
    return low <= SMALL_BULK ? low : -1
  }

  #bulk(e: number, { slots }: Kind): void {
    const size = slots[2]
    if (size === undefined) return
    const length = size.get(e, 0)
    const small = this.#smallLength(length)
    if (small >= 0) this.#segment.cost += small
    else {
      const type = this.#typeOf(length)
      size.set(e, 0, this.#call(this.#helpers.length(type === this.#i64), [length], type))
    }
  }

  #grow(e: number, { name, slots }: Kind): number {
    const operands = slots.map((slot) => slot.get(e, 0))
    const delta = operands.at(-1) ?? 0
    const small = this.#smallLength(delta)
    if (small >= 0) this.#segment.cost += small
    const kind = name === 'MemoryGrow' ? 'memory' : 'table'
    const table = kind === 'table' ? raw(this.#b, '_BinaryenTableGrowGetTable')(e) : 0
    const helper = this.#helpers.grow(kind, table, small < 0)
    return helper === undefined ? e : this.#call(helper, operands, this.#typeOf(e))
  }

  // — What is put in

  #charge(units: number): number {
    const { i64 } = this.#m
    return raw(this.#b, '_BinaryenGlobalSet')(
      this.#m.ptr,
      this.#helpers.counter,
      i64.sub(this.#counter(), i64.const(BigInt(units))),
    )
  }

  /** Asks whether anything was left before `ahead` was charged. */
  #check(ahead: number): number {
    const { i64 } = this.#m
    const refill = this.#call(this.#helpers.refill, [i64.const(BigInt(ahead))], this.#none)
    return this.#m.if(i64.le_s(this.#counter(), i64.const(BigInt(-ahead))), refill)
  }

  #counter(): number {
    return raw(this.#b, '_BinaryenGlobalGet')(this.#m.ptr, this.#helpers.counter, this.#i64)
  }

  #call(name: number, operands: readonly number[], type: number): number {
    const call = raw(this.#b, '_BinaryenCall')(this.#m.ptr, name, 0, 0, type)
    for (const operand of operands) raw(this.#b, '_BinaryenCallAppendOperand')(call, operand)
    return call
  }
}
