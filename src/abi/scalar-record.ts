/**
 * Records whose fields are all numbers and booleans: the usual shape of data that travels in bulk.
 *
 * In steady use, and where source may be generated, such a record is loaded, stored, lowered and checked by one function
 * with its keys and offsets written in; the interpreter beside it stays the oracle and the way where generating is
 * forbidden. Nothing of a component's goes into the source but keys (as JSON) and offsets (numbers of ours).
 *
 * @spec Loading
 * @spec Storing
 */
import type { CoreValue } from './context.ts'
import type { Value } from './embedding.ts'
import type { FieldLayout, Layout } from './layout.ts'
import type { Codegen } from './record.ts'

export interface ScalarCode {
  load(view: DataView, ptr: number): Value
  store(record: Value, view: DataView, ptr: number): void
  lowerFlat(record: Value, out: CoreValue[]): void
  /** Reads each property once; what does not obviously fit goes to `unsure` as the values read. */
  take<C>(record: object, unsure: (values: readonly unknown[], context: C) => Value, context: C): Value
}

interface Recipe {
  /** `v` the view, `a` the address */
  readonly load: string
  readonly store: (value: string) => string
  readonly lower: (value: string) => string
  readonly fits: (value: string) => string
}

const same = (value: string): string => value
const int = (get: string, bits: 8 | 16 | 32, test: (value: string) => string): Recipe => {
  const little = bits === 8 ? '' : ',true'
  const set = get.replace('get', 'set')
  return {
    load: `v.${get}(a${little})`,
    store: (value) => `v.${set}(a,${value}${little})`,
    lower: same,
    fits: (value) => `typeof ${value}==="number"&&${test(value)}===${value}`,
  }
}
const big = (get: string, as: string): Recipe => ({
  load: `v.${get}(a,true)`,
  store: (value) => `v.${get.replace('get', 'set')}(a,${value},true)`,
  lower: same,
  fits: (value) => `typeof ${value}==="bigint"&&BigInt.${as}(64,${value})===${value}`,
})
/** A NaN is the one NaN of JavaScript; its bits are never seen there. */
const float = (get: string): Recipe => ({
  load: `v.${get}(a,true)`,
  store: (value) => `v.${get.replace('get', 'set')}(a,${value},true)`,
  lower: same,
  fits: (value) => `typeof ${value}==="number"`,
})

const RECIPES: Readonly<Partial<Record<Layout['kind'], Recipe>>> = {
  bool: {
    load: 'v.getUint8(a)!==0',
    store: (value) => `v.setUint8(a,${value}?1:0)`,
    lower: (value) => `${value}?1:0`,
    fits: (value) => `typeof ${value}==="boolean"`,
  },
  u8: int('getUint8', 8, (x) => `(${x}&255)`),
  s8: int('getInt8', 8, (x) => `(${x}<<24>>24)`),
  u16: int('getUint16', 16, (x) => `(${x}&65535)`),
  s16: int('getInt16', 16, (x) => `(${x}<<16>>16)`),
  u32: int('getUint32', 32, (x) => `(${x}>>>0)`),
  s32: int('getInt32', 32, (x) => `(${x}|0)`),
  u64: big('getBigUint64', 'asUintN'),
  s64: big('getBigInt64', 'asIntN'),
  f32: float('getFloat32'),
  f64: float('getFloat64'),
}

/** Generating costs as much as some hundred records do by the interpreter. */
const STEADY = 300

export class ScalarRecord {
  readonly #fields: readonly FieldLayout[]
  readonly #codegen: Codegen
  #uses = 0
  #code: ScalarCode | undefined

  private constructor(fields: readonly FieldLayout[], codegen: Codegen) {
    this.#fields = fields
    this.#codegen = codegen
  }

  /** `undefined` for records with any other field. */
  static of(fields: readonly FieldLayout[], codegen: Codegen): ScalarRecord | undefined {
    // an inherited key must be looked for as an own one, and `__proto__` means something else in a literal
    const plain = fields.every(
      ({ key, inherited, layout }) => layout.kind in RECIPES && !inherited && key !== '__proto__',
    )
    return plain ? new ScalarRecord(fields, codegen) : undefined
  }

  get code(): ScalarCode | undefined {
    if (this.#uses < STEADY && ++this.#uses === STEADY) this.#code = this.#generate()
    return this.#code
  }

  #generate(): ScalarCode | undefined {
    if (!this.#codegen.allowed) return undefined
    const parts = this.#fields.map(({ key, layout, offset }, i) => {
      const recipe = RECIPES[layout.kind] as Recipe // `of` saw to it
      return { key: JSON.stringify(key), recipe, place: `a=p+${offset}`, local: `x${i}` }
    })
    const each = (make: (part: (typeof parts)[number]) => string, separator: string): string =>
      parts.map(make).join(separator)
    const source = `return {
load(v,p){let a;return {${each(({ key, recipe, place }) => `${key}:(${place},${recipe.load})`, ',')}}},
store(r,v,p){let a;${each(({ key, recipe, place }) => `${place};${recipe.store(`r[${key}]`)}`, ';')}},
lowerFlat(r,out){out.push(${each(({ key, recipe }) => recipe.lower(`r[${key}]`), ',')})},
take(r,unsure,context){const ${each(({ key, local }) => `${local}=r[${key}]`, ',')};
if(${each(({ recipe, local }) => recipe.fits(local), '&&')})return {${each(({ key, local }) => `${key}:${local}`, ',')}};
return unsure([${each(({ local }) => local, ',')}],context)}}`
    try {
      return new Function(source)() as ScalarCode
    } catch {
      this.#codegen.allowed = false
      return undefined
    }
  }
}
