// Inflates bzip2 piece by piece with the system's libbz2.
#ifndef NETMETA_BUNZIP_H
#define NETMETA_BUNZIP_H

#include <stddef.h>
#include <stdint.h>

typedef struct netmeta_bunzip netmeta_bunzip;

/// Starts; NULL when there is no memory.
netmeta_bunzip *netmeta_bunzip_open(void);

/// Takes from `input` and gives to `output` as much as it can, and lowers both counts by that.
/// Streams that follow each other are one. Returns 0 within a stream, 1 where one has just ended, -1 for damage.
int netmeta_bunzip_step(netmeta_bunzip *state, const uint8_t *input, size_t *input_left, uint8_t *output,
                        size_t *output_left);

void netmeta_bunzip_close(netmeta_bunzip *state);

#endif
