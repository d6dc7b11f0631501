// NetFlow v9 and IPFIX: templates become plans, sets run them column by column.
#include "decoder.h"

enum action {
    COPY, ADDRESS4, ADDRESS6, START_UPTIME, END_UPTIME, START_MS, END_MS, ICMP
};

struct element { uint16_t id; uint8_t action, column; };

static const struct element elements[] = {
    {1, COPY, REF_BYTES}, {2, COPY, REF_PACKETS}, {4, COPY, REF_PROTO}, {5, COPY, REF_TOS}, {6, COPY, REF_TCP_FLAGS},
    {7, COPY, REF_SRC_PORT}, {8, ADDRESS4, REF_SRC_ADDR}, {9, COPY, REF_SRC_NET}, {10, COPY, REF_IN_IF},
    {11, COPY, REF_DST_PORT}, {12, ADDRESS4, REF_DST_ADDR}, {13, COPY, REF_DST_NET}, {14, COPY, REF_OUT_IF},
    {15, ADDRESS4, REF_NEXT_HOP}, {16, COPY, REF_SRC_AS}, {17, COPY, REF_DST_AS}, {21, END_UPTIME, REF_END},
    {22, START_UPTIME, REF_START}, {27, ADDRESS6, REF_SRC_ADDR}, {28, ADDRESS6, REF_DST_ADDR},
    {29, COPY, REF_SRC_NET}, {30, COPY, REF_DST_NET}, {31, COPY, REF_FLOW_LABEL}, {32, ICMP, REF_ICMP_TYPE},
    {56, COPY, REF_SRC_MAC}, {58, COPY, REF_SRC_VLAN}, {58, COPY, REF_VLAN}, {59, COPY, REF_DST_VLAN},
    {61, COPY, REF_DIRECTION}, {62, ADDRESS6, REF_NEXT_HOP}, {80, COPY, REF_DST_MAC}, {89, COPY, REF_FORWARDING},
    {128, COPY, REF_NEXT_HOP_AS}, {152, START_MS, REF_START}, {153, END_MS, REF_END}, {192, COPY, REF_TTL},
    {234, COPY, REF_IN_VRF}, {235, COPY, REF_OUT_VRF},
};

// MARK: - Templates

static struct template *find_template(struct ref_decoder *decoder, const struct message *message, uint16_t id) {
    uint64_t hash = ((uint64_t)message->domain << 32 | (uint32_t)id << 16 | message->port) + (uint64_t)message->exporter;
    hash *= 0x9E3779B97F4A7C15u;
    for (size_t probe = 0; probe < MOST_TEMPLATES; probe++) {
        struct template *known = &decoder->template[((hash >> 48) + probe) % MOST_TEMPLATES];
        if (!known->used) return known;
        if (known->id == id && known->domain == message->domain && known->exporter == message->exporter &&
            known->port == message->port && known->is_ipfix == message->is_ipfix)
            return known;
    }
    return NULL;
}

static int fits(uint8_t action, uint16_t length) {
    switch (action) {
    case ADDRESS4: return length == 4;
    case ADDRESS6: return length == 16;
    case START_UPTIME: case END_UPTIME: return length == 4;
    case START_MS: case END_MS: return length == 8;
    case ICMP: return length == 2;
    default: return length >= 1 && length <= 8;
    }
}

static void add_field(struct template *template, uint16_t id, uint16_t length) {
    for (size_t index = 0; index < sizeof elements / sizeof *elements; index++) {
        const struct element *element = &elements[index];
        if (element->id != id || !fits(element->action, length) || template->steps == MOST_STEPS) continue;
        template->step[template->steps++] =
            (struct step){element->action, element->column, length, template->length};
        int is_end = element->column == REF_SRC_ADDR || element->column == REF_DST_ADDR;
        template->has4 |= element->action == ADDRESS4 && is_end;
        template->has6 |= element->action == ADDRESS6 && is_end;
        template->has_start |= element->action == START_UPTIME || element->action == START_MS;
        template->has_end |= element->action == END_UPTIME || element->action == END_MS;
        template->has_icmp |= element->action == ICMP;
    }
    template->length += length;
}

static void read_templates(struct ref_decoder *decoder, const uint8_t *body, size_t length, struct message *message) {
    while (length >= 4) {
        uint16_t id = be16(body), fields = be16(body + 2);
        body += 4, length -= 4;
        struct template *template = find_template(decoder, message, id);
        if (!template) return;
        *template = (struct template){.used = 1, .exporter = message->exporter, .port = message->port, .id = id,
                                      .domain = message->domain, .is_ipfix = message->is_ipfix};
        for (; fields > 0; fields--) {
            if (length < 4) { template->used = 0; return; }
            uint16_t element = be16(body), size = be16(body + 2);
            body += 4, length -= 4;
            if (message->is_ipfix && element & 0x8000) {
                if (length < 4) { template->used = 0; return; }
                body += 4, length -= 4;
                template->length += size;
            } else {
                add_field(template, element, size);
            }
        }
    }
}

// MARK: - Numbers

static inline uint64_t load(const uint8_t *p, unsigned length) {
    uint64_t value = 0;
    for (unsigned index = 0; index < length; index++) value = value << 8 | p[index];
    return value;
}

#define LOAD1(p) (*(p))
#define LOAD2(p) be16(p)
#define LOAD4(p) be32(p)
#define LOAD8(p) be64(p)

#define LOOP(type, expression)                                                                                         \
    {                                                                                                                  \
        type *out = target;                                                                                            \
        for (size_t row = 0; row < count; row++, p += stride) out[row] = (type)(expression);                           \
    }

// Wider than the column: held at its largest value, but flags keep their low bits.
#define CLAMP(value, most) (keep_low || (value) <= (most) ? (value) : (most))

static void copy(void *target, int column, const uint8_t *p, unsigned length, size_t stride, size_t count) {
    const int keep_low = column == REF_TCP_FLAGS || column == REF_FORWARDING;
    switch (ref_widths[column] << 4 | length) {
    case 0x11: LOOP(uint8_t, LOAD1(p)) break;
    case 0x12: LOOP(uint8_t, CLAMP(LOAD2(p), 255)) break;
    case 0x14: LOOP(uint8_t, CLAMP(LOAD4(p), 255)) break;
    case 0x21: LOOP(uint16_t, LOAD1(p)) break;
    case 0x22: LOOP(uint16_t, LOAD2(p)) break;
    case 0x24: LOOP(uint16_t, CLAMP(LOAD4(p), 65535)) break;
    case 0x41: LOOP(uint32_t, LOAD1(p)) break;
    case 0x42: LOOP(uint32_t, LOAD2(p)) break;
    case 0x44: LOOP(uint32_t, LOAD4(p)) break;
    case 0x48: LOOP(uint32_t, CLAMP(LOAD8(p), UINT32_MAX)) break;
    case 0x81: LOOP(uint64_t, LOAD1(p)) break;
    case 0x82: LOOP(uint64_t, LOAD2(p)) break;
    case 0x84: LOOP(uint64_t, LOAD4(p)) break;
    case 0x88: LOOP(uint64_t, LOAD8(p)) break;
    default:
        switch (ref_widths[column]) {
        case 1: LOOP(uint8_t, CLAMP(load(p, length), 255)) break;
        case 2: LOOP(uint16_t, CLAMP(load(p, length), 65535)) break;
        case 4: LOOP(uint32_t, CLAMP(load(p, length), UINT32_MAX)) break;
        case 8: LOOP(uint64_t, load(p, length)) break;
        }
    }
}

// MARK: - Records

static void run(struct batch *batch, const struct step *step, const struct message *message, const uint8_t *records,
                size_t stride, size_t first, size_t count) {
    const uint8_t *p = records + step->offset;
    switch (step->action) {
    case COPY:
        copy(batch_write(batch, step->column, first, count), step->column, p, step->length, stride, count);
        break;
    case ADDRESS4: {
        struct address *out = batch_write(batch, step->column, first, count);
        for (size_t row = 0; row < count; row++, p += stride) out[row] = address4(p);
        break;
    }
    case ADDRESS6: {
        struct address *out = batch_write(batch, step->column, first, count);
        for (size_t row = 0; row < count; row++, p += stride) out[row] = address6(p);
        break;
    }
    case START_UPTIME: case END_UPTIME: {
        uint32_t *seconds = batch_write(batch, step->column, first, count);
        uint32_t *rest = batch_write(batch, step->column + 1, first, count);
        for (size_t row = 0; row < count; row++, p += stride) {
            int32_t age = (int32_t)(message->uptime - be32(p));
            int64_t at = (int64_t)message->export_seconds * 1000 - age;
            seconds[row] = (uint32_t)((uint64_t)at / 1000);
            rest[row] = (uint32_t)((uint64_t)at % 1000) * 1000000u;
        }
        break;
    }
    case START_MS: case END_MS: {
        uint32_t *seconds = batch_write(batch, step->column, first, count);
        uint32_t *rest = batch_write(batch, step->column + 1, first, count);
        for (size_t row = 0; row < count; row++, p += stride) {
            uint64_t at = be64(p);
            seconds[row] = (uint32_t)(at / 1000);
            rest[row] = (uint32_t)(at % 1000) * 1000000u;
        }
        break;
    }
    case ICMP: {
        uint8_t *types = batch_write(batch, REF_ICMP_TYPE, first, count);
        uint8_t *codes = batch_write(batch, REF_ICMP_CODE, first, count);
        for (size_t row = 0; row < count; row++, p += stride) types[row] = p[0], codes[row] = p[1];
        break;
    }
    }
}

#define FILL(column, type, value)                                                                                      \
    {                                                                                                                  \
        type *out = batch_write(batch, column, first, count);                                                          \
        for (size_t row = 0; row < count; row++) out[row] = (value);                                                   \
    }

static int has_written(const struct batch *batch, int column, size_t end) { return batch->written[column] >= end; }

// Type and code are in the destination port of ICMP records that have no field for them.
static void icmp_from_port(struct batch *batch, size_t first, size_t count) {
    if (!has_written(batch, REF_PROTO, first + count) || !has_written(batch, REF_DST_PORT, first + count)) return;
    const uint8_t *proto = batch_write(batch, REF_PROTO, first, count);
    int any = 0;
    for (size_t row = 0; row < count; row++) any |= proto[row] == 1 || proto[row] == 58;
    if (!any) return;
    const uint16_t *port = batch_write(batch, REF_DST_PORT, first, count);
    uint8_t *types = batch_write(batch, REF_ICMP_TYPE, first, count);
    uint8_t *codes = batch_write(batch, REF_ICMP_CODE, first, count);
    for (size_t row = 0; row < count; row++) {
        int is_icmp = proto[row] == 1 || proto[row] == 58;
        types[row] = is_icmp ? port[row] >> 8 : 0;
        codes[row] = is_icmp ? (uint8_t)port[row] : 0;
    }
}

static void finish(struct batch *batch, const struct template *template, const struct message *message, size_t first,
                   size_t count) {
    FILL(REF_TIME_RECEIVED, uint32_t, message->received_at)
    FILL(REF_FLOW_TYPE, uint8_t, message->type)
    FILL(REF_SEQUENCE, uint32_t, message->sequence)
    FILL(REF_SAMPLER, struct address, message->address)
    FILL(REF_SAMPLING_RATE, uint32_t, 1)
    FILL(REF_SAMPLING_SOURCE, uint8_t, 0)
    if (template->has4 != template->has6) FILL(REF_ETYPE, uint16_t, template->has4 ? 0x0800 : 0x86DD)
    if (!template->has_icmp) icmp_from_port(batch, first, count);
    if (!template->has_start && !template->has_end) {
        FILL(REF_START, uint32_t, message->export_seconds)
        FILL(REF_END, uint32_t, message->export_seconds)
    } else if (!template->has_start || !template->has_end) {
        int from = template->has_start ? REF_START : REF_END, to = template->has_start ? REF_END : REF_START;
        for (int part = 0; part < 2; part++) {
            void *source = batch_write(batch, from + part, first, count);
            memcpy(batch_write(batch, to + part, first, count), source, count * 4);
        }
    }
}

static size_t decode_set(struct ref_decoder *decoder, const uint8_t *body, size_t length, struct message *message,
                         uint16_t id) {
    struct template *template = find_template(decoder, message, id);
    if (!template || !template->used || template->length == 0) return 0;
    // The one check: as many records as fit.
    size_t count = length / template->length, first = decoder->batch.rows;
    if (count > decoder->batch.capacity - first) count = decoder->batch.capacity - first;
    if (count == 0) return 0;
    decoder->batch.rows += count;
    for (int index = 0; index < template->steps; index++)
        run(&decoder->batch, &template->step[index], message, body, template->length, first, count);
    finish(&decoder->batch, template, message, first, count);
    return count;
}

// MARK: - Messages

void decode_netflow(struct ref_decoder *decoder, const uint8_t *p, size_t length, struct message *message) {
    struct exporter *exporter = &decoder->exporter[message->exporter];
    uint16_t version = be16(p);
    size_t offset = 20;
    if (version == 9 && length >= 20) {
        message->type = 3;
        message->uptime = be32(p + 4);
        message->export_seconds = be32(p + 8);
        message->sequence = be32(p + 12);
        message->domain = be32(p + 16);
    } else if (version == 10 && be16(p + 2) <= length) {
        message->type = 4;
        message->is_ipfix = 1;
        length = be16(p + 2);
        offset = 16;
        message->export_seconds = be32(p + 4);
        message->sequence = be32(p + 8);
        message->domain = be32(p + 12);
    } else {
        decoder->malformed++;
        return;
    }
    size_t records = 0;
    while (length - offset >= 4) {
        uint16_t id = be16(p + offset), size = be16(p + offset + 2);
        if (size < 4 || size > length - offset) { decoder->malformed++; break; }
        if (id >= 256) records += decode_set(decoder, p + offset + 4, size - 4, message, id);
        else if (id == (message->is_ipfix ? 2 : 0)) read_templates(decoder, p + offset + 4, size - 4, message);
        offset += size;
    }
    exporter->records += records;
    exporter->rows += records;
    note_sequence(&exporter->sequence, message->sequence, message->is_ipfix ? (uint32_t)records : 1);
}
