/**
 * Fused lift and lower as source: what `walk.ts` does, with the layout written in. Nothing of a component's goes into it
 * but numbers of ours (sizes, offsets, counts): fused code knows no names.
 *
 * In the source of one direction (a prefix tells them apart): `S`, `D` who lifts and who lowers, `F`, `G` their memories
 * (from, to), `sv` `sb` `dv` `db` the views of these, `L` the ledger of who lifts, `P` the passage, `alloc` the allocator,
 * `c0`… handles on their way, `f0`… `t0`… their types on both sides, `h0`… and `y0`… layouts of handles and lists.
 */
import type { StringEncoding } from '../../model/builtins.ts'
import { MAX_LIST_BYTE_LENGTH, MAX_STRING_BYTE_LENGTH } from '../../model/limits.ts'
import type { ComponentInstance } from '../instance.ts'
import type { FlatType, HandleLayout, Layout, ListLayout, MapLayout, TupleLayout } from '../layout.ts'
import { flatOf } from '../lift.ts'
import { MIN_SCAN } from './ascii.ts'
import { type ChoiceLayout, discriminantOf, type FactBook, payloadOffsetOf, payloadsOf } from './facts.ts'
import { known } from './leaves.ts'
import { isNumeric } from './passage.ts'

/** An address: a variable, and how far behind it. */
interface Place {
  readonly base: string
  readonly offset: number
}

const at = ({ base, offset }: Place, more = 0): string => (offset + more === 0 ? base : `${base}+${offset + more}`)
const plus = ({ base, offset }: Place, more: number): Place => ({ base, offset: offset + more })

/** A handle on its way in a variable of its own: an own one's rep, or the handle that is lent. */
export interface Carried {
  readonly name: string
  readonly layout: HandleLayout
}

/** Of who lifts and who lowers. */
export type Encodings = readonly [StringEncoding, StringEncoding]

export interface Direction {
  readonly encodings: Encodings
  /** There is so little of it that everything is written where it happens. */
  readonly brief: boolean
  /** Who lowers: what the source calls it and its root. */
  readonly to: { readonly name: string; readonly root: string; readonly inst: ComponentInstance }
  /** Whether a borrow goes to the instance that has implemented it, which gets the rep itself. */
  readonly toOwner: (t: HandleLayout) => boolean
  /** What the other side knows a carried handle by, if not by its rep. */
  readonly rep: (i: number) => string | undefined
  /** Whether loans are counted. */
  readonly counts: boolean
  /** The handle itself, if it was looked up before. */
  readonly found: (i: number) => string | undefined
}

/** After core code of a root ran. */
export const poison = (root: string): string => `if(${root}.quiet===false)${root}.checkPoison();`

/** Views are made anew after growth, which empties them. */
export const refresh = (memory: string): string => `if(${memory}.bytes.length===0)${memory}.refresh();`

/** Up to so many bytes a loop written out is best. */
const SHORT = 32

/** Up to this size elements are moved word by word, all of them. */
const MAX_STILL = 256

const MAX_SIGNED = 2 ** 31 - 1

/** Blocks up to this many bytes are moved word by word. */
const SMALL_BLOCK = 32

export class Emitter {
  readonly #x: string
  readonly #facts: FactBook
  readonly #direction: Direction
  /** By layout, so that a type has one number. */
  readonly handles: Map<HandleLayout, number> = new Map()
  readonly lists: Map<Layout, number> = new Map()
  /** In the order they are lifted; the same order lowers them. */
  readonly carried: Carried[] = []
  /** Some handles are in lists: the passage keeps them. */
  queued = false
  /** Views that are read and written just now. */
  #from: string
  #to: string
  #lowered = 0
  #loops = 0
  #names = 0

  /** @param x the prefix */
  constructor(x: 'a' | 'r', facts: FactBook, direction: Direction) {
    this.#x = x
    this.#facts = facts
    this.#direction = direction
    this.#from = `${x}sv`
    this.#to = `${x}dv`
  }

  #name(): string {
    return `${this.#x}${this.#names++}`
  }

  #handle(t: HandleLayout): number {
    const i = this.handles.get(t) ?? this.handles.size
    this.handles.set(t, i)
    return i
  }

  #list(t: Layout): string {
    const i = this.lists.get(t) ?? this.lists.size
    this.lists.set(t, i)
    return `${this.#x}y${i}`
  }

  /** After the other side's allocator ran. */
  #refreshed(): string {
    const x = this.#x
    return `${x}dv=${x}G.view;${x}db=${x}G.bytes;`
  }

  #get(p: Place, bytes: 1 | 2 | 4): string {
    return `${this.#from}.getUint${8 * bytes}(${at(p)}${bytes === 1 ? '' : ',true'})`
  }

  #set(p: Place, bytes: 1 | 2 | 4, value: string): string {
    return `${this.#to}.setUint${8 * bytes}(${at(p)},${value}${bytes === 1 ? '' : ',true'});`
  }

  // — Memory

  /** Where values lie that are not passed flat. */
  checkArea(ptr: string, side: 'S' | 'D', tuple: TupleLayout): string {
    const x = this.#x
    const misplaced = tuple.align === 1 ? '' : `(${ptr}&${tuple.align - 1})!==0||`
    const room = `${x}${side === 'S' ? 'sb' : 'db'}.length`
    return `if(${misplaced}${ptr}+${tuple.size}>${room})checkSpilled(${x}${side},${ptr},${x}T);`
  }

  checkAt(p: Place, t: Layout): string {
    if (!this.#facts.of(t).checked) return ''
    const x = this.#x
    switch (t.kind) {
      case 'char':
        return `charFromI32(${this.#get(p, 4)});`
      case 'string':
        return this.#checkString(this.#get(p, 4), this.#get(plus(p, 4), 4))
      case 'list':
        if (t.length === undefined) return this.#checkList(this.#get(p, 4), this.#get(plus(p, 4), 4), t)
        return (
          `chargeBytes(${x}L,${t.length * t.element.cost});` +
          (this.#facts.of(t.element).checked ? this.#loop(at(p), `${t.length}`, t.element) : '')
        )
      case 'map':
        return this.#checkList(this.#get(p, 4), this.#get(plus(p, 4), 4), t)
      case 'record':
        return t.fields.map(({ layout, offset }) => this.checkAt(plus(p, offset), layout)).join('')
      case 'tuple':
        return t.elements.map(({ layout, offset }) => this.checkAt(plus(p, offset), layout)).join('')
      case 'own':
      case 'borrow':
        return this.#lift(this.#get(p, 4), t)
      case 'variant':
      case 'enum':
      case 'option':
      case 'result': {
        const payload = plus(p, payloadOffsetOf(t))
        return this.#checkChoice(this.#get(p, discriminantOf(t)), t, (c) => this.checkAt(payload, c))
      }
      default:
        return ''
    }
  }

  /** What most strings are is found out here; what is anything else, or nothing at all, there. */
  #checkString(ptr: string, units: string): string {
    const x = this.#x
    const [encoding] = this.#direction.encodings
    if (encoding === 'latin1+utf16') return `checkString(${x}S,${ptr},${units});`
    const [p, n] = [this.#name(), this.#name()]
    const [unit, valid, misplaced] =
      encoding === 'utf8' ? [1, `${x}isUtf8(`, ''] : [2, `isUtf16(${x}F,`, `(${p}&1)!==0||`]
    const misfit = `${misplaced}${n}>${Math.floor(MAX_STRING_BYTE_LENGTH / unit)}||${p}+${unit}*${n}>${x}sb.length`
    const invalid = `!${valid}${p},${n})`
    const bad = (problem: string) => `if(${problem})checkString(${x}S,${p},${n});else{${this.#charge(`2*${n}`)}}`
    if (!this.#direction.brief || unit === 2) {
      return `{const ${p}=${ptr},${n}=${units};${bad(`${misfit}||${invalid}`)}}`
    }
    const [all, i, end, out] = [this.#name(), this.#name(), this.#name(), this.#name()]
    const or = `for(let ${i}=${p},${end}=${p}+${n};${i}<${end};${i}++)${all}|=${x}sb[${i}];`
    return (
      `{const ${p}=${ptr},${n}=${units};let ${all}=0;const ${out}=${misfit};` +
      `if(!${out}){if(${n}>${SHORT})${all}=128;else ${or}}${bad(`${out}||${all}>127&&${invalid}`)}}`
    )
  }

  /** As `chargeBytes`. */
  #charge(bytes: string): string {
    const x = this.#x
    if (!this.#direction.brief) return `chargeBytes(${x}L,${bytes});`
    const [cost, sum] = [this.#name(), this.#name()]
    return (
      `const ${cost}=${bytes},${sum}=${x}U.hostBytesPerCall+${cost};if(${sum}>${x}C)chargeBytes(${x}L,${cost});` +
      `${x}U.hostBytesPerCall=${sum};if(${sum}>${x}K.hostBytesPerCall)${x}K.hostBytesPerCall=${sum};`
    )
  }

  // — Room on the other side

  /** Declares `q`, and has the views anew. */
  #allocate(q: string, align: number, size: string, what: 'string' | 'list'): string {
    const x = this.#x
    const code = this.#direction.brief
      ? this.#reallocate(q, `${align}`, size)
      : `const ${q}=${x}alloc(${align},${size});`
    const misplaced = align === 1 ? '' : `(${q}&${align - 1})!==0||`
    const check = `if(${misplaced}${q}+${size}>${x}db.length)${x}D.checkRoom(${q},${align},${size},"${what}");`
    return code + this.#refreshed() + check
  }

  /** As `reallocate`, for what is new. */
  #reallocate(q: string, align: string, size: string): string {
    const { name, root, inst } = this.#direction.to
    const [push, pop] = inst.observesThreads ? [`${name}.pushThread();`, `${name}.popThread();`] : ['', '']
    return (
      `${name}.mayLeave=false;${push}const ${q}=${this.#x}realloc(0,0,${align},${size})>>>0;` +
      `${poison(root)}${pop}${name}.mayLeave=true;${refresh(`${this.#x}G`)}`
    )
  }

  /** Whether UTF-8 is validated here, which takes a function. */
  scans(code: string): boolean {
    return code.includes(`${this.#x}isUtf8(`)
  }

  /** Core code looks first: `ascii`. */
  validator(code: string): string {
    const x = this.#x
    if (!this.scans(code)) return ''
    return `const ${x}isUtf8=(ptr,length)=>{const i=length<${MIN_SCAN}?0:${x}ascii(ptr,length);return i===length||isUtf8(${x}F,ptr+i,length-i)};\n`
  }

  allocates(code: string): boolean {
    return code.includes(`${this.#x}alloc(`) || code.includes(`${this.#x}realloc(`)
  }

  /** The function for it, where it is asked for in many places. */
  allocator(code: string): string {
    const x = this.#x
    if (!code.includes(`${x}alloc(`)) return ''
    return `const ${x}alloc=(align,size)=>{${this.#reallocate('ptr', 'align', 'size')}return ptr};\n`
  }

  #copyString(ptr: string, tagged: string): { readonly code: string; readonly out: readonly [string, string] } {
    const x = this.#x
    const [q, n] = [this.#name(), this.#name()]
    const [from, to] = this.#direction.encodings
    if (from !== to || from === 'latin1+utf16') {
      const copied = `copyString(${x}S,${x}D,${ptr},${tagged})`
      return { code: `const ${q}=${copied},${n}=${x}D.units;${this.#refreshed()}`, out: [q, n] }
    }
    const unit = from === 'utf8' ? 1 : 2
    const [p, length] = [this.#name(), unit === 1 ? n : `2*${n}`]
    const copied = `copyBytes(${x}F,${p},${x}G,${q},${length});`
    const i = this.#name()
    const short = `if(${length}<=${SHORT})for(let ${i}=0;${i}<${length};${i}++)${x}db[${q}+${i}]=${x}sb[${p}+${i}];else `
    const placed = this.#allocate(q, unit, length, 'string')
    return {
      code: `const ${p}=${ptr},${n}=${tagged};${placed}${this.#direction.brief ? short : ''}${copied}`,
      out: [q, n],
    }
  }

  #checkList(ptr: string, length: string, t: ListLayout | MapLayout): string {
    const x = this.#x
    const [p, n] = [this.#name(), this.#name()]
    const { size, align, cost } = t.element
    const misplaced = align === 1 ? '' : `(${p}&${align - 1})!==0||`
    const bad = `${n}>${Math.floor(MAX_LIST_BYTE_LENGTH / size)}||${misplaced}${p}+${n}*${size}>${x}sb.length`
    const checked = `if(${bad})locateList(${x}S,${p},${n},${this.#list(t)});${this.#charge(`${n}*${isNumeric(t) ? size : cost}`)}`
    const checks = this.#facts.of(t.element).checked ? this.#loop(p, n, t.element) : ''
    return `{const ${p}=${ptr},${n}=${length};${checked}${checks}}`
  }

  /** Checks elements one by one. */
  #loop(begin: string, length: string, element: Layout): string {
    const [p, end] = [this.#name(), this.#name()]
    this.#loops += 1
    const check = this.checkAt({ base: p, offset: 0 }, element)
    this.#loops -= 1
    return `for(let ${p}=${begin},${end}=${p}+${length}*${element.size};${p}<${end};${p}+=${element.size}){${check}}`
  }

  #checkChoice(value: string, t: ChoiceLayout, check: (payload: Layout) => string): string {
    const payloads = payloadsOf(t)
    const k = this.#name()
    const bad = `if(${k}>=${payloads.length})badDiscriminant(${k},${payloads.length});`
    const cases = this.#cases(k, payloads, check)
    return `{const ${k}=${value};${bad}${cases}}`
  }

  /** Cases that need the same code share it. */
  #cases(k: string, payloads: readonly (Layout | undefined)[], code: (payload: Layout) => string): string {
    const done = new Map<string, string[]>()
    for (const [i, payload] of payloads.entries()) {
      if (payload === undefined) continue
      const text = code(payload)
      if (text !== '') done.set(text, [...(done.get(text) ?? []), `case ${i}:`])
    }
    if (done.size === 0) return ''
    return `switch(${k}){${[...done].map(([text, labels]) => `${labels.join('')}{${text}break}`).join('')}}`
  }

  copyAt(s: Place, d: Place, t: Layout): string {
    switch (t.kind) {
      case 'bool':
        return this.#set(d, 1, `${this.#get(s, 1)}===0?0:1`)
      case 'f32':
      case 'f64': {
        const type = t.kind === 'f32' ? 'Float32' : 'Float64'
        return `${this.#to}.set${type}(${at(d)},canonicalizeNan(${this.#from}.get${type}(${at(s)},true)),true);`
      }
      case 'string': {
        const { code, out } = this.#copyString(this.#get(s, 4), this.#get(plus(s, 4), 4))
        return `{${code}${this.#set(d, 4, out[0])}${this.#set(plus(d, 4), 4, out[1])}}`
      }
      case 'list':
        if (t.length === undefined) return this.#copyListAt(s, d, t)
        return this.#facts.of(t).block
          ? this.#block(s, d, t.size)
          : this.#copyLoop(at(s), at(d), `${t.length}`, t.element)
      case 'map':
        return this.#copyListAt(s, d, t)
      case 'record':
        if (this.#facts.of(t).block) return this.#block(s, d, t.size)
        return t.fields.map(({ layout, offset }) => this.copyAt(plus(s, offset), plus(d, offset), layout)).join('')
      case 'tuple':
        if (this.#facts.of(t).block) return this.#block(s, d, t.size)
        return t.elements.map(({ layout, offset }) => this.copyAt(plus(s, offset), plus(d, offset), layout)).join('')
      case 'variant':
      case 'option':
      case 'result': {
        const size = discriminantOf(t)
        const k = this.#name()
        const [from, to] = [plus(s, payloadOffsetOf(t)), plus(d, payloadOffsetOf(t))]
        const cases = this.#cases(k, payloadsOf(t), (c) => this.copyAt(from, to, c))
        return `{const ${k}=${this.#get(s, size)};${this.#set(d, size, k)}${cases}}`
      }
      case 'flags':
        return this.#set(d, t.size as 1 | 2 | 4, `${this.#get(s, t.size as 1 | 2 | 4)}&${known(t.labels.length)}`)
      case 'own':
      case 'borrow': {
        const i = this.#name()
        return `{const ${i}=${this.#lower(t)};${this.#set(d, 4, i)}}`
      }
      default:
        return this.#block(s, d, t.size)
    }
  }

  #block(s: Place, d: Place, size: number): string {
    const x = this.#x
    if (size > (this.#still ? MAX_STILL : SMALL_BLOCK)) return `copyBytes(${x}F,${at(s)},${x}G,${at(d)},${size});`
    let code = ''
    for (let done = 0; done < size; ) {
      const bytes = size - done >= 4 ? 4 : size - done >= 2 ? 2 : 1
      const [from, to] = [plus(s, done), plus(d, done)]
      // signed: what is larger than 2^31 would leave the integers that engines are fast with
      if (bytes === 4) code += `${this.#to}.setInt32(${at(to)},${this.#from}.getInt32(${at(from)},true),true);`
      else code += this.#set(to, bytes, this.#get(from, bytes))
      done += bytes
    }
    return code
  }

  #copyListAt(s: Place, d: Place, t: ListLayout | MapLayout): string {
    const [p, n, q] = [this.#name(), this.#name(), this.#name()]
    const copied = this.#copyList(p, n, q, t)
    return `{const ${p}=${this.#get(s, 4)},${n}=${this.#get(plus(s, 4), 4)};${copied}${this.#set(d, 4, q)}${this.#set(plus(d, 4), 4, n)}}`
  }

  /** Declares `q`. */
  #copyList(p: string, n: string, q: string, t: ListLayout | MapLayout): string {
    const x = this.#x
    const { element } = t
    const length = `${n}*${element.size}`
    const whole = isNumeric(t) || this.#facts.of(element).block
    const move = whole ? `copyBytes(${x}F,${p},${x}G,${q},${length});` : this.#copyLoop(p, q, n, element)
    return `${this.#allocate(q, element.align, length, 'list')}${move}`
  }

  get #still(): boolean {
    return this.#from !== `${this.#x}sv`
  }

  #copyLoop(source: string, target: string, length: string, element: Layout): string {
    if (element.size <= MAX_STILL && this.#facts.of(element).still)
      return this.#stillLoop(source, target, length, element)
    const [p, q, end] = [this.#name(), this.#name(), this.#name()]
    const { size } = element
    this.#loops += 1
    const copy = this.copyAt({ base: p, offset: 0 }, { base: q, offset: 0 }, element)
    this.#loops -= 1
    return `for(let ${p}=${source},${q}=${target},${end}=${p}+${length}*${size};${p}<${end};${p}+=${size},${q}+=${size}){${copy}}`
  }

  /**
   * Nothing moves while it runs, so views stay, and addresses can be signed numbers of 32 bits, which are the fastest: from
   * 2 GiB on views begin where the values do.
   */
  #stillLoop(source: string, target: string, length: string, element: Layout): string {
    const [p, q, end, i, j] = [this.#name(), this.#name(), this.#name(), this.#name(), this.#name()]
    const [outerFrom, outerTo] = [this.#from, this.#to]
    this.#from = this.#name()
    this.#to = this.#name()
    const { size } = element
    const rebased = (view: string, p: string) =>
      `if(${p}+${length}*${size}>${MAX_SIGNED}){${view}=new DataView(${view}.buffer,${p});${p}=0}`
    this.#loops += 1
    const copy = this.copyAt({ base: i, offset: 0 }, { base: j, offset: 0 }, element)
    this.#loops -= 1
    const views = `let ${p}=${source},${q}=${target},${this.#from}=${outerFrom},${this.#to}=${outerTo};`
    const code = `{${views}${rebased(this.#from, p)}${rebased(this.#to, q)}for(let ${i}=${p}|0,${j}=${q}|0,${end}=${i}+${length}*${size}|0;${i}<${end};${i}=${i}+${size}|0,${j}=${j}+${size}|0){${copy}}}`
    this.#from = outerFrom
    this.#to = outerTo
    return code
  }

  // — Handles

  layoutOf(i: number): HandleLayout {
    return (this.carried[i] as Carried).layout // asked for what is carried
  }

  /** The caller's type of a carried handle. */
  typeOf(i: number): string {
    return `${this.#x}f${this.#handle(this.layoutOf(i))}`
  }

  #lift(i: string, t: HandleLayout): string {
    const x = this.#x
    const type = this.#handle(t)
    if (this.#loops > 0) {
      this.queued = true
      return `${x}P.liftHandle(${i},${x}h${type});`
    }
    const name = `${x}c${this.carried.length}`
    this.carried.push({ name, layout: t })
    const found = this.#direction.found(this.carried.length - 1)
    if (found !== undefined && t.kind === 'borrow')
      return this.#direction.counts ? `(${name}=${found}).numLends++;` : ''
    if (t.kind === 'own') return `${name}=takeOwn(${x}S.inst,${i},${x}f${type});`
    const h = this.#name()
    const other = `resourceAt(${x}S.inst,${i},${x}f${type})`
    return `{const ${h}=${x}I.peek(${i});(${name}=${h}!==undefined&&${h}.rt===${x}f${type}?${h}:${other}).numLends++}`
  }

  #lower(t: HandleLayout): string {
    const x = this.#x
    const type = this.#handle(t)
    if (this.#loops > 0) return `${x}P.lowerHandle(${x}h${type})`
    const i = this.#lowered++
    const { name } = this.carried[i] as Carried // as many as were lifted
    if (t.kind === 'borrow' && this.#direction.toOwner(t)) return this.#direction.rep(i) ?? `${name}.rep`
    return t.kind === 'own'
      ? `giveOwn(${x}D.inst,${x}t${type},${this.#direction.rep(i) ?? name})`
      : `giveBorrow(${x}D.inst,${x}t${type},${this.#direction.rep(i) ?? `${name}.rep`},task)`
  }

  // — Core values

  checkFlat(slots: readonly string[], t: Layout): string {
    if (!this.#facts.of(t).checked) return ''
    const [first = '', second = ''] = slots
    switch (t.kind) {
      case 'char':
        return `charFromI32(${first}>>>0);`
      case 'string':
        return this.#checkString(`${first}>>>0`, `${second}>>>0`)
      case 'map':
        return this.#checkList(`${first}>>>0`, `${second}>>>0`, t)
      case 'list':
        if (t.length === undefined) return this.#checkList(`${first}>>>0`, `${second}>>>0`, t)
        return this.checkAll(slots, new Array<Layout>(t.length).fill(t.element))
      case 'record':
        return this.checkAll(
          slots,
          t.fields.map(({ layout }) => layout),
        )
      case 'tuple':
        return this.checkAll(
          slots,
          t.elements.map(({ layout }) => layout),
        )
      case 'own':
      case 'borrow':
        return this.#lift(`${first}>>>0`, t)
      case 'variant':
      case 'enum':
      case 'option':
      case 'result':
        return this.#checkChoice(`${first}>>>0`, t, (c) => this.checkFlat(this.#unjoined(slots, t, c), c))
      default:
        return ''
    }
  }

  checkAll(slots: readonly string[], ts: readonly Layout[]): string {
    return split(slots, ts)
      .map((own, i) => this.checkFlat(own, ts[i] as Layout)) // as many
      .join('')
  }

  /** The code, and the core values it leaves as expressions without effects. */
  copyFlat(slots: readonly string[], t: Layout): { readonly code: string; readonly out: readonly string[] } {
    const [first = '', second = ''] = slots
    const plain = (expression: string) => ({ code: '', out: [expression] })
    switch (t.kind) {
      case 'bool':
        return plain(`(${first}===0?0:1)`)
      case 'u8':
        return plain(`(${first}&255)`)
      case 's8':
        return plain(`(${first}<<24>>24)`)
      case 'u16':
        return plain(`(${first}&65535)`)
      case 's16':
        return plain(`(${first}<<16>>16)`)
      case 'f32':
      case 'f64':
        return plain(`canonicalizeNan(${first})`)
      case 'flags':
        return plain(t.labels.length === 32 ? first : `(${first}&${known(t.labels.length)})`)
      case 'string':
        return this.#copyString(`${first}>>>0`, `${second}>>>0`)
      case 'map':
        return this.#copyFlatList(first, second, t)
      case 'list':
        if (t.length === undefined) return this.#copyFlatList(first, second, t)
        return this.copyAll(slots, new Array<Layout>(t.length).fill(t.element))
      case 'record':
        return this.copyAll(
          slots,
          t.fields.map(({ layout }) => layout),
        )
      case 'tuple':
        return this.copyAll(
          slots,
          t.elements.map(({ layout }) => layout),
        )
      case 'own':
      case 'borrow': {
        const i = this.#name()
        return { code: `const ${i}=${this.#lower(t)};`, out: [i] }
      }
      case 'variant':
      case 'option':
      case 'result':
        return this.#copyChoice(slots, t)
      default:
        return { code: '', out: slots }
    }
  }

  copyAll(slots: readonly string[], ts: readonly Layout[]): { readonly code: string; readonly out: readonly string[] } {
    const parts = split(slots, ts).map((own, i) => this.copyFlat(own, ts[i] as Layout)) // as many
    return { code: parts.map(({ code }) => code).join(''), out: parts.flatMap(({ out }) => out) }
  }

  #copyFlatList(ptr: string, length: string, t: ListLayout | MapLayout) {
    const [p, n, q] = [this.#name(), this.#name(), this.#name()]
    const code = `const ${p}=${ptr}>>>0,${n}=${length}>>>0;${this.#copyList(p, n, q, t)}`
    return { code, out: [q, n] }
  }

  /** Zeros in the slots that a case leaves. */
  #copyChoice(slots: readonly string[], t: ChoiceLayout) {
    const joined = flatOf(t)
    const outs = joined.slice(1).map((type) => ({ name: this.#name(), type }))
    const k = this.#name()
    const cases = this.#cases(k, payloadsOf(t), (c) => {
      const { code, out } = this.copyFlat(this.#unjoined(slots, t, c), c)
      const have = flatOf(c)
      return code + out.map((value, i) => `${outs[i]?.name}=${joinedAs(value, have[i], joined[i + 1])};`).join('')
    })
    const zeros = outs.map(({ name, type }) => `,${name}=${type === 'i64' ? '0n' : '0'}`).join('')
    return {
      code: `let ${k}=${slots[0]}>>>0${zeros};${cases}`,
      out: [k, ...outs.map(({ name }) => name)],
    }
  }

  /** The payload's own core values. */
  #unjoined(slots: readonly string[], t: ChoiceLayout, payload: Layout): string[] {
    const joined = flatOf(t)
    return flatOf(payload).map((want, i) => {
      const [value, have] = [slots[i + 1] ?? '', joined[i + 1]]
      if (have === want) return value
      if (want === 'i32') return `Number(BigInt.asIntN(32,${value}))`
      return `fromJoined(scratch,${value},"${have}","${want}")`
    })
  }
}

function joinedAs(value: string, have: FlatType | undefined, want: FlatType | undefined): string {
  if (have === want) return value
  if (have === 'i32') return `BigInt(${value}>>>0)`
  return `toJoined(scratch,${value},"${have}","${want}")`
}

/** Each one's share of the slots. */
function split(slots: readonly string[], ts: readonly Layout[]): readonly (readonly string[])[] {
  let used = 0
  return ts.map((t) => {
    const begin = used
    used += flatOf(t).length
    return slots.slice(begin, used)
  })
}
