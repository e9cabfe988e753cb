// World `orders`: the plugin that owns the resource `basket`.
//
// A tool like wit-bindgen would write the lower half of this file. It is written by hand to show what a component is
// made of: each exported function has the name and the core signature that the canonical ABI gives it. Strings and
// lists come as address and length, in memory that `cabi_realloc` (heap.c) gave and that is ours to release; results
// that need more than one core value are written to memory, whose address is returned. Once the caller has read them
// it calls `cabi_post_…`, where what was made for the answer is released.
#include <stdbool.h>
#include "heap.h"

#define INTERFACE "shop:orders/baskets@1.0.0"
#define EXPORT(name) __attribute__((export_name(INTERFACE "#" name)))
#define POST_RETURN(name) __attribute__((export_name("cabi_post_" INTERFACE "#" name)))
#define IMPORT(name) __attribute__((import_module("[export]" INTERFACE), import_name(name)))

enum { FRAGILE = 1, HEAVY = 2, PERISHABLE = 4 };

// The layouts of the types in orders.wit, which the canonical ABI lays out as C does.

struct string {
  const char *bytes;
  uint32_t length;
};

struct line {
  struct string sku;
  struct string name;
  uint32_t quantity;
  uint64_t price;
  uint8_t traits;
  struct {
    uint8_t some;
    struct string value;
  } note;
};

struct list {
  const struct line *lines;
  uint32_t length;
};

enum { OK, ERROR };
enum { UNKNOWN_ITEM, SOLD_OUT };

struct added {
  uint8_t tag;
  union {
    uint64_t total;
    struct {
      uint8_t tag;
      struct string sku; // all of `unknown-item`, the beginning of `sold-out`
      uint32_t wanted;
      uint32_t left;
    } error;
  };
};

_Static_assert(sizeof(struct line) == 48 && _Alignof(struct line) == 8, "layout of line");
_Static_assert(sizeof(struct added) == 32 && offsetof(struct added, error.sku) == 12, "layout of result");

// The shop.

#define STRING(literal) { literal, sizeof literal - 1 }

struct item {
  struct string sku;
  struct string name;
  uint64_t price;
  uint32_t left;
  uint8_t traits;
};

static const struct item shelf[] = {
  { STRING("tea"), STRING("Green tea, 100 g"), 450, 40, PERISHABLE },
  { STRING("pot"), STRING("Cast iron teapot"), 2490, 4, HEAVY },
  { STRING("cup"), STRING("Porcelain cup"), 750, 24, FRAGILE },
};

struct entry {
  struct entry *next;
  const struct item *item;
  uint32_t quantity;
  bool hasNote;
  struct string note; // ours, like the customer's name
};

struct basket {
  struct string customer;
  struct entry *entries;
};

static uint32_t openBaskets;

static bool same(struct string a, struct string b) {
  if (a.length != b.length) return false;
  for (uint32_t i = 0; i < a.length; i++) {
    if (a.bytes[i] != b.bytes[i]) return false;
  }
  return true;
}

static const struct item *find(struct string sku) {
  for (size_t i = 0; i < sizeof shelf / sizeof *shelf; i++) {
    if (same(shelf[i].sku, sku)) return &shelf[i];
  }
  return NULL;
}

static uint64_t totalOf(const struct basket *basket) {
  uint64_t total = 0;
  for (const struct entry *e = basket->entries; e != NULL; e = e->next) total += e->quantity * e->item->price;
  return total;
}

/// How many of an item the basket can still take. Merged baskets may hold more than there are.
static uint32_t leftFor(const struct basket *basket, const struct item *item) {
  uint64_t taken = 0;
  for (const struct entry *e = basket->entries; e != NULL; e = e->next) {
    if (e->item == item) taken += e->quantity;
  }
  return taken < item->left ? item->left - (uint32_t)taken : 0;
}

static struct entry **endOf(struct basket *basket) {
  struct entry **end = &basket->entries;
  while (*end != NULL) end = &(*end)->next;
  return end;
}

// What the component imports to manage handles of its own resource type. A handle is what others hold; the
// representation, here the basket's address, never leaves this module.

IMPORT("[resource-new]basket") int32_t newHandle(struct basket *basket);
IMPORT("[resource-rep]basket") struct basket *basketOf(int32_t handle);
IMPORT("[resource-drop]basket") void dropHandle(int32_t handle);

// What it exports.

EXPORT("[constructor]basket")
int32_t basketNew(const char *customer, uint32_t length) {
  struct basket *basket = allocate(sizeof *basket);
  *basket = (struct basket){ .customer = { customer, length } };
  openBaskets++;
  return newHandle(basket);
}

/// The destructor: called when the last owner has dropped its handle.
EXPORT("[dtor]basket")
void basketDelete(struct basket *basket) {
  for (struct entry *e = basket->entries; e != NULL;) {
    struct entry *next = e->next;
    release(e->note.bytes);
    release(e);
    e = next;
  }
  release(basket->customer.bytes);
  release(basket);
  openBaskets--;
}

/// The answer is the basket's own string: it is read before anything else can happen, so nothing is copied.
EXPORT("[method]basket.customer")
const struct string *basketCustomer(const struct basket *basket) {
  return &basket->customer;
}

static struct added answer;

EXPORT("[method]basket.add")
const struct added *basketAdd(struct basket *basket, const char *sku, uint32_t skuLength, uint32_t quantity,
                              uint32_t hasNote, const char *note, uint32_t noteLength) {
  struct string wanted = { sku, skuLength };
  const struct item *item = find(wanted);
  uint32_t left = item == NULL ? 0 : leftFor(basket, item);
  if (item == NULL || quantity > left) {
    if (hasNote) release(note);
    answer.tag = ERROR;
    answer.error.tag = item == NULL ? UNKNOWN_ITEM : SOLD_OUT;
    answer.error.sku = wanted; // released when the answer has been read
    answer.error.wanted = quantity;
    answer.error.left = left;
    return &answer;
  }
  release(sku);
  struct entry *entry = allocate(sizeof *entry);
  *entry = (struct entry){ .item = item, .quantity = quantity };
  if (hasNote) {
    entry->hasNote = true;
    entry->note = (struct string){ note, noteLength };
  }
  *endOf(basket) = entry;
  answer.tag = OK;
  answer.total = totalOf(basket);
  return &answer;
}

POST_RETURN("[method]basket.add")
void basketAddPost(const struct added *added) {
  if (added->tag == ERROR) release(added->error.sku.bytes);
}

static struct list lines;

EXPORT("[method]basket.lines")
const struct list *basketLines(const struct basket *basket) {
  uint32_t length = 0;
  for (const struct entry *e = basket->entries; e != NULL; e = e->next) length++;
  struct line *line = allocate(length * sizeof *line);
  lines = (struct list){ line, length };
  for (const struct entry *e = basket->entries; e != NULL; e = e->next, line++) {
    *line = (struct line){ e->item->sku, e->item->name, e->quantity, e->item->price, e->item->traits,
                           { e->hasNote, e->note } };
  }
  return &lines;
}

POST_RETURN("[method]basket.lines")
void basketLinesPost(const struct list *list) {
  release(list->lines);
}

EXPORT("[method]basket.total")
uint64_t basketTotal(const struct basket *basket) {
  return totalOf(basket);
}

/// Owned resources come as handles. `a` is returned as it came; `b` is dropped, which calls the destructor.
EXPORT("[static]basket.merge")
int32_t basketMerge(int32_t a, int32_t b) {
  struct basket *from = basketOf(b);
  *endOf(basketOf(a)) = from->entries;
  from->entries = NULL;
  dropHandle(b);
  return a;
}

EXPORT("open-baskets")
uint32_t openBasketsGet(void) {
  return openBaskets;
}
