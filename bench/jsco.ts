/**
 * The nearest peer, jsco 0.1.0 (2026-05): its price over hand-written glue for the same tasks, measured on Node 24
 * without JSPI, which is its cheaper mode. No row of ours may be worse. Rows that jsco has no glue figure for are absent.
 */
export const JSCO: Readonly<Record<string, number>> = {
  'add(u32, u32)': 27.7 / 1.8,
  'echo string, 10 ASCII': 1033 / 110,
  'echo string, 1000 ASCII': 2327 / 243,
  'echo string, 1000 non-ASCII': 5393 / 4136,
  'echo list<u8>, 64 KiB': 9_253_161 / 11_208,
  'echo record of 5': 1281 / 109,
  'echo list of 100 records': 140_396 / 10_463,
  'echo variant (string)': 1344 / 101,
  // without the drop, which it does not have
  'resource: new, method, drop': 141 / 14.3,
  'resource: method': 42.4 / 3.2,
  'import u32 → u32, per call': 55.6 / 4.8,
  'import log(string 10), per call': 221 / 90,
  'instantiate from bytes, warm': 1.79 / 0.45,
  'cold process': 44.7 / 1.1,
}
