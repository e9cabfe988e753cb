/** Handles as JavaScript sees them: classes of a guest, classes of the host, who owns what, and what cannot be done. */
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Engine, type Instance, type Untyped } from '../../../src/index.ts'
import { compile, problems, start, thrown } from '../help.ts'

setFlagsFromString('--expose-gc')
const gc = runInNewContext('gc') as () => void

const DISPOSE: typeof Symbol.dispose = Symbol.dispose ?? Symbol.for('dispose')

/**
 * `counter`: a resource whose rep is its value plus 100; every destructor is told to the host as `gone(rep)`, `ask` is
 * called within `call-back`.
 */
const COUNTERS = `(component
  (import "host" (instance $host
    (export "gone" (func (param "rep" u32)))
    (export "ask" (func))))
  (core func $gone (canon lower (func $host "gone")))
  (core func $ask (canon lower (func $host "ask")))
  (core module $d (import "" "gone" (func $gone (param i32))) (func (export "dtor") (param i32) local.get 0 call $gone))
  (core instance $d (instantiate $d (with "" (instance (export "gone" (func $gone))))))
  (type $counter' (resource (rep i32) (dtor (core func $d "dtor"))))
  (export $counter "counter" (type $counter'))
  (type $secret' (resource (rep i32)))
  (export $secret "no-constructor" (type $secret'))
  (core func $new (canon resource.new $counter))
  (core func $rep (canon resource.rep $counter))
  (core func $drop (canon resource.drop $counter))
  (core func $new-secret (canon resource.new $secret))
  (core module $m
    (import "" "new" (func $new (param i32) (result i32)))
    (import "" "rep" (func $rep (param i32) (result i32)))
    (import "" "drop" (func $drop (param i32)))
    (import "" "new-secret" (func $new-secret (param i32) (result i32)))
    (import "" "ask" (func $ask))
    (func (export "make") (param i32) (result i32) (call $new (i32.add (local.get 0) (i32.const 100))))
    (func (export "secret") (result i32) (call $new-secret (i32.const 1)))
    (func (export "value") (param i32) (result i32) (i32.sub (local.get 0) (i32.const 100)))
    (func (export "call-back") (param i32) call $ask)
    (func (export "swallow") (param i32) (call $drop (local.get 0)))
    (func (export "sum") (param i32 i32) (result i32) (i32.sub (i32.add (local.get 0) (local.get 1)) (i32.const 200)))
    (func (export "keep-and-lend") (param i32 i32) (result i32)
      (call $drop (local.get 0)) (i32.sub (local.get 1) (i32.const 100)))
    (func (export "same") (param i32) (result i32) local.get 0))
  (core instance $m (instantiate $m (with "" (instance
    (export "new" (func $new)) (export "rep" (func $rep)) (export "drop" (func $drop))
    (export "new-secret" (func $new-secret)) (export "ask" (func $ask))))))
  (func (export "[constructor]counter") (param "start" u32) (result (own $counter)) (canon lift (core func $m "make")))
  (func (export "[method]counter.get-value") (param "self" (borrow $counter)) (result u32) (canon lift (core func $m "value")))
  (func (export "[method]counter.call-back") (param "self" (borrow $counter)) (canon lift (core func $m "call-back")))
  (func (export "[static]counter.swallow-it") (param "c" (own $counter)) (canon lift (core func $m "swallow")))
  (func (export "sum") (param "a" (borrow $counter)) (param "b" (borrow $counter)) (result u32) (canon lift (core func $m "sum")))
  (func (export "keep-and-lend") (param "a" (own $counter)) (param "b" (borrow $counter)) (result u32)
    (canon lift (core func $m "keep-and-lend")))
  (func (export "same") (param "c" (own $counter)) (result (own $counter)) (canon lift (core func $m "same")))
  (func (export "make-secret") (result (own $secret)) (canon lift (core func $m "secret"))))`

interface Made {
  readonly instance: Instance
  readonly exports: Untyped
  readonly gone: number[]
  ask: () => void
}

async function counters(engine?: Engine): Promise<Made> {
  const gone: number[] = []
  const made: { ask: () => void } = { ask: () => {} }
  const host = { gone: (rep: number) => gone.push(rep - 100), ask: () => made.ask() }
  const instance = await start(COUNTERS, { host }, engine)
  return Object.assign(made, { instance, exports: instance.exports, gone })
}

describe("a guest's resource", () => {
  test('is a class with a constructor, methods and statics', async () => {
    const { exports, gone } = await counters()
    const { Counter } = exports
    expect(Counter.name).toBe('Counter')
    const counter = new Counter(40)
    expect(counter).toBeInstanceOf(Counter)
    expect(counter.getValue()).toBe(40)
    expect(Object.getOwnPropertyNames(Counter.prototype)).toEqual(['constructor', 'getValue', 'callBack'])
    expect(Reflect.ownKeys(counter)).toEqual([])
    Counter.swallowIt(counter)
    expect(gone).toEqual([40])
  })

  test('is destroyed by Symbol.dispose, once', async () => {
    const { exports, gone } = await counters()
    const counter = new exports.Counter(1)
    counter[DISPOSE]()
    counter[DISPOSE]()
    expect(gone).toEqual([1])
    expect(thrown(() => counter.getValue()).message).toBe(
      '[method]counter.get-value: param `self`: this `counter` resource was disposed or given away',
    )
  })

  test('arguments of the constructor are checked', async () => {
    const { exports, instance } = await counters()
    expect(thrown(() => new exports.Counter('x')).message).toBe(
      '[constructor]counter: param `start`: expected number, got string "x"',
    )
    expect(instance.state).toBe('ready')
  })

  test('without a constructor it cannot be made', async () => {
    const { exports } = await counters()
    const { NoConstructor } = exports
    expect(thrown(() => new NoConstructor()).message).toBe('"NoConstructor" resource does not define a constructor')
    expect(exports.makeSecret()).toBeInstanceOf(NoConstructor)
  })

  test('given away it is empty, coming back it is another object', async () => {
    const { exports, gone } = await counters()
    const counter = new exports.Counter(1)
    const other = exports.same(counter)
    expect(other).toBeInstanceOf(exports.Counter)
    expect(other).not.toBe(counter)
    expect(other.getValue()).toBe(1)
    for (const use of [() => counter.getValue(), () => exports.same(counter), () => exports.sum(other, counter)])
      expect(thrown(use)).toMatchObject({
        name: 'TypeError',
        message: expect.stringContaining('disposed or given away'),
      })
    counter[DISPOSE]()
    expect(gone).toEqual([])
  })

  test('a refused call has taken nothing', async () => {
    const { exports } = await counters()
    const counter = new exports.Counter(1)
    expect(thrown(() => exports.keepAndLend(counter, {}))).toMatchObject({ name: 'TypeError' })
    expect(counter.getValue()).toBe(1)
  })

  test('one object cannot be two owners, nor be given and lent in one call', async () => {
    const { exports } = await counters()
    const counter = new exports.Counter(1)
    expect(thrown(() => exports.keepAndLend(counter, counter)).message).toBe(
      'keep-and-lend: param `b`: this `counter` resource is given away in the same call',
    )
    expect(exports.sum(counter, counter)).toBe(2)
    expect(counter.getValue()).toBe(1)
  })

  test('while it is lent it is neither disposed nor given away', async () => {
    const made = await counters()
    const counter = new made.exports.Counter(1)
    const told: string[] = []
    made.ask = () => {
      told.push(thrown(() => counter[DISPOSE]()).message)
    }
    counter.callBack()
    expect(told).toEqual(['this `counter` resource is lent to a call that has not returned'])
    expect(counter.getValue()).toBe(1)
  })

  test('disposed while its owner runs, it ends when the owner has returned', async () => {
    const made = await counters()
    const [counter, other] = [new made.exports.Counter(1), new made.exports.Counter(2)]
    made.ask = () => {
      other[DISPOSE]()
      expect(made.gone).toEqual([])
    }
    counter.callBack()
    expect(made.gone).toEqual([2])
  })

  test.each([
    ['a plain object', (c: Untyped) => ({ ...c })],
    ['an object of the class that nobody made', (c: Untyped) => Object.create(Object.getPrototypeOf(c))],
    ['a proxy', (c: Untyped) => new Proxy(c, {})],
    ['a number', () => 101],
    ['null', () => null],
  ])('%s is no handle', async (_, forge) => {
    const { exports } = await counters()
    const counter = new exports.Counter(1)
    const forged = forge(counter)
    expect(thrown(() => exports.same(forged))).toMatchObject({
      name: 'TypeError',
      message: expect.stringMatching(/^same: param `c`: expected a `counter` resource, got /),
    })
    expect(thrown(() => exports.Counter.prototype.getValue.call(forged))).toBeInstanceOf(TypeError)
  })

  test("another type's and another instance's handles do not fit", async () => {
    const engine = new Engine()
    const [one, two] = [await counters(engine), await counters(engine)]
    for (const wrong of [one.exports.makeSecret(), new two.exports.Counter(1)]) {
      expect(thrown(() => one.exports.same(wrong)).message).toMatch(
        /^same: param `c`: expected a `counter` resource, got a `[a-z-]+` of another type or instance$/,
      )
    }
    expect(thrown(() => one.exports.Counter.prototype.getValue.call(new two.exports.Counter(1)))).toBeInstanceOf(
      TypeError,
    )
  })

  test('subclasses are made by the guest too', async () => {
    const { exports } = await counters()
    class Loud extends (exports.Counter as new (start: number) => Untyped) {
      shout(): string {
        return `${this['getValue']()}!`
      }
    }
    const loud: Untyped = new Loud(3)
    expect(loud).toBeInstanceOf(Loud)
    expect(loud.shout()).toBe('3!')
  })

  test('outliving its instance it is of no use, and does no harm', async () => {
    const { exports, instance, gone } = await counters()
    const counter = new exports.Counter(1)
    instance[Symbol.dispose]()
    counter[DISPOSE]()
    expect(gone).toEqual([])
    expect(thrown(() => counter.getValue())).toBeInstanceOf(Error)
  })

  test('called by path, a method takes its object as the first argument', async () => {
    const { exports, instance } = await counters()
    const counter = instance.func('[constructor]counter').call([7])
    expect(counter).toBeInstanceOf(exports.Counter)
    expect(instance.func('[method]counter.get-value').call([counter])).toBe(7)
  })

  test('forgotten, it is destroyed', async () => {
    const { exports, gone } = await counters()
    for (let i = 0; i < 50; i++) new exports.Counter(i)
    for (let i = 0; i < 20 && gone.length === 0; i++) {
      gc()
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
    expect(gone.length).toBeGreaterThan(0)
  })

  test('however many are made, and in whatever order they end, each is destroyed once', async () => {
    const orders = fc.tuple(fc.uniqueArray(fc.nat(69)), fc.uniqueArray(fc.nat(69)))
    const made = await counters()
    const { Counter } = made.exports
    const sometimes = async ([now, later]: [number[], number[]]): Promise<void> => {
      made.gone.length = 0
      const all = Array.from({ length: 70 }, (_, i) => new Counter(i))
      const end = (i: number): void => all[i][DISPOSE]()
      for (const i of now) end(i)
      expect(made.gone).toEqual(now)
      await Promise.resolve()
      for (const i of later) end(i)
      const ended = [...new Set([...now, ...later])]
      expect(made.gone).toEqual(ended)
      gc()
      await new Promise((resolve) => setTimeout(resolve))
      // nobody has forgotten them
      expect(made.gone).toEqual(ended)
      for (const [i, counter] of all.entries()) if (!ended.includes(i)) expect(counter.getValue()).toBe(i)
      for (const counter of all) counter[DISPOSE]()
      expect([...made.gone].sort((a, b) => a - b)).toEqual(all.map((_, i) => i))
    }
    await fc.assert(fc.asyncProperty(orders, sometimes), { numRuns: 20 })
    gc()
    await new Promise((resolve) => setTimeout(resolve, 10))
    expect(made.gone.length).toBe(70)
  })

  test('what was made and not ended before anything else could happen is destroyed when it is forgotten', async () => {
    const { exports, gone } = await counters()
    const kept = new exports.Counter(0)
    const alone = (): void => void new exports.Counter(1)
    alone()
    kept[DISPOSE]()
    for (let i = 0; i < 200 && gone.length < 2; i++) {
      await new Promise((resolve) => setTimeout(resolve, 10))
      gc()
    }
    expect(gone).toEqual([0, 1])
  })
})

/** Works on a `file` of the host: `touch` borrows it, `take` and `keep` own it, `give-back` returns what was kept. */
const FILES = `(component
  (import "files" (instance $files
    (export "file" (type $file (sub resource)))
    (export "[constructor]file" (func (param "name" string) (result (own $file))))
    (export "[method]file.get-size" (func (param "self" (borrow $file)) (result u32)))
    (export "[static]file.count" (func (result u32)))
    (export "open" (func (result (own $file))))
    (export "inspect" (func (param "f" (borrow $file)) (result u32)))))
  (alias export $files "file" (type $file))
  (core module $libc (memory (export "memory") 1) (data (i32.const 8) "made"))
  (core instance $libc (instantiate $libc))
  (core func $new (canon lower (func $files "[constructor]file") (memory (core memory $libc "memory"))))
  (core func $size (canon lower (func $files "[method]file.get-size")))
  (core func $count (canon lower (func $files "[static]file.count")))
  (core func $open (canon lower (func $files "open")))
  (core func $inspect (canon lower (func $files "inspect")))
  (core func $drop (canon resource.drop $file))
  (core module $m
    (import "" "new" (func $new (param i32 i32) (result i32)))
    (import "" "size" (func $size (param i32) (result i32)))
    (import "" "count" (func $count (result i32)))
    (import "" "open" (func $open (result i32)))
    (import "" "inspect" (func $inspect (param i32) (result i32)))
    (import "" "drop" (func $drop (param i32)))
    (global $kept (mut i32) (i32.const 0))
    (func (export "touch") (param i32) (result i32)
      (call $size (local.get 0)) (call $drop (local.get 0)))
    (func (export "forget") (param i32) (result i32) (call $size (local.get 0)))
    (func (export "take") (param i32) (call $drop (local.get 0)))
    (func (export "keep") (param i32) (global.set $kept (local.get 0)))
    (func (export "give-back") (result i32) global.get $kept)
    (func (export "use-up") (result i32) (local $f i32)
      (local.set $f (call $open)) (call $inspect (local.get $f)) (call $drop (local.get $f)))
    (func (export "make") (result i32) (call $new (i32.const 8) (i32.const 4)))
    (func (export "all") (result i32) call $count)
    (func (export "twice") (param i32) (call $drop (local.get 0)) (call $drop (local.get 0))))
  (core instance $m (instantiate $m (with "" (instance
    (export "new" (func $new)) (export "size" (func $size)) (export "count" (func $count))
    (export "open" (func $open)) (export "inspect" (func $inspect)) (export "drop" (func $drop))))))
  (func (export "touch") (param "f" (borrow $file)) (result u32) (canon lift (core func $m "touch")))
  (func (export "forget") (param "f" (borrow $file)) (result u32) (canon lift (core func $m "forget")))
  (func (export "take") (param "f" (own $file)) (canon lift (core func $m "take")))
  (func (export "keep") (param "f" (own $file)) (canon lift (core func $m "keep")))
  (func (export "give-back") (result (own $file)) (canon lift (core func $m "give-back")))
  (func (export "use-up") (result u32) (canon lift (core func $m "use-up")))
  (func (export "make") (result (own $file)) (canon lift (core func $m "make")))
  (func (export "all") (result u32) (canon lift (core func $m "all")))
  (func (export "twice") (param "f" (own $file)) (canon lift (core func $m "twice"))))`

function fileSystem() {
  const disposed: string[] = []
  class File {
    static count = () => 12
    readonly name: string
    readonly size: number
    constructor(name: string, size = 3) {
      this.name = name
      this.size = size
    }
    getSize(): number {
      return this.size
    }
    [DISPOSE](): void {
      disposed.push(this.name)
    }
  }
  return { File, disposed, files: { File, open: () => new File('opened', 9), inspect: (f: File) => f.size } }
}

describe("the host's resource", () => {
  test('reaches the guest by constructor, method, static and function, and comes back the same', async () => {
    const { File, files, disposed } = fileSystem()
    const { exports } = await start(FILES, { files })
    const file = new File('mine', 5)
    expect(exports['touch'](file)).toBe(5)
    expect(exports['useUp']()).toBe(9)
    expect(disposed).toEqual(['opened'])
    exports['keep'](file)
    expect(exports['giveBack']()).toBe(file)
    const made = exports['make']()
    expect(made).toBeInstanceOf(File)
    expect(made.name).toBe('made')
    expect(exports['all']()).toBe(12)
    // what the host owns, the host disposes
    expect(disposed).toEqual(['opened'])
  })

  test('owned by the guest, it is disposed when the guest drops it', async () => {
    const { File, files, disposed } = fileSystem()
    const { exports } = await start(FILES, { files })
    exports['take'](new File('given'))
    expect(disposed).toEqual(['given'])
  })

  test('kept by the guest, it is disposed with the instance', async () => {
    const { File, files, disposed } = fileSystem()
    const instance = await start(FILES, { files })
    instance.exports['keep'](new File('kept'))
    instance[Symbol.dispose]()
    expect(disposed).toEqual(['kept'])
  })

  test('an instance of the class it must be, or of a subclass', async () => {
    const { File, files } = fileSystem()
    const { exports } = await start(FILES, { files })
    class Sub extends File {}
    expect(exports['touch'](new Sub('sub', 1))).toBe(1)
    for (const wrong of [{ size: 1, getSize: () => 1 }, null, 7, 'file']) {
      expect(thrown(() => exports['touch'](wrong)).message).toMatch(
        /^touch: param `f`: expected an instance of the class given for resource `file`, got /,
      )
    }
  })

  test('what the host returns is checked too', async () => {
    const { files } = fileSystem()
    const { exports } = await start(FILES, { files: { ...files, open: () => ({ size: 9 }) } })
    expect(thrown(() => exports['useUp']())).toMatchObject({
      code: 'host-value',
      message: expect.stringContaining('files#open: result: expected an instance of the class'),
    })
  })

  test('a borrow that the guest does not drop is a trap', async () => {
    const { File, files } = fileSystem()
    const instance = await start(FILES, { files })
    expect(thrown(() => instance.exports['forget'](new File('lent')))).toMatchObject({ code: 'borrows-remain' })
    expect(instance.state).toBe('trapped')
  })

  test('a handle dropped twice is a trap, and is disposed once', async () => {
    const { File, files, disposed } = fileSystem()
    const { exports } = await start(FILES, { files })
    expect(thrown(() => exports['twice'](new File('once')))).toMatchObject({
      code: 'unknown-handle',
      message: 'wasm trap: unknown handle index 1',
    })
    expect(disposed).toEqual(['once'])
  })

  test('a class that lacks members is refused, member by member', async () => {
    const component = await compile(FILES)
    class Bare {}
    expect(problems(component, { files: { File: Bare, open() {}, inspect() {} } })).toEqual([
      'missing-import files#[method]file.get-size: class Bare has no method `getSize`',
      'missing-import files#[static]file.count: class Bare has no static `count`',
    ])
  })

  test('a disposal that throws is a failure of the host', async () => {
    const { files } = fileSystem()
    class Bad extends files.File {
      override [DISPOSE](): void {
        throw new Error('stuck')
      }
    }
    const { exports } = await start(FILES, { files })
    expect(thrown(() => exports['take'](new Bad('bad')))).toMatchObject({
      code: 'host-threw',
      message: 'wasm trap: a host function threw: stuck',
    })
  })
})

test("one instance's exports serve as another's imports, resources included", async () => {
  const engine = new Engine()
  const exporter = await start(
    `(component
      (component $inner
        (type $r' (resource (rep i32)))
        (export $r "r" (type $r'))
        (core func $new (canon resource.new $r))
        (core module $m (import "" "new" (func $new (param i32) (result i32)))
          (func (export "new") (param i32) (result i32) (call $new (local.get 0)))
          (func (export "get") (param i32) (result i32) local.get 0))
        (core instance $m (instantiate $m (with "" (instance (export "new" (func $new))))))
        (func (export "[constructor]r") (param "n" u32) (result (own $r)) (canon lift (core func $m "new")))
        (func (export "[method]r.get") (param "self" (borrow $r)) (result u32) (canon lift (core func $m "get"))))
      (instance $i (instantiate $inner))
      (export "a:b/rs@1.0.0" (instance $i)))`,
    undefined,
    engine,
  )
  const IMPORTER = `(component
    (import "a:b/rs@1.0.0" (instance $rs
      (export "r" (type $r (sub resource)))
      (export "[constructor]r" (func (param "n" u32) (result (own $r))))
      (export "[method]r.get" (func (param "self" (borrow $r)) (result u32)))))
    (alias export $rs "r" (type $r))
    (core func $new (canon lower (func $rs "[constructor]r")))
    (core func $get (canon lower (func $rs "[method]r.get")))
    (core func $drop (canon resource.drop $r))
    (core module $m
      (import "" "new" (func $new (param i32) (result i32)))
      (import "" "get" (func $get (param i32) (result i32)))
      (import "" "drop" (func $drop (param i32)))
      (func (export "make") (param i32) (result i32) (call $new (local.get 0)))
      (func (export "look") (param i32) (result i32) (call $get (local.get 0)) (call $drop (local.get 0))))
    (core instance $m (instantiate $m (with "" (instance
      (export "new" (func $new)) (export "get" (func $get)) (export "drop" (func $drop))))))
    (func (export "make") (param "n" u32) (result (own $r)) (canon lift (core func $m "make")))
    (func (export "look") (param "r" (own $r)) (result u32) (canon lift (core func $m "look"))))`
  const importer = await start(IMPORTER, exporter.exports, engine)
  const made = importer.exports['make'](5)
  expect(made).toBeInstanceOf(exporter.exports['rs'].R)
  expect(made.get()).toBe(5)
  expect(importer.exports['look'](made)).toBe(5)
  // the engine is found by what is imported
  const component = await compile(IMPORTER)
  expect(component.instantiateSync(exporter.exports).exports['make'](6).get()).toBe(6)
})
