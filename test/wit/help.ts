/** A package that holds one of everything. */
export const WORLD = `/// About the package.
package demo:all@1.2.0;

use demo:dep/shared@0.1.0 as common;

/// About the types.
interface types {
  use common.{id, session as user-session};

  /// A point.
  record point { x: s32, y: s32 }
  record entry { name: string, at: option<point>, deep: option<option<u8>>, tags: list<string> }
  variant shape { none, circle(f64), path(list<point>) }
  enum color { red, dark-green }
  flags rights { read, write-all }
  type points = list<point>;
  type number = u32;
  type alias = entry;

  resource canvas {
    /// Makes one.
    constructor(width: number, height: number);
    draw: func(what: shape, in: color) -> result<_, string>;
    read: async func(rights: rights) -> result<points, error-code>;
    merge: static func(a: canvas, b: borrow<canvas>) -> canvas;
  }
  enum error-code { denied, gone }

  look: func(at: entry, by: borrow<user-session>, key: id) -> tuple<u64, s64>;
  watch: async func(bytes: stream<u8>, points: stream<point>) -> future<string>;
  %default: func(m: map<string, list<u8>>, n: list<u8, 4>, c: char) -> error-context;
}

interface handler {
  use types.{canvas, point as spot};
  handle: func(c: canvas) -> option<spot>;
}

world app {
  type label = string;
  resource ticket { check: func() -> bool; }
  import log: func(message: label);
  import types;
  import helper: interface {
    use types.{color};
    mix: func(a: color, b: color) -> color;
  }
  @external-id("//one")
  import second: handler;
  export handler;
  export run: async func(args: list<string>) -> result<u8, string>;
  export tool: interface { use-it: func(); }
  include base with { f as base-f }
}

world base { import f: func(); }

package demo:dep@0.1.0 {
  interface shared {
    type id = u64;
    resource session { constructor() -> result<session, string>; }
  }
}
`
