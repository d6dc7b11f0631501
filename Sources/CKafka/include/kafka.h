// A small face of librdkafka: one producer or consumer of one topic, driven by
// one thread. The library is loaded at run time and may be absent.
//
// Callbacks come only while a function of the same client runs, on the thread
// that called it, but for those of the log.
#ifndef NETMETA_KAFKA_H
#define NETMETA_KAFKA_H

#include <stddef.h>
#include <stdint.h>

/// Loads the library once, from `path` or, when that is NULL, from the usual
/// places; NULL, or in words why it can't be used. One thread at a time.
const char *netmeta_kafka_load(const char *path);
/// The library's version: "2.0.2".
const char *netmeta_kafka_version(void);

typedef struct netmeta_kafka netmeta_kafka;

/// What a client tells. All get `context`; texts hold until they return.
typedef struct {
    void *context;
    /// A message was delivered (error 0), or never will be. `persisted` is 0 when the broker surely doesn't have it,
    /// 1 when it may, 2 when it does.
    void (*delivered)(void *context, uintptr_t opaque, int error, int persisted);
    /// Something is wrong that the library goes on in spite of; or, when `is_fatal`, doesn't.
    void (*failed)(void *context, int error, const char *text, int is_fatal);
    /// Partitions are ours from now on. Those are consumed from where the callback sets `offsets`.
    void (*assigned)(void *context, const int32_t *partitions, int64_t *offsets, size_t count);
    /// Partitions are ours for the last time; nothing of them may be committed once this returns.
    void (*revoked)(void *context, const int32_t *partitions, size_t count, int is_lost);
} netmeta_kafka_events;

enum { netmeta_kafka_producer, netmeta_kafka_consumer };

/// Opens a client; nothing is sent yet. NULL on failure, with the reason in words in `problem`.
netmeta_kafka *netmeta_kafka_open(
    int kind, const char *topic, const char *const *names, const char *const *values, size_t count,
    const netmeta_kafka_events *events, char *problem, size_t room);
/// Ends a client; what a producer didn't deliver is gone.
void netmeta_kafka_close(netmeta_kafka *client);

/// An error in words.
const char *netmeta_kafka_words(int error);
/// Whether the last word on brokers was that none can be reached.
int netmeta_kafka_is_away(const netmeta_kafka *client);
/// Asks a broker for the topic; returns how many partitions it has, or a negative error.
int netmeta_kafka_partitions(netmeta_kafka *client, int milliseconds);

// MARK: Producing

enum { netmeta_kafka_queue_full = -184 };

/// Hands over a message, which is copied; 0, or an error. `mark` becomes a header.
int netmeta_kafka_produce(
    netmeta_kafka *client, const void *key, size_t key_length, const void *bytes, size_t length, const char *mark,
    uintptr_t opaque);
/// Waits for something to tell, and tells it; returns how many messages or errors that were.
int netmeta_kafka_poll(netmeta_kafka *client, int milliseconds);

// MARK: Consuming

/// Takes part in the group; or, with partitions, consumes these and no others. 0, or an error.
int netmeta_kafka_subscribe(netmeta_kafka *client, const int32_t *partitions, size_t count);

/// A message, lent until netmeta_kafka_release.
typedef struct {
    int error;
    int32_t partition;
    int64_t offset;
    const uint8_t *bytes;
    size_t length;
    /// Milliseconds since 1970 UTC; -1 when nobody knows.
    int64_t timestamp;
    /// Whether it has the header that netmeta_kafka_produce was given.
    int is_marked;
    void *handle;
} netmeta_kafka_message;

/// Takes the next message; 0 when none came in time.
int netmeta_kafka_take(netmeta_kafka *client, int milliseconds, const char *mark, netmeta_kafka_message *message);
void netmeta_kafka_release(netmeta_kafka_message *message);

/// Notes that everything before `offset` is dealt with, and a text beside it. 0, or an error.
int netmeta_kafka_commit(netmeta_kafka *client, int32_t partition, int64_t offset, const char *text);
/// What was noted last; the offset is negative when nothing was. 0, or an error.
int netmeta_kafka_committed(
    netmeta_kafka *client, int32_t partition, int64_t *offset, char *text, size_t room, int milliseconds);
/// Goes back, or forward, to an offset. 0, or an error.
int netmeta_kafka_seek(netmeta_kafka *client, int32_t partition, int64_t offset);
/// Stops fetching, or goes on. 0, or an error.
int netmeta_kafka_pause(netmeta_kafka *client, const int32_t *partitions, size_t count, int is_paused);
/// The first offset that there is and the one behind the last, as known here, or asked for when `milliseconds` isn't 0.
int netmeta_kafka_range(netmeta_kafka *client, int32_t partition, int64_t *first, int64_t *end, int milliseconds);

#endif
