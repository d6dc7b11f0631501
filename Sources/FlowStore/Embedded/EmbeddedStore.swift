public import FlowSchema
import Foundation
import Synchronization

/// The default store: ClickHouse inside this process, over one data folder.
public final class EmbeddedStore: BatchStore, TableStore, @unchecked Sendable {
    // Everything is immutable, or guards itself: hence Sendable.
    let engine: Engine
    private let folder: String
    let inserts: InsertConnections
    private let orders = RowOrders()
    private let layouts: [ClickHouse.InputTable: ArrowLayout]
    private let counterLayout: ArrowLayout
    private let ours: QueryWorkers
    let peoples: QueryWorkers
    private let keeping: QueryWorkers
    let memory: EngineMemory
    /// The ids of the questions that run, by the names of their connections.
    let asking = Mutex<[String: String]>([:])
    let damage = Mutex(DamageState())

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
        /// Batches that are stored at a time; what calls beyond that waits.
        public var inserts: Int
        /// Bytes of the largest part that merges make; nil leaves that to the engine. For a process that only writes and
        /// ends soon: its memory doesn't grow with what it has written, and the next one merges the rest.
        public var mostMerged: Int?
        /// Days after which rows are dropped; nil leaves what the folder has.
        public var retentionDays: Int?
        /// Whether an insert waits until its rows are on the disk; nil leaves what the folder has.
        public var fsync: Bool?
        /// Statements behind the schema's own, such as those that fill the dictionaries.
        public var statements: [String]
        /// Is told, in words, how far work has come that takes minutes: ``EmbeddedStore/init(_:lock:)`` may sum all rows
        /// that are stored.
        public var onProgress: (@Sendable (String) -> Void)?

        /// Sets options.
        public init(
            folder: String,
            library: String,
            memory: Int,
            batchRows: Int,
            inserts: Int = 1,
            mostMerged: Int? = nil,
            retentionDays: Int?,
            fsync: Bool? = nil,
            statements: [String] = [],
            onProgress: (@Sendable (String) -> Void)? = nil
        ) {
            self.folder = folder
            self.library = library
            self.memory = memory
            self.batchRows = batchRows
            self.inserts = inserts
            self.mostMerged = mostMerged
            self.retentionDays = retentionDays
            self.fsync = fsync
            self.statements = statements
            self.onProgress = onProgress
        }
    }

    /// Opens the folder, brings its schema up to date and connects.
    ///
    /// - Parameter lock: the folder's lock, released by ``close()``.
    /// - Throws: ``StoreError`` with what to do about it.
    public init(_ options: Options, lock: FolderLock) throws(StoreError) {
        memory = EngineMemory(total: options.memory, mostMerged: options.mostMerged)
        folder = options.folder
        engine = try Engine(folder: options.folder, library: options.library, memory: memory, lock: lock)
        var connections: [EngineConnection] = []
        var broken: [String: UInt64] = [:]
        do throws(StoreError) {
            let first = try engine.connect(name: "netmeta-keeper")
            connections.append(first)
            try SchemaReconciler(connection: first, onProgress: options.onProgress).reconcile(
                retentionDays: options.retentionDays,
                fsync: options.fsync
            )
            for statement in options.statements { try first.execute(statement) }
            broken = try Self.brokenParts(first)
            for number in 0..<options.inserts + Self.ownConnections + Self.peoplesConnections {
                connections.append(try engine.connect(name: "netmeta-\(number)"))
            }
            for connection in connections {
                try Self.name(connection)
                try connection.execute("USE \(ClickHouse.database)")
            }
            // A batch is one block: more threads only hand it to and fro, which takes a quarter more.
            for connection in connections[1...options.inserts] {
                try connection.execute("SET max_threads = 1, max_insert_threads = 1")
            }
            for connection in connections.suffix(Self.peoplesConnections) {
                try Self.restrict(connection, memory: memory)
            }
        } catch {
            for connection in connections { connection.close() }
            engine.close()
            throw error
        }
        brokenParts = broken
        engine.definitions.remember()
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
        keeping = QueryWorkers(connections: [connections[0]], name: "keeper")
        inserts = InsertConnections(connections[1...options.inserts])
        let questions = connections.dropFirst(1 + options.inserts).prefix(Self.ownConnections)
        ours = QueryWorkers(connections: Array(questions), name: "query")
        peoples = QueryWorkers(connections: connections.suffix(Self.peoplesConnections), name: "sql")
    }

    /// Parts whose files are damaged, as a full disk may leave them, by table: the engine has set them aside, and their
    /// rows are in no answer any more.
    public let brokenParts: [String: UInt64]

    /// Whether the engine has met an error that it can't go on from: only another process can use the folder again, and
    /// this one mustn't wait for it, not even to close it.
    public var hasEnded: Bool { Engine.hasEnded.load(ordering: .acquiring) }

    /// Tables whose definition a full disk had left empty, and is what it was before.
    public var repairedTables: [String] { engine.repairedTables }

    private static func brokenParts(_ connection: EngineConnection) throws(StoreError) -> [String: UInt64] {
        let sql = """
            SELECT table, count() AS parts FROM system.detached_parts
            WHERE database = '\(ClickHouse.database)' AND reason LIKE 'broken%' GROUP BY table
            """
        let result = try connection.query(sql, limit: 1000)
        guard let tables = result["table"]?.values, let parts = result["parts"]?.values else { return [:] }
        return zip(tables, parts).reduce(into: [:]) { found, row in
            if case .string(let table) = row.0 { found[table] = row.1.unsigned ?? 0 }
        }
    }

    private static let ownConnections = EngineMemory.questions
    private static let peoplesConnections = EngineMemory.peoplesQuestions

    /// People's SQL runs where settings can't be changed and nothing can be written.
    static func restrict(_ connection: EngineConnection, memory: EngineMemory) throws(StoreError) {
        let settings =
            ["max_execution_time = 60", "max_result_rows = 1000000", "max_ast_depth = 500", "max_query_size = 262144"]
            + EngineMemory.settings(memory: memory.peoplesQuestion) + [QueryLimits.yielding, "readonly = 1"]
        try connection.execute("SET " + settings.joined(separator: ", "))
    }

    /// Stores a sealed batch; when it returns, the engine has acknowledged the
    /// rows and the interfaces' counters that came with them.
    ///
    /// Who calls while as many batches as ``Options/inserts`` are stored waits for one of them.
    ///
    /// - Parameter token: names the batch: a second try with the same token stores nothing twice.
    public func append(_ batch: FlowBatch, token: String) throws(StoreError) {
        // At once: who calls may put a batch into the spool that waits here for long, and reads it then.
        orders.apply(to: batch)
        let connection = inserts.take()
        defer { inserts.give(connection) }
        let watch = try beginWriting(rows: batch.count, on: connection)
        do throws(StoreError) {
            try write(batch, token: token, on: connection)
        } catch {
            suspectDamage()
            throw error
        }
        try endWriting(watch, on: connection)
    }

    private func write(_ batch: FlowBatch, token: String, on connection: EngineConnection) throws(StoreError) {
        let table = ClickHouse.InputTable(for: batch)
        if batch.count > 0, let layout = layouts[table] {
            let arrow = ArrowBatch(batch, columns: table.columns, layout: layout)
            try append(arrow, to: table.rawValue, token: token, on: connection)
        }
        if let counters = batch.interfaceCounters, counters.count > 0 {
            let arrow = ArrowBatch(counters, layout: counterLayout)
            try append(arrow, to: ClickHouse.interfaceCountersInput, token: token + "-counters", on: connection)
        }
    }

    /// Refuses rows, and changes of tables, while the disk is nearly full: an
    /// engine that meets its end within an insert may confirm a part whose files
    /// it couldn't write, and within an ALTER it leaves a table's definition
    /// empty, with which the folder can't be opened any more.
    ///
    /// - Returns: bytes that are free.
    @discardableResult
    func checkRoom(rows: Int) throws(StoreError) -> UInt64 {
        // Who can't be asked is left to the engine's own refusal.
        guard let free = freeBytes else { return .max }
        let needed = Self.leastFree + UInt64(rows) * Self.mostRowBytes
        guard free < needed else { return free }
        throw StoreError(
            code: StoreError.noRoom,
            message:
                "only \(free >> 20) MB are free on the disk of \(folder), \(needed >> 20) MB are needed; "
                + "make room, or set retention.size"
        )
    }

    /// Bytes that are free on the folder's disk; nil when it doesn't tell.
    var freeBytes: UInt64? {
        var disk = statvfs()
        guard statvfs(folder, &disk) == 0 else { return nil }
        return UInt64(disk.f_bavail) * UInt64(disk.f_frsize)
    }

    /// Bytes that merges and others may take while a batch is written.
    private static let leastFree: UInt64 = 64 << 20
    /// Bytes that a row takes before it is merged, rollups included, at the most.
    private static let mostRowBytes: UInt64 = 100

    func append(
        _ arrow: ArrowBatch,
        to table: String,
        token: String,
        on connection: EngineConnection
    ) throws(StoreError) {
        defer { arrow.deallocate() }
        try connection.execute(
            "SET insert_deduplication_token = '\(token.filter { $0.isLetter || $0.isNumber || $0 == "-" })'"
        )
        try connection.append(arrow, database: ClickHouse.database, table: table)
    }

    /// Runs a query of the product on a thread of its own.
    public func query(_ sql: String, limits: QueryLimits) async throws -> QueryResult {
        let asked = AskedQuery()
        let answer = await withTaskCancellationHandler {
            await withCheckedContinuation { waiter in
                guard asked.isAwaited(by: waiter) else { return }
                let isTaken = (limits.isPersons ? peoples : ours).submit { connection in
                    guard asked.begins(on: connection.name) else { return }
                    asked.end(with: self.answer(asked, sql, limits: limits, on: connection))
                }
                if !isTaken { asked.end(with: .failure(.closed)) }
            }
        } onCancel: {
            if asked.cancel() { Task { await self.kill(asked) } }
        }
        return try answer.get()
    }

    private func answer(
        _ asked: AskedQuery,
        _ sql: String,
        limits: QueryLimits,
        on connection: EngineConnection
    ) -> AskedQuery.Answer {
        if let question = limits.question { asking.withLock { $0[connection.name] = question } }
        defer { asking.withLock { $0[connection.name] = nil } }
        return Result { () throws(StoreError) in
            if !limits.isPersons {
                let settings =
                    ["max_execution_time = \(limits.seconds)"]
                    + EngineMemory.settings(memory: min(limits.memory, memory.question)) + [QueryLimits.yielding]
                try connection.execute("SET " + settings.joined(separator: ", "))
            }
            let types = limits.tellsTypes ? ColumnTypes(of: sql, on: connection) : nil
            // A cancellation may have met the statement above, whose failure says nothing.
            guard !asked.isCancelled else { throw .cancelled }
            var result = try Self.rows(of: sql, limit: limits.resultRows, on: connection)
            types?.apply(to: &result)
            return result
        }
    }

    /// Arrow has no place for totals, and of a statement with some the engine says only that it failed.
    private static func rows(
        of sql: String,
        limit: Int,
        on connection: EngineConnection
    ) throws(StoreError) -> QueryResult {
        do throws(StoreError) {
            return try connection.query(sql, limit: limit)
        } catch {
            guard error.message.hasPrefix("chdb_stream_fetch_arrow"), sql.lowercased().contains("totals") else {
                throw error
            }
            throw StoreError(
                code: 48,
                message: "WITH TOTALS is answered by the SQL endpoint (console.sql) alone: ask there, or for a row of "
                    + "GROUP BY GROUPING SETS"
            )
        }
    }

    /// Changes after how many days rows are dropped.
    ///
    /// - Throws: ``StoreError`` also when the disk is nearly full, see ``checkRoom(rows:)``.
    public func setRetention(days: Int) async throws {
        try checkRoom(rows: 0)
        try await upkeep { connection throws(StoreError) in
            try SchemaReconciler(connection: connection, onProgress: nil).setRetention(days: days)
        }
        rememberDefinitions()
    }

    /// Runs statements as ``Options/statements``, in a running server.
    public func apply(_ statements: [String]) async throws {
        try checkRoom(rows: 0)
        try await upkeep { connection throws(StoreError) in
            for statement in statements { try connection.execute(statement) }
        }
        rememberDefinitions()
    }

    /// Keeps a copy of what the tables are now, see ``TableDefinitions``.
    func rememberDefinitions() { engine.definitions.remember() }

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
            let isTaken = workers.submit { connection in
                do throws(StoreError) {
                    continuation.resume(returning: try body(connection))
                } catch {
                    continuation.resume(throwing: error)
                }
            }
            if !isTaken { continuation.resume(throwing: StoreError.closed) }
        }
    }

    /// Ends queries, closes every connection and the database, and frees the folder.
    public func close() {
        // Its threads may never come back.
        if hasEnded { return }
        ours.stop()
        peoples.stop()
        keeping.stop()
        inserts.close()
        engine.close()
    }
}

extension StoreError {
    /// What is asked of a store that is closing.
    fileprivate static let closed = StoreError(message: "the store is closed")
}
