#include "message.h"

#include <string.h>

static uint8_t *put(uint8_t *out, uint64_t value) {
    while (value >= 0x80) {
        *out++ = (uint8_t)value | 0x80;
        value >>= 7;
    }
    *out++ = (uint8_t)value;
    return out;
}

static uint64_t number(const reference_field *field, size_t row) {
    switch (field->width) {
    case 1: return ((const uint8_t *)field->values)[row];
    case 2: return ((const uint16_t *)field->values)[row];
    case 4: return ((const uint32_t *)field->values)[row];
    default: return ((const uint64_t *)field->values)[row];
    }
}

size_t reference_encode(const reference_field *fields, size_t count, size_t rows, uint8_t *out) {
    static const uint8_t zeros[16];
    uint8_t *place = out;
    for (size_t row = 0; row < rows; row++) {
        uint8_t body[1024], *end = body;
        for (size_t index = 0; index < count; index++) {
            const reference_field *field = &fields[index];
            if (field->width == 16) {
                const uint8_t *address = (const uint8_t *)field->values + 16 * row;
                if (memcmp(address, zeros, 16) == 0) continue;
                end = put(end, (uint64_t)field->number << 3 | 2);
                *end++ = 16;
                memcpy(end, address, 16);
                end += 16;
            } else {
                uint64_t value = number(field, row);
                if (value == 0) continue;
                end = put(put(end, (uint64_t)field->number << 3), value);
            }
        }
        place = put(place, (uint64_t)(end - body));
        memcpy(place, body, (size_t)(end - body));
        place += end - body;
    }
    return (size_t)(place - out);
}
