/**
 * `wasi:filesystem@0.3` over 0.2's descriptors (`../filesystem.ts`), which confine paths and keep the grants: what
 * differs is said here and nothing else: error codes and types of files are variants, and files are read and written
 * through streams. Its functions are asynchronous by type and answer at once, so that between the look at a path and its
 * use nothing else of this thread happens.
 */
import { isWasmLinkError } from '../../model/errors.ts'
import { Descriptor as Descriptor2, type DirectoryEntryStream } from '../filesystem.ts'
import type { DescriptorFlags } from '../fs-file.ts'
import type { FsErrorCode } from '../fs-host.ts'
import { isFsErrorCode } from '../fs-host.ts'
import type { Folder } from '../fs-path.ts'
import type { DescriptorType as DescriptorType2, NewTimestamp } from '../fs-stat.ts'
import { IoFailure } from '../io.ts'
import { fail } from '../outcome.ts'
import { failedReading, type Outcome, type Reading, reading, readingFrom, writing } from './streams.ts'

type ErrorCode = { readonly tag: Exclude<FsErrorCode, 'would-block'> } | { readonly tag: 'other'; readonly val: string }
type DescriptorType =
  | { readonly tag: Exclude<DescriptorType2, 'unknown'> }
  | { readonly tag: 'other'; readonly val: string | undefined }
interface DirectoryEntry {
  readonly type: DescriptorType
  readonly name: string
}
type PathFlags = Parameters<Descriptor2['statAt']>[0]
type OpenFlags = Parameters<Descriptor2['openAt']>[2]

const errorCode = (code: FsErrorCode): ErrorCode =>
  code === 'would-block' ? { tag: 'other', val: code } : { tag: code }

const errorOf = ({ code }: IoFailure): ErrorCode => errorCode(isFsErrorCode(code) ? code : 'io')

const typeOf = (type: DescriptorType2): DescriptorType =>
  type === 'unknown' ? { tag: 'other', val: undefined } : { tag: type }

/** What 0.2's descriptor answered with as its error, or `undefined`. */
function refusal(error: unknown): ErrorCode | undefined {
  if (!isWasmLinkError(error) || error.kind !== 'component' || !isFsErrorCode(error.payload)) return undefined
  return errorCode(error.payload)
}

/** Runs a function of 0.2's descriptor; its error code becomes 0.3's. */
function ask<T>(operation: () => T): T {
  try {
    return operation()
  } catch (error) {
    const code = refusal(error)
    if (code === undefined) throw error
    return fail<ErrorCode>(code)
  }
}

/** `wasi:filesystem/types`'s `descriptor`. */
export class Descriptor implements Disposable {
  readonly #inner: Descriptor2

  constructor(inner: Descriptor2) {
    this.#inner = inner
  }

  // — Of a file

  readViaStream(offset: bigint): Reading<Uint8Array, ErrorCode> {
    try {
      return readingFrom(this.#inner.source(offset), errorOf)
    } catch (error) {
      const code = refusal(error)
      if (code === undefined) throw error
      return failedReading(code)
    }
  }

  writeViaStream(data: AsyncIterable<Uint8Array>, offset: bigint): Promise<Outcome<ErrorCode>> {
    return this.#write(data, offset)
  }

  appendViaStream(data: AsyncIterable<Uint8Array>): Promise<Outcome<ErrorCode>> {
    return this.#write(data, 'end')
  }

  async #write(data: AsyncIterable<Uint8Array>, start: bigint | 'end'): Promise<Outcome<ErrorCode>> {
    try {
      return await writing(data, this.#inner.sink(start), errorOf)
    } catch (error) {
      const val = refusal(error)
      if (val === undefined) throw error
      await data[Symbol.asyncIterator]().return?.()
      return { tag: 'err', val }
    }
  }

  advise(): void {
    ask(() => this.#inner.advise())
  }

  setSize(size: bigint): void {
    ask(() => this.#inner.setSize(size))
  }

  syncData(): void {
    ask(() => this.#inner.syncData())
  }

  sync(): void {
    ask(() => this.#inner.sync())
  }

  // — Of both

  getFlags(): DescriptorFlags {
    return ask(() => this.#inner.getFlags())
  }

  getType(): DescriptorType {
    return typeOf(ask(() => this.#inner.getType()))
  }

  stat() {
    return statOf(ask(() => this.#inner.stat()))
  }

  setTimes(accessed: NewTimestamp, modified: NewTimestamp): void {
    ask(() => this.#inner.setTimes(accessed, modified))
  }

  isSameObject(other: Descriptor): boolean {
    try {
      return this.#inner.isSameObject(other.#inner)
    } catch (error) {
      // there is no error to answer with: what cannot be looked at is not known to be the same
      if (refusal(error) === undefined) throw error
      return false
    }
  }

  metadataHash() {
    return ask(() => this.#inner.metadataHash())
  }

  // — Of a folder

  readDirectory(): Reading<DirectoryEntry, ErrorCode> {
    let entries: DirectoryEntryStream
    try {
      entries = this.#inner.readDirectory()
    } catch (error) {
      const code = refusal(error)
      if (code === undefined) throw error
      return failedReading(code)
    }
    const next = (): DirectoryEntry | undefined => {
      try {
        const entry = entries.readDirectoryEntry()
        return entry && { type: typeOf(entry.type), name: entry.name }
      } catch (error) {
        const code = refusal(error)
        throw code === undefined ? error : new IoFailure(code.tag, code.tag, { cause: error })
      }
    }
    return reading({ next, stop: () => entries[Symbol.dispose]() }, errorOf)
  }

  statAt(flags: PathFlags, path: string) {
    return statOf(ask(() => this.#inner.statAt(flags, path)))
  }

  metadataHashAt(flags: PathFlags, path: string) {
    return ask(() => this.#inner.metadataHashAt(flags, path))
  }

  setTimesAt(flags: PathFlags, path: string, accessed: NewTimestamp, modified: NewTimestamp): void {
    ask(() => this.#inner.setTimesAt(flags, path, accessed, modified))
  }

  createDirectoryAt(path: string): void {
    ask(() => this.#inner.createDirectoryAt(path))
  }

  removeDirectoryAt(path: string): void {
    ask(() => this.#inner.removeDirectoryAt(path))
  }

  unlinkFileAt(path: string): void {
    ask(() => this.#inner.unlinkFileAt(path))
  }

  renameAt(oldPath: string, newDescriptor: Descriptor, newPath: string): void {
    ask(() => this.#inner.renameAt(oldPath, newDescriptor.#inner, newPath))
  }

  linkAt(flags: PathFlags, oldPath: string, newDescriptor: Descriptor, newPath: string): void {
    ask(() => this.#inner.linkAt(flags, oldPath, newDescriptor.#inner, newPath))
  }

  symlinkAt(target: string, path: string): void {
    ask(() => this.#inner.symlinkAt(target, path))
  }

  readlinkAt(path: string): string {
    return ask(() => this.#inner.readlinkAt(path))
  }

  openAt(pathFlags: PathFlags, path: string, openFlags: OpenFlags, flags: DescriptorFlags): Descriptor {
    return new Descriptor(ask(() => this.#inner.openAt(pathFlags, path, openFlags, flags)))
  }

  [Symbol.dispose](): void {
    this.#inner[Symbol.dispose]()
  }
}

function statOf({ type, ...others }: ReturnType<Descriptor2['stat']>) {
  return { ...others, type: typeOf(type) }
}

export function filesystemInterfaces3(preopens: readonly (readonly [Folder, string])[]) {
  return {
    'wasi:filesystem/types': { Descriptor },
    'wasi:filesystem/preopens': {
      getDirectories: (): [Descriptor, string][] =>
        preopens.map(([folder, guest]) => [new Descriptor(Descriptor2.ofFolder(folder)), guest]),
    },
  }
}
