import CArrowDatabase
import Foundation
import Synchronization

/// ClickHouse in this process: the library, the data folder and its connections.
///
/// One per process and one process per folder, which a lock file of ours
/// guards: the engine's own refusal comes as a line on stderr.
final class Engine: @unchecked Sendable {
    // The database handle is only read after init; connections lock for themselves.
    private let database: OpaquePointer
    private let keeper: EngineConnection
    private let lock: FolderLock
    /// Copies of the tables' definitions, to be renewed after each change.
    let definitions: TableDefinitions
    /// Tables whose definition was empty, and is what it was before.
    let repairedTables: [String]

    /// Whether the engine has met an error that it can't go on from, such as an exception where it expects none: from
    /// then on it refuses everything, and the thread that met it never comes back. There is one engine in a process.
    static let hasEnded = Atomic(false)

    init(folder: String, library: String, memory: EngineMemory, lock: FolderLock) throws(StoreError) {
        guard let python = EngineLibrary.locatePython() else {
            throw StoreError(message: "libpython3 is missing, which the chDB library needs; install libpython3.11")
        }
        // Absolute: the paths have to hold in another current folder.
        let home = URL(fileURLWithPath: folder, isDirectory: true).appendingPathComponent("engine").path
        let library = URL(fileURLWithPath: library).path
        do {
            try FileManager.default.createDirectory(atPath: home, withIntermediateDirectories: true)
            try memory.configuration
                .write(toFile: home + "/config.xml", atomically: true, encoding: .utf8)
        } catch {
            throw StoreError(message: "cannot write \(home)/config.xml: \(error.localizedDescription)")
        }
        definitions = TableDefinitions(home: home)
        repairedTables = definitions.repair()
        // Over ADBC the engine takes a path and no settings (a query string behind
        // it becomes part of the name), but it reads config.xml of the current
        // folder: so it is opened from a folder of ours.
        let before = FileManager.default.currentDirectoryPath
        guard FileManager.default.changeCurrentDirectoryPath(home) else {
            throw StoreError(message: "cannot enter \(home): \(String(cString: strerror(errno)))")
        }
        defer { _ = FileManager.default.changeCurrentDirectoryPath(before) }
        var message: UnsafeMutablePointer<CChar>?
        guard let database = netmeta_database_open(library, python, home + "/clickhouse", &message) else {
            throw StoreError(taking: message)
        }
        // It starts, and reads its settings, with the first connection.
        do throws(StoreError) {
            keeper = try Self.connect(to: database, name: "netmeta-open")
        } catch {
            netmeta_database_close(database)
            throw error
        }
        self.database = database
        self.lock = lock
    }

    /// - Parameter name: tells the connection from others.
    func connect(name: String) throws(StoreError) -> EngineConnection { try Self.connect(to: database, name: name) }

    private static func connect(to database: OpaquePointer, name: String) throws(StoreError) -> EngineConnection {
        var message: UnsafeMutablePointer<CChar>?
        guard let connection = netmeta_connection_open(database, &message) else { throw StoreError(taking: message) }
        return EngineConnection(connection, name: name)
    }

    /// Closes the database; every connection is closed by now.
    func close() {
        keeper.close()
        netmeta_database_close(database)
        lock.release()
    }
}

/// One connection; one statement at a time, on whatever thread owns it.
final class EngineConnection: @unchecked Sendable {
    // Handed from thread to thread as a whole, never used by two at once: hence Sendable.
    private var connection: OpaquePointer?
    /// Letters and hyphens, and a number.
    let name: String

    fileprivate init(_ connection: OpaquePointer, name: String) {
        self.connection = connection
        self.name = name
    }

    /// Runs a statement without rows.
    func execute(_ sql: String) throws(StoreError) {
        var message: UnsafeMutablePointer<CChar>?
        guard netmeta_execute(connection, sql, nil, nil, &message) == 0 else { throw StoreError(taking: message) }
    }

    /// Runs a statement that writes.
    ///
    /// - Returns: how many rows it wrote, if the engine tells.
    func count(_ sql: String) throws(StoreError) -> UInt64? {
        var message: UnsafeMutablePointer<CChar>?
        var rows: Int64 = -1
        guard netmeta_execute(connection, sql, nil, &rows, &message) == 0 else { throw StoreError(taking: message) }
        return UInt64(exactly: rows)
    }

    /// Runs a statement and reads all of its rows.
    func query(_ sql: String, limit: Int) throws(StoreError) -> QueryResult {
        let start = ContinuousClock.now
        var message: UnsafeMutablePointer<CChar>?
        var stream = ArrowArrayStream()
        guard netmeta_execute(connection, sql, &stream, nil, &message) == 0 else { throw StoreError(taking: message) }
        var reader = ArrowReader()
        try reader.read(&stream, limit: limit)
        let elapsed = (ContinuousClock.now - start) / .seconds(1)
        return QueryResult(columns: reader.columns, rowCount: reader.rowCount, elapsed: elapsed)
    }

    /// Appends a record batch to a table.
    func append(_ batch: ArrowBatch, database: String, table: String) throws(StoreError) {
        var message: UnsafeMutablePointer<CChar>?
        guard netmeta_append(connection, database, table, batch.array, batch.schema, &message) == 0 else {
            throw StoreError(taking: message)
        }
    }

    func close() {
        netmeta_connection_close(connection)
        connection = nil
    }
}

extension StoreError {
    /// Takes over and frees a message of the C side.
    fileprivate init(taking message: UnsafeMutablePointer<CChar>?) {
        self.init(engineMessage: message.map { String(cString: $0) } ?? "the engine failed without a message")
        free(message)
        if code == Self.aborted, self.message.contains("fatal error") {
            Engine.hasEnded.store(true, ordering: .releasing)
        }
    }

    /// ClickHouse's `ABORTED`.
    private static let aborted = 236
}
