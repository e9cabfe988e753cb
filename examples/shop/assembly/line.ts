// What the plugins read of a `line` (orders.wit), by the layout rules of the canonical ABI.
export const LINE_SIZE: usize = 48
export const LINE_QUANTITY: usize = 16
export const LINE_PRICE: usize = 24
export const LINE_TRAITS: usize = 32

export const FRAGILE: u8 = 1
export const HEAVY: u8 = 2
