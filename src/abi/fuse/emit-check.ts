/**
 * Fused lift as source: what `walk.ts` checks, with the layout written in. Nothing is copied yet, but own handles are taken,
 * and borrowed ones lent. Nothing of a component's goes into the source but numbers of ours (sizes, offsets, counts).
 */
import { MAX_LIST_BYTE_LENGTH, MAX_STRING_BYTE_LENGTH } from '../../model/limits.ts'
import type { HandleLayout, Layout, ListLayout, MapLayout, TupleLayout } from '../layout.ts'
import { MIN_SCAN } from './ascii.ts'
import { casesOf, type Draft, type Place, plus, read, SHORT, split, at as text, unjoined } from './draft.ts'
import { type ChoiceLayout, discriminantOf, payloadOffsetOf, payloadsOf, sequenceOf } from './facts.ts'
import { isNumeric } from './passage.ts'

export class CheckWriter {
  readonly #draft: Draft
  readonly #x: string
  #loops = 0

  constructor(draft: Draft) {
    this.#draft = draft
    this.#x = draft.x
  }

  #get(p: Place, bytes: 1 | 2 | 4): string {
    return read(`${this.#x}sv`, p, bytes)
  }

  /** Where values lie that are not passed flat. */
  area(ptr: string, side: 'S' | 'D', tuple: TupleLayout): string {
    const x = this.#x
    const misplaced = tuple.align === 1 ? '' : `(${ptr}&${tuple.align - 1})!==0||`
    const room = `${x}${side === 'S' ? 'sb' : 'db'}.length`
    return `if(${misplaced}${ptr}+${tuple.size}>${room})checkSpilled(${x}${side},${ptr},${x}T);`
  }

  at(p: Place, t: Layout): string {
    if (!this.#draft.facts.of(t).checked) return ''
    const x = this.#x
    switch (t.kind) {
      case 'char':
        return `charFromI32(${this.#get(p, 4)});`
      case 'string':
        return this.#string(this.#get(p, 4), this.#get(plus(p, 4), 4))
      case 'list':
        if (t.length === undefined) return this.#list(this.#get(p, 4), this.#get(plus(p, 4), 4), t)
        return (
          `chargeBytes(${x}L,${t.length * t.element.cost});` +
          (this.#draft.facts.of(t.element).checked ? this.#loop(text(p), `${t.length}`, t.element) : '')
        )
      case 'map':
        return this.#list(this.#get(p, 4), this.#get(plus(p, 4), 4), t)
      case 'record':
        return t.fields.map(({ layout, offset }) => this.at(plus(p, offset), layout)).join('')
      case 'tuple':
        return t.elements.map(({ layout, offset }) => this.at(plus(p, offset), layout)).join('')
      case 'own':
      case 'borrow':
        return this.#lift(this.#get(p, 4), t)
      case 'variant':
      case 'enum':
      case 'option':
      case 'result': {
        const payload = plus(p, payloadOffsetOf(t))
        return this.#choice(this.#get(p, discriminantOf(t)), t, (c) => this.at(payload, c))
      }
      default:
        return ''
    }
  }

  flat(slots: readonly string[], t: Layout): string {
    if (!this.#draft.facts.of(t).checked) return ''
    const parts = sequenceOf(t)
    if (parts !== undefined) return this.all(slots, parts)
    const [first = '', second = ''] = slots
    switch (t.kind) {
      case 'char':
        return `charFromI32(${first}>>>0);`
      case 'string':
        return this.#string(`${first}>>>0`, `${second}>>>0`)
      case 'list':
      case 'map':
        return this.#list(`${first}>>>0`, `${second}>>>0`, t)
      case 'own':
      case 'borrow':
        return this.#lift(`${first}>>>0`, t)
      case 'variant':
      case 'enum':
      case 'option':
      case 'result':
        return this.#choice(`${first}>>>0`, t, (c) => this.flat(unjoined(slots, t, c), c))
      default:
        return ''
    }
  }

  all(slots: readonly string[], ts: readonly Layout[]): string {
    return split(slots, ts)
      .map((own, i) => this.flat(own, ts[i] as Layout)) // as many
      .join('')
  }

  /** What most strings are is found out here; what is anything else, or nothing at all, there. */
  #string(ptr: string, units: string): string {
    const x = this.#x
    const [encoding] = this.#draft.direction.encodings
    if (encoding === 'latin1+utf16') return `checkString(${x}S,${ptr},${units});`
    const [p, n] = [this.#draft.name(), this.#draft.name()]
    const [unit, valid, misplaced] =
      encoding === 'utf8' ? [1, `${x}isUtf8(`, ''] : [2, `isUtf16(${x}F,`, `(${p}&1)!==0||`]
    const misfit = `${misplaced}${n}>${Math.floor(MAX_STRING_BYTE_LENGTH / unit)}||${p}+${unit}*${n}>${x}sb.length`
    const invalid = `!${valid}${p},${n})`
    const bad = (problem: string) => `if(${problem})checkString(${x}S,${p},${n});else{${this.#charge(`2*${n}`)}}`
    if (!this.#draft.direction.brief || unit === 2) {
      return `{const ${p}=${ptr},${n}=${units};${bad(`${misfit}||${invalid}`)}}`
    }
    const [all, i, end, out] = [this.#draft.name(), this.#draft.name(), this.#draft.name(), this.#draft.name()]
    const or = `for(let ${i}=${p},${end}=${p}+${n};${i}<${end};${i}++)${all}|=${x}sb[${i}];`
    return (
      `{const ${p}=${ptr},${n}=${units};let ${all}=0;const ${out}=${misfit};` +
      `if(!${out}){if(${n}>${SHORT})${all}=128;else ${or}}${bad(`${out}||${all}>127&&${invalid}`)}}`
    )
  }

  /** As `chargeBytes`. */
  #charge(bytes: string): string {
    const x = this.#x
    if (!this.#draft.direction.brief) return `chargeBytes(${x}L,${bytes});`
    const [cost, sum] = [this.#draft.name(), this.#draft.name()]
    return (
      `const ${cost}=${bytes},${sum}=${x}U.hostBytesPerCall+${cost};if(${sum}>${x}C)chargeBytes(${x}L,${cost});` +
      `${x}U.hostBytesPerCall=${sum};if(${sum}>${x}K.hostBytesPerCall)${x}K.hostBytesPerCall=${sum};`
    )
  }

  #list(ptr: string, length: string, t: ListLayout | MapLayout): string {
    const x = this.#x
    const [p, n] = [this.#draft.name(), this.#draft.name()]
    const { size, align, cost } = t.element
    const misplaced = align === 1 ? '' : `(${p}&${align - 1})!==0||`
    const bad = `${n}>${Math.floor(MAX_LIST_BYTE_LENGTH / size)}||${misplaced}${p}+${n}*${size}>${x}sb.length`
    const checked = `if(${bad})locateList(${x}S,${p},${n},${this.#draft.list(t)});${this.#charge(`${n}*${isNumeric(t) ? size : cost}`)}`
    const checks = this.#draft.facts.of(t.element).checked ? this.#loop(p, n, t.element) : ''
    return `{const ${p}=${ptr},${n}=${length};${checked}${checks}}`
  }

  /** Checks elements one by one. */
  #loop(begin: string, length: string, element: Layout): string {
    const [p, end] = [this.#draft.name(), this.#draft.name()]
    this.#loops += 1
    const check = this.at({ base: p, offset: 0 }, element)
    this.#loops -= 1
    return `for(let ${p}=${begin},${end}=${p}+${length}*${element.size};${p}<${end};${p}+=${element.size}){${check}}`
  }

  #choice(value: string, t: ChoiceLayout, check: (payload: Layout) => string): string {
    const payloads = payloadsOf(t)
    const k = this.#draft.name()
    const bad = `if(${k}>=${payloads.length})badDiscriminant(${k},${payloads.length});`
    const cases = casesOf(k, payloads, check)
    return `{const ${k}=${value};${bad}${cases}}`
  }

  #lift(i: string, t: HandleLayout): string {
    const x = this.#x
    const type = this.#draft.handle(t)
    if (this.#loops > 0) {
      this.#draft.queued = true
      return `${x}P.liftHandle(${i},${x}h${type});`
    }
    const name = `${x}c${this.#draft.carried.length}`
    this.#draft.carried.push({ name, layout: t })
    const found = this.#draft.direction.found(this.#draft.carried.length - 1)
    if (found !== undefined && t.kind === 'borrow')
      return this.#draft.direction.counts ? `(${name}=${found}).numLends++;` : ''
    if (t.kind === 'own') return `${name}=takeOwn(${x}S.inst,${i},${x}f${type});`
    const h = this.#draft.name()
    const other = `resourceAt(${x}S.inst,${i},${x}f${type})`
    return `{const ${h}=${x}I.peek(${i});(${name}=${h}!==undefined&&${h}.rt===${x}f${type}?${h}:${other}).numLends++}`
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
}
