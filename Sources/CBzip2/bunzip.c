#include "bunzip.h"

#include <bzlib.h>
#include <stdlib.h>

struct netmeta_bunzip {
    bz_stream stream;
    int is_open;
};

static int start(netmeta_bunzip *state) {
    state->stream = (bz_stream){0};
    state->is_open = BZ2_bzDecompressInit(&state->stream, 0, 0) == BZ_OK;
    return state->is_open;
}

static void stop(netmeta_bunzip *state) {
    if (state->is_open) BZ2_bzDecompressEnd(&state->stream);
    state->is_open = 0;
}

netmeta_bunzip *netmeta_bunzip_open(void) {
    return calloc(1, sizeof(netmeta_bunzip));
}

int netmeta_bunzip_step(netmeta_bunzip *state, const uint8_t *input, size_t *input_left, uint8_t *output,
                        size_t *output_left) {
    if (!state->is_open && !start(state)) return -1;
    unsigned int given = *input_left > (1u << 30) ? 1u << 30 : (unsigned int)*input_left;
    unsigned int room = *output_left > (1u << 30) ? 1u << 30 : (unsigned int)*output_left;
    state->stream.next_in = (char *)input;
    state->stream.avail_in = given;
    state->stream.next_out = (char *)output;
    state->stream.avail_out = room;
    int status = BZ2_bzDecompress(&state->stream);
    *input_left -= given - state->stream.avail_in;
    *output_left -= room - state->stream.avail_out;
    if (status == BZ_STREAM_END) {
        stop(state);
        return 1;
    }
    return status == BZ_OK ? 0 : -1;
}

void netmeta_bunzip_close(netmeta_bunzip *state) {
    stop(state);
    free(state);
}
