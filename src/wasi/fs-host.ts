/**
 * The host's file system as `wasi:filesystem` needs it: Node's synchronous calls, loaded when a folder is granted, and
 * the translation of their failures into WASI's error codes. A failure without a counterpart is `io`: it must reach the
 * guest as an error value, for what a disk does is no reason to end an instance.
 */
import { isWasmLinkError } from '../model/errors.ts'
import { nodeModule } from './node.ts'
import { fail } from './outcome.ts'

export interface FsHost {
  readonly fs: typeof import('node:fs')
  /** `\` separates names there, and `:` names drives and streams: neither may stand in a guest's path. */
  readonly windows: boolean
}

export function fsHost(): FsHost {
  return { fs: nodeModule('node:fs', 'dirs'), windows: nodeModule('node:path', 'dirs').sep === '\\' }
}

/** errno → `wasi:filesystem/types.error-code`. */
const ERROR_CODES = {
  EACCES: 'access',
  EAGAIN: 'would-block',
  EALREADY: 'already',
  EBADF: 'bad-descriptor',
  EBUSY: 'busy',
  EDEADLK: 'deadlock',
  EDQUOT: 'quota',
  EEXIST: 'exist',
  EFBIG: 'file-too-large',
  EILSEQ: 'illegal-byte-sequence',
  EINPROGRESS: 'in-progress',
  EINTR: 'interrupted',
  EINVAL: 'invalid',
  EIO: 'io',
  EISDIR: 'is-directory',
  ELOOP: 'loop',
  EMLINK: 'too-many-links',
  EMSGSIZE: 'message-size',
  ENAMETOOLONG: 'name-too-long',
  ENODEV: 'no-device',
  ENOENT: 'no-entry',
  ENOLCK: 'no-lock',
  ENOMEM: 'insufficient-memory',
  ENOSPC: 'insufficient-space',
  ENOTDIR: 'not-directory',
  ENOTEMPTY: 'not-empty',
  ENOTRECOVERABLE: 'not-recoverable',
  ENOTSUP: 'unsupported',
  ENOTTY: 'no-tty',
  ENXIO: 'no-such-device',
  EOVERFLOW: 'overflow',
  EPERM: 'not-permitted',
  EPIPE: 'pipe',
  EROFS: 'read-only',
  ESPIPE: 'invalid-seek',
  ETXTBSY: 'text-file-busy',
  EXDEV: 'cross-device',
} as const satisfies Record<string, string>

export type FsErrorCode = (typeof ERROR_CODES)[keyof typeof ERROR_CODES]

export function fsErrorCode(error: unknown): FsErrorCode {
  const code: unknown = error instanceof Error && 'code' in error ? error.code : undefined
  return isErrno(code) ? ERROR_CODES[code] : 'io'
}

const isErrno = (code: unknown): code is keyof typeof ERROR_CODES =>
  typeof code === 'string' && Object.hasOwn(ERROR_CODES, code)

export function isFsErrorCode(code: unknown): code is FsErrorCode {
  return Object.values(ERROR_CODES).some((known) => known === code)
}

/** Runs file system calls; their failure is the function's `err`. */
export function fsAttempt<T>(operation: () => T): T {
  try {
    return operation()
  } catch (error) {
    // what our own code refused is an answer already
    if (isWasmLinkError(error)) throw error
    return fail(fsErrorCode(error))
  }
}
