// A small face of net-snmp: asks agents for values, many at a time, on one
// thread. The library is loaded at run time and may be absent.
//
// All functions but those of the bell belong to one thread: the
// library's lists of users and of engines have no lock.
#ifndef NETMETA_NET_SNMP_H
#define NETMETA_NET_SNMP_H

#include <stddef.h>
#include <stdint.h>

/// Loads the library once; NULL, or in words why it can't be used.
const char *netmeta_snmp_load(void);

/// Whom is asked, and as whom.
typedef struct {
    /// In the library's notation: "udp:192.0.2.1:161", "udp6:[2001:db8::1]:161".
    const char *peer;
    /// For the first attempt; each further one waits as long.
    long timeout_microseconds;
    int retries;
    /// The community of version 2c; NULL for version 3.
    const uint8_t *community;
    size_t community_length;
    /// Version 3 (RFC 3414): the user, and NULL for protocols that aren't used.
    const char *user;
    const char *authentication, *authentication_password;
    const char *privacy, *privacy_password;
    /// The agent's engine; without one the session can do nothing but discover it.
    const uint8_t *engine;
    size_t engine_length;
} netmeta_snmp_target;

typedef struct netmeta_snmp_session netmeta_snmp_session;

/// Opens a session; nothing is sent. NULL on failure, with the reason in words in `problem`.
netmeta_snmp_session *netmeta_snmp_open(const netmeta_snmp_target *target, char *problem, size_t room);
/// Ends a session and forgets what the library remembers of its engine.
void netmeta_snmp_close(netmeta_snmp_session *session);

enum { netmeta_snmp_get, netmeta_snmp_bulk, netmeta_snmp_discover };

/// Sends one question; its answer is awaited with netmeta_snmp_wait. Returns 0 when it couldn't be sent.
int netmeta_snmp_send(
    netmeta_snmp_session *session, int kind, const uint64_t *oid, size_t oid_length, long repetitions);

/// Waits until something comes for one of the sessions, a time-out is due, `wake` is readable or the time is over.
void netmeta_snmp_wait(netmeta_snmp_session *const *sessions, size_t count, int wake, int milliseconds);

enum {
    /// No question is open.
    netmeta_snmp_idle,
    netmeta_snmp_waiting,
    /// A response has come.
    netmeta_snmp_answered,
    /// A report has come (RFC 3414 section 3.2): the variable says what is wrong, or the engine was discovered.
    netmeta_snmp_reported,
    netmeta_snmp_silent,
    /// The port is closed or there is no way.
    netmeta_snmp_unreachable,
    /// The question couldn't be secured or sent, or what came was nothing that was asked for, again and again.
    netmeta_snmp_failed,
};

/// What became of the question.
int netmeta_snmp_state(const netmeta_snmp_session *session);

/// One variable of an answer; pointers hold until the next question or the end of the session.
typedef struct {
    const uint64_t *oid;
    size_t oid_length;
    /// The tag in ASN.1 (RFC 3416 section 3).
    uint8_t type;
    const uint8_t *bytes;
    size_t length;
} netmeta_snmp_variable;

/// The error-status of an answer (RFC 3416 section 3); 0 for none.
long netmeta_snmp_error_status(const netmeta_snmp_session *session);
/// Copies up to `room` variables of an answer; returns how many.
size_t netmeta_snmp_variables(const netmeta_snmp_session *session, netmeta_snmp_variable *variables, size_t room);
/// Copies the engine that a report or an answer is from; returns its length, 0 when there is none that fits.
size_t netmeta_snmp_engine(const netmeta_snmp_session *session, uint8_t *engine, size_t room);

/// A bell that ends netmeta_snmp_wait from another thread: a descriptor, or -1.
int netmeta_bell_create(void);
void netmeta_bell_ring(int bell);
/// Makes it wait for the next ring.
void netmeta_bell_silence(int bell);

#endif
