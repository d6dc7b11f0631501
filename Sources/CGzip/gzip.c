#include "gzip.h"

#include <stdlib.h>
#include <zlib.h>

uint8_t *netmeta_gunzip(const uint8_t *input, size_t length, size_t limit, size_t *out_length) {
    z_stream stream = {0};
    // 15 bits of window, and 16 to expect gzip's header.
    if (inflateInit2(&stream, 15 + 16) != Z_OK) return NULL;
    size_t capacity = length * 4 + 4096, used = 0;
    if (capacity > limit) capacity = limit;
    uint8_t *output = malloc(capacity);
    stream.next_in = (Bytef *)input;
    size_t left = length;
    int status = Z_OK;
    while (output && (left > 0 || stream.avail_in > 0 || status != Z_STREAM_END)) {
        if (stream.avail_in == 0) {
            stream.avail_in = left > (1u << 30) ? (1u << 30) : (uInt)left;
            left -= stream.avail_in;
            if (stream.avail_in == 0) break;
        }
        if (status == Z_STREAM_END && inflateReset(&stream) != Z_OK) break;
        if (used == capacity) {
            if (capacity == limit) break;
            size_t larger = capacity * 2 > limit ? limit : capacity * 2;
            uint8_t *grown = realloc(output, larger);
            if (!grown) break;
            output = grown;
            capacity = larger;
        }
        size_t room = capacity - used;
        stream.next_out = output + used;
        stream.avail_out = room > (1u << 30) ? (1u << 30) : (uInt)room;
        uInt before = stream.avail_out;
        status = inflate(&stream, Z_NO_FLUSH);
        used += before - stream.avail_out;
        if (status != Z_OK && status != Z_STREAM_END && status != Z_BUF_ERROR) break;
    }
    inflateEnd(&stream);
    if (status != Z_STREAM_END || left > 0 || stream.avail_in > 0) {
        free(output);
        return NULL;
    }
    *out_length = used;
    return output;
}
