// The shipping plugin, in AssemblyScript. The application lends it a basket, and it looks into the basket through the
// interface it imports: the calls go to the plugin that made the basket.
import { FRAGILE, HEAVY, LINE_SIZE, LINE_TRAITS } from './line'

export { reallocate } from './memory'

// A `list<line>` is written where the second argument says: address and length.
@external('shop:orders/baskets@1.0.0', '[method]basket.lines')
declare function linesOf(basket: i32, result: usize): void

@external('shop:orders/baskets@1.0.0', '[resource-drop]basket')
declare function dropBasket(basket: i32): void

const list: usize = memory.data(8, 4)

const EXPRESS: i32 = 1

export function cost(basket: i32, speed: i32): u64 {
  linesOf(basket, list)
  const lines = load<usize>(list)
  const length = load<u32>(list, 4)
  let cents: u64 = speed === EXPRESS ? 1290 : 490
  for (let i: u32 = 0; i < length; i++) {
    const traits = load<u8>(lines + usize(i) * LINE_SIZE, LINE_TRAITS)
    if (traits & HEAVY) cents += 300
    if (traits & FRAGILE) cents += 150
  }
  heap.reset()
  dropBasket(basket) // a loan must be returned before the call ends
  return cents
}
