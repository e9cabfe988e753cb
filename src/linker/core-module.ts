/** A core module as a value: for components that import one, and from components that export one. */
import { COMPILE_LIMITS } from '../model/limits.ts'
import type { Externs } from '../model/types.ts'
import { copyBytes } from './bytes.ts'
import { type LiveModule, standFor } from './items.ts'
import { LINKS, RUNTIME } from './part.ts'

/**
 * @example
 * const module = await CoreModule.compile(bytes)
 * await component.instantiate({ 'acme:codec/module': module })
 */
export class CoreModule {
  readonly imports: Externs
  readonly exports: Externs

  private constructor(live: LiveModule, imports: Externs, exports: Externs) {
    standFor(this, live)
    this.imports = imports
    this.exports = exports
    Object.freeze(this)
  }

  /** @throws MalformedError, InvalidError, LimitError */
  static async compile(bytes: Uint8Array): Promise<CoreModule> {
    const copy = copyBytes(bytes, COMPILE_LIMITS.componentBytes)
    const [runtime] = await Promise.all([RUNTIME.load(), LINKS.load()])
    return CoreModule.of(await runtime.coreModule(copy))
  }

  /** @internal */
  static of(live: LiveModule): CoreModule {
    const none: Externs = new Map()
    const { imports, exports } =
      live.type === undefined ? { imports: none, exports: none } : LINKS.get().moduleTypes(live.type)
    return new CoreModule(live, imports, exports)
  }
}
