// Memory on demand, for a module that has no C library.
#pragma once
#include <stddef.h>
#include <stdint.h>

/// A block of at least `size` bytes, aligned to 8. Never null: a heap that cannot grow ends in a trap.
void *allocate(size_t size);

/// Gives back a block. What lies below the heap is ignored: null, constants, and the address of an empty string.
void release(const void *block);
