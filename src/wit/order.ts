/**
 * Dependencies first. Keeps its own stack, for names in a text can be chained as long as the text is.
 * @throws what `cycle` throws, for a node that depends on itself
 */
export function inOrder<N>(
  nodes: Iterable<N>,
  dependencies: (node: N) => Iterable<N>,
  cycle: (node: N) => never,
): readonly N[] {
  const state = new Map<N, 'open' | 'done'>()
  const ordered: N[] = []
  for (const root of nodes) {
    if (state.has(root)) continue
    state.set(root, 'open')
    const path: { readonly node: N; readonly rest: Iterator<N> }[] = [
      { node: root, rest: dependencies(root)[Symbol.iterator]() },
    ]
    for (let top = path.at(-1); top !== undefined; top = path.at(-1)) {
      const next = top.rest.next()
      if (next.done === true) {
        state.set(top.node, 'done')
        ordered.push(top.node)
        path.pop()
        continue
      }
      const known = state.get(next.value)
      if (known === 'open') cycle(next.value)
      if (known === 'done') continue
      state.set(next.value, 'open')
      path.push({ node: next.value, rest: dependencies(next.value)[Symbol.iterator]() })
    }
  }
  return ordered
}
