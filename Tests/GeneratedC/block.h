/* Memory of an exact size and no more than the alignment asked for, with guard bytes around. */
#ifndef BLOCK_H
#define BLOCK_H

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANITIZED 1
#endif
#endif
#ifdef SANITIZED
#include <sanitizer/asan_interface.h>
#else
#define ASAN_POISON_MEMORY_REGION(start, bytes) ((void)(start), (void)(bytes))
#define ASAN_UNPOISON_MEMORY_REGION(start, bytes) ((void)(start), (void)(bytes))
#endif

#define GUARD 0xA5
#define BACK 64u

struct block {
    unsigned char *base;
    unsigned char *data;
    size_t front;
    size_t bytes;
};

static void block_forbid(const struct block *b)
{
    ASAN_POISON_MEMORY_REGION(b->base, b->front);
    ASAN_POISON_MEMORY_REGION(b->data + b->bytes, BACK);
}

static struct block block_make(size_t bytes, size_t align)
{
    struct block b;
    const size_t twice = 2 * align < sizeof(void *) ? sizeof(void *) : 2 * align;
    void *base = NULL;
    b.front = 64 / twice * twice + twice + align; /* an odd multiple of the alignment */
    b.bytes = bytes;
    if (posix_memalign(&base, twice, b.front + bytes + BACK) != 0) abort();
    b.base = base;
    b.data = b.base + b.front;
    memset(b.base, GUARD, b.front);
    memset(b.data + bytes, GUARD, BACK);
    block_forbid(&b);
    return b;
}

static int block_is_intact(const struct block *b)
{
    size_t i;
    int intact = 1;
    ASAN_UNPOISON_MEMORY_REGION(b->base, b->front + b->bytes + BACK);
    for (i = 0; i < b->front; ++i) intact &= b->base[i] == GUARD;
    for (i = 0; i < BACK; ++i) intact &= b->data[b->bytes + i] == GUARD;
    block_forbid(b);
    return intact;
}

static void block_free(struct block *b)
{
    ASAN_UNPOISON_MEMORY_REGION(b->base, b->front + b->bytes + BACK);
    free(b->base);
}

#endif
