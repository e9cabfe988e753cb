/**
 * An adapter as generated source: the phases of `walked.ts` in one function, with the types, the options and the way in
 * written out. Its source names nothing of a component's. Sources are compiled once; what an adapter is bound to comes as
 * a parameter.
 */
import type { CoreFunction } from '../context.ts'
import type { HandleLayout, Layout, TupleLayout } from '../layout.ts'
import type { Codegen } from '../record.ts'
import type { AsciiScans } from './ascii.ts'
import { boundTo } from './bound.ts'
import { type Direction, Draft, type Encodings, poison, refresh } from './draft.ts'
import { CheckWriter } from './emit-check.ts'
import { CopyWriter } from './emit-copy.ts'
import type { Factories } from './factories.ts'
import type { FactBook } from './facts.ts'
import type { Pair } from './pair.ts'
import type { Passage } from './passage.ts'

/** `undefined`: these two cannot be joined so, or source may not be generated. */
export function generated(
  pair: Pair,
  facts: FactBook,
  scans: AsciiScans,
  codegen: Codegen,
  factories: Factories,
): CoreFunction | undefined {
  if (!codegen.allowed) return undefined
  const written = new Writing(pair, facts, scans).adapter()
  if (written === undefined) return undefined
  const { source, names, bindings } = written
  let factory: ReturnType<Factories['of']>
  try {
    factory = factories.of(source, names)
  } catch {
    codegen.allowed = false
    return undefined
  }
  return factory(...names.map((name) => bindings[name]))
}

interface Written {
  readonly source: string
  /** Of what the source uses. */
  readonly names: readonly string[]
  readonly bindings: Readonly<Record<string, unknown>>
}

/** Up to this weight what a direction does is written out, without functions of its own. */
const BRIEF = 12

/** Of one direction. */
interface Emitter {
  readonly draft: Draft
  readonly check: CheckWriter
  readonly copy: CopyWriter
}

function emitterOf(x: 'a' | 'r', facts: FactBook, direction: Direction): Emitter {
  const draft = new Draft(x, facts, direction)
  return { draft, check: new CheckWriter(draft), copy: new CopyWriter(draft) }
}

class Writing {
  readonly #pair: Pair
  readonly #facts: FactBook
  readonly #scans: AsciiScans
  readonly #a: Emitter
  readonly #r: Emitter
  /** The core parameters. */
  readonly #slots: readonly string[]

  constructor(pair: Pair, facts: FactBook, scans: AsciiScans) {
    this.#pair = pair
    this.#facts = facts
    this.#scans = scans
    const { inst, lifted, args, results, far } = pair
    const { params, result } = pair.signature
    const nothing = () => undefined
    const toOwner = (passage: Passage) => (t: HandleLayout) => passage.bindings.get(t)?.to.impl === passage.dst.inst
    const encodings = ({ src, dst }: Passage): Encodings => [src.opts.encoding, dst.opts.encoding]
    this.#a = emitterOf('a', facts, {
      encodings: encodings(args),
      brief: facts.weightOf(params) <= BRIEF,
      to: { name: 'callee', root: 'croot', inst: lifted.inst },
      toOwner: toOwner(args),
      counts: this.#counts,
      rep: (i) => (far === undefined ? undefined : this.#isCallees(i) ? `am${i}.rep` : `am${i}`),
      found: (i) => (far === undefined ? undefined : `ag${i}`),
    })
    this.#r = emitterOf('r', facts, {
      encodings: encodings(results),
      brief: facts.weightOf(result === undefined ? [] : [result]) <= BRIEF,
      to: { name: 'inst', root: 'root', inst },
      toOwner: toOwner(results),
      counts: true,
      rep: nothing,
      found: nothing,
    })
    this.#slots = pair.signature.core.params.map((_, i) => `p${i}`)
  }

  adapter(): Written | undefined {
    const { far } = this.#pair
    const args = this.#arguments()
    const result = this.#result()
    let body: string
    if (far === undefined) body = this.#near(args, result)
    else {
      if (!this.#handlesAreSimple()) return undefined
      body = this.#between(args, result)
    }
    const bindings = boundTo(this.#pair, this.#a.draft, this.#r.draft)
    const emitters = [this.#a, this.#r]
    if (this.#a.check.scans(body)) bindings['aascii'] = this.#scans.of(this.#pair.args.src.memory)
    if (this.#r.check.scans(body)) bindings['rascii'] = this.#scans.of(this.#pair.results.src.memory)
    const helpers = emitters.map(({ check, copy }) => copy.allocator(body) + check.validator(body)).join('')
    const functions = helpers + (result.apart ?? '')
    const names = Object.keys(bindings).filter((name) => uses(functions + body, name))
    const source = `"use strict";${functions}return function(${this.#slots.join(',')}){\n${body}\n}`
    return { source, names, bindings }
  }

  // — Moving values

  #arguments(): Moves {
    const { params, spilledParams } = this.#pair.signature
    if (spilledParams === undefined) {
      const lift = this.#a.check.all(this.#slots, params)
      const { code, out } = this.#a.copy.all(this.#slots, params)
      return { lift, lower: code, out: out.join(',') }
    }
    const lift = this.#a.check.at({ base: 'ap', offset: 0 }, spilledParams)
    const lower = this.#a.copy.at({ base: 'ap', offset: 0 }, { base: 'aq', offset: 0 }, spilledParams)
    return {
      lift: `const ap=p0>>>0;${this.#a.check.area('ap', 'S', spilledParams)}${lift}`,
      lower: `const aq=allocateSpilled(aD,aT);adv=aG.view;adb=aG.bytes;${lower}`,
      out: 'aq',
    }
  }

  #result(): Moves {
    const { result, spilledResult } = this.#pair.signature
    if (result === undefined) return { lift: '', lower: '', out: '' }
    if (spilledResult === undefined) {
      const lift = this.#r.check.flat(['raw'], result)
      const { code, out } = this.#r.copy.flat(['raw'], result)
      return { lift, lower: code, out: out.join(',') }
    }
    const lift = this.#r.check.at({ base: 'rp', offset: 0 }, result)
    const lower = this.#r.copy.at({ base: 'rp', offset: 0 }, { base: 'rq', offset: 0 }, result)
    if (lift === '' && this.#facts.of(result).still && !this.#owes) return this.#plainResult(spilledResult, lower)
    return {
      lift: `const rp=raw>>>0;${this.#r.check.area('rp', 'S', spilledResult)}${lift}`,
      lower: `const rq=${this.#slots.at(-1)}>>>0;${this.#r.check.area('rq', 'D', spilledResult)}${lower}`,
      out: '',
    }
  }

  /**
   * Nothing in it can be wrong, and nothing is allocated: only the two places are looked at, both at once, and it is moved
   * by a function of its own. Engines look from the imported function into this one and from this one into that, which
   * they do not if all is one function of more than some 460 bytes of theirs.
   */
  #plainResult({ size, align }: TupleLayout, lower: string): Moves {
    const misplaced = align === 1 ? [] : [`((rp|rq)&${align - 1})!==0`]
    return {
      lift: '',
      lower: '',
      out: '',
      places: `const rp=raw>>>0,rq=${this.#slots.at(-1)}>>>0;`,
      misplaced: [...misplaced, `rp+${size}>rF.bytes.length`, `rq+${size}>rG.bytes.length`],
      move: 'move(rp,rq);',
      apart: `const move=(rp,rq)=>{const rsv=rF.view,rdv=rG.view;${lower}};`,
    }
  }

  /** Views of the memory that is read. */
  #source(x: 'a' | 'r', { lift, lower }: Moves): string {
    const { src } = x === 'a' ? this.#pair.args : this.#pair.results
    if (src.opts.memory === undefined || lift === '') return ''
    const views = uses(lift + lower, `${x}sv`) || uses(lift + lower, `${x}sb`)
    return `${refresh(`${x}F`)}${views ? `const ${x}sv=${x}F.view,${x}sb=${x}F.bytes;` : ''}`
  }

  /** Of the memory that is written. */
  #target(x: 'a' | 'r', { lower }: Moves): string {
    const { dst } = x === 'a' ? this.#pair.args : this.#pair.results
    if (dst.opts.memory === undefined || lower === '') return ''
    const views = uses(lower, `${x}dv`) || uses(lower, `${x}db`)
    return `${refresh(`${x}G`)}${views ? `let ${x}dv=${x}G.view,${x}db=${x}G.bytes;` : ''}`
  }

  // — The call

  /** Lifts the arguments. */
  #liftArguments(args: Moves): string {
    const queue = this.#a.draft.queued ? `aP.begin(${this.#lends ? 'scope' : 'undefined'},task);` : ''
    return `${queue}${this.#source('a', args)}${args.lift}`
  }

  #run(args: Moves): string {
    return `${this.#target('a', args)}${args.lower}raw=core(${args.out});`
  }

  #liftResult(result: Moves): string {
    const queue = this.#r.draft.queued ? 'rP.begin(undefined,undefined);' : ''
    return `${queue}${this.#source('r', result)}${result.lift}${this.#owes ? 'task.checkBorrows();' : ''}`
  }

  #lowerResult(result: Moves): string {
    return `${this.#target('r', result)}${result.lower}`
  }

  #finish(unseen = false): string {
    const { lifted, entering } = this.#pair
    const { opts, signature } = lifted
    const given = signature.core.results.length === 0 ? '' : 'raw'
    const post =
      opts.postReturn === undefined
        ? ''
        : `callee.mayLeave=false;post(${given});${poison('croot')}callee.mayLeave=true;`
    const entered = unseen ? '' : entering.map((_, i) => `e${i}.mayEnter=true;`).join('')
    return `${post}${this.#observed ? 'callee.popThread();' : ''}${entered}`
  }

  /** As `enter`: a call from outside the tree starts a fresh budget for copies. */
  #enter(): string {
    const each = this.#pair.entering.map(
      ({ parent }, i) => `e${i}.mayEnter=false;${parent === undefined ? 'cused.hostBytesPerCall=0;' : ''}`,
    )
    return `${each.join('')}${this.#observed ? 'callee.pushThread();' : ''}`
  }

  get #observed(): boolean {
    return this.#pair.lifted.inst.observesThreads
  }

  /** Threads are observed that were not when this was written. */
  #observers(body: string): readonly string[] {
    const { inst, lifted, far } = this.#pair
    // between trees the callee has started long ago
    const sides = [lifted.inst.observesThreads || far !== undefined ? '' : 'callee.observesThreads']
    if (!inst.observesThreads && this.#r.copy.allocates(body)) sides.push('inst.observesThreads')
    return sides.filter((side) => side !== '')
  }

  get #mayNotEnter(): readonly string[] {
    return this.#pair.entering.map((_, i) => `e${i}.mayEnter===false`)
  }

  /** Some borrow is lent out of a list, so that its lender is kept in a scope. */
  get #lends(): boolean {
    return this.#a.draft.queued && this.#pair.signature.hasBorrow
  }

  /** The callee gets borrow handles that it must drop. */
  get #owes(): boolean {
    const { args, lifted } = this.#pair
    return [...args.bindings].some(([t, { to }]) => t.kind === 'borrow' && to.impl !== lifted.inst)
  }

  #locals(): string {
    const carried = [...this.#a.draft.carried, ...this.#r.draft.carried].map(({ name }) => name)
    const task = this.#owes ? ['task=new Task()'] : this.#a.draft.queued ? ['task'] : []
    const scope = this.#lends ? ['scope=new BorrowScope()'] : []
    return `let ${['raw', ...task, ...scope, ...carried].join(',')};`
  }

  /** What the copies of this call cost is forgotten with them. */
  #charges({ lift }: Moves): readonly [begin: string, end: string] {
    if (!isCharged(lift)) return ['', '']
    return ['const copied=aU.hostBytesPerCall;', 'aU.hostBytesPerCall=copied;']
  }

  get #lent(): readonly string[] {
    if (!this.#counts) return []
    return this.#a.draft.carried.filter(({ layout }) => layout.kind === 'borrow').map(({ name }) => name)
  }

  #giveBack(): string {
    const each = this.#lent.map((name) => `if(${name}!==undefined)${name}.numLends--;`)
    return each.join('') + (this.#lends ? 'scope.end();' : '')
  }

  /** What was lent is given back, even from the dead: here, because `finally` costs a call that succeeds, too. */
  #caught(fail: string, args: string): string {
    const back = this.#lent.map((name) => `if(${name}!==undefined)${name}.numLends--;`).join('')
    return `${back}return ${this.#lends ? `givingBack(${fail},scope,${args})` : `${fail}(${args})`}`
  }

  #near(args: Moves, result: Moves): string {
    const [begin, end] = this.#charges({ ...args, lift: args.lift + result.lift })
    const observers = this.#observers(args.lower + result.lower).join('||')
    const unusual = ['root.quiet===false', 'inst.mayLeave===false', ...this.#mayNotEnter]
    const { places = '', misplaced = [], move = '' } = result
    const odd = misplaced.length === 0 ? 'croot.checkPoison();' : 'lifting(rp);lowering(rq);'
    return `${observers === '' ? '' : `if(${observers})return again(${this.#slots.join(',')});`}
${this.#locals()}
try{
if(${unusual.join('||')})beginning();
${this.#enter()}${begin}
${this.#liftArguments(args)}
if(root.quiet===false&&root.hook!==undefined)root.hook();
${this.#run(args)}
${places}if(${['root.quiet===false', ...misplaced].join('||')}){${odd}}
${this.#liftResult(result)}
${this.#lowerResult(result)}${move}
${this.#finish()}${end}
${this.#giveBack()}
return ${result.out}
}catch(error){${DEAD}${this.#caught('failed', 'error')}}`
  }

  /**
   * Nobody can see, while it runs, that the callee was entered or for whom: its core code calls nobody. So nothing says so.
   * Between trees it has started long ago, and is as closed as it will be.
   */
  get #unseen(): boolean {
    const { far, lifted, inst } = this.#pair
    return lifted.inst.closed && !lifted.inst.root.asks && !inst.root.asks && far?.first !== undefined
  }

  /** Loans are: while they last somebody can look, or another argument of the call gives away what is lent. */
  get #counts(): boolean {
    return !this.#unseen || this.#pair.signature.params.some(({ kind }) => kind === 'own')
  }

  /**
   * `at` says whose failure it would be: 0 the caller's, 1 the callee's, 2 the caller's while the callee has yet to end. With
   * no stack left nothing can be called: who is dead is marked before.
   */
  #between(args: Moves, result: Moves): string {
    const [begin, end] = this.#charges(args)
    const unseen = this.#unseen
    const unusual = [
      'changes.count!==count',
      'croot.quiet===false',
      ...this.#mayNotEnter,
      ...this.#observers(args.lower + result.lower),
      ...this.#handleParams().flatMap((slot, i) => this.#lookUp(slot, i)),
      unseen
        ? '(store.origin!==undefined||inst.thread!==undefined)&&recordOf(inst)===undefined'
        : '(record=was===undefined&&inst.thread===undefined?first:recordOf(inst))===undefined',
      '(root.quiet===false||inst.mayLeave===false)&&!mayLeave()',
    ]
    const found = this.#a.draft.carried.map((_, i) => `ag${i},am${i}`)
    const taken = this.#a.draft.carried.map(({ layout, name }, i) => (layout.kind === 'own' ? `ak${i}(${name});` : ''))
    const lift = `${this.#liftArguments(args)}${taken.join('')}`
    const answers = this.#r.draft.carried.map(({ name }, i) => `if(${name}!==undefined)${name}=ra${i}(${name},++met);`)
    const locals = [...(unseen ? [] : ['record']), ...found, ...(answers.length > 0 ? ['met=0'] : [])]
    const enter = unseen
      ? isCharged(result.lift)
        ? 'cused.hostBytesPerCall=0;'
        : ''
      : `store.origin=record;${this.#enter()}`
    const leave = unseen ? '' : 'store.origin=was;'
    return `${locals.length === 0 ? '' : `let ${locals};`}${unseen ? '' : 'const was=store.origin;'}if(${unusual.join('||')})return again(${this.#slots.join(',')});
${this.#locals()}
let at=${lift === '' ? 1 : 0};
try{
${begin}${lift === '' ? '' : `${lift}at=1;`}
${enter}
${this.#run(args)}
${this.#answer(result, answers.join(''), unseen)}
${this.#finish(unseen)}
${leave}${end}
${this.#giveBack()}
return ${result.out}
}catch(error){${unseen ? '' : 'store.origin=was;'}${DEAD}if(at===1){croot.poisoned=true;croot.quiet=false}${this.#caught('caught', 'error,at,raw')}}`
  }

  /** What the callee answered goes to the caller, which may have ended in the meantime, where others could end it. */
  #answer(result: Moves, answers: string, unseen: boolean): string {
    const { places = '', misplaced = [], move = '' } = result
    // what follows is the callee's again, if anything does
    const ended = this.#pair.lifted.opts.postReturn === undefined ? '' : ';at=1'
    const quiet = ['croot.quiet===false', ...(unseen ? [] : ['root.quiet===false'])]
    if (misplaced.length > 0) {
      return `${places}if(${[...quiet, ...misplaced].join('||')}){lifting(rp);at=2;lowering(rq)${ended}}${move}`
    }
    const lift = this.#liftResult(result)
    const lower = `${answers}${this.#lowerResult(result)}`
    if (lift === '' && lower === '') {
      const odd = unseen ? '' : `at=2;still()${ended}`
      return `if(${quiet.join('||')}){answered();${odd}}`
    }
    const there = unseen ? '' : 'if(root.quiet===false)still();'
    return `${poison('croot')}${lift}at=2;${there}${lower}${ended};`
  }

  // — Handles between trees

  /** Found in a table of the callee's own resources. Whether another owner is dead, `peek` finds out; the callee is not. */
  #isCallees(i: number): boolean {
    const { far, args, lifted } = this.#pair
    const { from, to } = args.bindings.get(this.#a.draft.layoutOf(i)) ?? {}
    return to?.impl?.root === lifted.inst.root && from !== undefined && far?.argument(from, to)?.reals !== undefined
  }

  /** Conditions under which a handle is not simply what the callee knows; what it is, otherwise, is in `am`. */
  #lookUp(slot: string, i: number): readonly string[] {
    const handle = [`(ag${i}=aI.peek(${slot}>>>0))===undefined`, `ag${i}.rt!==${this.#a.draft.typeOf(i)}`]
    if (!this.#isCallees(i)) return [...handle, `(am${i}=ax${i}(ag${i}.rep))===undefined`]
    return [...handle, `(am${i}=ar${i}[ag${i}.rep])===undefined`, `am${i}.rt!==ao${i}`]
  }

  /** They change on the way: simply so where each argument is a parameter of its own, and no result is in a list. */
  #handlesAreSimple(): boolean {
    if (this.#a.draft.queued || this.#r.draft.queued) return false
    const { far, args, results, signature } = this.#pair
    if (this.#a.draft.carried.length > 0 && signature.spilledParams !== undefined) return false
    return (
      this.#a.draft.carried.length === this.#handleParams().length &&
      [...args.bindings.values()].every(({ from, to }) => far?.argument(from, to) !== undefined) &&
      [...results.bindings.keys()].every(({ kind }) => kind === 'own')
    )
  }

  /** The core parameters that are handles. */
  #handleParams(): readonly string[] {
    let used = 0
    return this.#pair.signature.params.flatMap((t: Layout) => {
      const slot = this.#slots[used] ?? ''
      used += t.flat?.length ?? 0
      return t.kind === 'own' || t.kind === 'borrow' ? [slot] : []
    })
  }
}

/** One direction: what lifts, what lowers, and the core values that leaves. */
interface Moves {
  readonly lift: string
  readonly lower: string
  readonly out: string
  /** Where it is only moved: the two places, when they are no good, the call that moves, and the function it calls. */
  readonly places?: string
  readonly misplaced?: readonly string[]
  readonly move?: string
  readonly apart?: string
}

/** Whatever failed, it is the caller's end. */
const DEAD = 'root.poisoned=true;root.quiet=false;'

const isCharged = (code: string): boolean => code.includes('chargeBytes') || code.includes('checkString')

const uses = (code: string, name: string): boolean => new RegExp(`\\b${name}\\b`).test(code)
