// A cut of ../glue.ts: what echoing a string takes, since no more is called.
const begin = performance.now()
const { readFileSync } = await import('node:fs')
const bytes = readFileSync(new URL('../../examples/small/built/values.core.wasm', import.meta.url))
const { instance } = await WebAssembly.instantiate(bytes)
const { memory, cabi_realloc: realloc, ...named } = instance.exports
const echo = named['example:small/values@0.1.0#echo-string']
const post = named['cabi_post_example:small/values@0.1.0#echo-string']
const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

function echoString(text) {
  const room = text.length * 3
  const address = realloc(0, 0, 1, room)
  const { written } = encoder.encodeInto(text, new Uint8Array(memory.buffer, address, room))
  const area = echo(address, written)
  const view = new DataView(memory.buffer)
  const result = decoder.decode(
    new Uint8Array(memory.buffer, view.getUint32(area, true), view.getUint32(area + 4, true)),
  )
  post(area)
  return result
}

if (echoString('0123456789') !== '0123456789') throw new TypeError('does not echo')
console.log(performance.now() - begin)
