/** `wasi:filesystem` on real folders: it works inside a granted folder, and nothing leads out of it. */
import {
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeEach, describe, expect, test } from 'vitest'
import type { Descriptor } from '../../src/wasi/filesystem.ts'
import { InputStream, IoError, OutputStream } from '../../src/wasi/io.ts'
import { call, errOf, interfacesOf, textOf, utf8 } from './help.ts'

const base = realpathSync(mkdtempSync(join(tmpdir(), 'wasm-link-fs-')))
afterAll(() => rmSync(base, { recursive: true, force: true }))

const follow = { symlinkFollow: true }
const noFollow = { symlinkFollow: false }
const flags = (...on: string[]) => ({
  read: on.includes('read'),
  write: on.includes('write'),
  fileIntegritySync: false,
  dataIntegritySync: false,
  requestedWriteSync: on.includes('requestedWriteSync'),
  mutateDirectory: on.includes('mutateDirectory'),
})
const open = (...on: string[]) => ({
  create: on.includes('create'),
  directory: on.includes('directory'),
  exclusive: on.includes('exclusive'),
  truncate: on.includes('truncate'),
})
const READ = flags('read')
const WRITE = flags('read', 'write')

/** grant/ is granted, beside it lies what must stay out of reach. */
async function fixture(writable: boolean): Promise<Descriptor> {
  rmSync(base, { recursive: true, force: true })
  mkdirSync(join(base, 'grant/sub/deep'), { recursive: true })
  mkdirSync(join(base, 'outside'))
  writeFileSync(join(base, 'outside/secret'), 'secret')
  writeFileSync(join(base, 'grant/file'), 'hello')
  writeFileSync(join(base, 'grant/sub/inner'), 'inner')
  symlinkSync('../outside', join(base, 'grant/out'))
  symlinkSync('../outside/secret', join(base, 'grant/out-file'))
  symlinkSync(join(base, 'outside'), join(base, 'grant/out-absolute'))
  symlinkSync('sub/inner', join(base, 'grant/in-link'))
  symlinkSync('../file', join(base, 'grant/sub/up-link'))
  symlinkSync('loop-b', join(base, 'grant/loop-a'))
  symlinkSync('loop-a', join(base, 'grant/loop-b'))
  const interfaces = await interfacesOf({ dirs: { '/data': { host: join(base, 'grant'), writable } } })
  const [entry] = call(interfaces, 'wasi:filesystem/preopens#getDirectories') as [Descriptor, string][]
  if (entry === undefined) throw new TypeError('no preopen')
  expect(entry[1]).toBe('/data')
  return entry[0]
}

const readAll = (file: Descriptor): string => textOf(file.read(1000n, 0n)[0])
let root: Descriptor

describe('a folder granted read-only', () => {
  beforeEach(async () => {
    root = await fixture(false)
  })

  const escapes: readonly (readonly [path: string, error: string])[] = [
    ['..', 'not-permitted'],
    ['../outside/secret', 'not-permitted'],
    ['sub/../../outside/secret', 'not-permitted'],
    ['sub/deep/../../../outside', 'not-permitted'],
    ['./.././outside', 'not-permitted'],
    ['/etc/passwd', 'not-permitted'],
    ['//etc/passwd', 'not-permitted'],
    ['out/secret', 'not-permitted'],
    ['out-file', 'not-permitted'],
    ['out-absolute/secret', 'not-permitted'],
    ['out/.', 'not-permitted'],
    ['out/', 'not-permitted'],
    ['loop-a', 'loop'],
    ['', 'no-entry'],
    ['nothing/file', 'no-entry'],
    ['file/inner', 'not-directory'],
    ['file/..', 'not-directory'],
    ['fi\0le', 'invalid'],
    ['x'.repeat(5000), 'name-too-long'],
  ]
  test.each(escapes)('open %j: %s', (path, error) => {
    expect(errOf(() => root.openAt(follow, path, open(), READ))).toBe(error)
    expect(errOf(() => root.statAt(follow, path))).toBe(error)
    expect(errOf(() => root.metadataHashAt(follow, path))).toBe(error)
  })

  test('a folder below is a border too', () => {
    const sub = root.openAt(follow, 'sub', open('directory'), READ)
    expect(errOf(() => sub.openAt(follow, '../file', open(), READ))).toBe('not-permitted')
    expect(errOf(() => sub.openAt(follow, 'up-link', open(), READ))).toBe('not-permitted')
    expect(readAll(root.openAt(follow, 'sub/up-link', open(), READ))).toBe('hello')
  })

  test('reads: files, links inside, streams, folders', () => {
    expect(readAll(root.openAt(noFollow, 'file', open(), READ))).toBe('hello')
    expect(readAll(root.openAt(follow, 'in-link', open(), READ))).toBe('inner')
    expect(readAll(root.openAt(follow, './sub//../sub/./inner', open(), READ))).toBe('inner')
    expect(errOf(() => root.openAt(noFollow, 'in-link', open(), READ))).toBe('loop')
    const file = root.openAt(follow, 'file', open(), READ)
    expect(file.read(2n, 1n)).toEqual([utf8('el'), false])
    expect(file.read(2n ** 64n - 1n, 5n)).toEqual([utf8(''), true])
    expect(errOf(() => file.read(1n, 2n ** 63n))).toBe('invalid')
    const stream = file.readViaStream(1n)
    expect(stream).toBeInstanceOf(InputStream)
    file[Symbol.dispose]()
    expect(textOf(stream.read(3n))).toBe('ell')
    expect(textOf(stream.blockingRead(3n))).toBe('o')
    expect(errOf(() => stream.read(1n))).toEqual({ tag: 'closed' })
    stream[Symbol.dispose]()
    stream[Symbol.dispose]()
    expect(() => file.read(1n, 0n)).toThrow('bad-descriptor')

    const entries: string[] = []
    using listing = root.readDirectory()
    for (let entry = listing.readDirectoryEntry(); entry !== undefined; entry = listing.readDirectoryEntry()) {
      entries.push(`${entry.type} ${entry.name}`)
    }
    expect(entries.sort()).toEqual([
      'directory sub',
      'regular-file file',
      'symbolic-link in-link',
      'symbolic-link loop-a',
      'symbolic-link loop-b',
      'symbolic-link out',
      'symbolic-link out-absolute',
      'symbolic-link out-file',
    ])
  })

  test('says what things are', () => {
    expect(root.getType()).toBe('directory')
    expect(root.getFlags()).toEqual(READ)
    expect(root.stat().type).toBe('directory')
    const file = root.openAt(follow, 'file', open(), READ)
    expect(file.stat()).toMatchObject({ type: 'regular-file', size: 5n, linkCount: 1n })
    expect(file.stat().dataModificationTimestamp?.seconds).toBeGreaterThan(1_600_000_000n)
    expect(root.statAt(noFollow, 'in-link').type).toBe('symbolic-link')
    expect(root.statAt(follow, 'in-link')).toMatchObject({ type: 'regular-file', size: 5n })
    expect(errOf(() => root.statAt(follow, 'file/'))).toBe('not-directory')
    expect(file.isSameObject(root.openAt(follow, 'file', open(), READ))).toBe(true)
    expect(file.isSameObject(root)).toBe(false)
    expect(file.metadataHash()).toEqual(root.metadataHashAt(follow, 'file'))
    expect(root.readlinkAt('in-link')).toBe('sub/inner')
    expect(errOf(() => root.readlinkAt('out-absolute'))).toBe('not-permitted')
    expect(errOf(() => root.readlinkAt('file'))).toBe('invalid')
  })

  const now = { tag: 'now' } as const
  const changes: readonly (readonly [what: string, run: () => unknown])[] = [
    ['create', () => root.openAt(follow, 'new', open('create'), READ)],
    ['truncate', () => root.openAt(follow, 'file', open('truncate'), READ)],
    ['open for writing', () => root.openAt(follow, 'file', open(), WRITE)],
    ['open for changing a folder', () => root.openAt(follow, 'sub', open('directory'), flags('mutateDirectory'))],
    ['mkdir', () => root.createDirectoryAt('new')],
    ['rmdir', () => root.removeDirectoryAt('sub/deep')],
    ['unlink', () => root.unlinkFileAt('file')],
    ['rename', () => root.renameAt('file', root, 'other')],
    ['link', () => root.linkAt(noFollow, 'file', root, 'other')],
    ['symlink', () => root.symlinkAt('file', 'other')],
    ['set times of a folder', () => root.setTimes(now, now)],
    ['set times at', () => root.setTimesAt(follow, 'file', now, now)],
    ['set times of a file', () => root.openAt(follow, 'file', open(), READ).setTimes(now, now)],
  ]
  test.each(changes)('%s is refused: read-only', (_, run) => {
    expect(errOf(run)).toBe('read-only')
  })

  test('a file opened for reading is not written', () => {
    const file = root.openAt(follow, 'file', open(), READ)
    for (const run of [
      () => file.write(utf8('x'), 0n),
      () => file.writeViaStream(0n),
      () => file.appendViaStream(),
      () => file.setSize(0n),
    ]) {
      expect(errOf(run)).toBe('bad-descriptor')
    }
    expect(readFileSync(join(base, 'grant/file'), 'utf8')).toBe('hello')
  })
})

describe('a folder granted for writing', () => {
  beforeEach(async () => {
    root = await fixture(true)
  })

  test('writes: files, folders, links, times', () => {
    const file = root.openAt(follow, 'new', open('create', 'exclusive'), WRITE)
    expect(file.write(utf8('abcdef'), 0n)).toBe(6n)
    const stream = file.writeViaStream(2n)
    expect(stream).toBeInstanceOf(OutputStream)
    stream.blockingWriteAndFlush(utf8('XY'))
    file.appendViaStream().blockingWriteAndFlush(utf8('!'))
    file.syncData()
    file.sync()
    file.advise()
    expect(readAll(file)).toBe('abXYef!')
    file.setSize(2n)
    expect(readAll(file)).toBe('ab')
    file.setTimes(
      { tag: 'no-change' },
      { tag: 'timestamp', val: { seconds: 1_000_000_000n, nanoseconds: 500_000_000 } },
    )
    expect(file.stat().dataModificationTimestamp).toEqual({ seconds: 1_000_000_000n, nanoseconds: 500_000_000 })
    root.setTimesAt(follow, 'new', { tag: 'now' }, { tag: 'now' })
    expect(file.stat().dataModificationTimestamp?.seconds).toBeGreaterThan(1_600_000_000n)

    root.createDirectoryAt('made')
    root.renameAt('new', root.openAt(follow, 'made', open('directory'), READ), 'moved')
    root.linkAt(noFollow, 'made/moved', root, 'hard')
    root.symlinkAt('made/moved', 'soft')
    expect(readAll(root.openAt(follow, 'soft', open(), READ))).toBe('ab')
    expect(errOf(() => root.removeDirectoryAt('made'))).toBe('not-empty')
    root.unlinkFileAt('made/moved')
    root.removeDirectoryAt('made')
    expect(readAll(root.openAt(follow, 'hard', open('truncate'), WRITE))).toBe('')
    expect(errOf(() => root.statAt(follow, 'soft'))).toBe('no-entry')
  })

  const refusals: readonly (readonly [what: string, error: string, run: () => unknown])[] = [
    ['create through a link out', 'not-permitted', () => root.openAt(follow, 'out/new', open('create'), WRITE)],
    ['mkdir outside', 'not-permitted', () => root.createDirectoryAt('../new')],
    ['mkdir through a link out', 'not-permitted', () => root.createDirectoryAt('out/new')],
    ['unlink outside', 'not-permitted', () => root.unlinkFileAt('out/secret')],
    ['rename from outside', 'not-permitted', () => root.renameAt('../outside/secret', root, 'mine')],
    ['rename to outside', 'not-permitted', () => root.renameAt('file', root, '../file')],
    ['link to outside', 'not-permitted', () => root.linkAt(follow, 'out-file', root, 'mine')],
    ['an absolute link', 'not-permitted', () => root.symlinkAt('/etc', 'etc')],
    ['exclusive on what is there', 'exist', () => root.openAt(noFollow, 'file', open('create', 'exclusive'), WRITE)],
    ['exclusive on a link', 'exist', () => root.openAt(noFollow, 'in-link', open('create', 'exclusive'), WRITE)],
    ['write a folder', 'is-directory', () => root.openAt(follow, 'sub', open(), WRITE)],
    ['a file as a folder', 'not-directory', () => root.openAt(follow, 'file', open('directory'), READ)],
    ['unlink a folder', 'is-directory', () => root.unlinkFileAt('sub/')],
    ['the root itself', 'invalid', () => root.removeDirectoryAt('.')],
    ['requested write sync', 'unsupported', () => root.openAt(follow, 'file', open(), flags('requestedWriteSync'))],
    ['read a folder', 'is-directory', () => root.read(1n, 0n)],
    ['list a file', 'not-directory', () => root.openAt(follow, 'file', open(), READ).readDirectory()],
  ]
  test.each(refusals)('%s: %s', (_, error, run) => {
    expect(errOf(run)).toBe(error)
  })

  test('a held folder that was swapped for a link out does not follow it', () => {
    const sub = root.openAt(follow, 'sub', open('directory'), WRITE_FOLDER)
    root.renameAt('sub', root, 'elsewhere')
    root.symlinkAt('../outside', 'sub')
    expect(errOf(() => sub.openAt(follow, 'secret', open(), READ))).toBe('not-permitted')
    expect(errOf(() => sub.readDirectory())).toBe('not-permitted')
    expect(errOf(() => sub.createDirectoryAt('new'))).toBe('not-permitted')
    expect(readFileSync(join(base, 'outside/secret'), 'utf8')).toBe('secret')
  })

  test('unlinking removes a link, not what it points to', () => {
    root.unlinkFileAt('out-file')
    expect(lstatSync(join(base, 'outside/secret')).isFile()).toBe(true)
  })
})

const WRITE_FOLDER = flags('read', 'mutateDirectory')

test('a read-only grant is not opened by a hard link into a writable one', async () => {
  await fixture(true)
  mkdirSync(join(base, 'writable'))
  const interfaces = await interfacesOf({
    dirs: { '/ro': { host: join(base, 'grant') }, '/rw': { host: join(base, 'writable'), writable: true } },
  })
  const [ro, rw] = (call(interfaces, 'wasi:filesystem/preopens#getDirectories') as [Descriptor, string][]).map(
    ([descriptor]) => descriptor,
  )
  if (ro === undefined || rw === undefined) throw new TypeError('no preopens')
  expect(errOf(() => ro.linkAt(noFollow, 'file', rw, 'mine'))).toBe('read-only')
  expect(errOf(() => ro.renameAt('file', rw, 'mine'))).toBe('read-only')
  linkSync(join(base, 'grant/file'), join(base, 'writable/there-already'))
  expect(readAll(rw.openAt(follow, 'there-already', open(), READ))).toBe('hello')
})

test('stream failures are translated by filesystem-error-code', async () => {
  const interfaces = await interfacesOf()
  const translate = (code: unknown): unknown =>
    call(interfaces, 'wasi:filesystem/types#filesystemErrorCode', new IoError('x', code))
  expect(translate('insufficient-space')).toBe('insufficient-space')
  expect(translate('toString')).toBeUndefined()
  expect(translate({ tag: 'HTTP-request-denied' })).toBeUndefined()
})

test('a grant that cannot be given is an error of the host', async () => {
  await expect(interfacesOf({ dirs: { '/x': { host: join(base, 'nowhere') } } })).rejects.toThrow(TypeError)
  await expect(interfacesOf({ dirs: { '/x': { host: join(base, 'nowhere') } } })).rejects.toThrow(
    "wasi: dirs['/x']: ENOENT",
  )
})
