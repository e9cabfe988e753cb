/**
 * A promise that resolves to a value with a callable `then` waits for that instead: a future would be read by whoever
 * awaits the call that answers with it. So no promise resolves to such a value, but to a box with it.
 */
export class Held {
  readonly value: unknown

  constructor(value: unknown) {
    this.value = value
    Object.freeze(this)
  }
}

/** For a promise that is about to resolve. */
export function hold<T>(value: T): T | Held {
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null) return value
  return typeof Reflect.get(value, 'then') === 'function' ? new Held(value) : value
}

/** What a promise resolved to. */
export function unheld(value: unknown): unknown {
  return value instanceof Held ? value.value : value
}
