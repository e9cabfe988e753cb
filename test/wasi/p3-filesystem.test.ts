/** `wasi:filesystem@0.3` on real folders. That nothing leads out of a granted folder is 0.2's to show: this is on top of it. */
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeEach, describe, expect, test } from 'vitest'
import type { Descriptor } from '../../src/wasi/p3/filesystem.ts'
import { errOf, interfacesOf } from './help.ts'
import { call3, chunks, err, OK, readAll, textOfAll } from './p3-help.ts'

const base = realpathSync(mkdtempSync(join(tmpdir(), 'wasm-link-p3-fs-')))
afterAll(() => rmSync(base, { recursive: true, force: true }))

const FOLLOW = { symlinkFollow: true }
const NO = {
  read: false,
  write: false,
  fileIntegritySync: false,
  dataIntegritySync: false,
  requestedWriteSync: false,
  mutateDirectory: false,
}
const READ = { ...NO, read: true }
const WRITE = { ...READ, write: true }
const OPEN = { create: false, directory: false, exclusive: false, truncate: false }
const CREATE = { ...OPEN, create: true }

let folder: Descriptor
let readOnly: Descriptor
let path: string

beforeEach(async () => {
  path = mkdtempSync(join(base, 'granted-'))
  writeFileSync(join(path, 'file'), 'hello there')
  const interfaces = await interfacesOf({
    dirs: { '/rw': { host: path, writable: true }, '/ro': { host: path } },
  })
  const found = call3(interfaces, 'wasi:filesystem/preopens#getDirectories') as [Descriptor, string][]
  expect(found.map(([, name]) => name)).toEqual(['/rw', '/ro'])
  const [[rw] = [], [ro] = []] = found
  if (rw === undefined || ro === undefined) throw new TypeError('no folders')
  folder = rw
  readOnly = ro
})

describe('files', () => {
  test('are read from an offset', async () => {
    const file = folder.openAt(FOLLOW, 'file', OPEN, READ)
    expect(await textOfAll(file.readViaStream(0n))).toBe('hello there')
    expect(await readAll(file.readViaStream(6n))).toMatchObject({ ended: OK })
    expect(await textOfAll(file.readViaStream(6n))).toBe('there')
    expect(await textOfAll(file.readViaStream(600n))).toBe('')
  })

  test('are read in chunks, and closed when the reader leaves', async () => {
    writeFileSync(join(path, 'large'), Buffer.alloc(200_000, 'x'))
    using file = folder.openAt(FOLLOW, 'large', OPEN, READ)
    const sizes: number[] = []
    const [stream, ended] = file.readViaStream(0n)
    for await (const chunk of stream) {
      sizes.push(chunk.length)
      if (sizes.length === 2) break
    }
    expect(sizes).toEqual([65_536, 65_536])
    expect(await ended).toEqual(OK)
  })

  test('are written at an offset and at their end', async () => {
    using file = folder.openAt(FOLLOW, 'file', OPEN, WRITE)
    expect(await file.writeViaStream(chunks('J', 'o', 'lly'), 0n)).toEqual(OK)
    expect(await file.appendViaStream(chunks('!', '!'))).toEqual(OK)
    expect(readFileSync(join(path, 'file'), 'utf8')).toBe('Jolly there!!')
  })

  test('say what they are', () => {
    const stat = folder.statAt(FOLLOW, 'file')
    expect(stat).toMatchObject({ type: { tag: 'regular-file' }, size: 11n, linkCount: 1n })
    expect(folder.stat().type).toEqual({ tag: 'directory' })
    expect(folder.openAt(FOLLOW, 'file', OPEN, READ).getType()).toEqual({ tag: 'regular-file' })
    expect(folder.isSameObject(readOnly)).toBe(true)
    expect(folder.isSameObject(folder.openAt(FOLLOW, 'file', OPEN, READ))).toBe(false)
    expect(folder.metadataHash()).toEqual(readOnly.metadataHash())
  })
})

describe('folders', () => {
  test('are listed', async () => {
    mkdirSync(join(path, 'inner'))
    symlinkSync('file', join(path, 'link'))
    const { all, ended } = await readAll(folder.readDirectory())
    expect(ended).toEqual(OK)
    expect(all.sort((a, b) => a.name.localeCompare(b.name))).toEqual([
      { name: 'file', type: { tag: 'regular-file' } },
      { name: 'inner', type: { tag: 'directory' } },
      { name: 'link', type: { tag: 'symbolic-link' } },
    ])
  })

  test('are changed', async () => {
    folder.createDirectoryAt('inner')
    using inner = folder.openAt(FOLLOW, 'inner', { ...OPEN, directory: true }, { ...READ, mutateDirectory: true })
    using made = inner.openAt(FOLLOW, 'new', CREATE, WRITE)
    expect(await made.writeViaStream(chunks('new'), 0n)).toEqual(OK)
    made.setSize(2n)
    made.sync()
    inner.renameAt('new', folder, 'moved')
    folder.linkAt({ symlinkFollow: false }, 'moved', inner, 'linked')
    folder.symlinkAt('moved', 'link')
    expect(folder.readlinkAt('link')).toBe('moved')
    expect(readFileSync(join(path, 'inner/linked'), 'utf8')).toBe('ne')
    inner.unlinkFileAt('linked')
    folder.removeDirectoryAt('inner')
    expect(errOf(() => folder.statAt(FOLLOW, 'inner'))).toEqual({ tag: 'no-entry' })
  })
})

describe('errors are variants', () => {
  const refusals: readonly (readonly [string, () => unknown, string])[] = [
    ['what is not there', () => folder.openAt(FOLLOW, 'nothing', OPEN, READ), 'no-entry'],
    ['a way out', () => folder.openAt(FOLLOW, '../x', OPEN, READ), 'not-permitted'],
    ['a change in a folder granted read-only', () => readOnly.createDirectoryAt('x'), 'read-only'],
    ['writing through it', () => readOnly.openAt(FOLLOW, 'file', OPEN, WRITE), 'read-only'],
    ['a file as a folder', () => folder.openAt(FOLLOW, 'file/x', OPEN, READ), 'not-directory'],
    ['a folder as a file', () => folder.advise(), 'is-directory'],
  ]
  test.each(refusals)('%s', (_, run, tag) => {
    expect(errOf(run)).toEqual({ tag })
  })

  test('of streams, in their futures', async () => {
    using written = folder.openAt(FOLLOW, 'file', OPEN, { ...NO, write: true })
    using read = folder.openAt(FOLLOW, 'file', OPEN, READ)
    expect(await readAll(folder.readViaStream(0n))).toEqual({ all: [], ended: err('is-directory') })
    expect(await readAll(written.readViaStream(0n))).toEqual({ all: [], ended: err('bad-descriptor') })
    expect(await readAll(read.readDirectory())).toEqual({ all: [], ended: err('not-directory') })
    expect(await readAll(read.readViaStream(2n ** 60n))).toEqual({ all: [], ended: err('invalid') })
    let left = false
    async function* source(): AsyncGenerator<Uint8Array> {
      try {
        yield new Uint8Array(1)
      } finally {
        left = true
      }
    }
    const begun = source()
    await begun.next()
    expect(await read.writeViaStream(begun, 0n)).toEqual(err('bad-descriptor'))
    expect(left).toBe(true)
    expect(await folder.appendViaStream(chunks('x'))).toEqual(err('is-directory'))
  })
})
