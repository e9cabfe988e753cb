// A first-fit heap. Blocks lie one after another in memory, each behind a header with its size; free blocks form a list
// in the order of their addresses, so that neighbours are found and joined when one is given back.
#include "heap.h"

#define PAGE 65536

struct block {
  size_t size; // without the header
  struct block *next; // of a free block
};

extern unsigned char __heap_base; // set by the linker: the end of data and stack

static struct block *freeBlocks;
static unsigned char *top; // the end of the memory taken so far

static void *grow(size_t size) {
  if (top == NULL) top = (unsigned char *)(((uintptr_t)&__heap_base + 7) & ~(uintptr_t)7);
  size_t left = __builtin_wasm_memory_size(0) * PAGE - (size_t)top;
  size_t needed = size + sizeof(struct block);
  if (needed > left) {
    size_t pages = (needed - left + PAGE - 1) / PAGE;
    if (__builtin_wasm_memory_grow(0, pages) == (size_t)-1) __builtin_trap();
  }
  struct block *block = (struct block *)top;
  top += needed;
  block->size = size;
  return block + 1;
}

void *allocate(size_t size) {
  if (size > SIZE_MAX / 2) __builtin_trap();
  size = size == 0 ? 8 : (size + 7) & ~(size_t)7;
  for (struct block **link = &freeBlocks; *link != NULL; link = &(*link)->next) {
    struct block *block = *link;
    if (block->size < size) continue;
    if (block->size >= size + sizeof(struct block) + 8) {
      struct block *rest = (struct block *)((unsigned char *)(block + 1) + size);
      rest->size = block->size - size - sizeof(struct block);
      rest->next = block->next;
      *link = rest;
      block->size = size;
    } else {
      *link = block->next;
    }
    return block + 1;
  }
  return grow(size);
}

static void join(struct block *block) {
  struct block *next = block->next;
  if (next != NULL && (unsigned char *)(block + 1) + block->size == (unsigned char *)next) {
    block->size += sizeof(struct block) + next->size;
    block->next = next->next;
  }
}

void release(const void *memory) {
  // A string or list of length 0 may come with any address, and none of them is a block.
  if ((const unsigned char *)memory < &__heap_base) return;
  struct block *block = (struct block *)memory - 1;
  struct block *before = NULL;
  struct block *after = freeBlocks;
  while (after != NULL && after < block) {
    before = after;
    after = after->next;
  }
  block->next = after;
  join(block);
  if (before == NULL) {
    freeBlocks = block;
  } else {
    before->next = block;
    join(before);
  }
}

/// What the canonical ABI calls to get memory for arguments, and to resize it while it does not know the final size.
__attribute__((export_name("cabi_realloc")))
void *reallocate(void *old, size_t oldSize, size_t align, size_t size) {
  if (align > 8) __builtin_trap();
  if (size == 0) { // nothing will be written there: any aligned address does, and one below the heap is never released
    if (oldSize > 0) release(old);
    return (void *)align;
  }
  void *memory = allocate(size);
  if (oldSize > 0) {
    __builtin_memcpy(memory, old, oldSize < size ? oldSize : size);
    release(old);
  }
  return memory;
}
