/*
 * As much of a C library as a policy needs: no file, no clock, nothing that asks a system for something, and so nothing
 * that would be imported.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* Where the linker says that the heap begins. */
extern unsigned char __heap_base;

static uintptr_t next;

void abort(void) {
    __builtin_trap();
}

void *malloc(size_t size) {
    const uintptr_t page = 65536, alignment = 8;
    if (next == 0) {
        next = ((uintptr_t)&__heap_base + alignment - 1) & ~(alignment - 1);
    }
    const uintptr_t begin = next;
    if (size > UINTPTR_MAX / 2 - begin) {
        abort();
    }
    next = (begin + size + alignment - 1) & ~(alignment - 1);
    const uintptr_t pages = __builtin_wasm_memory_size(0);
    if (next > pages * page && __builtin_wasm_memory_grow(0, (next - pages * page + page - 1) / page) == SIZE_MAX) {
        abort();
    }
    return (void *)begin;
}

void *realloc(void *memory, size_t size) {
    void *more = malloc(size);
    if (memory != NULL) {
        /* The new block lies behind the old one: what is copied too much belongs to this memory, and is not looked at. */
        const size_t room = (size_t)((unsigned char *)more - (unsigned char *)memory);
        memcpy(more, memory, size < room ? size : room);
    }
    return more;
}

void free(void *memory) {
    (void)memory;
}

void *memcpy(void *to, const void *from, size_t count) {
    unsigned char *target = to;
    const unsigned char *source = from;
    while (count-- > 0) {
        *target++ = *source++;
    }
    return to;
}

void *memset(void *to, int octet, size_t count) {
    unsigned char *target = to;
    while (count-- > 0) {
        *target++ = (unsigned char)octet;
    }
    return to;
}

int memcmp(const void *left, const void *right, size_t count) {
    const unsigned char *one = left, *other = right;
    for (; count > 0; count--, one++, other++) {
        if (*one != *other) {
            return *one < *other ? -1 : 1;
        }
    }
    return 0;
}

size_t strlen(const char *text) {
    size_t length = 0;
    while (text[length] != '\0') {
        length++;
    }
    return length;
}
