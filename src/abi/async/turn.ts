/**
 * A turn of the event loop: what is due outside gets its chance, timers and input included. By what the platform has,
 * without a minimal delay and without keeping a process alive for itself.
 */
export function turn(): Promise<void> {
  const immediate: unknown = Reflect.get(globalThis, 'setImmediate')
  return new Promise((resolve) => {
    if (typeof immediate === 'function') {
      immediate(resolve)
      return
    }
    if (typeof MessageChannel === 'function') {
      const { port1, port2 } = new MessageChannel()
      port1.onmessage = () => {
        port1.close()
        port2.close()
        resolve()
      }
      port2.postMessage(undefined)
      return
    }
    setTimeout(resolve, 0)
  })
}
