/**
 * `wasi:filesystem` on the host's file system: descriptors of granted folders and of files in them. Paths are confined
 * by `fs-path.ts`; here is the rest of the promise: nothing is changed through a folder granted read-only (no create, no
 * truncate, no link that would lead a writer to it), and no length or offset of the guest's is believed.
 *
 * Without a granted folder the guest holds no descriptor, so that nothing here can be called.
 */
import { type DescriptorFlags, fileSink, fileSource, NO_FLAGS, OpenFile } from './fs-file.ts'
import { type FsErrorCode, type FsHost, fsAttempt, isFsErrorCode } from './fs-host.ts'
import { type Folder, type Place, walk } from './fs-path.ts'
import { type DescriptorType, hashOf, type NewTimestamp, secondsOf, statOf, typeOf } from './fs-stat.ts'
import { type ByteSink, type ByteSource, InputStream, type IoError, MAX_READ, OutputStream } from './io.ts'
import { fail } from './outcome.ts'

type BigIntStats = import('node:fs').BigIntStats

interface OpenFlags {
  readonly create: boolean
  readonly directory: boolean
  readonly exclusive: boolean
  readonly truncate: boolean
}
interface PathFlags {
  readonly symlinkFollow: boolean
}
type Target = { readonly kind: 'folder'; readonly folder: Folder } | { readonly kind: 'file'; readonly file: OpenFile }

/** `wasi:filesystem/types`'s `descriptor`. */
export class Descriptor implements Disposable {
  readonly #target: Target
  #disposed = false

  private constructor(target: Target) {
    this.#target = target
  }

  static ofFolder(folder: Folder): Descriptor {
    return new Descriptor({ kind: 'folder', folder })
  }

  // — Of a file

  readViaStream(offset: bigint): InputStream {
    return new InputStream(this.source(offset))
  }

  writeViaStream(offset: bigint): OutputStream {
    return new OutputStream(this.sink(offset))
  }

  appendViaStream(): OutputStream {
    return new OutputStream(this.sink('end'))
  }

  /** What is behind a stream; no function of the guest's. */
  source(offset: bigint): ByteSource {
    const file = this.#readable()
    const at = position(offset)
    return fileSource(file.hold(), at)
  }

  sink(start: bigint | 'end'): ByteSink {
    const file = this.#writable()
    const at = start === 'end' ? start : position(start)
    return fileSink(file.hold(), at)
  }

  read(length: bigint, offset: bigint): [Uint8Array, boolean] {
    const { host, fd } = this.#readable()
    const at = position(offset)
    const buffer = new Uint8Array(Number(length < BigInt(MAX_READ) ? length : BigInt(MAX_READ)))
    const read = fsAttempt(() => host.fs.readSync(fd, buffer, 0, buffer.length, at))
    return [buffer.subarray(0, read), read === 0 && buffer.length > 0]
  }

  write(bytes: Uint8Array, offset: bigint): bigint {
    const { host, fd } = this.#writable()
    const at = position(offset)
    return BigInt(fsAttempt(() => host.fs.writeSync(fd, bytes, 0, bytes.length, at)))
  }

  /** Advice, which we do not take. */
  advise(): void {
    this.#file()
  }

  setSize(size: bigint): void {
    const { host, fd } = this.#writable()
    const length = position(size)
    fsAttempt(() => host.fs.ftruncateSync(fd, length))
  }

  syncData(): void {
    if (this.#target.kind === 'folder') return
    const { host, fd } = this.#target.file
    fsAttempt(() => host.fs.fdatasyncSync(fd))
  }

  sync(): void {
    if (this.#target.kind === 'folder') return
    const { host, fd } = this.#target.file
    fsAttempt(() => host.fs.fsyncSync(fd))
  }

  // — Of both

  getFlags(): DescriptorFlags {
    if (this.#target.kind === 'file') return this.#target.file.flags
    return { ...NO_FLAGS, read: true, mutateDirectory: this.#target.folder.writable }
  }

  getType(): DescriptorType {
    return this.#target.kind === 'folder' ? 'directory' : typeOf(this.#stats())
  }

  stat() {
    return statOf(this.#stats())
  }

  setTimes(accessed: NewTimestamp, modified: NewTimestamp): void {
    if (this.#target.kind === 'folder') {
      const { host } = this.#target.folder
      const { path } = this.#place('.', true, 'change')
      fsAttempt(() => host.fs.utimesSync(path, ...this.#times(accessed, modified, this.#stats())))
    } else {
      const { host, fd, mayChange } = this.#target.file
      if (!mayChange) fail<FsErrorCode>('read-only')
      fsAttempt(() => host.fs.futimesSync(fd, ...this.#times(accessed, modified, this.#stats())))
    }
  }

  isSameObject(other: Descriptor): boolean {
    const [mine, its] = [this.#stats(), other.#stats()]
    return mine.dev === its.dev && mine.ino === its.ino
  }

  metadataHash(): { readonly lower: bigint; readonly upper: bigint } {
    return hashOf(this.#stats())
  }

  // — Of a folder

  readDirectory(): DirectoryEntryStream {
    const { host } = this.#folder()
    const { path } = this.#place('.', true, 'look')
    return new DirectoryEntryStream(fsAttempt(() => host.fs.opendirSync(path)))
  }

  statAt({ symlinkFollow }: PathFlags, path: string) {
    return statOf(this.#statsAt(this.#place(path, symlinkFollow, 'look')))
  }

  metadataHashAt({ symlinkFollow }: PathFlags, path: string): { readonly lower: bigint; readonly upper: bigint } {
    return hashOf(this.#statsAt(this.#place(path, symlinkFollow, 'look')))
  }

  setTimesAt({ symlinkFollow }: PathFlags, path: string, accessed: NewTimestamp, modified: NewTimestamp): void {
    const { fs } = this.#folder().host
    const place = this.#place(path, symlinkFollow, 'change')
    // the walk has followed what was to be followed
    fsAttempt(() => fs.lutimesSync(place.path, ...this.#times(accessed, modified, this.#statsAt(place))))
  }

  createDirectoryAt(path: string): void {
    const { fs } = this.#folder().host
    const place = this.#place(path, false, 'change')
    fsAttempt(() => fs.mkdirSync(place.path))
  }

  removeDirectoryAt(path: string): void {
    const { fs } = this.#folder().host
    const place = this.#place(path, false, 'change')
    if (place.names.length === this.#folder().names.length) fail<FsErrorCode>('invalid')
    fsAttempt(() => fs.rmdirSync(place.path))
  }

  unlinkFileAt(path: string): void {
    const { fs } = this.#folder().host
    const place = this.#place(path, false, 'change')
    if (place.mustBeFolder) fail<FsErrorCode>(this.#statsAt(place).isDirectory() ? 'is-directory' : 'not-directory')
    fsAttempt(() => fs.unlinkSync(place.path))
  }

  renameAt(oldPath: string, newDescriptor: Descriptor, newPath: string): void {
    const { fs } = this.#folder().host
    const from = this.#place(oldPath, false, 'change')
    const to = newDescriptor.#place(newPath, false, 'change')
    fsAttempt(() => fs.renameSync(from.path, to.path))
  }

  /** Both sides must be writable: a link into a writable folder would open a read-only file for writing. */
  linkAt({ symlinkFollow }: PathFlags, oldPath: string, newDescriptor: Descriptor, newPath: string): void {
    const { fs } = this.#folder().host
    const from = this.#place(oldPath, symlinkFollow, 'change')
    const to = newDescriptor.#place(newPath, false, 'change')
    if (to.mustBeFolder) fail<FsErrorCode>('no-entry')
    fsAttempt(() => fs.linkSync(from.path, to.path))
  }

  symlinkAt(target: string, path: string): void {
    const { host } = this.#folder()
    if (target.startsWith('/') || (host.windows && /[\\:]/.test(target))) fail<FsErrorCode>('not-permitted')
    const place = this.#place(path, false, 'change')
    if (place.mustBeFolder) fail<FsErrorCode>('no-entry')
    fsAttempt(() => host.fs.symlinkSync(target, place.path))
  }

  readlinkAt(path: string): string {
    const { host } = this.#folder()
    const place = this.#place(path, false, 'look')
    const target = fsAttempt(() => host.fs.readlinkSync(place.path))
    // an absolute target would tell the guest where it is on the host
    if (target.startsWith('/') || (host.windows && /[\\:]/.test(target))) fail<FsErrorCode>('not-permitted')
    return target
  }

  openAt({ symlinkFollow }: PathFlags, path: string, open: OpenFlags, flags: DescriptorFlags): Descriptor {
    const folder = this.#folder()
    const { fs } = folder.host
    const changes = open.create || open.truncate || flags.write || flags.mutateDirectory
    if (flags.requestedWriteSync) fail<FsErrorCode>('unsupported')
    const place = this.#place(path, symlinkFollow, changes ? 'change' : 'look')
    const stats = fsAttempt(() => fs.lstatSync(place.path, { throwIfNoEntry: false }))

    if (stats?.isDirectory()) {
      if (open.create && open.exclusive) fail<FsErrorCode>('exist')
      if (open.truncate || flags.write || (open.create && !open.directory)) fail<FsErrorCode>('is-directory')
      return Descriptor.ofFolder({ ...folder, names: place.names })
    }
    if (open.directory || place.mustBeFolder) fail<FsErrorCode>(stats === undefined ? 'no-entry' : 'not-directory')
    if (stats?.isSymbolicLink()) fail<FsErrorCode>(open.create && open.exclusive ? 'exist' : 'loop')
    const fd = fsAttempt(() => fs.openSync(place.path, openMode(folder.host, open, flags), 0o666))
    return new Descriptor({
      kind: 'file',
      file: new OpenFile(folder.host, fd, { ...flags, mutateDirectory: false }, folder.writable),
    })
  }

  [Symbol.dispose](): void {
    if (this.#disposed) return
    this.#disposed = true
    if (this.#target.kind === 'file') this.#target.file.release()
  }

  #folder(): Folder {
    return this.#target.kind === 'folder' ? this.#target.folder : fail<FsErrorCode>('not-directory')
  }

  #file(): OpenFile {
    return this.#target.kind === 'file' ? this.#target.file : fail<FsErrorCode>('is-directory')
  }

  #readable(): OpenFile {
    const file = this.#file()
    return file.flags.read ? file : fail<FsErrorCode>('bad-descriptor')
  }

  #writable(): OpenFile {
    const file = this.#file()
    return file.flags.write ? file : fail<FsErrorCode>('bad-descriptor')
  }

  /** Where `path` is, for somebody who wants to `look`, or to `change` something there. */
  #place(path: string, follow: boolean, intent: 'look' | 'change'): Place {
    const folder = this.#folder()
    if (intent === 'change' && !folder.writable) fail<FsErrorCode>('read-only')
    return fsAttempt(() => walk(folder, path, follow))
  }

  #stats(): BigIntStats {
    if (this.#target.kind === 'folder') return this.#statsAt(this.#place('.', true, 'look'))
    const { host, fd } = this.#target.file
    return fsAttempt(() => host.fs.fstatSync(fd, { bigint: true }))
  }

  #statsAt(place: Place): BigIntStats {
    const { fs } = this.#folder().host
    const stats = fsAttempt(() => fs.lstatSync(place.path, { bigint: true }))
    if (place.mustBeFolder && !stats.isDirectory()) fail<FsErrorCode>('not-directory')
    return stats
  }

  #times(accessed: NewTimestamp, modified: NewTimestamp, stats: BigIntStats): [number, number] {
    return [secondsOf(accessed, stats.atimeNs), secondsOf(modified, stats.mtimeNs)]
  }
}

/** `wasi:filesystem/types`'s `directory-entry-stream`. */
export class DirectoryEntryStream implements Disposable {
  readonly #dir: import('node:fs').Dir
  #disposed = false
  constructor(dir: import('node:fs').Dir) {
    this.#dir = dir
  }
  readDirectoryEntry(): { readonly type: DescriptorType; readonly name: string } | undefined {
    const entry = fsAttempt(() => this.#dir.readSync())
    return entry === null ? undefined : { type: typeOf(entry), name: entry.name }
  }
  [Symbol.dispose](): void {
    if (this.#disposed) return
    this.#disposed = true
    this.#dir.closeSync()
  }
}

export function filesystemInterfaces(preopens: readonly (readonly [Folder, string])[]) {
  return {
    'wasi:filesystem/types': {
      Descriptor,
      DirectoryEntryStream,
      filesystemErrorCode: (error: IoError): FsErrorCode | undefined =>
        isFsErrorCode(error.code) ? error.code : undefined,
    },
    'wasi:filesystem/preopens': {
      getDirectories: (): [Descriptor, string][] =>
        preopens.map(([folder, guest]) => [Descriptor.ofFolder(folder), guest]),
    },
  }
}

function openMode({ fs: { constants: c } }: FsHost, open: OpenFlags, flags: DescriptorFlags): number {
  let mode = flags.write ? (flags.read ? c.O_RDWR : c.O_WRONLY) : c.O_RDONLY
  if (open.create) mode |= c.O_CREAT
  if (open.exclusive) mode |= c.O_EXCL
  if (open.truncate) mode |= c.O_TRUNC
  // Windows has none of these: there `undefined` counts as 0
  if (flags.fileIntegritySync) mode |= c.O_SYNC
  if (flags.dataIntegritySync) mode |= c.O_DSYNC
  // the walk has followed all links; and opening a pipe must not wait for its other end
  return mode | c.O_NOFOLLOW | c.O_NONBLOCK
}

/** Offsets above 2^53 are no place in any file. */
function position(offset: bigint): number {
  return offset > BigInt(Number.MAX_SAFE_INTEGER) ? fail<FsErrorCode>('invalid') : Number(offset)
}

export function folderFor(host: FsHost, guest: string, path: string, writable: boolean): Folder {
  try {
    const root = host.fs.realpathSync(path)
    if (!host.fs.statSync(root).isDirectory()) throw new TypeError('it is not a folder')
    return { host, root, names: [], writable }
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new TypeError(`wasi: dirs['${guest}']: ${why}`, { cause })
  }
}
