// Inflates and deflates gzip with the system's zlib.
#ifndef NETMETA_GZIP_H
#define NETMETA_GZIP_H

#include <stddef.h>
#include <stdint.h>

/// Inflates all gzip members in `input` into memory that the caller frees.
/// Returns NULL when it isn't gzip, is cut short, or inflates to more than `limit` bytes.
uint8_t *netmeta_gunzip(const uint8_t *input, size_t length, size_t limit, size_t *out_length);

/// Deflates `input`, of less than 2 GB, as one gzip member into memory that the caller frees, as small as zlib can.
/// Returns NULL when there is no memory.
uint8_t *netmeta_gzip(const uint8_t *input, size_t length, size_t *out_length);

typedef struct netmeta_gunzip_stream netmeta_gunzip_stream;

/// Starts to inflate piece by piece; NULL when there is no memory.
netmeta_gunzip_stream *netmeta_gunzip_open(void);

/// Takes from `input` and gives to `output` as much as it can, and lowers both counts by that.
/// Members that follow each other are one. Returns 0 within a member, 1 where one has just ended, -1 for damage.
int netmeta_gunzip_step(netmeta_gunzip_stream *state, const uint8_t *input, size_t *input_left, uint8_t *output,
                        size_t *output_left);

void netmeta_gunzip_close(netmeta_gunzip_stream *state);

#endif
