// The parts of two stable C interfaces that the embedded store uses:
// Arrow's C data interface and ADBC 1.0 (both Apache-2.0 specifications;
// the structures below are their published layouts), and a loader for a
// driver library at run time, so that nothing is linked.
#ifndef NETMETA_ARROW_DATABASE_H
#define NETMETA_ARROW_DATABASE_H

#include <stddef.h>
#include <stdint.h>

// MARK: Arrow C data interface

struct ArrowSchema {
    const char *format;
    const char *name;
    const char *metadata;
    int64_t flags;
    int64_t n_children;
    struct ArrowSchema **children;
    struct ArrowSchema *dictionary;
    void (*release)(struct ArrowSchema *);
    void *private_data;
};

struct ArrowArray {
    int64_t length;
    int64_t null_count;
    int64_t offset;
    int64_t n_buffers;
    int64_t n_children;
    const void **buffers;
    struct ArrowArray **children;
    struct ArrowArray *dictionary;
    void (*release)(struct ArrowArray *);
    void *private_data;
};

struct ArrowArrayStream {
    int (*get_schema)(struct ArrowArrayStream *, struct ArrowSchema *out);
    int (*get_next)(struct ArrowArrayStream *, struct ArrowArray *out);
    const char *(*get_last_error)(struct ArrowArrayStream *);
    void (*release)(struct ArrowArrayStream *);
    void *private_data;
};

// MARK: A database behind ADBC

/// One engine in this process; holds the library, the driver and the database.
typedef struct netmeta_database netmeta_database;
/// One connection; runs one statement at a time.
typedef struct netmeta_connection netmeta_connection;

/// Loads `library` and opens the data folder named by `path`, which may carry
/// settings behind '?'. `python` is a libpython whose symbols the library
/// expects to find, or NULL. On failure returns NULL and a message that the
/// caller frees in `*error`.
netmeta_database *netmeta_database_open(const char *library, const char *python, const char *path, char **error);

/// Closes the database; every connection must be closed before.
void netmeta_database_close(netmeta_database *database);

/// Opens a connection, or returns NULL and a message.
netmeta_connection *netmeta_connection_open(netmeta_database *database, char **error);

/// Closes the connection.
void netmeta_connection_close(netmeta_connection *connection);

/// Runs one statement; `stream` may be NULL when no rows are wanted, else the
/// caller releases it before the next statement. `rows`, unless NULL, is how
/// many the statement wrote, or -1 when the engine doesn't tell. Returns 0, or
/// an ADBC status and a message.
int netmeta_execute(
    netmeta_connection *connection, const char *sql, struct ArrowArrayStream *stream, int64_t *rows, char **error);

/// Appends one record batch to a table by the position of its columns and
/// releases `array` and `schema` in every case. Returns 0, or an ADBC status
/// and a message.
int netmeta_append(
    netmeta_connection *connection, const char *schema_name, const char *table, struct ArrowArray *array,
    struct ArrowSchema *schema, char **error);

#endif
