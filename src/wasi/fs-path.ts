/**
 * Confinement: a guest's path, seen from one of its folders, becomes a host path that is inside the granted folder.
 *
 * A folder is held as the granted root and the names that lead down from it, never as a host path that was true once:
 * the guest may have renamed any of them and put a link in its place. So every use walks down from the root again,
 * name by name. `..` cannot rise above the folder the walk began in, absolute links lead nowhere, and what lies on the
 * way must be a real folder. What is left is another process that swaps folders between the walk and the use.
 */
import type { FsHost } from './fs-host.ts'
import { fail } from './outcome.ts'

/** A folder of the guest. `root` is a real path, without links, chosen by the host. */
export interface Folder {
  readonly host: FsHost
  readonly root: string
  readonly names: readonly string[]
  readonly writable: boolean
}

export interface Place {
  /** Where it is on the host. Its last name may not exist; all before it are real folders. */
  readonly path: string
  readonly names: readonly string[]
  /** The guest wrote a trailing slash: only a folder will do. */
  readonly mustBeFolder: boolean
}

const MAX_LINKS = 40
const MAX_PATH = 4096

export function placeOf(folder: Folder): string {
  return folder.names.length === 0 ? folder.root : `${folder.root}/${folder.names.join('/')}`
}

/** Walks from `folder` along `path`. `follow`: whether a link at its end is followed. */
export function walk(folder: Folder, path: string, follow: boolean): Place {
  const { fs } = folder.host
  if (path === '') fail('no-entry')
  if (path.length > MAX_PATH) fail('name-too-long')
  if (path.includes('\0')) fail('invalid')
  checkFolder(folder)

  const mustBeFolder = /\/\.?$|^\.$|\/\.\.$|^\.\.$/.test(path)
  const done: string[] = []
  let pending = split(folder, path)
  let links = 0
  while (pending.length > 0) {
    const [name = '', ...rest] = pending
    pending = rest
    if (name === '..') {
      if (done.pop() === undefined) fail('not-permitted')
      continue
    }
    const names = [...folder.names, ...done, name]
    const stats = fs.lstatSync(`${folder.root}/${names.join('/')}`, { throwIfNoEntry: false })
    const last = rest.length === 0
    if (stats === undefined) {
      if (!last) fail('no-entry')
    } else if (stats.isSymbolicLink()) {
      if (!last || follow || mustBeFolder) {
        links += 1
        if (links > MAX_LINKS) fail('loop')
        pending = [...split(folder, fs.readlinkSync(`${folder.root}/${names.join('/')}`)), ...rest]
        continue
      }
    } else if (!last && !stats.isDirectory()) fail('not-directory')
    done.push(name)
  }
  const names = [...folder.names, ...done]
  return { path: placeOf({ ...folder, names }), names, mustBeFolder }
}

/** The names of a path relative to a folder. Anything that names another root is refused, in links too. */
function split({ host }: Folder, path: string): string[] {
  if (path.startsWith('/') || (host.windows && /[\\:]/.test(path))) fail('not-permitted')
  return path.split('/').filter((name) => name !== '' && name !== '.')
}

/** The folder itself is still what it was: a chain of real folders below the root. */
function checkFolder({ host, root, names }: Folder): void {
  let path = root
  for (const name of names) {
    path += `/${name}`
    const stats = host.fs.lstatSync(path, { throwIfNoEntry: false })
    if (stats === undefined) fail('no-entry')
    if (!stats.isDirectory()) fail('not-permitted')
  }
}
