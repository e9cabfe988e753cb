/**
 * Value definitions: the bytes of a constant against its type.
 *
 * A list may be as long as its bytes say: an element of at least one byte makes the count bounded by the bytes. Depth is
 * bounded by the type's.
 *
 * @spec Value Definitions
 * @throws InvalidError
 */
import type { ValTypeRef } from '../model/component.ts'
import type { ValType } from '../model/types.ts'
import { infoOf } from './type-info.ts'
import { requireValues } from './validate-extern.ts'
import type { Scope } from './validate-scope.ts'
import { valTypeOf } from './validate-valtype.ts'
import type { Validation } from './validation.ts'

export function defineValue(scope: Scope, ref: ValTypeRef, bytes: Uint8Array): void {
  const cx: Validation = scope.cx
  requireValues(cx)
  const type = valTypeOf(scope, ref)
  if (infoOf(cx, type).borrow) cx.fail('value cannot contain a `borrow` type')
  const reader = new ValueReader(cx, bytes)
  reader.value(type)
  if (!reader.done) cx.fail('unexpected data at the end of the value')
  scope.add('value', { type, used: false })
}

const INTEGER: { readonly [kind: string]: number } = { u16: 16, s16: 16, u32: 32, s32: 32, u64: 64, s64: 64 }

class ValueReader {
  readonly #cx: Validation
  readonly #bytes: Uint8Array
  #pos = 0

  constructor(cx: Validation, bytes: Uint8Array) {
    this.#cx = cx
    this.#bytes = bytes
  }

  get done(): boolean {
    return this.#pos === this.#bytes.length
  }

  value(type: ValType): void {
    switch (type.kind) {
      case 'bool':
        this.#case(2)
        return
      case 'u8':
      case 's8':
        this.#take(1)
        return
      case 'f32':
        this.#float(4)
        return
      case 'f64':
        this.#float(8)
        return
      case 'char':
        this.#char()
        return
      case 'string':
        this.#utf8(this.#take(this.#leb(32)))
        return
      case 'record':
        for (const field of type.fields) this.value(field.type)
        return
      case 'tuple':
        for (const element of type.elements) this.value(element)
        return
      case 'list':
        this.#items(type.length ?? this.#leb(32), [type.element])
        return
      case 'map':
        this.#items(this.#leb(32), [type.key, type.value])
        return
      case 'variant':
        this.#payload(type.cases[this.#index(type.cases.length)]?.type)
        return
      case 'enum':
        this.#index(type.labels.length)
        return
      case 'flags':
        this.#take(Math.ceil(type.labels.length / 8))
        return
      case 'option':
        this.#payload(this.#case(2) === 1 ? type.some : undefined)
        return
      case 'result':
        this.#payload(this.#case(2) === 1 ? type.err : type.ok)
        return
      default: {
        const bits = INTEGER[type.kind]
        if (bits === undefined) this.#cx.fail(`a value of type \`${type.kind}\` cannot be written down`)
        this.#leb(bits, type.kind.startsWith('s'))
        return
      }
    }
  }

  #items(count: number, parts: readonly ValType[]): void {
    // every item takes a byte at least
    if (count > this.#bytes.length - this.#pos) this.#end()
    for (let i = 0; i < count; i++) for (const part of parts) this.value(part)
  }

  #payload(type: ValType | undefined): void {
    if (type !== undefined) this.value(type)
  }

  #end(): never {
    return this.#cx.fail('unexpected end of value')
  }

  #take(count: number): Uint8Array {
    const end = this.#pos + count
    if (end > this.#bytes.length) this.#end()
    const taken = this.#bytes.subarray(this.#pos, end)
    this.#pos = end
    return taken
  }

  #byte(): number {
    return this.#take(1)[0] ?? this.#end()
  }

  /** One byte below `count`. */
  #case(count: number): number {
    const byte = this.#byte()
    return byte < count ? byte : this.#cx.fail(`invalid leading byte (0x${byte.toString(16)}) for value`)
  }

  #index(count: number): number {
    const index = this.#leb(32)
    return index < count ? index : this.#cx.fail(`value has case ${index} of ${count}`)
  }

  #leb(bits: number, signed = false): number {
    let [result, shift] = [0n, 0]
    for (let more = true; more; shift += 7) {
      if (shift >= bits) this.#cx.fail('invalid integer in value')
      const byte = this.#byte()
      result |= BigInt(byte & 0x7f) << BigInt(shift)
      more = byte >= 0x80
    }
    const value = signed ? BigInt.asIntN(shift, result) : result
    if ((signed ? BigInt.asIntN : BigInt.asUintN)(bits, value) !== value) this.#cx.fail('invalid integer in value')
    // counts and cases are 32 bits; the value of a wider integer is not looked at
    return Number(value)
  }

  /** There is one NaN. */
  #float(size: 4 | 8): void {
    const bytes = this.#take(size)
    const view = new DataView(bytes.buffer, bytes.byteOffset, size)
    const high = view.getUint32(size - 4, true)
    const [value, canonical] =
      size === 4
        ? [view.getFloat32(0, true), high === 0x7fc0_0000]
        : [view.getFloat64(0, true), high === 0x7ff8_0000 && view.getUint32(0, true) === 0]
    if (Number.isNaN(value) && !canonical) this.#cx.fail('value has a NaN that is not canonical')
  }

  #char(): void {
    const first = this.#bytes[this.#pos] ?? this.#end()
    const length = first < 0xc0 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4
    const text = this.#utf8(this.#take(length))
    if ([...text].length !== 1) this.#cx.fail('malformed UTF-8 encoding')
  }

  #utf8(bytes: Uint8Array): string {
    try {
      return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
    } catch {
      return this.#cx.fail('malformed UTF-8 encoding')
    }
  }
}
