/** The decoder with all its rules at hand, for those who do not mind the size. */
import type { ComponentDef } from '../model/component.ts'
import { type DecodeOptions, decodeWith } from './decode-with.ts'
import * as rare from './rare-rules.ts'

export { decodeNames } from './component-names.ts'
export type { DecodeOptions } from './decode-with.ts'

/** @throws MalformedError, LimitError, InvalidError; see `decodeWith` */
export function decode(bytes: Uint8Array, options: DecodeOptions): ComponentDef {
  return decodeWith(() => rare, bytes, options)
}
