// sFlow version 5: each flow sample goes straight into its row of the columns.
#include "decoder.h"

struct rows {
    uint32_t *received, *start, *end, *sequence, *rate, *in, *out, *fragment;
    uint8_t *type, *source, *direction, *proto, *ttl, *tos, *flags;
    uint64_t *packets, *bytes, *src_mac, *dst_mac;
    uint16_t *etype, *src_port, *dst_port;
    struct address *sampler, *src, *dst;
};

// Columns that a sample may leave out get their defaults first.
static void open_row(struct rows *r, size_t row) {
    r->fragment[row] = 0;
    r->proto[row] = r->ttl[row] = r->tos[row] = r->flags[row] = 0;
    r->bytes[row] = r->src_mac[row] = r->dst_mac[row] = 0;
    r->etype[row] = r->src_port[row] = r->dst_port[row] = 0;
    r->src[row] = r->dst[row] = (struct address){0, 0};
}

static void transport(struct rows *r, struct batch *batch, size_t row, const uint8_t *p, size_t length) {
    switch (r->proto[row]) {
    case 6:
        if (length >= 14) r->flags[row] = p[13];
        // fallthrough
    case 17: case 33: case 132: case 136:
        if (length >= 4) r->src_port[row] = be16(p), r->dst_port[row] = be16(p + 2);
        break;
    case 1: case 58:
        if (length >= 2) {
            *(uint8_t *)batch_write(batch, REF_ICMP_TYPE, row, 1) = p[0];
            *(uint8_t *)batch_write(batch, REF_ICMP_CODE, row, 1) = p[1];
        }
        break;
    }
}

static void ipv4(struct rows *r, struct batch *batch, size_t row, const uint8_t *p, size_t length) {
    if (length < 20 || p[0] >> 4 != 4) return;
    size_t header = (size_t)(p[0] & 15) * 4;
    if (header < 20) return;
    r->etype[row] = 0x0800;
    r->tos[row] = p[1];
    r->fragment[row] = be16(p + 4);
    uint16_t fragment = be16(p + 6) & 0x1FFF;
    r->ttl[row] = p[8];
    r->proto[row] = p[9];
    r->src[row] = address4(p + 12);
    r->dst[row] = address4(p + 16);
    // Ethernet pads short packets.
    size_t total = be16(p + 2);
    if (total >= header && total < length) length = total;
    if (fragment != 0) *(uint32_t *)batch_write(batch, REF_FRAGMENT_OFFSET, row, 1) = fragment;
    else if (header <= length) transport(r, batch, row, p + header, length - header);
}

static void ipv6(struct rows *r, struct batch *batch, size_t row, const uint8_t *p, size_t length) {
    if (length < 40 || p[0] >> 4 != 6) return;
    uint32_t start = be32(p);
    r->etype[row] = 0x86DD;
    r->tos[row] = (uint8_t)(start >> 20);
    r->ttl[row] = p[7];
    r->proto[row] = p[6];
    r->src[row] = address6(p + 8);
    r->dst[row] = address6(p + 24);
    if (start & 0xFFFFF) *(uint32_t *)batch_write(batch, REF_FLOW_LABEL, row, 1) = start & 0xFFFFF;
    size_t payload = be16(p + 4);
    if (payload != 0 && payload + 40 < length) length = payload + 40;
    transport(r, batch, row, p + 40, length - 40);
}

static void ethernet(struct rows *r, struct batch *batch, size_t row, const uint8_t *p, size_t length) {
    if (length < 14) return;
    r->dst_mac[row] = be64(p) >> 16;
    r->src_mac[row] = be64(p + 4) & 0xFFFFFFFFFFFFu;
    uint16_t type = be16(p + 12);
    size_t offset = 14;
    for (int tag = 0; type == 0x8100 || type == 0x88A8; tag++) {
        if (length < offset + 4 || tag == 8) return;
        if (tag == 0) *(uint16_t *)batch_write(batch, REF_VLAN, row, 1) = be16(p + offset) & 0xFFF;
        type = be16(p + offset + 2);
        offset += 4;
    }
    r->etype[row] = type;
    if (type == 0x0800) ipv4(r, batch, row, p + offset, length - offset);
    else if (type == 0x86DD) ipv6(r, batch, row, p + offset, length - offset);
}

// Reads sFlow's address; returns its end, 0 when it is cut.
static size_t read_address(const uint8_t *p, size_t length, struct address *address) {
    *address = (struct address){0, 0};
    if (length < 4) return 0;
    switch (be32(p)) {
    case 0: return 4;
    case 1: if (length < 8) return 0; *address = address4(p + 4); return 8;
    case 2: if (length < 20) return 0; *address = address6(p + 4); return 20;
    default: return 0;
    }
}

static void gateway(struct batch *batch, size_t row, const uint8_t *p, size_t length) {
    struct address hop;
    size_t offset = read_address(p, length, &hop);
    if (offset == 0 || length < offset + 16) return;
    uint32_t own = be32(p + offset), source = be32(p + offset + 4), peer = be32(p + offset + 8);
    uint32_t segments = be32(p + offset + 12);
    uint32_t first = 0, last = 0;
    // No path is longer than its record.
    uint8_t *path = batch_path(batch, row, length), *path_end = path;
    for (offset += 16; segments > 0 && length >= offset + 8; segments--) {
        uint32_t count = be32(p + offset + 4);
        offset += 8;
        if (count > (length - offset) / 4) return;
        if (count > 0) {
            if (first == 0) first = be32(p + offset);
            last = be32(p + offset + (count - 1) * 4);
            for (uint32_t number = 0; number < count; number++, path_end += 4) {
                uint32_t value = be32(p + offset + number * 4);
                memcpy(path_end, &value, 4);
            }
        }
        offset += count * 4;
    }
    batch->path_end[row + 1] = batch->path_end[row] + (uint32_t)(path_end - path);
    batch->path_rows = row + 1;
    if (batch->written[REF_NEXT_HOP] <= row) *(struct address *)batch_write(batch, REF_NEXT_HOP, row, 1) = hop;
    *(uint32_t *)batch_write(batch, REF_SRC_AS, row, 1) = source == 0 ? own : source;
    *(uint32_t *)batch_write(batch, REF_DST_AS, row, 1) = last == 0 ? own : last;
    *(uint32_t *)batch_write(batch, REF_NEXT_HOP_AS, row, 1) = first;
    *(uint32_t *)batch_write(batch, REF_PREV_HOP_AS, row, 1) = peer;
    *(struct address *)batch_write(batch, REF_BGP_NEXT_HOP, row, 1) = hop;
}

static void record(struct rows *r, struct batch *batch, size_t row, uint32_t format, const uint8_t *p, size_t length) {
    switch (format) {
    case 1: {
        if (length < 16) return;
        size_t header = be32(p + 12);
        if (header > length - 16) header = length - 16;
        r->bytes[row] = be32(p + 4);
        if (be32(p) == 1) ethernet(r, batch, row, p + 16, header);
        break;
    }
    case 1001:
        if (length < 16) return;
        *(uint16_t *)batch_write(batch, REF_SRC_VLAN, row, 1) = be32(p) < 4096 ? (uint16_t)be32(p) : 0;
        *(uint16_t *)batch_write(batch, REF_DST_VLAN, row, 1) = be32(p + 8) < 4096 ? (uint16_t)be32(p + 8) : 0;
        break;
    case 1002: {
        struct address hop;
        size_t offset = read_address(p, length, &hop);
        if (offset == 0 || length < offset + 8) return;
        *(struct address *)batch_write(batch, REF_NEXT_HOP, row, 1) = hop;
        uint32_t from = be32(p + offset), to = be32(p + offset + 4);
        *(uint8_t *)batch_write(batch, REF_SRC_NET, row, 1) = from <= 128 ? (uint8_t)from : 0;
        *(uint8_t *)batch_write(batch, REF_DST_NET, row, 1) = to <= 128 ? (uint8_t)to : 0;
        break;
    }
    case 1003:
        gateway(batch, row, p, length);
        break;
    }
}

// Samples that the data source says it lost since its last one.
static void note_drops(struct ref_decoder *decoder, struct address agent, uint32_t source, uint32_t count) {
    uint64_t key = (agent.high ^ agent.low ^ source) * 0x9E3779B97F4A7C15u;
    struct drops *place = &decoder->drops[key >> 52];
    if (place->key == key && count - place->count < 0x80000000u) decoder->dropped += count - place->count;
    *place = (struct drops){key, count};
}

static uint32_t interface(uint32_t told) { return told >> 30 || told == 0x3FFFFFFF ? 0 : told; }

// The columns that every sample writes.
static const uint8_t always[] = {
    REF_TIME_RECEIVED, REF_FLOW_TYPE, REF_SEQUENCE, REF_SAMPLING_RATE, REF_SAMPLING_SOURCE, REF_DIRECTION, REF_SAMPLER,
    REF_START, REF_END, REF_BYTES, REF_PACKETS, REF_SRC_ADDR, REF_DST_ADDR, REF_ETYPE, REF_PROTO, REF_SRC_PORT,
    REF_DST_PORT, REF_IN_IF, REF_OUT_IF, REF_SRC_MAC, REF_DST_MAC, REF_TOS, REF_TTL, REF_TCP_FLAGS, REF_FRAGMENT_ID,
};

static struct rows open_rows(struct batch *batch) {
    for (size_t index = 0; index < sizeof always; index++) batch_extend(batch, always[index], batch->rows);
#define COLUMN(name) (void *)batch->column[name]
    return (struct rows){
        .received = COLUMN(REF_TIME_RECEIVED), .type = COLUMN(REF_FLOW_TYPE), .sequence = COLUMN(REF_SEQUENCE),
        .rate = COLUMN(REF_SAMPLING_RATE), .source = COLUMN(REF_SAMPLING_SOURCE), .direction = COLUMN(REF_DIRECTION),
        .sampler = COLUMN(REF_SAMPLER), .start = COLUMN(REF_START), .end = COLUMN(REF_END),
        .bytes = COLUMN(REF_BYTES), .packets = COLUMN(REF_PACKETS), .src = COLUMN(REF_SRC_ADDR),
        .dst = COLUMN(REF_DST_ADDR), .etype = COLUMN(REF_ETYPE), .proto = COLUMN(REF_PROTO),
        .src_port = COLUMN(REF_SRC_PORT), .dst_port = COLUMN(REF_DST_PORT), .in = COLUMN(REF_IN_IF),
        .out = COLUMN(REF_OUT_IF), .src_mac = COLUMN(REF_SRC_MAC), .dst_mac = COLUMN(REF_DST_MAC),
        .tos = COLUMN(REF_TOS), .ttl = COLUMN(REF_TTL), .flags = COLUMN(REF_TCP_FLAGS),
        .fragment = COLUMN(REF_FRAGMENT_ID),
    };
}

// One flow sample; returns whether it made a row.
static int sample(struct ref_decoder *decoder, struct rows *r, const uint8_t *p, size_t length, struct address agent,
                  uint32_t sequence, uint32_t received_at) {
    struct batch *batch = &decoder->batch;
    size_t row = batch->rows, offset = 32;
    if (length < offset || row == batch->capacity) return 0;
    uint32_t source = be32(p + 4), rate = be32(p + 8);
    uint32_t in = interface(be32(p + 20)), out = interface(be32(p + 24)), records = be32(p + 28);
    open_row(r, row);
    r->received[row] = r->start[row] = r->end[row] = received_at;
    r->type[row] = 1;
    r->sequence[row] = sequence;
    r->sampler[row] = agent;
    r->packets[row] = 1;
    r->rate[row] = rate == 0 ? 1 : rate;
    r->source[row] = rate == 0 ? 0 : 1;
    r->in[row] = in;
    r->out[row] = out;
    uint8_t direction = 255;
    if (source >> 24 == 0 && source != 0 && in != out) direction = source == in ? 0 : source == out ? 1 : 255;
    r->direction[row] = direction;
    if (be32(p + 24) >> 30 == 1) *(uint8_t *)batch_write(batch, REF_FORWARDING, row, 1) = 128;
    for (; records > 0; records--) {
        if (length - offset < 8) return 0;
        uint32_t format = be32(p + offset);
        size_t size = be32(p + offset + 4);
        offset += 8;
        if (size > length - offset) return 0;
        record(r, batch, row, format, p + offset, size);
        offset += (size + 3) & ~(size_t)3;
        if (offset > length) offset = length;
    }
    note_drops(decoder, agent, source, be32(p + 16));
    batch->rows++;
    return 1;
}

void decode_sflow(struct ref_decoder *decoder, const uint8_t *p, size_t length, const uint8_t *source,
                  uint32_t received_at) {
    struct address agent;
    size_t offset = 4 + read_address(p + 4, length - 4, &agent);
    if (offset == 4 || length - offset < 16) { decoder->malformed++; return; }
    if (agent.high == 0 && agent.low == 0) agent = address6(source);
    uint8_t bytes[16];
    memcpy(bytes, &agent, 16);
    int index = find_exporter(decoder, bytes);
    if (index < 0) return;
    uint32_t sequence = be32(p + offset + 4), samples = be32(p + offset + 12);
    offset += 16;
    struct rows rows = open_rows(&decoder->batch);
    uint64_t taken = 0;
    for (; samples > 0; samples--) {
        if (length - offset < 8) { decoder->malformed++; break; }
        uint32_t format = be32(p + offset);
        size_t size = be32(p + offset + 4);
        offset += 8;
        if (size > length - offset) { decoder->malformed++; break; }
        if (format == 1) taken += (uint64_t)sample(decoder, &rows, p + offset, size, agent, sequence, received_at);
        offset += (size + 3) & ~(size_t)3;
        if (offset > length) offset = length;
    }
    for (size_t column = 0; column < sizeof always; column++)
        decoder->batch.written[always[column]] = decoder->batch.rows;
    decoder->exporter[index].records += taken;
    decoder->exporter[index].rows += taken;
    note_sequence(&decoder->exporter[index].sequence, sequence, 1);
}
