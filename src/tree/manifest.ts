/**
 * A manifest from a file or a server: JSON to a model. Whoever writes a manifest decides what its plugins may do, within
 * its own folder: it names components there and grants what lies there. What reaches beyond it, files and folders
 * elsewhere, other servers, the network, needs the word of whoever reads it (`outside`).
 */
import { MalformedError } from '../model/errors.ts'
import { COMPILE_LIMITS } from '../model/limits.ts'
import type { WasiOptions } from '../wasi/options.ts'
import { at, misfit, text } from './check.ts'
import type { ReadOptions, TreeProblem } from './data.ts'
import { asSource, folderOf, type Place, readBytes, resolveInside } from './files.ts'
import { nothing, type TreeModel } from './model.ts'
import { name, problem, reason } from './problems.ts'
import { modelOf, type Origin } from './schema.ts'

/** Bytes of JSON. Ten thousand plugins fit. */
export const MANIFEST_BYTES = 4 * 2 ** 20

export async function readManifest(
  file: URL,
  { root, outside = false }: ReadOptions,
  problems: TreeProblem[],
): Promise<TreeModel<undefined>> {
  let data: unknown
  try {
    // its own place is the reader's choice, wherever it leads
    const bytes = await readBytes(file, { folder: folderOf(file), outside: true }, MANIFEST_BYTES, 'a smaller manifest')
    data = parse(bytes)
  } catch (cause) {
    const fatal = problem('corrupted-interface-manifest', file.href, `cannot read the manifest: ${reason(cause)}`, {
      cause,
    })
    return nothing(fatal, problems)
  }
  return modelOf(data, originAt({ folder: folderOf(file), outside }), problems, root)
}

function parse(bytes: Uint8Array): unknown {
  let json: string
  try {
    json = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw new MalformedError('malformed UTF-8 encoding', 0)
  }
  try {
    return JSON.parse(json)
  } catch (cause) {
    throw new TypeError(`no JSON: ${cause instanceof Error ? cause.message : String(cause)}`, { cause })
  }
}

function originAt(place: Place): Origin {
  return {
    json: true,
    component(value, path) {
      const written = text('a path or a URL')(value, path)
      let url: URL
      try {
        url = resolveInside(written, place)
      } catch (cause) {
        throw misfit(path, `${name(written)} ${reason(cause)}`)
      }
      return { load: (limit) => loadFrom(url, place, limit), from: written }
    },
    wasi: (options, path) => placed(options, path, place),
  }
}

/** Read anew for every load, under the cap of the engine that loads. */
export async function loadFrom(url: URL, place: Place, limit: number = COMPILE_LIMITS.componentBytes) {
  return asSource(await readBytes(url, place, limit, 'compileLimits.componentBytes'))
}

/** Folders relative to the manifest; nothing beyond it unless allowed. */
function placed(options: WasiOptions, path: string, place: Place): WasiOptions {
  const { network, dirs } = options
  if (network === true && !place.outside)
    throw misfit(at(path, 'network'), 'leads out of the folder of the manifest, which is allowed only with `outside`')
  if (dirs === undefined) return options
  const located = Object.entries(dirs).map(([guest, dir]) => {
    const where = at(at(at(path, 'dirs'), guest), 'host')
    try {
      const url = resolveInside(dir.host.endsWith('/') ? dir.host : `${dir.host}/`, place)
      if (url.protocol !== 'file:') throw new TypeError('is no folder of this machine')
      return [guest, { ...dir, host: pathOf(url) }] as const
    } catch (cause) {
      throw misfit(where, `${name(dir.host)} ${reason(cause)}`)
    }
  })
  return { ...options, dirs: Object.fromEntries(located) }
}

/** `fileURLToPath` without Node's module: POSIX, and `C:/…` for Windows, which takes slashes too. */
function pathOf(url: URL): string {
  const path = decodeURIComponent(url.pathname)
  return /^\/[A-Za-z]:\//.test(path) ? path.slice(1) : path
}
