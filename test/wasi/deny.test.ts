/** Deny by default: every interface of WASI 0.2 links, and without a grant none of them gives anything of the host. */
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { Fields } from '../../src/wasi/http-fields.ts'
import { OutgoingRequest } from '../../src/wasi/http-types.ts'
import { ExitRequest } from '../../src/wasi/outcome.ts'
import { WASI_VERSION } from '../../src/wasi/wasi.ts'
import { call, errOf, interfacesOf, method, utf8 } from './help.ts'

const granted = await interfacesOf()
const DENIED = 'access-denied'

describe('the answers of a host that granted nothing', () => {
  const values: readonly (readonly [path: string, args: readonly unknown[], answer: unknown])[] = [
    ['wasi:cli/environment#getEnvironment', [], []],
    ['wasi:cli/environment#getArguments', [], []],
    ['wasi:cli/environment#initialCwd', [], undefined],
    ['wasi:cli/terminal-stdin#getTerminalStdin', [], undefined],
    ['wasi:cli/terminal-stdout#getTerminalStdout', [], undefined],
    ['wasi:cli/terminal-stderr#getTerminalStderr', [], undefined],
    ['wasi:filesystem/preopens#getDirectories', [], []],
    ['wasi:clocks/timezone#display', [{}], { utcOffset: 0, name: 'UTC', inDaylightSavingTime: false }],
    ['wasi:clocks/timezone#utcOffset', [{}], 0],
    ['wasi:sockets/network#networkErrorCode', [{}], undefined],
  ]
  test.each(values)('%s', (path, args, answer) => {
    expect(call(granted, path, ...args)).toEqual(answer)
  })

  const refusals: readonly (readonly [path: string, args: readonly unknown[], error: unknown])[] = [
    ['wasi:sockets/ip-name-lookup#resolveAddresses', [{}, 'localhost'], DENIED],
    ['wasi:sockets/tcp-create-socket#createTcpSocket', ['ipv4'], DENIED],
    ['wasi:sockets/udp-create-socket#createUdpSocket', ['ipv6'], DENIED],
    [
      'wasi:http/outgoing-handler#handle',
      [new OutgoingRequest(new Fields()), undefined],
      { tag: 'HTTP-request-denied' },
    ],
  ]
  test.each(refusals)('%s is refused', (path, args, error) => {
    expect(errOf(() => call(granted, path, ...args))).toEqual(error)
  })

  test('stdin is at its end; stdout and stderr swallow', () => {
    const stdin = call(granted, 'wasi:cli/stdin#getStdin')
    expect(errOf(() => method(stdin, 'blockingRead', 10n))).toEqual({ tag: 'closed' })
    for (const path of ['wasi:cli/stdout#getStdout', 'wasi:cli/stderr#getStderr']) {
      expect(method(call(granted, path), 'blockingWriteAndFlush', utf8('into the void'))).toBeUndefined()
    }
  })

  test('exit ends neither the process nor quietly', () => {
    expect(() => call(granted, 'wasi:cli/exit#exit', { tag: 'err', val: undefined })).toThrow(ExitRequest)
    expect(() => call(granted, 'wasi:cli/exit#exitWithCode', 42)).toThrow('the component asked to exit with code 42')
  })

  test('a socket class that somehow exists still refuses', () => {
    const tcp: unknown = Reflect.get(granted[`wasi:sockets/tcp@${WASI_VERSION}`] ?? {}, 'TcpSocket')
    if (typeof tcp !== 'function') throw new TypeError('no class')
    expect(errOf(() => method(Reflect.construct(tcp, []), 'startConnect', {}, {}))).toBe(DENIED)
  })
})

test('clocks and randomness are on', () => {
  const before = call(granted, 'wasi:clocks/monotonic-clock#now') as bigint
  method(call(granted, 'wasi:clocks/monotonic-clock#subscribeDuration', 2_000_000n), 'block')
  expect((call(granted, 'wasi:clocks/monotonic-clock#now') as bigint) - before).toBeGreaterThanOrEqual(2_000_000n)
  const { seconds, nanoseconds } = call(granted, 'wasi:clocks/wall-clock#now') as {
    seconds: bigint
    nanoseconds: number
  }
  expect(Math.abs(Number(seconds) * 1000 + nanoseconds / 1e6 - Date.now())).toBeLessThan(5000)
  expect(call(granted, 'wasi:random/random#getRandomBytes', 100_000n)).toHaveLength(100_000)
  expect(call(granted, 'wasi:random/insecure#getInsecureRandomBytes', 0n)).toHaveLength(0)
  expect(call(granted, 'wasi:random/random#getRandomU64')).not.toBe(call(granted, 'wasi:random/random#getRandomU64'))
  expect(call(granted, 'wasi:random/insecure-seed#insecureSeed')).toHaveLength(2)
  expect(() => call(granted, 'wasi:random/random#getRandomBytes', 2n ** 60n)).toThrow('random bytes asked for at once')
})

/** interface → its functions and, as `resource.member`, its resources' members; kebab-case, from the 0.2.12 packages. */
const members: Record<string, string[]> = JSON.parse(readFileSync(new URL('members.json', import.meta.url), 'utf8'))

const camel = (kebab: string): string => kebab.replace(/-([a-z0-9])/g, (_, c: string) => c.toUpperCase())
const pascal = (kebab: string): string => camel(kebab).replace(/^./, (c) => c.toUpperCase())

describe('every member of every interface is there to link', () => {
  test('and no interface is left out, nor one too many', () => {
    const older = Object.keys(granted).filter((name) => name.endsWith(WASI_VERSION))
    expect(older.sort()).toEqual(
      Object.keys(members)
        .map((name) => `${name}@${WASI_VERSION}`)
        .sort(),
    )
  })

  test.each(Object.entries(members))('%s', (name, names) => {
    const found = granted[`${name}@${WASI_VERSION}`] ?? {}
    for (const member of names) {
      const [resource = '', item] = member.split('.')
      const owner: unknown = Reflect.get(found, item === undefined ? camel(resource) : pascal(resource))
      expect(owner, member).toBeTypeOf('function')
      if (item === undefined || item === '' || typeof owner !== 'function') continue
      const onClass: unknown = Reflect.get(owner, camel(item))
      const onInstance: unknown = Reflect.get(owner.prototype, camel(item))
      expect(typeof onClass === 'function' || typeof onInstance === 'function', member).toBe(true)
    }
  })
})

const stripsTypes = Number(process.versions.node.split('.')[0]) >= 24
test.skipIf(!stripsTypes)('without a grant neither the shim nor a worker is loaded', async () => {
  const { execFileSync } = await import('node:child_process')
  const script = `
    import { wasi } from './src/wasi/wasi.ts'
    await wasi()({ name: 'x', usage: () => ({ outputBytes: { limit: 0 } }) })
    console.log(JSON.stringify(process.getActiveResourcesInfo().filter((kind) => /Worker|MessagePort/.test(kind))))`
  expect(execFileSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' }).trim()).toBe('[]')
})
