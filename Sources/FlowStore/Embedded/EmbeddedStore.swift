public import FlowSchema
import Foundation

/// The default store: ClickHouse inside this process, over one data folder.
public final class EmbeddedStore: BatchStore, @unchecked Sendable {
    // `ingest` is guarded by `appending`; all else is immutable: hence Sendable.
    private let engine: Engine
    private let folder: String
    private let appending = NSLock()
    private let ingest: EngineConnection
    private let layouts: [ClickHouse.InputTable: ArrowLayout]
    private let counterLayout: ArrowLayout
    private let ours: QueryWorkers
    private let peoples: QueryWorkers
    private let keeping: QueryWorkers
    private let memory: EngineMemory

    /// What a store is opened with.
    public struct Options: Sendable {
        /// The data folder.
        public var folder: String
        /// The chDB library, see ``EngineLibrary``.
        public var library: String
        /// Bytes that the engine may use.
        public var memory: Int
        /// The most rows that a batch will have.
        public var batchRows: Int
        /// Days after which rows are dropped; nil leaves what the folder has.
        public var retentionDays: Int?
        /// Whether an insert waits until its rows are on the disk; nil leaves what the folder has.
        public var fsync: Bool?

        /// Sets options.
        public init(
            folder: String,
            library: String,
            memory: Int,
            batchRows: Int,
            retentionDays: Int?,
            fsync: Bool? = nil
        ) {
            self.folder = folder
            self.library = library
            self.memory = memory
            self.batchRows = batchRows
            self.retentionDays = retentionDays
            self.fsync = fsync
        }
    }

    /// Opens the folder, brings its schema up to date and connects.
    ///
    /// - Parameter lock: the folder's lock, released by ``close()``.
    /// - Throws: ``StoreError`` with what to do about it.
    public init(_ options: Options, lock: FolderLock) throws(StoreError) {
        memory = EngineMemory(total: options.memory)
        folder = options.folder
        engine = try Engine(folder: options.folder, library: options.library, memory: memory, lock: lock)
        var connections: [EngineConnection] = []
        do throws(StoreError) {
            ingest = try engine.connect()
            connections.append(ingest)
            try SchemaReconciler(connection: ingest).reconcile(
                retentionDays: options.retentionDays,
                fsync: options.fsync
            )
            try ingest.execute("USE \(ClickHouse.database)")
            // A batch is one block: more threads only hand it to and fro, which takes a quarter more.
            try ingest.execute("SET max_threads = 1, max_insert_threads = 1")
            for _ in 0..<1 + Self.ownConnections + Self.peoplesConnections {
                let connection = try engine.connect()
                connections.append(connection)
                try connection.execute("USE \(ClickHouse.database)")
            }
            for connection in connections.suffix(Self.peoplesConnections) {
                try Self.restrict(connection, memory: memory)
            }
        } catch {
            for connection in connections { connection.close() }
            engine.close()
            throw error
        }
        let tables = ClickHouse.InputTable.allCases
        layouts = Dictionary(
            uniqueKeysWithValues: tables.map { table in
                (table, ArrowLayout(columns: table.columns.map { ($0.name, $0.storage) }, rows: options.batchRows))
            }
        )
        counterLayout = ArrowLayout(
            columns: InterfaceCounterColumn.allCases.map { ($0.name, $0.storage) },
            rows: InterfaceCounterBatch.capacity
        )
        keeping = QueryWorkers(connections: [connections[1]], name: "keeper")
        ours = QueryWorkers(connections: Array(connections[2..<2 + Self.ownConnections]), name: "query")
        peoples = QueryWorkers(connections: connections.suffix(Self.peoplesConnections), name: "sql")
    }

    private static let ownConnections = EngineMemory.questions
    private static let peoplesConnections = EngineMemory.peoplesQuestions

    /// People's SQL runs where settings can't be changed and nothing can be written.
    private static func restrict(_ connection: EngineConnection, memory: EngineMemory) throws(StoreError) {
        let settings =
            ["max_execution_time = 60", "max_result_rows = 1000000", "max_ast_depth = 500", "max_query_size = 262144"]
            + EngineMemory.settings(memory: memory.peoplesQuestion) + [QueryLimits.yielding, "readonly = 1"]
        try connection.execute("SET " + settings.joined(separator: ", "))
    }

    /// Stores a sealed batch; when it returns, the engine has acknowledged the
    /// rows and the interfaces' counters that came with them.
    ///
    /// Who calls while another batch is stored waits for that one.
    ///
    /// - Parameter token: names the batch: a second try with the same token stores nothing twice.
    public func append(_ batch: FlowBatch, token: String) throws(StoreError) {
        appending.lock()
        defer { appending.unlock() }
        try checkRoom(rows: batch.count)
        let table = ClickHouse.InputTable(for: batch)
        if batch.count > 0, let layout = layouts[table] {
            try append(ArrowBatch(batch, columns: table.columns, layout: layout), to: table.rawValue, token: token)
        }
        if let counters = batch.interfaceCounters, counters.count > 0 {
            let arrow = ArrowBatch(counters, layout: counterLayout)
            try append(arrow, to: ClickHouse.interfaceCountersInput, token: token + "-counters")
        }
    }

    /// Refuses rows, and changes of tables, while the disk is nearly full: an
    /// engine that meets its end within an insert may confirm a part whose marks
    /// it couldn't write, and within an ALTER it leaves a table's definition
    /// empty, with which the folder can't be opened any more.
    func checkRoom(rows: Int) throws(StoreError) {
        var disk = statvfs()
        // Who can't be asked is left to the engine's own refusal.
        guard statvfs(folder, &disk) == 0 else { return }
        let free = UInt64(disk.f_bavail) * UInt64(disk.f_frsize)
        let needed = Self.leastFree + UInt64(rows) * Self.mostRowBytes
        guard free < needed else { return }
        throw StoreError(
            code: StoreError.noRoom,
            message:
                "only \(free >> 20) MB are free on the disk of \(folder), \(needed >> 20) MB are needed; "
                + "make room, or set retention.size"
        )
    }

    /// Bytes that merges and others may take while a batch is written.
    private static let leastFree: UInt64 = 64 << 20
    /// Bytes that a row takes before it is merged, rollups included, at the most.
    private static let mostRowBytes: UInt64 = 100

    private func append(_ arrow: ArrowBatch, to table: String, token: String) throws(StoreError) {
        defer { arrow.deallocate() }
        try ingest.execute(
            "SET insert_deduplication_token = '\(token.filter { $0.isLetter || $0.isNumber || $0 == "-" })'"
        )
        try ingest.append(arrow, database: ClickHouse.database, table: table)
    }

    /// Runs a query of the product on a thread of its own.
    public func query(_ sql: String, limits: QueryLimits) async throws -> QueryResult {
        try await run(on: limits.isPersons ? peoples : ours) { connection throws(StoreError) in
            if !limits.isPersons {
                let settings =
                    ["max_execution_time = \(limits.seconds)"]
                    + EngineMemory.settings(memory: min(limits.memory, self.memory.question)) + [QueryLimits.yielding]
                try connection.execute("SET " + settings.joined(separator: ", "))
            }
            let types = ColumnTypes(of: sql, on: connection)
            var result = try connection.query(sql, limit: limits.resultRows)
            types.apply(to: &result)
            return result
        }
    }

    /// Changes after how many days rows are dropped.
    ///
    /// - Throws: ``StoreError`` also when the disk is nearly full, see ``checkRoom(rows:)``.
    public func setRetention(days: Int) async throws {
        try checkRoom(rows: 0)
        try await upkeep { connection throws(StoreError) in
            try SchemaReconciler(connection: connection).setRetention(days: days)
        }
    }

    /// Runs what keeps the folder in order, on a connection that no question can hold up.
    func upkeep<Value: Sendable>(
        _ body: @escaping @Sendable (EngineConnection) throws(StoreError) -> Value
    ) async throws -> Value {
        try await run(on: keeping, body)
    }

    private func run<Value: Sendable>(
        on workers: QueryWorkers,
        _ body: @escaping @Sendable (EngineConnection) throws(StoreError) -> Value
    ) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            workers.submit { connection in
                do throws(StoreError) {
                    continuation.resume(returning: try body(connection))
                } catch {
                    continuation.resume(throwing: error)
                }
            }
        }
    }

    /// Ends queries, closes every connection and the database, and frees the folder.
    public func close() {
        ours.stop()
        peoples.stop()
        keeping.stop()
        ingest.close()
        engine.close()
    }
}
