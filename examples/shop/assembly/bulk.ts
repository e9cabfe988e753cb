// A discount plugin in AssemblyScript: ten percent off every line of three or more.
//
// AssemblyScript's strings are UTF-16, so the component is built for that encoding: whoever calls it transcodes.
// The build script gives the exported functions the names that the canonical ABI asks for, which no language can spell.
import { LINE_PRICE, LINE_QUANTITY, LINE_SIZE } from './line'

export { reallocate } from './memory'

// The answer, an `option<offer>` (offers.wit): 24 bytes, aligned to 8.
const answer: usize = memory.data(24, 8)
const ANSWER_TITLE: usize = 8
const ANSWER_TITLE_LENGTH: usize = 12
const ANSWER_CENTS_OFF: usize = 16

export function propose(lines: usize, length: u32, total: u64): usize {
  let cents: u64 = 0
  for (let i: u32 = 0; i < length; i++) {
    const line = lines + usize(i) * LINE_SIZE
    const quantity = load<u32>(line, LINE_QUANTITY)
    if (quantity >= 3) cents += (quantity * load<u64>(line, LINE_PRICE)) / 10
  }
  store<u8>(answer, u8(cents > 0))
  if (cents > 0) {
    const title = 'three or more of a kind – 10 %'
    store<usize>(answer, changetype<usize>(title), ANSWER_TITLE)
    store<u32>(answer, title.length, ANSWER_TITLE_LENGTH)
    store<u64>(answer, cents, ANSWER_CENTS_OFF)
  }
  return answer
}

export function afterPropose(answer: usize): void {
  heap.reset()
}
