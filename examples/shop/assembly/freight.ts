// Another shipping plugin, in AssemblyScript: one that others help. Carriers say what they take, all that there are; if there
// is an insurer, the basket that the application has lent is lent to it in turn.
import { FRAGILE, HEAVY, LINE_SIZE, LINE_TRAITS } from './line'

export { reallocate } from './memory'

// A `list<line>` is written where the second argument says: address and length.
@external('shop:orders/baskets@1.0.0', '[method]basket.lines')
declare function linesOf(basket: i32, result: usize): void

@external('shop:orders/baskets@1.0.0', '[resource-drop]basket')
declare function dropBasket(basket: i32): void

// A `list<tuple<string, result<u64, dispatch-error>>>`: one answer of each carrier.
@external('shop:carriers/quotes@1.0.0', 'quote')
declare function quoteOfAll(express: bool, result: usize): void

// An `option<tuple<string, result<u64, dispatch-error>>>`: one answer, or none.
@external('shop:insurance/cover@1.0.0', 'premium')
declare function premiumOfAny(basket: i32, result: usize): void

const list: usize = memory.data(8, 4)
const option: usize = memory.data(40, 8)

// An answer, `tuple<string, result<u64, dispatch-error>>`: the plugin's id comes first.
const ANSWER_SIZE: usize = 32
const ANSWER_FAILED: usize = 8
const ANSWER_VALUE: usize = 16

const EXPRESS: i32 = 1

export function cost(basket: i32, speed: i32): u64 {
  linesOf(basket, list)
  let lines = load<usize>(list)
  const length = load<u32>(list, 4)
  let cents = cheapest(speed === EXPRESS)
  for (let i: u32 = 0; i < length; i++) {
    const traits = load<u8>(lines, LINE_TRAITS)
    if (traits & HEAVY) cents += 300
    if (traits & FRAGILE) cents += 150
    lines += LINE_SIZE
  }
  premiumOfAny(basket, option)
  const answer = option + 8
  if (load<u8>(option) && !load<u8>(answer, ANSWER_FAILED)) cents += load<u64>(answer, ANSWER_VALUE)
  heap.reset()
  dropBasket(basket) // a loan must be returned before the call ends
  return cents
}

/** A carrier that fails is passed over; that one is left at all, the shop has to see to. */
function cheapest(express: bool): u64 {
  quoteOfAll(express, list)
  const answers = load<usize>(list)
  const length = load<u32>(list, 4)
  let cents = u64.MAX_VALUE
  for (let i: u32 = 0; i < length; i++) {
    const answer = answers + usize(i) * ANSWER_SIZE
    if (!load<u8>(answer, ANSWER_FAILED)) cents = min(cents, load<u64>(answer, ANSWER_VALUE))
  }
  if (cents === u64.MAX_VALUE) unreachable()
  return cents
}
