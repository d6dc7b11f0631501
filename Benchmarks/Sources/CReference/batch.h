// Columns of the reference decoder.
#ifndef BATCH_H
#define BATCH_H

#include "include/reference.h"
#include <string.h>

struct batch {
    size_t capacity, rows;
    uint8_t *column[REF_COLUMNS];
    size_t written[REF_COLUMNS];
    // The AS paths: where each row's ends, behind a 0, and the numbers one behind the other, little-endian.
    uint32_t *path_end;
    size_t path_rows;
    uint8_t *path;
    size_t path_room;
};

// The end of the bytes, made so that `size` more fit; rows up to `row` that have no path are empty.
uint8_t *batch_path(struct batch *, size_t row, size_t size);

extern const uint8_t ref_widths[REF_COLUMNS];

// Gives rows that nobody wrote their default.
void batch_extend(struct batch *, int column, size_t row);

// Memory of rows [first, first + count) of a column.
static inline void *batch_write(struct batch *batch, int column, size_t first, size_t count) {
    if (batch->written[column] < first) batch_extend(batch, column, first);
    if (batch->written[column] < first + count) batch->written[column] = first + count;
    return batch->column[column] + first * ref_widths[column];
}

static inline uint16_t be16(const uint8_t *p) { uint16_t v; memcpy(&v, p, 2); return __builtin_bswap16(v); }
static inline uint32_t be32(const uint8_t *p) { uint32_t v; memcpy(&v, p, 4); return __builtin_bswap32(v); }
static inline uint64_t be64(const uint8_t *p) { uint64_t v; memcpy(&v, p, 8); return __builtin_bswap64(v); }

// An address as it lies in a column.
struct address { uint64_t high, low; };
static inline struct address address4(const uint8_t *p) {
    uint32_t bits;
    memcpy(&bits, p, 4);
    return (struct address){0, (uint64_t)bits << 32 | 0xFFFF0000u};
}
static inline struct address address6(const uint8_t *p) {
    struct address a;
    memcpy(&a, p, 16);
    return a;
}

#endif
