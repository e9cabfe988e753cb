/**
 * The question about a component: do these bytes end in a valid component or in an error of ours?
 * No engine is asked, so that what is measured is ours.
 */
import { InvalidError, LimitError, MalformedError } from '../src/model/errors.ts'
import { FEATURES, type Feature } from '../src/model/features.ts'
import { COMPILE_LIMITS } from '../src/model/limits.ts'
import { decode, decodeNames } from '../src/parser/decode.ts'
import { validate } from '../src/parser/validate.ts'
import { encode } from '../src/text/encode.ts'

export type Verdict = 'valid' | 'malformed' | 'invalid' | 'limit'

/** Something that must never happen. */
export class Escape extends Error {
  override readonly name = 'Escape'
}

const options = { features: new Set(Object.keys(FEATURES) as Feature[]), limits: COMPILE_LIMITS }

/** @throws Escape */
export function checkComponent(bytes: Uint8Array): Verdict {
  try {
    const def = decode(bytes, options)
    decodeNames(def)
    checkRoundTrip(encode(def))
    validate(def, options)
    return 'valid'
  } catch (error) {
    if (error instanceof Escape) throw error
    if (error instanceof LimitError) return 'limit'
    if (error instanceof MalformedError || error instanceof InvalidError) {
      checkError(error, bytes.length)
      return error.kind
    }
    throw new Escape(`an error that is not ours: ${error}`, { cause: error })
  }
}

/** What was decoded encodes to a canonical form, which is a fixed point. */
function checkRoundTrip(encoded: Uint8Array): void {
  const again = encode(decode(encoded, options))
  if (encoded.length !== again.length || encoded.some((byte, i) => byte !== again[i])) {
    throw new Escape('encoding what was decoded is not stable')
  }
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what must not be there
const UNFIT = /[\0-\x09\x0b-\x1f\x7f]/

/** Its place is in the file, and its text is fit to print. */
export function checkError({ message, offset }: MalformedError | InvalidError, length: number): void {
  if (!(offset >= 0 && offset <= length)) throw new Escape(`an offset outside of the file: ${offset}`)
  if (message.length > 4_096) throw new Escape(`a message of ${message.length} characters`)
  if (UNFIT.test(message)) throw new Escape(`unescaped text in a message: ${JSON.stringify(message)}`)
}
