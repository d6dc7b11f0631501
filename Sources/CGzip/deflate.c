#include "gzip.h"

#include <limits.h>
#include <stdlib.h>
#include <zlib.h>

uint8_t *netmeta_gzip(const uint8_t *input, size_t length, size_t *out_length) {
    if (length > INT_MAX) return NULL;
    z_stream stream = {0};
    // 15 bits of window, and 16 for gzip's header. Slow and small: done once for a file.
    if (deflateInit2(&stream, Z_BEST_COMPRESSION, Z_DEFLATED, 15 + 16, 9, Z_DEFAULT_STRATEGY) != Z_OK) return NULL;
    size_t room = deflateBound(&stream, length);
    uint8_t *output = malloc(room);
    int status = Z_STREAM_ERROR;
    if (output) {
        stream.next_in = (Bytef *)input;
        stream.avail_in = (uInt)length;
        stream.next_out = output;
        stream.avail_out = (uInt)room;
        status = deflate(&stream, Z_FINISH);
    }
    deflateEnd(&stream);
    if (status != Z_STREAM_END) {
        free(output);
        return NULL;
    }
    *out_length = stream.total_out;
    return output;
}
