#define _GNU_SOURCE
#include "arrow_database.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// MARK: ADBC 1.0's published layouts

struct AdbcError {
    char *message;
    int32_t vendor_code;
    char sqlstate[5];
    void (*release)(struct AdbcError *);
    void *private_data;
    void *private_driver;
};

struct AdbcHandle {
    void *private_data;
    void *private_driver;
};

typedef uint8_t AdbcStatus;
typedef struct AdbcHandle AdbcDatabase, AdbcConnection, AdbcStatement;

struct AdbcDriver {
    void *private_data;
    void *private_manager;
    AdbcStatus (*release)(struct AdbcDriver *, struct AdbcError *);
    AdbcStatus (*DatabaseInit)(AdbcDatabase *, struct AdbcError *);
    AdbcStatus (*DatabaseNew)(AdbcDatabase *, struct AdbcError *);
    AdbcStatus (*DatabaseSetOption)(AdbcDatabase *, const char *, const char *, struct AdbcError *);
    AdbcStatus (*DatabaseRelease)(AdbcDatabase *, struct AdbcError *);
    void *connection_commit, *connection_get_info, *connection_get_objects, *connection_get_table_schema,
        *connection_get_table_types;
    AdbcStatus (*ConnectionInit)(AdbcConnection *, AdbcDatabase *, struct AdbcError *);
    AdbcStatus (*ConnectionNew)(AdbcConnection *, struct AdbcError *);
    AdbcStatus (*ConnectionSetOption)(AdbcConnection *, const char *, const char *, struct AdbcError *);
    void *connection_read_partition;
    AdbcStatus (*ConnectionRelease)(AdbcConnection *, struct AdbcError *);
    void *connection_rollback;
    AdbcStatus (*StatementBind)(AdbcStatement *, struct ArrowArray *, struct ArrowSchema *, struct AdbcError *);
    void *statement_bind_stream;
    AdbcStatus (*StatementExecuteQuery)(
        AdbcStatement *, struct ArrowArrayStream *, int64_t *, struct AdbcError *);
    void *statement_execute_partitions, *statement_get_parameter_schema;
    AdbcStatus (*StatementNew)(AdbcConnection *, AdbcStatement *, struct AdbcError *);
    void *statement_prepare;
    AdbcStatus (*StatementRelease)(AdbcStatement *, struct AdbcError *);
    AdbcStatus (*StatementSetOption)(AdbcStatement *, const char *, const char *, struct AdbcError *);
    AdbcStatus (*StatementSetSqlQuery)(AdbcStatement *, const char *, struct AdbcError *);
    void *statement_set_substrait_plan;
    // ADBC 1.1 appends entries that are not used; leave room in case the driver fills them.
    void *later[32];
};

typedef AdbcStatus (*AdbcDriverInitFunction)(int version, void *driver, struct AdbcError *error);

static const int adbc_version_1_0_0 = 1000000;

struct netmeta_database {
    struct AdbcDriver driver;
    AdbcDatabase database;
};

struct netmeta_connection {
    netmeta_database *owner;
    AdbcConnection connection;
};

// MARK: Errors

static void set_error(char **error, const char *what, const char *why) {
    if (!error) return;
    if (asprintf(error, "%s%s%s", what, why ? ": " : "", why ? why : "") < 0) *error = NULL;
}

/// Turns an ADBC error into a message of ours and lets the driver free its own.
static int failed(AdbcStatus status, struct AdbcError *adbc, const char *what, char **error) {
    if (status != 0) set_error(error, what, adbc->message ? adbc->message : "no message from the engine");
    if (adbc->release) adbc->release(adbc);
    return status;
}

// MARK: Opening and closing

netmeta_database *netmeta_database_open(const char *library, const char *python, const char *path, char **error) {
    // The library is built as a Python module and looks for CPython's symbols
    // among the global ones; it never calls them on this path.
    if (python && !dlopen(python, RTLD_NOW | RTLD_GLOBAL)) {
        set_error(error, "cannot load libpython", dlerror());
        return NULL;
    }
    // DEEPBIND: the library brings its own allocator and libc++; without it,
    // symbols of the Swift runtime's libstdc++ are bound instead and the
    // process dies in free().
    void *handle = dlopen(library, RTLD_NOW | RTLD_LOCAL | RTLD_DEEPBIND);
    if (!handle) {
        set_error(error, "cannot load the chDB library", dlerror());
        return NULL;
    }
    AdbcDriverInitFunction init = (AdbcDriverInitFunction)dlsym(handle, "chdb_adbc_init");
    if (!init) {
        set_error(error, "not a chDB library with ADBC", dlerror());
        return NULL;
    }
    netmeta_database *self = calloc(1, sizeof *self);
    if (!self) return NULL;
    struct AdbcError adbc = {0};
    AdbcStatus status = init(adbc_version_1_0_0, &self->driver, &adbc);
    if (failed(status, &adbc, "cannot start the engine", error)) goto fail;
    memset(&adbc, 0, sizeof adbc);
    if (failed(self->driver.DatabaseNew(&self->database, &adbc), &adbc, "cannot make a database", error)) goto fail;
    memset(&adbc, 0, sizeof adbc);
    status = self->driver.DatabaseSetOption(&self->database, "path", path, &adbc);
    if (failed(status, &adbc, "cannot set the data folder", error)) goto release;
    memset(&adbc, 0, sizeof adbc);
    if (failed(self->driver.DatabaseInit(&self->database, &adbc), &adbc, "cannot open the data folder", error))
        goto release;
    return self;
release:
    memset(&adbc, 0, sizeof adbc);
    failed(self->driver.DatabaseRelease(&self->database, &adbc), &adbc, "", NULL);
fail:
    free(self);
    return NULL;
}

void netmeta_database_close(netmeta_database *self) {
    if (!self) return;
    struct AdbcError adbc = {0};
    failed(self->driver.DatabaseRelease(&self->database, &adbc), &adbc, "", NULL);
    memset(&adbc, 0, sizeof adbc);
    if (self->driver.release) failed(self->driver.release(&self->driver, &adbc), &adbc, "", NULL);
    // The library stays loaded: its threads may still be on their way out.
    free(self);
}

netmeta_connection *netmeta_connection_open(netmeta_database *database, char **error) {
    netmeta_connection *self = calloc(1, sizeof *self);
    if (!self) return NULL;
    self->owner = database;
    struct AdbcError adbc = {0};
    AdbcStatus status = database->driver.ConnectionNew(&self->connection, &adbc);
    if (failed(status, &adbc, "cannot make a connection", error)) goto fail;
    memset(&adbc, 0, sizeof adbc);
    status = database->driver.ConnectionInit(&self->connection, &database->database, &adbc);
    if (failed(status, &adbc, "cannot open a connection", error)) {
        memset(&adbc, 0, sizeof adbc);
        failed(database->driver.ConnectionRelease(&self->connection, &adbc), &adbc, "", NULL);
        goto fail;
    }
    return self;
fail:
    free(self);
    return NULL;
}

void netmeta_connection_close(netmeta_connection *self) {
    if (!self) return;
    struct AdbcError adbc = {0};
    failed(self->owner->driver.ConnectionRelease(&self->connection, &adbc), &adbc, "", NULL);
    free(self);
}

// MARK: Statements

int netmeta_execute(
    netmeta_connection *self, const char *sql, struct ArrowArrayStream *stream, int64_t *written, char **error) {
    struct AdbcDriver *driver = &self->owner->driver;
    AdbcStatement statement = {0};
    struct AdbcError adbc = {0};
    int status = failed(driver->StatementNew(&self->connection, &statement, &adbc), &adbc, "statement", error);
    if (status) return status;
    memset(&adbc, 0, sizeof adbc);
    status = failed(driver->StatementSetSqlQuery(&statement, sql, &adbc), &adbc, "statement", error);
    if (!status) {
        int64_t rows = -1;
        memset(&adbc, 0, sizeof adbc);
        status = failed(driver->StatementExecuteQuery(&statement, stream, &rows, &adbc), &adbc, "query", error);
        if (written) *written = rows;
    }
    memset(&adbc, 0, sizeof adbc);
    failed(driver->StatementRelease(&statement, &adbc), &adbc, "", NULL);
    return status;
}

int netmeta_append(
    netmeta_connection *self, const char *schema_name, const char *table, struct ArrowArray *array,
    struct ArrowSchema *schema, char **error) {
    struct AdbcDriver *driver = &self->owner->driver;
    AdbcStatement statement = {0};
    struct AdbcError adbc = {0};
    int status = failed(driver->StatementNew(&self->connection, &statement, &adbc), &adbc, "statement", error);
    if (status) goto unbound;
    const char *options[][2] = {
        {"adbc.ingest.target_table", table},
        {"adbc.ingest.target_db_schema", schema_name},
        {"adbc.ingest.mode", "adbc.ingest.mode.append"},
    };
    for (size_t i = 0; i < sizeof options / sizeof *options; i++) {
        memset(&adbc, 0, sizeof adbc);
        AdbcStatus set = driver->StatementSetOption(&statement, options[i][0], options[i][1], &adbc);
        status = failed(set, &adbc, options[i][0], error);
        if (status) goto release;
    }
    memset(&adbc, 0, sizeof adbc);
    // A successful bind takes the array and the schema over.
    status = failed(driver->StatementBind(&statement, array, schema, &adbc), &adbc, "bind", error);
    if (!status) {
        int64_t rows = 0;  // Counts twice through views, so it is not looked at.
        memset(&adbc, 0, sizeof adbc);
        status = failed(driver->StatementExecuteQuery(&statement, NULL, &rows, &adbc), &adbc, "insert", error);
    }
release:
    memset(&adbc, 0, sizeof adbc);
    failed(driver->StatementRelease(&statement, &adbc), &adbc, "", NULL);
unbound:
    if (array->release) array->release(array);
    if (schema->release) schema->release(schema);
    return status;
}
