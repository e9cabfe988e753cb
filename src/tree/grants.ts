/**
 * What the host lets each plugin have, and takes back: names picked from its linker, and WASI. Whoever calls a host
 * function passes the guard of its plugin first, so that a grant that was revoked ends the call whatever the function is:
 * a function, a method of a class, a stream of WASI.
 */
import { type Engine, Linker } from '../index.ts'
import { servingKeys, splitVersion } from '../linker/match/import-names.ts'
import { ClosedError, LinkError, quote } from '../model/errors.ts'
import { requestedImport } from '../plugins/remap.ts'
import type { PluginPart } from './model.ts'

const WASI = 'wasi'

/** One plugin's. */
export class PluginGrants {
  /** Still granted. */
  readonly open: Set<string>
  readonly #plugin: string
  readonly #given: ReadonlySet<string>
  readonly #part: Pick<PluginPart<never>, 'host' | 'wasi' | 'remap'>
  /** Import name → the grant it comes from. */
  readonly #origins = new Map<string, string | undefined>()

  constructor(plugin: string, part: Pick<PluginPart<never>, 'host' | 'wasi' | 'remap'>) {
    this.#plugin = plugin
    this.#part = part
    this.#given = new Set([...part.host, ...(part.wasi === undefined ? [] : [WASI])])
    this.open = new Set(this.#given)
  }

  /** @throws LinkError if it was never given */
  revoke(grant: string | undefined): void {
    if (grant !== undefined && !this.#given.has(grant)) {
      const had = [...this.#given].map((name) => `\`${quote(name)}\``).join(', ')
      const message = `plugin \`${quote(this.#plugin)}\` was granted ${had === '' ? 'nothing' : `only ${had}`}`
      throw new LinkError([{ kind: 'bad-id', path: grant, message }])
    }
    if (grant === undefined) this.open.clear()
    else this.open.delete(grant)
  }

  /** Asked before every call of a host function. @throws ClosedError */
  readonly guard = (path: string): void => {
    if (this.open.size === this.#given.size) return
    const grant = this.originOf(path.split('#', 1)[0] ?? path)
    if (grant !== undefined && !this.open.has(grant))
      throw new ClosedError(`the grant \`${quote(grant)}\` of plugin \`${quote(this.#plugin)}\` was revoked`)
  }

  /** The grant that an import is served from. */
  originOf(imported: string): string | undefined {
    if (!this.#origins.has(imported)) this.#origins.set(imported, this.#find(imported))
    return this.#origins.get(imported)
  }

  #find(imported: string): string | undefined {
    const { host, wasi, remap } = this.#part
    const { name } = requestedImport(remap?.imports, imported)
    const { base } = splitVersion(name)
    return (
      servingKeys(name, host)[0] ??
      host.find((granted) => granted === base) ??
      host.find((granted) => splitVersion(granted).base === base) ??
      (wasi !== undefined && base.startsWith('wasi:') ? WASI : undefined)
    )
  }

  /** The host's linker narrowed to what is granted, on this engine. @throws TypeError for options of WASI that are none */
  async narrow<Ctx>(linker: Linker<Ctx>): Promise<Linker<Ctx>> {
    const { host, wasi: options } = this.#part
    const narrow = linker.pick(...host)
    if (options !== undefined) {
      const { wasi } = await import('../wasi/wasi.ts')
      narrow.use(wasi(options))
    }
    return narrow
  }
}

/** The same offers on another engine: to try them without leaving a trace in the first. */
export function onEngine<Ctx>(linker: Linker<Ctx>, engine: Engine): Linker<Ctx> {
  const copy = new Linker<Ctx>(engine)
  for (const source of linker.sources) copy.use(source as object)
  return copy
}
