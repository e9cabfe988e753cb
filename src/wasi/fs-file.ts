/**
 * An open file of the host and the streams made of it. What is read or written through a stream goes to the place the
 * stream has reached; the file is closed when its descriptor and all its streams are gone.
 */
import { type FsHost, fsErrorCode } from './fs-host.ts'
import { type ByteSink, type ByteSource, IoFailure } from './io.ts'

export interface DescriptorFlags {
  readonly read: boolean
  readonly write: boolean
  readonly fileIntegritySync: boolean
  readonly dataIntegritySync: boolean
  readonly requestedWriteSync: boolean
  readonly mutateDirectory: boolean
}

export const NO_FLAGS: DescriptorFlags = {
  read: false,
  write: false,
  fileIntegritySync: false,
  dataIntegritySync: false,
  requestedWriteSync: false,
  mutateDirectory: false,
}

/** An open file of the host, shared by a descriptor and the streams made of it; the last one closes it. */
export class OpenFile {
  readonly host: FsHost
  readonly fd: number
  readonly flags: DescriptorFlags
  /** The folder it was found in was granted for writing: its times may be set whatever it was opened for. */
  readonly mayChange: boolean
  #holders = 1
  constructor(host: FsHost, fd: number, flags: DescriptorFlags, mayChange: boolean) {
    this.host = host
    this.fd = fd
    this.flags = flags
    this.mayChange = mayChange
  }
  hold(): this {
    this.#holders += 1
    return this
  }
  release(): void {
    this.#holders -= 1
    if (this.#holders === 0) this.host.fs.closeSync(this.fd)
  }
}

export function fileSource(file: OpenFile, start: number): ByteSource {
  let at = start
  const read = (max: number): Uint8Array | undefined => {
    const buffer = new Uint8Array(Math.min(max, 1 << 16))
    const length = ioAttempt(() => file.host.fs.readSync(file.fd, buffer, 0, buffer.length, at))
    at += length
    return length === 0 ? undefined : buffer.subarray(0, length)
  }
  return { read, dispose: once(() => file.release()) }
}

export function fileSink(file: OpenFile, start: number | 'end'): ByteSink {
  const { fs } = file.host
  let at = start === 'end' ? 0 : start
  const write = (bytes: Uint8Array): void =>
    ioAttempt(() => {
      if (start === 'end') at = fs.fstatSync(file.fd).size
      for (let done = 0; done < bytes.length; ) {
        const written = fs.writeSync(file.fd, bytes, done, bytes.length - done, at)
        done += written
        at += written
      }
    })
  return { room: () => 1 << 16, write, dispose: once(() => file.release()) }
}

function once(action: () => void): () => void {
  let done = false
  return () => {
    if (done) return
    done = true
    action()
  }
}

/** As `fsAttempt`, for streams, whose errors `filesystem-error-code` translates later. */
function ioAttempt<T>(operation: () => T): T {
  try {
    return operation()
  } catch (error) {
    const code = fsErrorCode(error)
    throw new IoFailure(code, code, { cause: error })
  }
}
