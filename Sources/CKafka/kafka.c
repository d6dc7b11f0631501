#define _GNU_SOURCE
#include "kafka.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

// MARK: The library

// The parts of rdkafka.h that its authors keep stable within version 1 of the ABI, in words of ours.
typedef struct rd_kafka_s rd_kafka;
typedef struct rd_kafka_conf_s rd_kafka_conf;
typedef struct rd_kafka_topic_s rd_kafka_topic;
typedef struct rd_kafka_headers_s rd_kafka_headers;

typedef struct {
    int error;
    rd_kafka_topic *topic;
    int32_t partition;
    void *payload;
    size_t length;
    void *key;
    size_t key_length;
    int64_t offset;
    void *opaque;
} rd_kafka_message;

typedef struct {
    char *topic;
    int32_t partition;
    int64_t offset;
    void *metadata;
    size_t metadata_size;
    void *opaque;
    int error;
    void *internal;
} rd_kafka_topic_partition;

typedef struct {
    int count;
    int size;
    rd_kafka_topic_partition *elements;
} rd_kafka_list;

typedef struct {
    char *name;
    int partition_count;
    void *partitions;
    int error;
} rd_kafka_metadata_topic;

typedef struct {
    int broker_count;
    void *brokers;
    int topic_count;
    rd_kafka_metadata_topic *topics;
    int32_t origin;
    char *origin_name;
} rd_kafka_metadata;

typedef void rd_kafka_delivered(rd_kafka *, const rd_kafka_message *, void *);
typedef void rd_kafka_failed(rd_kafka *, int, const char *, void *);
typedef void rd_kafka_rebalanced(rd_kafka *, int, rd_kafka_list *, void *);
typedef void rd_kafka_logged(const rd_kafka *, int, const char *, const char *);

// Name, result and parameters of each function that is used.
#define FUNCTIONS(F)                                                                                      \
    F(rd_kafka_version, int, (void))                                                                      \
    F(rd_kafka_version_str, const char *, (void))                                                         \
    F(rd_kafka_err2str, const char *, (int))                                                              \
    F(rd_kafka_conf_new, rd_kafka_conf *, (void))                                                         \
    F(rd_kafka_conf_destroy, void, (rd_kafka_conf *))                                                     \
    F(rd_kafka_conf_set, int, (rd_kafka_conf *, const char *, const char *, char *, size_t))              \
    F(rd_kafka_conf_set_opaque, void, (rd_kafka_conf *, void *))                                          \
    F(rd_kafka_conf_set_dr_msg_cb, void, (rd_kafka_conf *, rd_kafka_delivered *))                         \
    F(rd_kafka_conf_set_error_cb, void, (rd_kafka_conf *, rd_kafka_failed *))                             \
    F(rd_kafka_conf_set_rebalance_cb, void, (rd_kafka_conf *, rd_kafka_rebalanced *))                     \
    F(rd_kafka_conf_set_log_cb, void, (rd_kafka_conf *, rd_kafka_logged *))                               \
    F(rd_kafka_new, rd_kafka *, (int, rd_kafka_conf *, char *, size_t))                                   \
    F(rd_kafka_destroy_flags, void, (rd_kafka *, int))                                                    \
    F(rd_kafka_poll, int, (rd_kafka *, int))                                                              \
    F(rd_kafka_fatal_error, int, (rd_kafka *, char *, size_t))                                            \
    F(rd_kafka_producev, int, (rd_kafka *, ...))                                                          \
    F(rd_kafka_message_status, int, (const rd_kafka_message *))                                           \
    F(rd_kafka_topic_new, rd_kafka_topic *, (rd_kafka *, const char *, void *))                           \
    F(rd_kafka_topic_destroy, void, (rd_kafka_topic *))                                                   \
    F(rd_kafka_metadata, int, (rd_kafka *, int, rd_kafka_topic *, const rd_kafka_metadata **, int))       \
    F(rd_kafka_metadata_destroy, void, (const rd_kafka_metadata *))                                       \
    F(rd_kafka_poll_set_consumer, int, (rd_kafka *))                                                      \
    F(rd_kafka_subscribe, int, (rd_kafka *, const rd_kafka_list *))                                       \
    F(rd_kafka_assign, int, (rd_kafka *, const rd_kafka_list *))                                          \
    F(rd_kafka_assignment_lost, int, (rd_kafka *))                                                        \
    F(rd_kafka_consumer_poll, rd_kafka_message *, (rd_kafka *, int))                                      \
    F(rd_kafka_consumer_close, int, (rd_kafka *))                                                         \
    F(rd_kafka_message_destroy, void, (rd_kafka_message *))                                               \
    F(rd_kafka_message_timestamp, int64_t, (const rd_kafka_message *, int *))                             \
    F(rd_kafka_message_headers, int, (const rd_kafka_message *, rd_kafka_headers **))                     \
    F(rd_kafka_header_get_last, int, (const rd_kafka_headers *, const char *, const void **, size_t *))   \
    F(rd_kafka_topic_partition_list_new, rd_kafka_list *, (int))                                          \
    F(rd_kafka_topic_partition_list_add, rd_kafka_topic_partition *, (rd_kafka_list *, const char *, int32_t)) \
    F(rd_kafka_topic_partition_list_destroy, void, (rd_kafka_list *))                                     \
    F(rd_kafka_commit, int, (rd_kafka *, const rd_kafka_list *, int))                                     \
    F(rd_kafka_committed, int, (rd_kafka *, rd_kafka_list *, int))                                        \
    F(rd_kafka_seek_partitions, void *, (rd_kafka *, rd_kafka_list *, int))                               \
    F(rd_kafka_error_code, int, (const void *))                                                           \
    F(rd_kafka_error_destroy, void, (void *))                                                             \
    F(rd_kafka_pause_partitions, int, (rd_kafka *, rd_kafka_list *))                                      \
    F(rd_kafka_resume_partitions, int, (rd_kafka *, rd_kafka_list *))                                     \
    F(rd_kafka_get_watermark_offsets, int, (rd_kafka *, const char *, int32_t, int64_t *, int64_t *))     \
    F(rd_kafka_query_watermark_offsets, int, (rd_kafka *, const char *, int32_t, int64_t *, int64_t *, int))

#define DECLARE(name, result, parameters) result(*name) parameters;
static struct {
    FUNCTIONS(DECLARE)
} library;

enum {
    kind_producer = 0,
    kind_consumer = 1,
    status_possibly_persisted = 1,
    error_all_brokers_down = -187,
    error_transport = -195,
    error_timed_out = -185,
    error_assign = -175,
    error_revoke = -174,
    error_fatal = -150,
    error_partition_end = -191,
    error_invalid_argument = -186,
    flag_copy = 2,
    flag_no_consumer_close = 8,
    value_end = 0,
    value_topic_handle = 2,
    value_value = 4,
    value_key = 5,
    value_opaque = 6,
    value_flags = 7,
    value_header = 9,
};

const char *netmeta_kafka_load(const char *path) {
    static int is_loaded;
    static char problem[400];
    if (is_loaded) return NULL;
    const char *file = path ? path : "librdkafka.so.1";
    // What the library brings of its own, such as OpenSSL in Python's wheel, stays out of everybody's sight.
    void *handle = dlopen(file, RTLD_NOW | RTLD_LOCAL);
    if (!handle) {
        const char *reason = dlerror();
        snprintf(problem, sizeof problem,
                 "librdkafka can't be loaded, apt install librdkafka1 brings it, or kafka.library names another (%s)",
                 reason ? reason : "no reason given");
        return problem;
    }
#define FIND(name, result, parameters)                                                                        \
    if (!(library.name = (result(*) parameters)dlsym(handle, #name))) {                                       \
        snprintf(problem, sizeof problem, "%s lacks the function %s; use Debian's librdkafka1", file, #name); \
        dlclose(handle);                                                                                      \
        return problem;                                                                                       \
    }
    FUNCTIONS(FIND)
    // 1.9 was the first whose idempotent producer and whose groups do all that is asked for here.
    if (library.rd_kafka_version() < 0x01090000) {
        snprintf(problem, sizeof problem, "%s is of version %.32s and not 1.9 or newer; use Debian's librdkafka1", file,
                 library.rd_kafka_version_str());
        dlclose(handle);
        return problem;
    }
    is_loaded = 1;
    return NULL;
}

const char *netmeta_kafka_version(void) { return library.rd_kafka_version_str(); }
const char *netmeta_kafka_words(int error) { return library.rd_kafka_err2str(error); }

// MARK: Clients

struct netmeta_kafka {
    rd_kafka *handle;
    rd_kafka_topic *topic;
    char *topic_name;
    netmeta_kafka_events events;
    int kind;
    int is_away;
    int is_subscribed;
};

static void delivered(rd_kafka *handle, const rd_kafka_message *message, void *opaque) {
    (void)handle;
    netmeta_kafka *client = opaque;
    if (message->error == 0) client->is_away = 0;
    if (client->events.delivered)
        client->events.delivered(client->events.context, (uintptr_t)message->opaque, message->error,
                                 library.rd_kafka_message_status(message));
}

static void failed(rd_kafka *handle, int error, const char *text, void *opaque) {
    netmeta_kafka *client = opaque;
    char words[400];
    int is_fatal = error == error_fatal;
    if (is_fatal) {
        error = library.rd_kafka_fatal_error(handle, words, sizeof words);
        text = words;
    }
    if (error == error_all_brokers_down) client->is_away = 1;
    if (client->events.failed) client->events.failed(client->events.context, error, text ? text : "", is_fatal);
}

static void rebalanced(rd_kafka *handle, int error, rd_kafka_list *list, void *opaque) {
    netmeta_kafka *client = opaque;
    size_t count = list ? (size_t)list->count : 0;
    int32_t *partitions = calloc(count + 1, sizeof *partitions);
    int64_t *offsets = calloc(count + 1, sizeof *offsets);
    if (!partitions || !offsets) {
        library.rd_kafka_assign(handle, NULL);
    } else {
        for (size_t index = 0; index < count; index++) {
            partitions[index] = list->elements[index].partition;
            offsets[index] = list->elements[index].offset;
        }
        if (error == error_assign) {
            client->is_away = 0;
            client->events.assigned(client->events.context, partitions, offsets, count);
            for (size_t index = 0; index < count; index++) list->elements[index].offset = offsets[index];
            library.rd_kafka_assign(handle, list);
        } else {
            int is_lost = library.rd_kafka_assignment_lost(handle);
            client->events.revoked(client->events.context, partitions, count, is_lost);
            library.rd_kafka_assign(handle, NULL);
        }
    }
    free(partitions);
    free(offsets);
}

// What it has to say comes through errors as well; its log would repeat every try to reach a broker.
static void logged(const rd_kafka *handle, int level, const char *facility, const char *text) {
    (void)handle, (void)level, (void)facility, (void)text;
}

netmeta_kafka *netmeta_kafka_open(
    int kind, const char *topic, const char *const *names, const char *const *values, size_t count,
    const netmeta_kafka_events *events, char *problem, size_t room) {
    netmeta_kafka *client = calloc(1, sizeof *client);
    rd_kafka_conf *settings = library.rd_kafka_conf_new();
    if (!client || !settings || !(client->topic_name = strdup(topic))) {
        snprintf(problem, room, "no memory");
        goto fail;
    }
    client->events = *events;
    client->kind = kind;
    for (size_t index = 0; index < count; index++)
        if (library.rd_kafka_conf_set(settings, names[index], values[index], problem, room) != 0) goto fail;
    library.rd_kafka_conf_set_opaque(settings, client);
    library.rd_kafka_conf_set_error_cb(settings, failed);
    library.rd_kafka_conf_set_log_cb(settings, logged);
    if (kind == netmeta_kafka_producer) library.rd_kafka_conf_set_dr_msg_cb(settings, delivered);
    else library.rd_kafka_conf_set_rebalance_cb(settings, rebalanced);
    client->handle =
        library.rd_kafka_new(kind == netmeta_kafka_producer ? kind_producer : kind_consumer, settings, problem, room);
    if (!client->handle) goto fail;
    settings = NULL;
    if (kind == netmeta_kafka_consumer) library.rd_kafka_poll_set_consumer(client->handle);
    client->topic = library.rd_kafka_topic_new(client->handle, topic, NULL);
    if (!client->topic) {
        snprintf(problem, room, "the topic's name can't be used");
        library.rd_kafka_destroy_flags(client->handle, 0);
        goto fail;
    }
    return client;
fail:
    if (settings) library.rd_kafka_conf_destroy(settings);
    if (client) free(client->topic_name);
    free(client);
    return NULL;
}

void netmeta_kafka_close(netmeta_kafka *client) {
    if (client->is_subscribed) library.rd_kafka_consumer_close(client->handle);
    library.rd_kafka_topic_destroy(client->topic);
    library.rd_kafka_destroy_flags(client->handle, client->is_subscribed ? flag_no_consumer_close : 0);
    free(client->topic_name);
    free(client);
}

int netmeta_kafka_is_away(const netmeta_kafka *client) { return client->is_away; }

int netmeta_kafka_partitions(netmeta_kafka *client, int milliseconds) {
    const rd_kafka_metadata *metadata = NULL;
    int error = library.rd_kafka_metadata(client->handle, 0, client->topic, &metadata, milliseconds);
    if (error != 0) return error < 0 ? error : -error;
    int result = metadata->topic_count == 1 ? metadata->topics[0].partition_count : 0;
    if (metadata->topic_count == 1 && metadata->topics[0].error != 0)
        result = metadata->topics[0].error < 0 ? metadata->topics[0].error : -metadata->topics[0].error;
    library.rd_kafka_metadata_destroy(metadata);
    client->is_away = 0;
    return result;
}

// MARK: Producing

int netmeta_kafka_produce(
    netmeta_kafka *client, const void *key, size_t key_length, const void *bytes, size_t length, const char *mark,
    uintptr_t opaque) {
    return library.rd_kafka_producev(
        client->handle, value_topic_handle, client->topic, value_key, key, key_length, value_value, bytes, length,
        value_flags, (int)flag_copy, value_opaque, (void *)opaque, value_header, mark, "1", (ssize_t)1, value_end);
}

int netmeta_kafka_poll(netmeta_kafka *client, int milliseconds) {
    return library.rd_kafka_poll(client->handle, milliseconds);
}

// MARK: Consuming

static rd_kafka_list *make_list(netmeta_kafka *client, const int32_t *partitions, size_t count) {
    rd_kafka_list *list = library.rd_kafka_topic_partition_list_new((int)count);
    for (size_t index = 0; index < count; index++)
        library.rd_kafka_topic_partition_list_add(list, client->topic_name, partitions[index]);
    return list;
}

int netmeta_kafka_subscribe(netmeta_kafka *client, const int32_t *partitions, size_t count) {
    int error;
    rd_kafka_list *list;
    if (count == 0) {
        const int32_t any = -1;
        list = make_list(client, &any, 1);
        error = library.rd_kafka_subscribe(client->handle, list);
    } else {
        list = make_list(client, partitions, count);
        int64_t *offsets = calloc(count, sizeof *offsets);
        if (offsets) {
            for (size_t index = 0; index < count; index++) offsets[index] = list->elements[index].offset;
            client->events.assigned(client->events.context, partitions, offsets, count);
            for (size_t index = 0; index < count; index++) list->elements[index].offset = offsets[index];
        }
        free(offsets);
        error = library.rd_kafka_assign(client->handle, list);
    }
    library.rd_kafka_topic_partition_list_destroy(list);
    client->is_subscribed = error == 0;
    return error;
}

int netmeta_kafka_take(netmeta_kafka *client, int milliseconds, const char *mark, netmeta_kafka_message *out) {
    rd_kafka_message *message = library.rd_kafka_consumer_poll(client->handle, milliseconds);
    if (!message) return 0;
    int kind = 0;
    rd_kafka_headers *headers = NULL;
    const void *value = NULL;
    size_t length = 0;
    memset(out, 0, sizeof *out);
    out->error = message->error;
    out->partition = message->partition;
    out->offset = message->offset;
    out->handle = message;
    out->timestamp = -1;
    if (message->error == 0) {
        client->is_away = 0;
        out->bytes = message->payload;
        out->length = message->payload ? message->length : 0;
        out->timestamp = library.rd_kafka_message_timestamp(message, &kind);
        if (kind == 0) out->timestamp = -1;
        out->is_marked = library.rd_kafka_message_headers(message, &headers) == 0 &&
                         library.rd_kafka_header_get_last(headers, mark, &value, &length) == 0;
    }
    return 1;
}

void netmeta_kafka_release(netmeta_kafka_message *message) {
    if (message->handle) library.rd_kafka_message_destroy(message->handle);
    message->handle = NULL;
}

int netmeta_kafka_commit(netmeta_kafka *client, int32_t partition, int64_t offset, const char *text) {
    rd_kafka_list *list = make_list(client, &partition, 1);
    list->elements[0].offset = offset;
    // The list frees it.
    list->elements[0].metadata = strdup(text);
    list->elements[0].metadata_size = list->elements[0].metadata ? strlen(text) : 0;
    int error = library.rd_kafka_commit(client->handle, list, 0);
    if (error == 0) error = list->elements[0].error;
    library.rd_kafka_topic_partition_list_destroy(list);
    return error;
}

int netmeta_kafka_committed(
    netmeta_kafka *client, int32_t partition, int64_t *offset, char *text, size_t room, int milliseconds) {
    rd_kafka_list *list = make_list(client, &partition, 1);
    int error = library.rd_kafka_committed(client->handle, list, milliseconds);
    if (error == 0) error = list->elements[0].error;
    *offset = list->elements[0].offset;
    size_t length = list->elements[0].metadata ? list->elements[0].metadata_size : 0;
    if (length >= room) length = room - 1;
    if (length > 0) memcpy(text, list->elements[0].metadata, length);
    text[length] = 0;
    library.rd_kafka_topic_partition_list_destroy(list);
    return error;
}

int netmeta_kafka_seek(netmeta_kafka *client, int32_t partition, int64_t offset) {
    rd_kafka_list *list = make_list(client, &partition, 1);
    list->elements[0].offset = offset;
    void *problem = library.rd_kafka_seek_partitions(client->handle, list, 10000);
    int error = problem ? library.rd_kafka_error_code(problem) : list->elements[0].error;
    if (problem) library.rd_kafka_error_destroy(problem);
    library.rd_kafka_topic_partition_list_destroy(list);
    return error;
}

int netmeta_kafka_pause(netmeta_kafka *client, const int32_t *partitions, size_t count, int is_paused) {
    rd_kafka_list *list = make_list(client, partitions, count);
    int error = is_paused ? library.rd_kafka_pause_partitions(client->handle, list)
                          : library.rd_kafka_resume_partitions(client->handle, list);
    library.rd_kafka_topic_partition_list_destroy(list);
    return error;
}

int netmeta_kafka_range(netmeta_kafka *client, int32_t partition, int64_t *first, int64_t *end, int milliseconds) {
    if (milliseconds == 0)
        return library.rd_kafka_get_watermark_offsets(client->handle, client->topic_name, partition, first, end);
    return library.rd_kafka_query_watermark_offsets(
        client->handle, client->topic_name, partition, first, end, milliseconds);
}
