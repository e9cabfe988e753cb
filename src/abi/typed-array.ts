/**
 * Typed arrays as the engine knows them, whatever properties they were given or inherit: asking those could run code, at
 * a moment when none may run.
 */

const PROTOTYPE: object = Object.getPrototypeOf(Uint8Array.prototype)

const getter = (key: string | symbol): ((this: unknown) => unknown) =>
  Object.getOwnPropertyDescriptor(PROTOTYPE, key)?.get as (this: unknown) => unknown // the language says so

const nameGetter = getter(Symbol.toStringTag)
const lengthGetter = getter('length')
const bufferGetter = getter('buffer')
const byteOffsetGetter = getter('byteOffset')
const byteLengthGetter = getter('byteLength')

/** `undefined` for everything else; arrays of another realm fit, and subclasses (Buffer) do. */
export const typedArrayName = (value: unknown): unknown => nameGetter.call(value)

/** 0 once the buffer was transferred. */
export const typedArrayLength = (array: ArrayBufferView): number => lengthGetter.call(array) as number

/** Copies its bytes to where there is room for them. */
export function copyBytesOf(from: ArrayBufferView, to: Uint8Array, ptr: number): void {
  const byteLength = byteLengthGetter.call(from) as number
  // one whose buffer was transferred is empty, and cannot be looked at
  if (byteLength === 0) return
  const buffer = bufferGetter.call(from) as ArrayBuffer
  to.set(new Uint8Array(buffer, byteOffsetGetter.call(from) as number, byteLength), ptr)
}
