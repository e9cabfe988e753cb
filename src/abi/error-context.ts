/** An error context: a debug message with an identity. JavaScript may make and read one; guests ask the built-ins. */
import type { TaggedString } from './strings.ts'

export class ErrorContext {
  /** @internal what kind of handle it is in a table */
  readonly kind = 'error-context' as const
  /** @internal with the encoding it came in, if a guest made it */
  message: string | TaggedString

  constructor(debugMessage: string) {
    this.message = debugMessage
  }

  /** @internal */
  static of(message: string | TaggedString): ErrorContext {
    const context = new ErrorContext('')
    context.message = message
    return context
  }

  get debugMessage(): string {
    return String(this.message)
  }
}
