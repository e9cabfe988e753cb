/** The scripts below a folder, and skip lists, where there is a file system: Node, Deno, Bun. */
import { readdir, readFile } from 'node:fs/promises'
import { basename, join, resolve } from 'node:path'

/** @returns file names that begin with the folder's own, as skip lists have them, and texts */
export async function readScripts(folder) {
  const names = (await readdir(folder, { recursive: true })).filter((name) => name.endsWith('.wast')).sort()
  if (names.length === 0) throw new Error(`there are no scripts in ${folder}`)
  const suite = basename(resolve(folder))
  return await Promise.all(
    names.map(async (name) => [`${suite}/${name.replaceAll('\\', '/')}`, await readFile(join(folder, name), 'utf8')]),
  )
}

export async function readLists(paths) {
  return await Promise.all(paths.map((path) => readFile(path, 'utf8')))
}
