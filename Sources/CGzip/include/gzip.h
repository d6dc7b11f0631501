// Inflates gzip with the system's zlib.
#ifndef NETMETA_GZIP_H
#define NETMETA_GZIP_H

#include <stddef.h>
#include <stdint.h>

/// Inflates all gzip members in `input` into memory that the caller frees.
/// Returns NULL when it isn't gzip, is cut short, or inflates to more than `limit` bytes.
uint8_t *netmeta_gunzip(const uint8_t *input, size_t length, size_t limit, size_t *out_length);

#endif
