#define _GNU_SOURCE
#include "net_snmp.h"

#include <arpa/inet.h>
#include <dlfcn.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include "net_snmp_types.h"

// MARK: The library

// Name, result and parameters of each function that is used.
#define FUNCTIONS(F)                                                                                  \
    F(netsnmp_get_version, const char *, (void))                                                      \
    F(snmp_disable_log, void, (void))                                                                 \
    F(netsnmp_register_loghandler, void *, (int, int))                                                \
    F(netsnmp_ds_set_string, int, (int, int, const char *))                                           \
    F(netsnmp_container_init_list, void, (void))                                                      \
    F(init_snmpv3, void, (const char *))                                                              \
    F(snmp_call_callbacks, int, (int, int, void *))                                                   \
    F(snmp_sess_init, void, (ns_session *))                                                           \
    F(snmp_sess_open, void *, (ns_session *))                                                         \
    F(snmp_sess_close, int, (void *))                                                                 \
    F(snmp_sess_session, ns_session *, (void *))                                                      \
    F(snmp_sess_error, void, (void *, int *, int *, char **))                                         \
    F(snmp_sess_async_send, int, (void *, ns_pdu *, ns_callback *, void *))                           \
    F(snmp_sess_select_info2, int, (void *, int *, ns_fd_set *, struct timeval *, int *))             \
    F(snmp_sess_read2, int, (void *, ns_fd_set *))                                                    \
    F(snmp_sess_timeout, void, (void *))                                                              \
    F(snmp_pdu_create, ns_pdu *, (int))                                                               \
    F(snmp_clone_pdu, ns_pdu *, (ns_pdu *))                                                           \
    F(snmp_free_pdu, void, (ns_pdu *))                                                                \
    F(snmp_add_null_var, void *, (ns_pdu *, const ns_oid *, size_t))                                  \
    F(generate_Ku, int, (const ns_oid *, unsigned, const unsigned char *, size_t, unsigned char *, size_t *)) \
    F(usm_lookup_auth_type, int, (const char *))                                                      \
    F(usm_lookup_priv_type, int, (const char *))                                                      \
    F(sc_get_auth_oid, ns_oid *, (int, size_t *))                                                     \
    F(sc_get_priv_oid, ns_oid *, (int, size_t *))                                                     \
    F(usm_get_user, void *, (const unsigned char *, size_t, const char *))                            \
    F(usm_remove_user, void *, (void *))                                                              \
    F(usm_free_user, void *, (void *))                                                                \
    F(free_enginetime, void, (unsigned char *, size_t))                                               \
    F(netsnmp_large_fd_set_init, void, (ns_fd_set *, int))                                            \
    F(netsnmp_large_fd_set_cleanup, void, (ns_fd_set *))                                              \
    F(netsnmp_large_fd_set_select, int, (int, ns_fd_set *, ns_fd_set *, ns_fd_set *, struct timeval *)) \
    F(netsnmp_large_fd_setfd, void, (int, ns_fd_set *))                                               \
    F(netsnmp_large_fd_is_set, int, (int, ns_fd_set *))

#define DECLARE(name, result, parameters) result(*name) parameters;
static struct {
    FUNCTIONS(DECLARE)
} library;

// snmp_logging.h, syslog.h, default_store.h, callback.h
enum {
    log_none = 6,
    log_everything = 7,
    store_library = 0,
    store_program = 6,
    callback_library = 0,
    callback_configured = 3,
};

const char *netmeta_snmp_load(void) {
    static int is_loaded;
    static char problem[256];
    if (is_loaded) return NULL;
    void *handle = dlopen("libsnmp.so.40", RTLD_NOW | RTLD_LOCAL);
    if (!handle) {
        const char *reason = dlerror();
        snprintf(problem, sizeof problem, "net-snmp can't be loaded, apt install libsnmp40 brings it (%s)",
                 reason ? reason : "no reason given");
        return problem;
    }
#define FIND(name, result, parameters)                                                                 \
    if (!(library.name = (result(*) parameters)dlsym(handle, #name))) {                                \
        snprintf(problem, sizeof problem, "libsnmp.so.40 lacks the function %s; use Debian's libsnmp40", #name); \
        dlclose(handle);                                                                               \
        return problem;                                                                                \
    }
    FUNCTIONS(FIND)
    if (strncmp(library.netsnmp_get_version(), "5.9", 3) != 0) {
        snprintf(problem, sizeof problem, "libsnmp.so.40 is of version %.32s and not 5.9; use Debian's libsnmp40",
                 library.netsnmp_get_version());
        dlclose(handle);
        return problem;
    }
    // What agents send writes no log.
    library.snmp_disable_log();
    library.netsnmp_register_loghandler(log_none, log_everything);
    // The parts of init_snmp that clients need; the others parse MIBs, read configuration files and make folders.
    union {
        ns_session session;
        unsigned char room[4096];
    } settings;
    library.netsnmp_ds_set_string(store_library, store_program, "netmeta");
    library.netsnmp_container_init_list();
    library.snmp_sess_init(&settings.session);
    library.init_snmpv3("netmeta");
    // Makes the user without a name, whom discovery is for.
    library.snmp_call_callbacks(callback_library, callback_configured, NULL);
    is_loaded = 1;
    return NULL;
}

// MARK: Sessions

struct netmeta_snmp_session {
    void *handle;
    /// The reply to the last question.
    ns_pdu *reply;
    int descriptor;
    int state;
    /// Datagrams in a row that were no answer.
    int strays;
    /// What the library remembers of this session beyond its end, and shares among sessions.
    char *user;
    unsigned char engine[32];
    size_t engine_length;
    unsigned char keys[128];
    /// The next of all that are open.
    netmeta_snmp_session *next;
};

static netmeta_snmp_session *sessions_open;

// snmp.h, snmp_api.h
enum {
    version_2c = 1,
    version_3 = 3,
    model_usm = 3,
    level_none = 1,
    level_authenticated = 2,
    level_private = 3,
    flag_dont_probe = 0x100,
    command_get = 0xa0,
    command_response = 0xa2,
    command_bulk = 0xa5,
    command_report = 0xa8,
    operation_received = 1,
    operation_timed_out = 2,
    operation_resend = 6,
    operation_security_error = 7,
};

// More than one answer of an agent that repeats itself has, and no reason to listen longer.
enum { most_strays = 64 };

// Another open session with the same engine, and the same user if one is asked for: routers export, and are asked,
// under several addresses.
static const netmeta_snmp_session *other(const netmeta_snmp_session *session, const char *user) {
    for (const netmeta_snmp_session *next = sessions_open; next; next = next->next)
        if (next != session && next->engine_length == session->engine_length &&
            memcmp(next->engine, session->engine, session->engine_length) == 0 &&
            (!user || strcmp(next->user, user) == 0))
            return next;
    return NULL;
}

static void forget_engine(netmeta_snmp_session *session) {
    if (!session->engine_length || !session->user || other(session, session->user)) return;
    void *user;
    while ((user = library.usm_get_user(session->engine, session->engine_length, session->user)) != NULL) {
        library.usm_remove_user(user);
        library.usm_free_user(user);
    }
    if (!other(session, NULL)) library.free_enginetime(session->engine, session->engine_length);
}

// The key that a password stands for (RFC 3414 appendix A.2), before it is made the engine's own.
static int make_key(const char *password, const ns_oid *protocol, size_t length, unsigned char *key, size_t *room) {
    *room = 64;
    return library.generate_Ku(protocol, (unsigned)length, (const unsigned char *)password, strlen(password), key,
                               room) == 0;
}

static const char *prepare_user(ns_session *settings, const netmeta_snmp_target *target) {
    settings->securityModel = model_usm;
    settings->securityLevel = level_none;
    settings->flags |= flag_dont_probe;
    settings->securityName = target->engine_length ? (char *)target->user : "";
    settings->securityNameLen = strlen(settings->securityName);
    if (!target->engine_length) return NULL;
    settings->securityEngineID = (unsigned char *)target->engine;
    settings->securityEngineIDLen = target->engine_length;
    if (!target->authentication) return NULL;
    settings->securityLevel = level_authenticated;
    settings->securityAuthProto = library.sc_get_auth_oid(
        library.usm_lookup_auth_type(target->authentication), &settings->securityAuthProtoLen);
    if (!settings->securityAuthProto) return "the library doesn't have this protocol of authentication";
    if (!make_key(target->authentication_password, settings->securityAuthProto, settings->securityAuthProtoLen,
                  settings->securityAuthKey, &settings->securityAuthKeyLen))
        return "the library makes no key of the password for authentication";
    if (!target->privacy) return NULL;
    settings->securityLevel = level_private;
    settings->securityPrivProto =
        library.sc_get_priv_oid(library.usm_lookup_priv_type(target->privacy), &settings->securityPrivProtoLen);
    if (!settings->securityPrivProto) return "the library doesn't have this protocol of privacy";
    if (!make_key(target->privacy_password, settings->securityAuthProto, settings->securityAuthProtoLen,
                  settings->securityPrivKey, &settings->securityPrivKeyLen))
        return "the library makes no key of the password for privacy";
    return NULL;
}

// The descriptor of a session's socket; -1 when there is none.
static int socket_of(void *handle) {
    ns_fd_set set;
    int count = 0, block = 1, found = -1;
    struct timeval time = {0};
    library.netsnmp_large_fd_set_init(&set, FD_SETSIZE);
    library.snmp_sess_select_info2(handle, &count, &set, &time, &block);
    for (int descriptor = 0; descriptor < count; descriptor++)
        if (library.netsnmp_large_fd_is_set(descriptor, &set)) found = descriptor;
    library.netsnmp_large_fd_set_cleanup(&set);
    return found;
}

// Lets the kernel drop what comes from elsewhere, and tell when the port is closed.
static int connect_to(int descriptor, const char *peer) {
    struct sockaddr_storage address = {0};
    char host[64];
    unsigned port;
    struct sockaddr_in6 *six = (struct sockaddr_in6 *)&address;
    struct sockaddr_in *four = (struct sockaddr_in *)&address;
    if (sscanf(peer, "udp6:[%63[^]]]:%u", host, &port) == 2 && inet_pton(AF_INET6, host, &six->sin6_addr) == 1) {
        six->sin6_family = AF_INET6;
        six->sin6_port = htons((uint16_t)port);
        return connect(descriptor, (struct sockaddr *)six, sizeof *six);
    }
    if (sscanf(peer, "udp:%63[^:]:%u", host, &port) == 2 && inet_pton(AF_INET, host, &four->sin_addr) == 1) {
        four->sin_family = AF_INET;
        four->sin_port = htons((uint16_t)port);
        return connect(descriptor, (struct sockaddr *)four, sizeof *four);
    }
    errno = EINVAL;
    return -1;
}

netmeta_snmp_session *netmeta_snmp_open(const netmeta_snmp_target *target, char *problem, size_t room) {
    // More room than declared, should the library's structure have grown at its end.
    union {
        ns_session session;
        unsigned char room[4096];
    } settings = {0};
    netmeta_snmp_session *session = calloc(1, sizeof *session);
    if (!session) {
        snprintf(problem, room, "out of memory");
        return NULL;
    }
    library.snmp_sess_init(&settings.session);
    settings.session.peername = (char *)target->peer;
    settings.session.timeout = target->timeout_microseconds;
    settings.session.retries = target->retries;
    const char *reason = NULL;
    if (target->community) {
        settings.session.version = version_2c;
        settings.session.community = (unsigned char *)target->community;
        settings.session.community_len = target->community_length;
    } else {
        settings.session.version = version_3;
        reason = target->engine_length > sizeof session->engine ? "the agent's engine ID is too long"
                                                                : prepare_user(&settings.session, target);
    }
    if (!reason && target->engine_length) {
        memcpy(session->engine, target->engine, target->engine_length);
        session->engine_length = target->engine_length;
        memcpy(session->keys, settings.session.securityAuthKey, settings.session.securityAuthKeyLen);
        memcpy(session->keys + 64, settings.session.securityPrivKey, settings.session.securityPrivKeyLen);
        session->user = strdup(target->user);
        const netmeta_snmp_session *same = session->user ? other(session, session->user) : NULL;
        if (!session->user)
            reason = "out of memory";
        else if (same && memcmp(same->keys, session->keys, sizeof session->keys) != 0)
            reason = "another address of the same agent is being asked with another password; it is tried again";
    }
    if (!reason && !(session->handle = library.snmp_sess_open(&settings.session)))
        reason = "the library opens no session";
    if (!reason) {
        // Discovery is ours: the library's own would wait, and all other sessions with it.
        if (!target->community) library.snmp_sess_session(session->handle)->flags |= flag_dont_probe;
        session->descriptor = socket_of(session->handle);
        if (session->descriptor < 0 || connect_to(session->descriptor, target->peer) != 0) reason = strerror(errno);
    }
    // Keys don't stay on the stack.
    explicit_bzero(&settings, sizeof settings);
    if (!reason) {
        session->next = sessions_open;
        sessions_open = session;
        return session;
    }
    snprintf(problem, room, "%s", reason);
    netmeta_snmp_close(session);
    return NULL;
}

static void drop_reply(netmeta_snmp_session *session) {
    if (session->reply) library.snmp_free_pdu(session->reply);
    session->reply = NULL;
}

void netmeta_snmp_close(netmeta_snmp_session *session) {
    for (netmeta_snmp_session **place = &sessions_open; *place; place = &(*place)->next)
        if (*place == session) {
            *place = session->next;
            break;
        }
    drop_reply(session);
    if (session->handle) library.snmp_sess_close(session->handle);
    forget_engine(session);
    free(session->user);
    explicit_bzero(session, sizeof *session);
    free(session);
}

// MARK: Questions

static int note(int operation, ns_session *settings, int request, ns_pdu *pdu, void *context) {
    (void)settings, (void)request;
    netmeta_snmp_session *session = context;
    // A security error precedes the report that tells it, or the next attempt.
    if (session->state != netmeta_snmp_waiting || operation == operation_resend ||
        operation == operation_security_error)
        return 1;
    switch (operation) {
    case operation_received:
        drop_reply(session);
        session->reply = library.snmp_clone_pdu(pdu);
        session->state = !session->reply                    ? netmeta_snmp_failed
                         : pdu->command == command_response ? netmeta_snmp_answered
                         : pdu->command == command_report   ? netmeta_snmp_reported
                                                            : netmeta_snmp_failed;
        break;
    case operation_timed_out: session->state = netmeta_snmp_silent; break;
    default: session->state = netmeta_snmp_failed;
    }
    return 1;
}

static void note_error(netmeta_snmp_session *session) {
    int code = 0, cause = 0;
    char *text = NULL;
    library.snmp_sess_error(session->handle, &code, &cause, &text);
    free(text);
    if (session->state != netmeta_snmp_waiting) return;
    switch (code) {
    case ECONNREFUSED:
    case EHOSTUNREACH:
    case ENETUNREACH:
    case EHOSTDOWN:
    case EACCES:
    case EPERM: session->state = netmeta_snmp_unreachable;
    }
}

int netmeta_snmp_send(
    netmeta_snmp_session *session, int kind, const uint64_t *oid, size_t oid_length, long repetitions) {
    drop_reply(session);
    session->strays = 0;
    session->state = netmeta_snmp_failed;
    ns_pdu *pdu = library.snmp_pdu_create(kind == netmeta_snmp_bulk ? command_bulk : command_get);
    if (!pdu) return 0;
    if (kind == netmeta_snmp_bulk) {
        pdu->errstat = 0;
        pdu->errindex = repetitions;
    }
    if (kind == netmeta_snmp_discover) {
        // RFC 3414 section 4: a question without engine, user and variables.
        pdu->version = version_3;
        pdu->securityName = strdup("");
        pdu->securityNameLen = 0;
        pdu->securityLevel = level_none;
        pdu->securityModel = model_usm;
    } else {
        ns_oid name[128];
        if (oid_length > 128) {
            library.snmp_free_pdu(pdu);
            return 0;
        }
        for (size_t i = 0; i < oid_length; i++) name[i] = (ns_oid)oid[i];
        library.snmp_add_null_var(pdu, name, oid_length);
    }
    session->state = netmeta_snmp_waiting;
    if (library.snmp_sess_async_send(session->handle, pdu, note, session)) return 1;
    note_error(session);
    library.snmp_free_pdu(pdu);
    if (session->state == netmeta_snmp_waiting) session->state = netmeta_snmp_failed;
    return 0;
}

void netmeta_snmp_wait(netmeta_snmp_session *const *sessions, size_t count, int wake, int milliseconds) {
    ns_fd_set set;
    int descriptors = wake + 1, block = 0;
    struct timeval time = {milliseconds / 1000, milliseconds % 1000 * 1000};
    library.netsnmp_large_fd_set_init(&set, FD_SETSIZE);
    for (size_t i = 0; i < count; i++)
        library.snmp_sess_select_info2(sessions[i]->handle, &descriptors, &set, &time, &block);
    library.netsnmp_large_fd_setfd(wake, &set);
    int ready = library.netsnmp_large_fd_set_select(descriptors, &set, NULL, NULL, &time);
    for (size_t i = 0; i < count; i++) {
        netmeta_snmp_session *session = sessions[i];
        if (ready > 0 && library.netsnmp_large_fd_is_set(session->descriptor, &set)) {
            if (library.snmp_sess_read2(session->handle, &set) != 0) note_error(session);
            if (session->state == netmeta_snmp_waiting && ++session->strays > most_strays)
                session->state = netmeta_snmp_failed;
        }
        library.snmp_sess_timeout(session->handle);
    }
    library.netsnmp_large_fd_set_cleanup(&set);
}

// MARK: Answers

int netmeta_snmp_state(const netmeta_snmp_session *session) { return session->state; }

long netmeta_snmp_error_status(const netmeta_snmp_session *session) {
    return session->reply ? session->reply->errstat : 0;
}

size_t netmeta_snmp_variables(const netmeta_snmp_session *session, netmeta_snmp_variable *variables, size_t room) {
    size_t count = 0;
    ns_variable *next = session->reply ? session->reply->variables : NULL;
    for (; next && count < room; next = next->next_variable) {
        // Both are 64 bits wide on the machines that are supported.
        _Static_assert(sizeof(ns_oid) == sizeof(uint64_t), "sub-identifiers have 64 bits");
        variables[count++] = (netmeta_snmp_variable){
            .oid = (const uint64_t *)next->name,
            .oid_length = next->name_length,
            .type = next->type,
            .bytes = next->val,
            .length = next->val ? next->val_len : 0,
        };
    }
    return count;
}

size_t netmeta_snmp_engine(const netmeta_snmp_session *session, uint8_t *engine, size_t room) {
    if (!session->reply || !session->reply->securityEngineID) return 0;
    size_t length = session->reply->securityEngineIDLen;
    if (length > room) return 0;
    memcpy(engine, session->reply->securityEngineID, length);
    return length;
}

// MARK: The bell

int netmeta_bell_create(void) { return eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK); }

void netmeta_bell_ring(int bell) { eventfd_write(bell, 1); }

void netmeta_bell_silence(int bell) {
    eventfd_t rings;
    eventfd_read(bell, &rings);
}
