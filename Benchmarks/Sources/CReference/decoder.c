// Batch, exporters, and the way in.
#include "decoder.h"
#include <stdlib.h>
#include <time.h>

const uint8_t ref_widths[REF_COLUMNS] = {
    [REF_TIME_RECEIVED] = 4, [REF_FLOW_TYPE] = 1, [REF_SEQUENCE] = 4, [REF_SAMPLING_RATE] = 4,
    [REF_SAMPLING_SOURCE] = 1, [REF_DIRECTION] = 1, [REF_SAMPLER] = 16, [REF_START] = 4, [REF_START_NS] = 4,
    [REF_END] = 4, [REF_END_NS] = 4, [REF_BYTES] = 8, [REF_PACKETS] = 8, [REF_SRC_ADDR] = 16, [REF_DST_ADDR] = 16,
    [REF_ETYPE] = 2, [REF_PROTO] = 1, [REF_SRC_PORT] = 2, [REF_DST_PORT] = 2, [REF_IN_IF] = 4, [REF_OUT_IF] = 4,
    [REF_SRC_MAC] = 8, [REF_DST_MAC] = 8, [REF_SRC_VLAN] = 2, [REF_DST_VLAN] = 2, [REF_VLAN] = 2, [REF_IN_VRF] = 4,
    [REF_OUT_VRF] = 4, [REF_TOS] = 1, [REF_FORWARDING] = 1, [REF_TTL] = 1, [REF_TCP_FLAGS] = 1, [REF_ICMP_TYPE] = 1,
    [REF_ICMP_CODE] = 1, [REF_FLOW_LABEL] = 4, [REF_FRAGMENT_ID] = 4, [REF_FRAGMENT_OFFSET] = 4, [REF_SRC_AS] = 4,
    [REF_DST_AS] = 4, [REF_NEXT_HOP] = 16, [REF_NEXT_HOP_AS] = 4, [REF_SRC_NET] = 1, [REF_DST_NET] = 1,
    [REF_PREV_HOP_AS] = 4, [REF_BGP_NEXT_HOP] = 16,
};

void batch_extend(struct batch *batch, int column, size_t row) {
    size_t from = batch->written[column], width = ref_widths[column];
    if (from >= row) return;
    // An unknown direction is 255.
    memset(batch->column[column] + from * width, column == REF_DIRECTION ? 255 : 0, (row - from) * width);
    batch->written[column] = row;
}

uint8_t *batch_path(struct batch *batch, size_t row, size_t size) {
    for (; batch->path_rows < row; batch->path_rows++)
        batch->path_end[batch->path_rows + 1] = batch->path_end[batch->path_rows];
    size_t used = batch->path_end[batch->path_rows];
    if (used + size > batch->path_room) {
        batch->path_room = 2 * (used + size);
        batch->path = realloc(batch->path, batch->path_room);
    }
    return batch->path + used;
}

struct ref_decoder *ref_create(size_t capacity) {
    struct ref_decoder *decoder = calloc(1, sizeof *decoder);
    decoder->batch.capacity = capacity;
    decoder->batch.path_end = calloc(capacity + 1, sizeof(uint32_t));
    for (int column = 0; column < REF_COLUMNS; column++) {
        size_t size = (capacity * ref_widths[column] + 63) & ~(size_t)63;
        decoder->batch.column[column] = aligned_alloc(64, size);
    }
    return decoder;
}

void ref_destroy(struct ref_decoder *decoder) {
    for (int column = 0; column < REF_COLUMNS; column++) free(decoder->batch.column[column]);
    free(decoder->batch.path_end);
    free(decoder->batch.path);
    free(decoder);
}

size_t ref_rows(const struct ref_decoder *decoder) { return decoder->batch.rows; }
size_t ref_room(const struct ref_decoder *decoder) { return decoder->batch.capacity - decoder->batch.rows; }
size_t ref_width(int column) { return ref_widths[column]; }

void ref_seal(struct ref_decoder *decoder) {
    struct batch *batch = &decoder->batch;
    if (batch->path_rows > 0) batch_path(batch, batch->rows, 0);
    for (int column = 0; column < REF_COLUMNS; column++)
        if (batch->written[column] > 0 || column == REF_DIRECTION) batch_extend(batch, column, batch->rows);
}

void ref_clear(struct ref_decoder *decoder) {
    decoder->batch.rows = 0;
    decoder->batch.path_rows = 0;
    memset(decoder->batch.written, 0, sizeof decoder->batch.written);
}

const void *ref_values(const struct ref_decoder *decoder, int column) {
    return decoder->batch.written[column] > 0 ? decoder->batch.column[column] : NULL;
}

size_t ref_path(const struct ref_decoder *decoder, size_t row, const uint8_t **bytes) {
    const struct batch *batch = &decoder->batch;
    if (row >= batch->path_rows) return 0;
    *bytes = batch->path + batch->path_end[row];
    return batch->path_end[row + 1] - batch->path_end[row];
}

double ref_cpu_seconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

int find_exporter(struct ref_decoder *decoder, const uint8_t *bytes) {
    struct address address = address6(bytes);
    uint64_t hash = (address.high ^ address.low) * 0x9E3779B97F4A7C15u;
    for (size_t probe = 0; probe < MOST_EXPORTERS; probe++) {
        size_t index = ((hash >> 48) + probe) % MOST_EXPORTERS;
        struct exporter *exporter = &decoder->exporter[index];
        if (!exporter->used) {
            exporter->used = 1;
            exporter->address = address;
            return (int)index;
        }
        if (exporter->address.high == address.high && exporter->address.low == address.low) return (int)index;
    }
    return -1;
}

void note_sequence(struct sequence *state, uint32_t sequence, uint32_t count) {
    uint32_t gap = sequence - state->expected;
    if (state->known && gap < 0x80000000u) state->missing += gap;
    state->known = 1;
    state->expected = sequence + count;
}

void ref_decode(struct ref_decoder *decoder, const uint8_t *datagram, size_t length, const uint8_t *address,
                uint16_t port, uint32_t received_at) {
    if (length < 16) return;
    if (be32(datagram) == 5) return decode_sflow(decoder, datagram, length, address, received_at);
    struct message message = {0};
    message.exporter = find_exporter(decoder, address);
    if (message.exporter < 0) return;
    message.address = decoder->exporter[message.exporter].address;
    message.port = port;
    message.received_at = received_at;
    decode_netflow(decoder, datagram, length, &message);
}
