/**
 * A module or component as its sections, without looking into them: what mutations cut up and put together again with
 * right lengths, so that damage inside a section is not hidden behind a wrong length.
 */
export interface Section {
  readonly id: number
  readonly contents: Uint8Array
}

export const PREAMBLE_LENGTH = 8
export const CORE_MODULE = 1
export const COMPONENT = 4

export function leb(value: number, pad = 0): number[] {
  const out: number[] = []
  let rest = value
  while (rest >= 0x80) {
    out.push((rest % 0x80) | 0x80)
    rest = Math.floor(rest / 0x80)
  }
  out.push(rest)
  for (let i = 0; i < pad; i++) {
    out[out.length - 1] = (out.at(-1) ?? 0) | 0x80
    out.push(0)
  }
  return out
}

/** `undefined` for bytes that are not a preamble and whole sections. */
export function split(bytes: Uint8Array): Section[] | undefined {
  if (bytes.length < PREAMBLE_LENGTH) return undefined
  const sections: Section[] = []
  let at = PREAMBLE_LENGTH
  while (at < bytes.length) {
    const id = bytes[at++] ?? 0
    let length = 0
    for (let shift = 0; ; shift += 7) {
      const byte = bytes[at++]
      if (byte === undefined || shift > 28) return undefined
      length += (byte & 0x7f) * 2 ** shift
      if (byte < 0x80) break
    }
    if (at + length > bytes.length) return undefined
    sections.push({ id, contents: bytes.subarray(at, at + length) })
    at += length
  }
  return sections
}

export function join(preamble: Uint8Array, sections: readonly Section[]): Uint8Array {
  const parts = [preamble.subarray(0, PREAMBLE_LENGTH)]
  for (const { id, contents } of sections) parts.push(Uint8Array.from([id, ...leb(contents.length)]), contents)
  return concat(parts)
}

export function concat(parts: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    out.set(part, at)
    at += part.length
  }
  return out
}

/** The same component with small function bodies and without data: as good a seed, and a thousand times smaller. */
export function thin(component: Uint8Array): Uint8Array {
  const sections = split(component)
  if (sections === undefined) return component
  return join(
    component,
    sections.map(({ id, contents }) => ({
      id,
      contents: id === CORE_MODULE ? thinModule(contents) : id === COMPONENT ? thin(contents) : contents,
    })),
  )
}

const CODE = 10
/** custom, start, elements, data, data count */
const DROPPED = new Set([0, 8, 9, 11, 12])

function thinModule(module: Uint8Array): Uint8Array {
  const sections = split(module)?.filter(({ id }) => !DROPPED.has(id))
  if (sections === undefined) return module
  return join(
    module,
    sections.map(({ id, contents }) => ({ id, contents: id === CODE ? unreachableBodies(contents) : contents })),
  )
}

function unreachableBodies(code: Uint8Array): Uint8Array {
  let count = 0
  let shift = 0
  for (const byte of code) {
    count += (byte & 0x7f) * 2 ** shift
    shift += 7
    if (byte < 0x80) break
  }
  const bodies: number[] = leb(count)
  for (let i = 0; i < count; i++) bodies.push(3, 0, 0x00, 0x0b)
  return Uint8Array.from(bodies)
}
