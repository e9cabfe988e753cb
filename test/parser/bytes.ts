/** Bytes by hand: a number is a byte, a string is a name (its length, then UTF-8), an array is what it holds. */
export type Part = number | string | Uint8Array | readonly Part[]

export function bytes(...parts: readonly Part[]): Uint8Array {
  const out: number[] = []
  const add = (part: Part): void => {
    if (typeof part === 'number') out.push(part)
    else if (typeof part === 'string') {
      const utf8 = new TextEncoder().encode(part)
      for (const byte of leb(utf8.length)) out.push(byte)
      for (const byte of utf8) out.push(byte)
    } else for (const inner of part) add(inner)
  }
  add(parts)
  return Uint8Array.from(out)
}

export function leb(value: number): number[] {
  const out: number[] = []
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return [...out, rest]
    out.push((rest % 128) | 0x80)
  }
}

export function section(id: number, ...parts: readonly Part[]): Uint8Array {
  const contents = bytes(...parts)
  return bytes(id, leb(contents.length), contents)
}

export const COMPONENT = [0x00, 0x61, 0x73, 0x6d, 0x0d, 0x00, 0x01, 0x00]
export const MODULE = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00]

export function component(...sections: readonly Part[]): Uint8Array {
  return bytes(COMPONENT, ...sections)
}

export function coreModule(...sections: readonly Part[]): Uint8Array {
  return bytes(MODULE, ...sections)
}

/** The same data without offsets, which differ between two files that say the same. */
export function withoutOffsets(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutOffsets)
  if (value === null || typeof value !== 'object' || value instanceof Uint8Array) return value
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key]) => key !== 'at' && key !== 'end')
      .map(([key, inner]) => [key, withoutOffsets(inner)]),
  )
}

export function thrown(run: () => unknown): unknown {
  try {
    run()
  } catch (error) {
    return error
  }
  throw new Error('nothing was thrown')
}
