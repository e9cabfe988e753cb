/** `wasi:io`: what streams and polls promise, whatever stands behind them. */
import { describe, expect, test } from 'vitest'
import { type ByteSink, InputStream, IoError, IoFailure, OutputStream, Pollable, poll } from '../../src/wasi/io.ts'
import { WasiFault } from '../../src/wasi/outcome.ts'
import { sourceOf } from '../../src/wasi/stdio.ts'
import { ALWAYS_READY, monotonicNow, type RemoteParty, timer, type Waitable } from '../../src/wasi/wait.ts'
import { errOf, textOf, utf8 } from './help.ts'

const never: Waitable = { ready: () => false }

function recorder(room = 10): ByteSink & { readonly chunks: string[] } {
  const chunks: string[] = []
  return { chunks, room: () => room, write: (bytes) => void chunks.push(textOf(bytes)) }
}

describe('input streams', () => {
  test('read gives what is there, at most what was asked for, and closes at the end', () => {
    const stream = new InputStream(sourceOf([utf8('hello'), utf8(' world')]))
    expect(textOf(stream.read(3n))).toBe('hel')
    expect(textOf(stream.read(2n ** 64n - 1n))).toBe('lo')
    expect(stream.skip(1n)).toBe(1n)
    expect(stream.read(0n)).toHaveLength(0)
    expect(textOf(stream.blockingRead(100n))).toBe('world')
    expect(errOf(() => stream.read(1n))).toEqual({ tag: 'closed' })
    expect(errOf(() => stream.blockingSkip(1n))).toEqual({ tag: 'closed' })
  })

  test('a failure is last-operation-failed with an error the guest can read', () => {
    const stream = new InputStream({
      read: () => {
        throw new IoFailure('the disk is gone', 'io')
      },
    })
    const payload = errOf(() => stream.read(1n))
    expect(payload).toMatchObject({ tag: 'last-operation-failed' })
    const error: unknown = Reflect.get(Object(payload), 'val')
    expect(error).toBeInstanceOf(IoError)
    expect(error instanceof IoError && [error.toDebugString(), error.code]).toEqual(['the disk is gone', 'io'])
  })

  test('a bug of a source is no error value', () => {
    const stream = new InputStream({
      read: () => {
        throw new RangeError('a bug')
      },
    })
    expect(() => stream.read(1n)).toThrow(RangeError)
  })

  test('a blocking read waits until there is something', () => {
    const later = monotonicNow() + 3_000_000n
    const source = { read: () => (monotonicNow() < later ? new Uint8Array() : utf8('x')), waitable: timer(later) }
    expect(textOf(new InputStream(source).blockingRead(1n))).toBe('x')
  })

  test('disposing reaches the source', () => {
    let disposed = 0
    new InputStream({ read: () => undefined, dispose: () => void disposed++ })[Symbol.dispose]()
    expect(disposed).toBe(1)
  })
})

describe('output streams', () => {
  const checked = (run: (stream: OutputStream) => void) => (stream: OutputStream) => {
    stream.checkWrite()
    run(stream)
  }
  const twice = (stream: OutputStream): void => {
    stream.write(new Uint8Array(8))
    stream.write(new Uint8Array(8))
  }
  const faults: readonly (readonly [what: string, run: (stream: OutputStream) => void, message: string])[] = [
    ['write unasked', (s) => s.write(utf8('x')), 'write: 1 bytes where check-write allowed 0'],
    ['write too much', checked((s) => s.write(new Uint8Array(11))), 'where check-write allowed 10'],
    ['write twice', checked(twice), 'allowed 2'],
    ['write-zeroes too many', checked((s) => s.writeZeroes(2n ** 63n)), 'where check-write allowed 10'],
    ['blocking write too much', (s) => s.blockingWriteAndFlush(new Uint8Array(4097)), '4097 bytes, at most 4096'],
    ['blocking zeroes too many', (s) => s.blockingWriteZeroesAndFlush(2n ** 40n), 'at most 4096'],
  ]
  test.each(faults)('%s is a trap', (_, run, message) => {
    const sink = recorder()
    const attempt = (): void => run(new OutputStream(sink))
    expect(attempt).toThrow(WasiFault)
    expect(() => run(new OutputStream(recorder()))).toThrow(message)
  })

  test('a blocking write goes out in pieces of the room there is, then is flushed', () => {
    let flushed = 0
    const sink = { ...recorder(4), flush: () => void flushed++ }
    new OutputStream(sink).blockingWriteAndFlush(utf8('hello world'))
    expect(sink.chunks).toEqual(['hell', 'o wo', 'rld'])
    expect(flushed).toBe(1)
  })

  test('splice passes at most what is asked, what there is room for, and what is there', () => {
    const sink = recorder(4)
    const [source, out] = [new InputStream(sourceOf([utf8('hello'), utf8('!')])), new OutputStream(sink)]
    expect(out.splice(source, 2n)).toBe(2n)
    expect(out.blockingSplice(source, 100n)).toBe(3n)
    expect(out.splice(source, 0n)).toBe(0n)
    expect(out.splice(source, 100n)).toBe(1n)
    expect(errOf(() => out.splice(source, 1n))).toEqual({ tag: 'closed' })
    expect(sink.chunks).toEqual(['he', 'llo', '!'])
  })

  test('zeroes are zeroes', () => {
    const sink = recorder()
    const stream = new OutputStream(sink)
    stream.checkWrite()
    stream.writeZeroes(2n)
    stream.blockingWriteZeroesAndFlush(1n)
    expect(sink.chunks).toEqual(['\0\0', '\0'])
  })

  test('nobody reads any more: closed', () => {
    const stream = new OutputStream({ room: () => undefined, write: () => {} })
    expect(errOf(() => stream.checkWrite())).toEqual({ tag: 'closed' })
    expect(errOf(() => stream.blockingWriteAndFlush(utf8('x')))).toEqual({ tag: 'closed' })
  })
})

describe('poll', () => {
  const pollables = (...waitables: Waitable[]): Pollable[] => waitables.map((waitable) => new Pollable(waitable))

  test('answers the indices of all that are ready', () => {
    expect([...poll(pollables(never, ALWAYS_READY, never, ALWAYS_READY))]).toEqual([1, 3])
  })

  test('sleeps until the first timer', () => {
    const start = monotonicNow()
    const far = timer(start + 60_000_000_000n)
    expect([...poll(pollables(far, timer(start + 2_000_000n), never))]).toEqual([1])
    expect(monotonicNow() - start).toBeGreaterThanOrEqual(2_000_000n)
  })

  test('asks the other party for what only it knows, with the nearest deadline', () => {
    const asked: unknown[] = []
    let arrived: number[] = []
    const party: RemoteParty = {
      waitFor: (handles, deadline) => {
        asked.push([handles, deadline])
        const ready = arrived
        arrived = [1]
        return ready
      },
    }
    const remote = (handle: string): Waitable => ({ ...never, remote: { party, handle } })
    const deadline = monotonicNow() + 10_000_000_000n
    expect([...poll(pollables(remote('a'), timer(deadline), remote('b')))]).toEqual([2])
    expect([...poll(pollables(ALWAYS_READY, remote('a'), remote('b')))]).toEqual([0, 2])
    const handles = ['a', 'b']
    expect(asked).toEqual([
      [handles, deadline],
      [handles, deadline],
      [handles, 0n],
    ])
  })

  test('the empty list, and what can never end, are traps', () => {
    expect(() => poll([])).toThrow(new WasiFault('poll: the list is empty'))
    expect(() => poll(pollables(never))).toThrow(new WasiFault('poll: nothing in the list can ever become ready'))
    expect(() => poll(Array.from({ length: 10_001 }, () => new Pollable(never)))).toThrow('10001 pollables')
  })
})
