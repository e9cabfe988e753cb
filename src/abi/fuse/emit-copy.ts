/**
 * Fused lower as source: what `walk.ts` copies once all is checked, with the layout written in, from one memory to the
 * other. Nothing of a component's goes into the source but numbers of ours (sizes, offsets, counts).
 */
import type { HandleLayout, Layout, ListLayout, MapLayout } from '../layout.ts'
import { flatOf } from '../lift.ts'
import {
  type Carried,
  casesOf,
  type Draft,
  joinedAs,
  type Place,
  plus,
  poison,
  read,
  refresh,
  SHORT,
  split,
  at as text,
  unjoined,
  write,
} from './draft.ts'
import { type ChoiceLayout, discriminantOf, payloadOffsetOf, payloadsOf, sequenceOf } from './facts.ts'
import { known } from './leaves.ts'
import { isNumeric } from './passage.ts'

/** Up to this size elements are moved word by word, all of them. */
const MAX_STILL = 256

const MAX_SIGNED = 2 ** 31 - 1

/** Blocks up to this many bytes are moved word by word. */
const SMALL_BLOCK = 32

/** So many words are read before they are written: a write makes engines look at both views anew. */
const AT_ONCE = 8

/** A word from one place to the other. */
interface Move {
  readonly read: string
  readonly write: (value: string) => string
}

/** The code, and the core values it leaves as expressions without effects. */
interface Copied {
  readonly code: string
  readonly out: readonly string[]
}

export class CopyWriter {
  readonly #draft: Draft
  readonly #x: string
  /** Views that are read and written just now. */
  #from: string
  #to: string
  #lowered = 0
  #loops = 0

  constructor(draft: Draft) {
    const { x } = draft
    this.#draft = draft
    this.#x = x
    this.#from = `${x}sv`
    this.#to = `${x}dv`
  }

  #get(p: Place, bytes: 1 | 2 | 4): string {
    return read(this.#from, p, bytes)
  }

  #set(p: Place, bytes: 1 | 2 | 4, value: string): string {
    return write(this.#to, p, bytes, value)
  }

  at(s: Place, d: Place, t: Layout): string {
    const moves = this.#moves(s, d, t)
    if (moves !== undefined) return this.#moved(moves)
    const { block } = this.#draft.facts.of(t)
    switch (t.kind) {
      case 'string': {
        const { code, out } = this.#string(this.#get(s, 4), this.#get(plus(s, 4), 4))
        return `{${code}${this.#set(d, 4, out[0])}${this.#set(plus(d, 4), 4, out[1])}}`
      }
      case 'list':
        if (t.length === undefined) return this.#listAt(s, d, t)
        return block ? this.#bytes(s, d, t.size) : this.#loop(text(s), text(d), `${t.length}`, t.element)
      case 'map':
        return this.#listAt(s, d, t)
      case 'record':
      case 'tuple': {
        if (block) return this.#bytes(s, d, t.size)
        const parts = t.kind === 'record' ? t.fields : t.elements
        return parts.map(({ layout, offset }) => this.at(plus(s, offset), plus(d, offset), layout)).join('')
      }
      case 'variant':
      case 'option':
      case 'result': {
        const size = discriminantOf(t)
        const k = this.#draft.name()
        const [from, to] = [plus(s, payloadOffsetOf(t)), plus(d, payloadOffsetOf(t))]
        const cases = casesOf(k, payloadsOf(t), (c) => this.at(from, to, c))
        return `{const ${k}=${this.#get(s, size)};${this.#set(d, size, k)}${cases}}`
      }
      case 'own':
      case 'borrow': {
        const i = this.#draft.name()
        return `{const ${i}=${this.#lower(t)};${this.#set(d, 4, i)}}`
      }
      default:
        return this.#bytes(s, d, t.size)
    }
  }

  #bytes(s: Place, d: Place, size: number): string {
    const x = this.#x
    return `copyBytes(${x}F,${text(s)},${x}G,${text(d)},${size});`
  }

  flat(slots: readonly string[], t: Layout): Copied {
    const parts = sequenceOf(t)
    if (parts !== undefined) return this.all(slots, parts)
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
        return this.#string(`${first}>>>0`, `${second}>>>0`)
      case 'list':
      case 'map':
        return this.#flatList(first, second, t)
      case 'own':
      case 'borrow': {
        const i = this.#draft.name()
        return { code: `const ${i}=${this.#lower(t)};`, out: [i] }
      }
      case 'variant':
      case 'option':
      case 'result':
        return this.#choice(slots, t)
      default:
        return { code: '', out: slots }
    }
  }

  all(slots: readonly string[], ts: readonly Layout[]): Copied {
    const parts = split(slots, ts).map((own, i) => this.flat(own, ts[i] as Layout)) // as many
    return { code: parts.map(({ code }) => code).join(''), out: parts.flatMap(({ out }) => out) }
  }

  /** The words of a value that is nothing but words. */
  #moves(s: Place, d: Place, t: Layout): readonly Move[] | undefined {
    switch (t.kind) {
      case 'bool':
        return [{ read: this.#get(s, 1), write: (value) => this.#set(d, 1, `${value}===0?0:1`) }]
      case 'f32':
      case 'f64': {
        const [type, to] = [t.kind === 'f32' ? 'Float32' : 'Float64', this.#to]
        const write = (value: string) => `${to}.set${type}(${text(d)},canonicalizeNan(${value}),true);`
        return [{ read: `${this.#from}.get${type}(${text(s)},true)`, write }]
      }
      case 'flags': {
        const size = t.size as 1 | 2 | 4
        return [
          { read: this.#get(s, size), write: (value) => this.#set(d, size, `${value}&${known(t.labels.length)}`) },
        ]
      }
      case 'record':
      case 'tuple': {
        const parts = t.kind === 'record' ? t.fields : t.elements
        if (this.#draft.facts.of(t).block) return this.#words(s, d, t.size)
        const moves = parts.map(({ layout, offset }) => this.#moves(plus(s, offset), plus(d, offset), layout))
        return moves.every((each) => each !== undefined) ? moves.flat() : undefined
      }
      default:
        return this.#draft.facts.of(t).block ? this.#words(s, d, t.size) : undefined
    }
  }

  /** `undefined`: too many to be written out. */
  #words(s: Place, d: Place, size: number): readonly Move[] | undefined {
    if (size > (this.#still ? MAX_STILL : SMALL_BLOCK)) return undefined
    const moves: Move[] = []
    for (let done = 0; done < size; ) {
      const bytes = size - done >= 4 ? 4 : size - done >= 2 ? 2 : 1
      const [from, to, view] = [plus(s, done), plus(d, done), this.#to]
      // signed: what is larger than 2^31 would leave the integers that engines are fast with
      if (bytes === 4) {
        const write = (value: string) => `${view}.setInt32(${text(to)},${value},true);`
        moves.push({ read: `${this.#from}.getInt32(${text(from)},true)`, write })
      } else moves.push({ read: this.#get(from, bytes), write: (value) => this.#set(to, bytes, value) })
      done += bytes
    }
    return moves
  }

  #moved(moves: readonly Move[]): string {
    let code = ''
    for (let i = 0; i < moves.length; i += AT_ONCE) {
      const some = moves.slice(i, i + AT_ONCE).map((move) => ({ ...move, name: this.#draft.name() }))
      const [only, ...others] = some
      if (only !== undefined && others.length === 0) code += only.write(only.read)
      else
        code += `{const ${some.map(({ name, read }) => `${name}=${read}`)};${some.map(({ name, write }) => write(name)).join('')}}`
    }
    return code
  }
  #string(ptr: string, tagged: string): { readonly code: string; readonly out: readonly [string, string] } {
    const x = this.#x
    const [q, n] = [this.#draft.name(), this.#draft.name()]
    const [from, to] = this.#draft.direction.encodings
    if (from !== to || from === 'latin1+utf16') {
      const copied = `copyString(${x}S,${x}D,${ptr},${tagged})`
      return { code: `const ${q}=${copied},${n}=${x}D.units;${this.#refreshed()}`, out: [q, n] }
    }
    const unit = from === 'utf8' ? 1 : 2
    const [p, length] = [this.#draft.name(), unit === 1 ? n : `2*${n}`]
    const copied = `copyBytes(${x}F,${p},${x}G,${q},${length});`
    const i = this.#draft.name()
    const short = `if(${length}<=${SHORT})for(let ${i}=0;${i}<${length};${i}++)${x}db[${q}+${i}]=${x}sb[${p}+${i}];else `
    const placed = this.#allocate(q, unit, length, 'string')
    return {
      code: `const ${p}=${ptr},${n}=${tagged};${placed}${this.#draft.direction.brief ? short : ''}${copied}`,
      out: [q, n],
    }
  }

  #listAt(s: Place, d: Place, t: ListLayout | MapLayout): string {
    const [p, n, q] = [this.#draft.name(), this.#draft.name(), this.#draft.name()]
    const copied = this.#list(p, n, q, t)
    return `{const ${p}=${this.#get(s, 4)},${n}=${this.#get(plus(s, 4), 4)};${copied}${this.#set(d, 4, q)}${this.#set(plus(d, 4), 4, n)}}`
  }

  #flatList(ptr: string, length: string, t: ListLayout | MapLayout) {
    const [p, n, q] = [this.#draft.name(), this.#draft.name(), this.#draft.name()]
    const code = `const ${p}=${ptr}>>>0,${n}=${length}>>>0;${this.#list(p, n, q, t)}`
    return { code, out: [q, n] }
  }

  /** Declares `q`. */
  #list(p: string, n: string, q: string, t: ListLayout | MapLayout): string {
    const x = this.#x
    const { element } = t
    const length = `${n}*${element.size}`
    const whole = isNumeric(t) || this.#draft.facts.of(element).block
    const move = whole ? `copyBytes(${x}F,${p},${x}G,${q},${length});` : this.#loop(p, q, n, element)
    return `${this.#allocate(q, element.align, length, 'list')}${move}`
  }

  #loop(source: string, target: string, length: string, element: Layout): string {
    if (element.size <= MAX_STILL && this.#draft.facts.of(element).still)
      return this.#stillLoop(source, target, length, element)
    const [p, q, end] = [this.#draft.name(), this.#draft.name(), this.#draft.name()]
    const { size } = element
    this.#loops += 1
    const copy = this.at({ base: p, offset: 0 }, { base: q, offset: 0 }, element)
    this.#loops -= 1
    return `for(let ${p}=${source},${q}=${target},${end}=${p}+${length}*${size};${p}<${end};${p}+=${size},${q}+=${size}){${copy}}`
  }

  /**
   * Nothing moves while it runs, so views stay, and addresses can be signed numbers of 32 bits, which are the fastest: from
   * 2 GiB on views begin where the values do.
   */
  #stillLoop(source: string, target: string, length: string, element: Layout): string {
    const [p, q, end, i, j] = [
      this.#draft.name(),
      this.#draft.name(),
      this.#draft.name(),
      this.#draft.name(),
      this.#draft.name(),
    ]
    const [outerFrom, outerTo] = [this.#from, this.#to]
    this.#from = this.#draft.name()
    this.#to = this.#draft.name()
    const { size } = element
    const rebased = (view: string, p: string) =>
      `if(${p}+${length}*${size}>${MAX_SIGNED}){${view}=new DataView(${view}.buffer,${p});${p}=0}`
    this.#loops += 1
    const copy = this.at({ base: i, offset: 0 }, { base: j, offset: 0 }, element)
    this.#loops -= 1
    const views = `let ${p}=${source},${q}=${target},${this.#from}=${outerFrom},${this.#to}=${outerTo};`
    const code = `{${views}${rebased(this.#from, p)}${rebased(this.#to, q)}for(let ${i}=${p}|0,${j}=${q}|0,${end}=${i}+${length}*${size}|0;${i}<${end};${i}=${i}+${size}|0,${j}=${j}+${size}|0){${copy}}}`
    this.#from = outerFrom
    this.#to = outerTo
    return code
  }

  /** Zeros in the slots that a case leaves. */
  #choice(slots: readonly string[], t: ChoiceLayout) {
    const joined = flatOf(t)
    const outs = joined.slice(1).map((type) => ({ name: this.#draft.name(), type }))
    const k = this.#draft.name()
    const cases = casesOf(k, payloadsOf(t), (c) => {
      const { code, out } = this.flat(unjoined(slots, t, c), c)
      const have = flatOf(c)
      return code + out.map((value, i) => `${outs[i]?.name}=${joinedAs(value, have[i], joined[i + 1])};`).join('')
    })
    const zeros = outs.map(({ name, type }) => `,${name}=${type === 'i64' ? '0n' : '0'}`).join('')
    return {
      code: `let ${k}=${slots[0]}>>>0${zeros};${cases}`,
      out: [k, ...outs.map(({ name }) => name)],
    }
  }

  #lower(t: HandleLayout): string {
    const x = this.#x
    const type = this.#draft.handle(t)
    if (this.#loops > 0) return `${x}P.lowerHandle(${x}h${type})`
    const i = this.#lowered++
    const { name } = this.#draft.carried[i] as Carried // as many as were lifted
    if (t.kind === 'borrow' && this.#draft.direction.toOwner(t)) return this.#draft.direction.rep(i) ?? `${name}.rep`
    return t.kind === 'own'
      ? `giveOwn(${x}D.inst,${x}t${type},${this.#draft.direction.rep(i) ?? name})`
      : `giveBorrow(${x}D.inst,${x}t${type},${this.#draft.direction.rep(i) ?? `${name}.rep`},task)`
  }

  /** After the other side's allocator ran. */
  #refreshed(): string {
    const x = this.#x
    return `${x}dv=${x}G.view;${x}db=${x}G.bytes;`
  }

  /** Declares `q`, and has the views anew. */
  #allocate(q: string, align: number, size: string, what: 'string' | 'list'): string {
    const x = this.#x
    const code = this.#draft.direction.brief
      ? this.#reallocate(q, `${align}`, size)
      : `const ${q}=${x}alloc(${align},${size});`
    const misplaced = align === 1 ? '' : `(${q}&${align - 1})!==0||`
    const check = `if(${misplaced}${q}+${size}>${x}db.length)${x}D.checkRoom(${q},${align},${size},"${what}");`
    return code + this.#refreshed() + check
  }

  /** As `reallocate`, for what is new. */
  #reallocate(q: string, align: string, size: string): string {
    const { name, root, inst } = this.#draft.direction.to
    const [push, pop] = inst.observesThreads ? [`${name}.pushThread();`, `${name}.popThread();`] : ['', '']
    return (
      `${name}.mayLeave=false;${push}const ${q}=${this.#x}realloc(0,0,${align},${size})>>>0;` +
      `${poison(root)}${pop}${name}.mayLeave=true;${refresh(`${this.#x}G`)}`
    )
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

  get #still(): boolean {
    return this.#from !== `${this.#x}sv`
  }
}
