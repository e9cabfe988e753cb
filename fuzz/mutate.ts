/**
 * One damaged component from a sound one. Half of the damage is blind (bytes, ranges, numbers); half knows sections and
 * keeps their lengths right, also those of nested components, so that it reaches the decoders of items.
 */
import type { Random } from './random.ts'
import { COMPONENT, CORE_MODULE, concat, join, leb, PREAMBLE_LENGTH, type Section, split } from './sections.ts'

const INTERESTING_BYTES = [0x00, 0x01, 0x02, 0x0b, 0x3f, 0x40, 0x41, 0x42, 0x50, 0x60, 0x63, 0x70, 0x7f, 0x80, 0xff]
const INTERESTING_NUMBERS = [0, 1, 2, 100, 127, 128, 1_000, 10_001, 100_001, 1_000_001, 2 ** 28, 2 ** 31, 2 ** 32 - 1]

/** @param other where spliced parts come from */
export function mutate(random: Random, bytes: Uint8Array, other: Uint8Array): Uint8Array {
  let out = bytes
  for (let left = 1 + random.below(3); left > 0; left--) {
    out = (random.chance(0.6) ? mutateSections(random, out, other) : undefined) ?? mutateBytes(random, out)
  }
  return out
}

function mutateBytes(random: Random, bytes: Uint8Array): Uint8Array {
  if (bytes.length === 0) return random.bytes(1 + random.below(4))
  const at = random.below(bytes.length)
  const end = Math.min(bytes.length, at + 1 + random.below(random.chance(0.8) ? 4 : 64))
  const before = bytes.subarray(0, at)
  const after = bytes.subarray(end)
  switch (random.below(8)) {
    case 0:
      return overwrite(bytes, at, [(bytes[at] ?? 0) ^ (1 << random.below(8))])
    case 1:
      return overwrite(bytes, at, [random.pick(INTERESTING_BYTES)])
    case 2:
      return overwrite(bytes, at, [random.below(256)])
    case 3: {
      const number = Uint8Array.from(leb(random.pick(INTERESTING_NUMBERS), random.chance(0.3) ? random.below(6) : 0))
      return concat([before, number, bytes.subarray(at + (random.chance(0.5) ? 1 : 0))])
    }
    case 4:
      return concat([before, after])
    case 5:
      return concat([bytes.subarray(0, end), bytes.subarray(at, end), after])
    case 6:
      return concat([before, random.bytes(1 + random.below(6)), bytes.subarray(at)])
    default:
      return overwrite(bytes, at, [(bytes[at] ?? 0) + (random.chance(0.5) ? 1 : 255)])
  }
}

function overwrite(bytes: Uint8Array, at: number, values: readonly number[]): Uint8Array {
  const out = Uint8Array.from(bytes)
  for (const [i, value] of values.entries()) if (at + i < out.length) out[at + i] = value
  return out
}

/** `undefined` where there are no sections to damage. */
function mutateSections(random: Random, bytes: Uint8Array, other: Uint8Array): Uint8Array | undefined {
  const sections = split(bytes)
  if (sections === undefined || sections.length === 0) return undefined
  const at = random.below(sections.length)
  const section = sections[at]
  if (section === undefined) return undefined
  return join(bytes, changed(random, sections, at, section, other))
}

function changed(
  random: Random,
  sections: readonly Section[],
  at: number,
  section: Section,
  other: Uint8Array,
): readonly Section[] {
  const { id, contents } = section
  const to = random.below(sections.length)
  switch (random.below(12)) {
    case 0:
      return sections.toSpliced(at, 1)
    case 1:
      return sections.toSpliced(to, 0, section)
    case 2:
      return sections.toSpliced(at, 1).toSpliced(to, 0, section)
    case 3: {
      const theirs = split(other) ?? []
      return theirs.length === 0 ? sections : sections.toSpliced(to, 0, random.pick(theirs))
    }
    case 4:
      return sections.with(at, { id: random.below(15), contents })
    case 5: {
      const preamble = Uint8Array.from([0, 0x61, 0x73, 0x6d, 0x0d, 0, 1, 0])
      return [{ id: COMPONENT, contents: join(preamble, sections) }]
    }
    default: {
      const nested = (id === CORE_MODULE || id === COMPONENT) && contents.length > PREAMBLE_LENGTH
      const inner = nested && random.chance(0.8) ? mutateSections(random, contents, other) : undefined
      return sections.with(at, { id, contents: inner ?? mutateBytes(random, contents) })
    }
  }
}
