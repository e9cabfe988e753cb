// The shop from its manifest: loaded, called, watched, and changed while it runs. Who calls gives the package and says where
// lines go, so that the demo runs it on what is built and the tests on the sources.

/** @returns what there is to see in the end, for those who want to know whether it was right */
export async function tour({ Engine, hostPlugin, PluginTree, unwrap }, say) {
  const indented = (text) => text.trimEnd().replace(/^/gm, '    ')
  const manifest = new URL('./tree.json', import.meta.url)

  say(
    '1. A manifest says which plugins there are and where they are plugged. What each of them uses, its imports say.\n',
  )
  const { tree, problems } = await PluginTree.read(manifest)
  const engine = new Engine()
  const found = [...problems, ...(await tree.check(engine))]
  say(`    checked, and nothing ran: ${found.length} problems\n`)

  const loaded = await tree.load(engine)
  if (!loaded.ok) throw loaded.error.cause
  const { head } = loaded
  say(indented(head.toText()))

  say('\n2. Ada shops. Her basket is a resource of the plugin in C. The application lends it to the freight plugin in')
  say(
    '   AssemblyScript, which lends it on to the insurer, who asks the plugin in C for its worth. All carriers are asked,',
  )
  say('   and the insurer that there may be. The plugin "lucky" divides by zero, which ends it and nobody else.\n')
  const checkout = (customer) => unwrap(head.root.dispatch('checkout', 'run', [customer]).value).val
  const first = checkout('Ada')
  say(indented(first.filter((line) => /^(offer|shipping|invoice|baskets)/.test(line)).join('\n')))
  const states = () => Object.fromEntries([...head.plugins].map(([id, { state }]) => [id, state]))
  const trapped = states()
  say(`\n    lucky is ${trapped.lucky}, the application is ${trapped.app}`)

  say(
    '\n3. While the application runs, JavaScript takes the place of "lucky", a third carrier comes, and the insurer goes.\n',
  )
  const welcome = { propose: (lines) => ({ title: 'welcome back', centsOff: BigInt(lines.length) * 100n }) }
  const offers = head.bindings.get('offers')
  offers
    .replace('lucky', hostPlugin(engine, { 'shop:offers/discount@1.0.0': welcome }, { name: 'welcome' }))
    [Symbol.dispose]()
  const pigeon = hostPlugin(engine, { 'shop:carriers/quotes@1.0.0': { quote: () => 50n } }, { name: 'pigeon' })
  head.bindings.get('carriers').plug('pigeon', pigeon)
  head.bindings.get('insurance').unplug('insurer')[Symbol.dispose]()
  const second = checkout('Bob')
  say(indented(second.filter((line) => /^(offer|shipping|invoice|baskets)/.test(line)).join('\n')))
  say(`\n${indented(head.toText())}`)

  const drawn = head.toSvg()
  await head[Symbol.asyncDispose]()
  const left = engine.graph().plugins.map(({ name }) => name)
  say(`\nDone. What the tree loaded has ended with it; still there is what came later: ${left.join(' and ')}.`)
  engine[Symbol.dispose]()
  return { found, first, second, trapped, drawn, left }
}
