/** A small file can say that it is instantiated again and again, twice as often at each level. */
import { expect, test } from 'vitest'
import { InvalidError, type Untyped } from '../../src/index.ts'
import { compile, rejected } from './help.ts'

/** Each of `depth` components instantiates the one inside it twice. */
function doubling(depth: number, inside: string): string {
  let text = `(component $c0 ${inside})`
  for (let i = 1; i <= depth; i++)
    text = `(component $c${i} ${text} (instance (instantiate $c${i - 1})) (instance (instantiate $c${i - 1})))`
  return text
}

test.each(['', '(type (resource (rep i32)))', '(core module $m) (core instance (instantiate $m))'])(
  'what doubles too often is refused: %s',
  async (inside) => {
    const error = await rejected(compile(doubling(60, inside)))
    expect(error).toBeInstanceOf(InvalidError)
    expect(error.message).toMatch(/items count exceeds limit of 500000 \(at offset 0x/)
  },
)

/** Each of `depth` instances exports the one before it twice. */
function branching(depth: number): string {
  const instances = Array.from(
    { length: depth },
    (_, i) => `(instance $i${i + 1} (export "a" (instance $i${i})) (export "b" (instance $i${i})))`,
  )
  return `(component (instance $i0) ${instances.join(' ')} (export "x" (instance $i${depth})))`
}

test('exports that double are bounded likewise', async () => {
  expect((await rejected(compile(branching(18)))).message).toMatch(/items count exceeds limit of 500000/)
  const { exports } = (await compile(branching(6))).instantiateSync() as Untyped
  expect(Object.keys(exports.x.a.b)).toEqual(['a', 'b'])
})

test('what doubles a little is not', async () => {
  const component = await compile(doubling(8, '(core module $m) (core instance (instantiate $m))'))
  expect(component.instantiateSync().state).toBe('ready')
})
