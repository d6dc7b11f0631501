// A flow decoder in C, to measure the Swift one against: column-major,
// templates compiled to a plan, each set's length checked once, no row
// structs. It knows the elements and records of the benchmark's traffic, and
// gives the same columns as FlowDecoder for them (DecoderBenchmark --verify).
#ifndef REFERENCE_H
#define REFERENCE_H

#include <stddef.h>
#include <stdint.h>

// The columns it writes, in an order of its own.
enum ref_column {
    REF_TIME_RECEIVED, REF_FLOW_TYPE, REF_SEQUENCE, REF_SAMPLING_RATE, REF_SAMPLING_SOURCE, REF_DIRECTION,
    REF_SAMPLER, REF_START, REF_START_NS, REF_END, REF_END_NS, REF_BYTES, REF_PACKETS, REF_SRC_ADDR, REF_DST_ADDR,
    REF_ETYPE, REF_PROTO, REF_SRC_PORT, REF_DST_PORT, REF_IN_IF, REF_OUT_IF, REF_SRC_MAC, REF_DST_MAC, REF_SRC_VLAN,
    REF_DST_VLAN, REF_VLAN, REF_IN_VRF, REF_OUT_VRF, REF_TOS, REF_FORWARDING, REF_TTL, REF_TCP_FLAGS, REF_ICMP_TYPE,
    REF_ICMP_CODE, REF_FLOW_LABEL, REF_FRAGMENT_ID, REF_FRAGMENT_OFFSET, REF_SRC_AS, REF_DST_AS, REF_NEXT_HOP,
    REF_NEXT_HOP_AS, REF_SRC_NET, REF_DST_NET, REF_PREV_HOP_AS, REF_BGP_NEXT_HOP,
    REF_COLUMNS
};

struct ref_decoder;

// A decoder with an empty batch of so many rows.
struct ref_decoder *ref_create(size_t capacity);
void ref_destroy(struct ref_decoder *);

// Decodes one datagram. `address` is 16 bytes.
void ref_decode(struct ref_decoder *, const uint8_t *datagram, size_t length, const uint8_t *address, uint16_t port,
                uint32_t received_at);

size_t ref_rows(const struct ref_decoder *);
size_t ref_room(const struct ref_decoder *);
// Fills up columns that were written in part.
void ref_seal(struct ref_decoder *);
// Empties the batch; templates stay.
void ref_clear(struct ref_decoder *);

// Bytes of one value.
size_t ref_width(int column);
// A sealed column; a null pointer when no row wrote it.
const void *ref_values(const struct ref_decoder *, int column);

// A row's AS path in a sealed batch: how many bytes, and where they are.
size_t ref_path(const struct ref_decoder *, size_t row, const uint8_t **bytes);

// CPU seconds of this thread: other programs on the machine don't count.
double ref_cpu_seconds(void);

#include "message.h"
#endif
