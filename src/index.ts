/** The public entry: what a program imports as `wasm-link`. */
export {}
