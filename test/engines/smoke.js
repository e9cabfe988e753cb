/**
 * The smallest smoke: the built main entry loads and offers something. `examples/smoke/smoke.js` takes its place as soon
 * as it exists; it has the same shape, uses nothing of an engine but `load`, and reaches the package by a relative path.
 *
 * @param {(name: string) => Promise<Uint8Array>} load gives the bytes of a file below `examples/`
 * @returns {Promise<string[]>} what happened, a line each; a failure throws
 */
export async function smoke(load) {
  if (typeof load !== 'function') throw new TypeError('no loader')
  const entry = await import('../../dist/index.js')
  const names = Object.keys(entry)
  if (names.length === 0) throw new Error('dist/index.js exports nothing')
  return [`dist/index.js exports ${names.length} names`]
}
