// What the outside type tests of the API leave free.
declare const calcBytes: Uint8Array
declare const appBytes: Uint8Array
