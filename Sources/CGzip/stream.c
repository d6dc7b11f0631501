#include "gzip.h"

#include <stdlib.h>
#include <zlib.h>

struct netmeta_gunzip_stream {
    z_stream stream;
    int is_open;
};

static int start(netmeta_gunzip_stream *state) {
    state->stream = (z_stream){0};
    // 15 bits of window, and 16 to expect gzip's header.
    state->is_open = inflateInit2(&state->stream, 15 + 16) == Z_OK;
    return state->is_open;
}

static void stop(netmeta_gunzip_stream *state) {
    if (state->is_open) inflateEnd(&state->stream);
    state->is_open = 0;
}

netmeta_gunzip_stream *netmeta_gunzip_open(void) {
    return calloc(1, sizeof(netmeta_gunzip_stream));
}

int netmeta_gunzip_step(netmeta_gunzip_stream *state, const uint8_t *input, size_t *input_left, uint8_t *output,
                        size_t *output_left) {
    if (!state->is_open && !start(state)) return -1;
    uInt given = *input_left > (1u << 30) ? 1u << 30 : (uInt)*input_left;
    uInt room = *output_left > (1u << 30) ? 1u << 30 : (uInt)*output_left;
    state->stream.next_in = (Bytef *)input;
    state->stream.avail_in = given;
    state->stream.next_out = output;
    state->stream.avail_out = room;
    int status = inflate(&state->stream, Z_NO_FLUSH);
    *input_left -= given - state->stream.avail_in;
    *output_left -= room - state->stream.avail_out;
    if (status == Z_STREAM_END) {
        stop(state);
        return 1;
    }
    // Z_BUF_ERROR: nothing to do with what was given.
    return status == Z_OK || status == Z_BUF_ERROR ? 0 : -1;
}

void netmeta_gunzip_close(netmeta_gunzip_stream *state) {
    stop(state);
    free(state);
}
