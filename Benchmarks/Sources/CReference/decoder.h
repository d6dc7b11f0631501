// What the parts of the reference decoder share.
#ifndef DECODER_H
#define DECODER_H

#include "batch.h"

enum { MOST_EXPORTERS = 1024, MOST_TEMPLATES = 4096, MOST_STEPS = 64, DROP_PLACES = 4096 };

struct step { uint8_t action, column; uint16_t length; uint32_t offset; };

struct template {
    int used, exporter;
    uint16_t port, id;
    uint32_t domain;
    uint8_t is_ipfix, has4, has6, has_start, has_end, has_icmp;
    uint32_t length;
    int steps;
    struct step step[MOST_STEPS];
};

struct sequence { uint32_t expected; uint64_t missing; int known; };

struct exporter { int used; struct address address; uint64_t records, rows; struct sequence sequence; };

struct drops { uint64_t key; uint32_t count; };

struct ref_decoder {
    struct batch batch;
    struct exporter exporter[MOST_EXPORTERS];
    struct template template[MOST_TEMPLATES];
    struct drops drops[DROP_PLACES];
    uint64_t dropped, malformed;
};

struct message {
    int exporter;
    struct address address;
    uint16_t port;
    uint8_t type, is_ipfix;
    uint32_t received_at, domain, sequence, export_seconds, uptime;
};

int find_exporter(struct ref_decoder *, const uint8_t *address);
void note_sequence(struct sequence *, uint32_t sequence, uint32_t count);
void decode_netflow(struct ref_decoder *, const uint8_t *, size_t, struct message *);
void decode_sflow(struct ref_decoder *, const uint8_t *, size_t, const uint8_t *source, uint32_t received_at);

#endif
