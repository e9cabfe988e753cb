// The application: fills a basket, asks every discount plugin for an offer, and has an invoice written.
// It knows the interfaces it imports, and neither who implements them nor in which language.
import invoices from 'shop:billing/invoices@1.0.0'
import discount from 'shop:offers/discount@1.0.0'
import baskets from 'shop:orders/baskets@1.0.0'
import rates from 'shop:shipping/rates@1.0.0'

export const checkout = {
  run(customer) {
    if (customer === '') throw 'a customer must have a name'
    const report = []

    const basket = new baskets.Basket(customer)
    report.push(`a basket for ${basket.customer()}`)
    add(report, basket, 'tea', 3)
    add(report, basket, 'pot', 1, 'a gift: please wrap it 🎁')
    add(report, basket, 'unicorn', 1)
    add(report, basket, 'pot', 99)

    const forgotten = new baskets.Basket(customer)
    add(report, forgotten, 'cup', 6)
    report.push(`baskets open: ${baskets.openBaskets()}`)
    const all = baskets.Basket.merge(basket, forgotten)
    report.push(`merged into one of ${money(all.total())}; baskets open: ${baskets.openBaskets()}`)
    for (const line of all.lines()) report.push(`  ${describe(line)}`)

    const reductions = []
    for (const [plugin, answer] of discount.propose(all.lines(), all.total())) {
      if (answer.tag === 'err') report.push(`offer of ${plugin}: failed with ${answer.val.tag}`)
      else if (answer.val === null) report.push(`offer of ${plugin}: nothing`)
      else {
        report.push(`offer of ${plugin}: ${answer.val.title}, ${money(answer.val.centsOff)} off`)
        reductions.push({ title: answer.val.title, cents: answer.val.centsOff })
      }
    }

    report.push(`shipping: ${money(rates.cost(all, 'standard'))}, express ${money(rates.cost(all, 'express'))}`)
    const invoice = invoices.issue(all, reductions, rates.cost(all, 'standard'))
    report.push(`invoice ${invoice.number}: ${money(invoice.due)} to pay`)
    for (const line of invoice.text) report.push(`  ${line}`)
    report.push(`baskets open: ${baskets.openBaskets()}`)

    try {
      invoices.issue(new baskets.Basket(customer), [], 0)
    } catch (error) {
      report.push(`an invoice for an empty basket: ${reason(error).tag}; baskets open: ${baskets.openBaskets()}`)
    }
    return report
  },
}

function add(report, basket, sku, quantity, note = null) {
  try {
    report.push(`${quantity} × ${sku}: total ${money(basket.add(sku, quantity, note))}`)
  } catch (error) {
    report.push(`${quantity} × ${sku}: ${refusal(reason(error))}`)
  }
}

function refusal(error) {
  switch (error.tag) {
    case 'unknown-item':
      return `there is no ${error.val}`
    case 'sold-out':
      return `only ${error.val.left} of ${error.val.wanted} left`
  }
}

function describe({ name, quantity, price, traits, note }) {
  const handling = Object.keys(traits).filter((trait) => traits[trait])
  return [`${quantity} × ${name} at ${money(price)}`, ...handling, ...(note === null ? [] : [`(${note})`])].join(', ')
}

/** What an imported function failed with: an error of its own type comes as `payload`, anything else is not ours. */
function reason(error) {
  if (error?.payload === undefined) throw error
  return error.payload
}

function money(cents) {
  return (Number(cents) / 100).toFixed(2)
}
