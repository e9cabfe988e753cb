// The billing plugin. The application gives it a basket for good; it reads it through the interface it imports, which
// leads to the plugin that made the basket, and drops it in the end.
import 'shop:orders/baskets@1.0.0'

let last = 20_260_000_000 // more than 32 bits hold

export const invoices = {
  issue(basket, reductions, shipping) {
    try {
      const lines = basket.lines()
      if (lines.length === 0) throw { tag: 'empty-basket' }
      const total = Number(basket.total())
      const off = reductions.reduce((sum, { cents }) => sum + Number(cents), 0)
      if (off > total) throw { tag: 'too-generous', val: off - total }

      const text = [
        ...lines.map(({ name, quantity, price }) => `${amount(quantity * Number(price))}  ${quantity} ${name}`),
        ...reductions.map(({ title, cents }) => `${amount(-Number(cents))}  ${title}`),
        `${amount(Number(shipping))}  shipping to ${basket.customer()}`,
      ]
      last += 1
      return { number: last, text, due: total - off + Number(shipping) }
    } finally {
      basket[Symbol.dispose]() // it was given to us, so it ends here
    }
  },
}

function amount(cents) {
  return (cents / 100).toFixed(2).padStart(8)
}
