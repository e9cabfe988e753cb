/**
 * The reference suite of the specification through the public `runWast`, on any engine: nothing of a platform is used.
 */

/** What the suite wants on beside the defaults; see its README. */
const GATES = ['more-async-builtins', 'async-stackful', 'threading', 'fixed-length-lists', 'core-exceptions', 'core-gc']

/**
 * @param {{ Engine: Function, runWast: Function }} wasmLink
 * @param {readonly (readonly [file: string, script: string])[]} scripts
 * @param {readonly string[]} lists what this engine is known not to pass, as text: `path:line reason`, one a line; an
 *   entry that excuses nothing is a failure
 */
export async function runSuite({ Engine, runWast }, scripts, lists) {
  const skip = new Map(lists.flatMap((list) => list.split('\n')).flatMap(entry))
  const total = { passed: 0, failed: 0, skipped: 0 }
  const failures = []
  for (const [file, script] of scripts) {
    const engine = new Engine({ features: Object.fromEntries(GATES.map((gate) => [gate, true])) })
    const report = await runWast(script, { file, engine, skip })
    for (const count of Object.keys(total)) total[count] += report[count]
    failures.push(...report.failures)
  }
  return { ...total, failures }
}

function entry(line) {
  const [, place, reason] = /^([^#\s]\S*)\s+(.*)$/.exec(line.trim()) ?? []
  return place === undefined ? [] : [[place, reason]]
}

/** What happened, a line each. */
export function linesOf({ passed, failed, skipped, failures }, files) {
  return [
    ...failures.map(({ at, expected, got }) => `${at}: expected ${expected}; got ${got}`),
    `${passed} passed, ${failed} failed, ${skipped} skipped in ${files} files`,
  ]
}
