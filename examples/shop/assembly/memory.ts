// What the canonical ABI calls to get memory for arguments and for results of imported functions. The heap only grows
// (`--runtime stub`): whoever has read what lies in it empties it as a whole with `heap.reset`.
export function reallocate(old: usize, oldSize: usize, align: usize, size: usize): usize {
  return oldSize === 0 ? heap.alloc(size) : heap.realloc(old, size)
}
