// The parts of net-snmp's public structures that are read or written here, as
// its soname 40 (5.9) lays them out. They are declared and not included, so
// that building needs no package besides those it needs anyway; a test compares
// them with the headers.
#ifndef NETMETA_NET_SNMP_TYPES_H
#define NETMETA_NET_SNMP_TYPES_H

#include <stddef.h>
#include <sys/select.h>
#include <sys/time.h>

typedef unsigned long ns_oid;

typedef struct ns_variable {
    struct ns_variable *next_variable;
    ns_oid *name;
    size_t name_length;
    unsigned char type;
    unsigned char *val;
    size_t val_len;
} ns_variable;

typedef struct {
    long version;
    int command;
    long reqid, msgid, transid, sessid;
    /// non-repeaters and max-repetitions of a bulk request.
    long errstat, errindex;
    unsigned long time, flags;
    int securityModel, securityLevel, msgParseModel;
    long msgMaxSize;
    void *transport_data;
    int transport_data_length;
    const ns_oid *tDomain;
    size_t tDomainLen;
    ns_variable *variables;
    unsigned char *community;
    size_t community_len;
    ns_oid *enterprise;
    size_t enterprise_length;
    long trap_type, specific_type;
    unsigned char agent_addr[4];
    unsigned char *contextEngineID;
    size_t contextEngineIDLen;
    char *contextName;
    size_t contextNameLen;
    unsigned char *securityEngineID;
    size_t securityEngineIDLen;
    char *securityName;
    size_t securityNameLen;
} ns_pdu;

typedef struct ns_session ns_session;
typedef int ns_callback(int operation, ns_session *session, int request, ns_pdu *pdu, void *context);

struct ns_session {
    long version;
    int retries;
    long timeout;
    unsigned long flags;
    ns_session *subsession, *next;
    char *peername;
    unsigned short remote_port;
    char *localname;
    unsigned short local_port;
    unsigned char *(*authenticator)(unsigned char *, size_t *, unsigned char *, size_t);
    ns_callback *callback;
    void *callback_magic;
    int s_errno, s_snmp_errno;
    long sessid;
    unsigned char *community;
    size_t community_len;
    size_t rcvMsgMaxSize, sndMsgMaxSize;
    unsigned char isAuthoritative;
    unsigned char *contextEngineID;
    size_t contextEngineIDLen;
    unsigned engineBoots, engineTime;
    char *contextName;
    size_t contextNameLen;
    unsigned char *securityEngineID;
    size_t securityEngineIDLen;
    char *securityName;
    size_t securityNameLen;
    ns_oid *securityAuthProto;
    size_t securityAuthProtoLen;
    unsigned char securityAuthKey[64];
    size_t securityAuthKeyLen;
    unsigned char *securityAuthLocalKey;
    size_t securityAuthLocalKeyLen;
    ns_oid *securityPrivProto;
    size_t securityPrivProtoLen;
    unsigned char securityPrivKey[64];
    size_t securityPrivKeyLen;
    unsigned char *securityPrivLocalKey;
    size_t securityPrivLocalKeyLen;
    int securityModel, securityLevel;
    char *paramName;
    void *trap_stats;
    void *securityInfo;
    void *transport_configuration;
    void *myvoid;
};

typedef struct {
    unsigned lfs_setsize;
    fd_set *lfs_setptr;
    fd_set lfs_set;
} ns_fd_set;

#endif
