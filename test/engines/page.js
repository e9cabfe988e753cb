/** Runs the smoke module in a page, and tells the server what happened. */

/** The page is served under a policy without 'unsafe-eval'; a smoke without it would prove too little. */
function evalIsForbidden() {
  try {
    new Function('return 1')()
    return false
  } catch {
    return true
  }
}

async function load(name) {
  const response = await fetch(`/examples/${name}`)
  if (!response.ok) throw new Error(`examples/${name}: ${response.status}`)
  return new Uint8Array(await response.arrayBuffer())
}

async function run() {
  if (!evalIsForbidden()) throw new Error('the content security policy is not in force')
  const { smoke } = await import(new URL(location.href).searchParams.get('smoke'))
  return await smoke(load)
}

const outcome = await run().then(
  (lines) => ({ ok: true, lines }),
  (error) => ({ ok: false, lines: [String(error?.stack ?? error)] }),
)
await fetch('/outcome', { method: 'POST', body: JSON.stringify(outcome) })
