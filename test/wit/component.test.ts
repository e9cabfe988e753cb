/** WIT from components: from their types, and from packages in binary form. */
import { readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { Component } from '../../src/index.ts'
import { WitPackages } from '../../src/wit/index.ts'

const examples = new URL('../../examples/', import.meta.url)
const built = readdirSync(examples, { recursive: true, encoding: 'utf8' }).filter((path) =>
  path.endsWith('.component.wasm'),
)

const witOf = async (text: string): Promise<string> => WitPackages.of(await Component.compile(text)).toText()

test.each(built)('%s: its WIT is WIT', async (path) => {
  const text = WitPackages.of(await Component.compile(readFileSync(new URL(path, examples)))).toText()
  expect(WitPackages.parse(text).toText()).toBe(text)
  // nothing but what has a name
  expect(text).not.toMatch(/[:<(,>=] ?(?:record|variant|flags|enum) \{/)
})

test('types that an interface takes from another are used, not written again', async () => {
  const text = await witOf(`(component
    (import "a:b/types@1.0.0" (instance $types
      (type $p (record (field "x" u32)))
      (export "point" (type $P (eq $p)))
      (export "file" (type (sub resource)))))
    (alias export $types "point" (type $point))
    (alias export $types "file" (type $file))
    (import "a:b/draw@1.0.0" (instance
      (export "spot" (type $s (eq $point)))
      (export "file" (type $f (eq $file)))
      (export "[method]file.size" (func (param "self" (borrow $f)) (result u64)))
      (export "draw" (func async (param "at" (list $s)) (param "into" (own $f)))))))`)
  expect(text).toBe(`package root:component;

world root {
  import a:b/types@1.0.0;
  import a:b/draw@1.0.0;
}

package a:b@1.0.0 {
  interface types {
    record point {
      x: u32,
    }
    resource file;
  }

  interface draw {
    use types.{point as spot, file};
    draw: async func(at: list<spot>, into: file);
  }
}
`)
})

test('functions, types and resources of the world itself, inline interfaces, other names of an interface', async () => {
  expect(
    await witOf(`(component
      (type $e (enum "red" "green"))
      (import "color" (type $c (eq $e)))
      (import "ticket" (type $t (sub resource)))
      (import "[method]ticket.color" (func (param "self" (borrow $t)) (result $c)))
      (import "mix" (func (param "a" $c) (result $c)))
      (import "helper" (instance (export "help" (func))))
      (import "cache" (implements "a:b/store") (external-id "//\\22one\\22") (instance (export "get" (func (result string)))))
      (import "m" (core module)))`),
  ).toBe(`package root:component;

world root {
  import mix: func(a: color) -> color;
  import helper: interface {
    help: func();
  }
  @external-id("//\\u{22}one\\u{22}")
  import cache: a:b/store;
  // import \`m\`: core module, which WIT cannot express
  enum color {
    red,
    green,
  }
  resource ticket {
    color: func() -> color;
  }
}

package a:b {
  interface store {
    get: func() -> string;
  }
}
`)
})

test('a package in binary form gives what it holds', async () => {
  const text = await witOf(`(component
    (type (export "types") (component
      (export "local:demo/types" (instance
        (export "file" (type $f (sub resource)))
        (export "[method]file.read" (func (param "self" (borrow $f)) (param "n" u32) (result (list u8))))))))
    (type (export "namespace") (component
      (import "local:demo/types" (instance $types (export "file" (type (sub resource)))))
      (alias export $types "file" (type $file))
      (export "local:demo/namespace" (instance
        (export "file" (type $f (eq $file)))
        (export "open" (func (param "name" string) (result (own $f))))))))
    (type (export "the-world") (component
      (export "local:demo/the-world" (component
        (import "local:demo/types" (instance $types (export "file" (type (sub resource)))))
        (export "test" (func)))))))`)
  expect(text).toBe(`package local:demo;

interface types {
  resource file {
    read: func(n: u32) -> list<u8>;
  }
}

interface namespace {
  use types.{file};
  open: func(name: string) -> file;
}

world the-world {
  import types;
  export test: func();
}
`)
})
