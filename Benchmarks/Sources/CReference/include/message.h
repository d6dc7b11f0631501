// Columns as Protocol Buffers messages, written down plainly: what a program
// in C without further ado would do.
#ifndef REFERENCE_MESSAGE_H
#define REFERENCE_MESSAGE_H

#include <stddef.h>
#include <stdint.h>

/// A column: the number of its field, bytes of a value (16 for addresses), and the values.
typedef struct {
    uint32_t number;
    uint32_t width;
    const void *values;
} reference_field;

/// Writes each row as a message with its length in front; returns how many bytes that took.
size_t reference_encode(const reference_field *fields, size_t count, size_t rows, uint8_t *out);

#endif
