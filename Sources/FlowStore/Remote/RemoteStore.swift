public import FlowSchema
import Foundation
import OwnThreads
import Synchronization

/// ClickHouse servers over HTTP, with the same tables as the embedded engine.
///
/// Several endpoints stand for one store: replicas of each other, or of which the next is asked when one is away. The
/// schema is made when a server answers for the first time; until then batches are refused, and wait in the spool.
public final class RemoteStore: Sendable {
    private let transport: any RemoteTransport
    private let options: Options
    private let endpoints: Mutex<RemoteEndpoints>
    private let schema: SchemaState
    private let orders = RowOrders()
    /// The ids of the questions that run, by the ids of their queries.
    private let asking = Mutex<[String: String]>([:])
    private let isClosed = Mutex(false)

    /// What a store is opened with.
    public struct Options: Sendable {
        /// URLs such as `https://ch1.example:8443`.
        public var endpoints: [String]
        /// Days after which rows are dropped; nil leaves what there is.
        public var retentionDays: Int?
        /// Whether an insert waits until its rows are on the disk; nil leaves what there is.
        public var fsync: Bool?
        /// Statements behind the schema's own, such as those that fill the dictionaries.
        public var statements: [String]
        /// Whether tables are made and changed; without it they are taken as they are.
        public var managesSchema: Bool
        /// Seconds that an insert may take.
        public var insertSeconds: Int
        /// A user and a password for the dictionaries, which the server reads from itself; nil for its usual user.
        public var dictionaryUser: (name: String, password: String)?

        /// Sets options.
        public init(
            endpoints: [String],
            retentionDays: Int? = nil,
            fsync: Bool? = nil,
            statements: [String] = [],
            managesSchema: Bool = true,
            insertSeconds: Int = 60,
            dictionaryUser: (name: String, password: String)? = nil
        ) {
            self.endpoints = endpoints
            self.retentionDays = retentionDays
            self.fsync = fsync
            self.statements = statements
            self.managesSchema = managesSchema
            self.insertSeconds = insertSeconds
            self.dictionaryUser = dictionaryUser
        }
    }

    /// Prepares it; nothing is asked.
    public init(_ options: Options, transport: any RemoteTransport) {
        self.options = options
        self.transport = transport
        endpoints = Mutex(RemoteEndpoints(options.endpoints))
        schema = SchemaState(isReady: !options.managesSchema)
    }

    /// In what the servers' schema differs from this version's. Blocks.
    public func differences() throws(StoreError) -> [SchemaDifference] {
        try SchemaReconciler(connection: RemoteConnection(store: self), onProgress: nil).differences()
    }

    /// Brings the schema up to date, unless that has been done. Blocks.
    ///
    /// - Throws: ``StoreError``, with code 0 when no server answers.
    public func prepare() throws(StoreError) {
        try schema.once { () throws(StoreError) in
            let connection = RemoteConnection(store: self)
            try SchemaReconciler(connection: connection, onProgress: nil)
                .reconcile(retentionDays: options.retentionDays, fsync: options.fsync)
            for statement in options.statements { try connection.execute(statement) }
        }
    }
}

// MARK: - Batches

extension RemoteStore: ServerStore {
    /// Stores a sealed batch; when it returns, the server has acknowledged it.
    public func append(_ batch: FlowBatch, token: String) throws(StoreError) {
        // At once: who calls may put a batch into the spool that waits here for long, and reads it then.
        orders.apply(to: batch)
        try prepare()
        if let rows = NativeBatch(batch) { try insert(rows, token: token) }
        if let counters = NativeBatch(batch.interfaceCounters) { try insert(counters, token: token + "-counters") }
    }

    /// Stores rows of another table; when it returns, the server has acknowledged them.
    public func append(_ rows: TableRows, token: String) throws(StoreError) {
        try prepare()
        if let rows = NativeBatch(rows) { try insert(rows, token: token) }
    }

    private func insert(_ rows: NativeBatch, token: String) throws(StoreError) {
        let columns = rows.columns.joined(separator: ", ")
        let statement = "INSERT INTO \(ClickHouse.database).\(rows.table) (\(columns)) FORMAT Native"
        let request = RemoteRequest(
            parameters: [
                ("query", statement), ("decompress", "1"), ("insert_deduplication_token", token),
                ("async_insert", "0"), ("wait_end_of_query", "1"),
            ],
            body: rows.body,
            seconds: options.insertSeconds
        )
        _ = try blocking { try await self.exchange(request) }
    }

    /// Appends the lines of a file, which is sent as it is.
    public func load(lines file: String, into table: String, columns: [(name: String, type: String)]) async throws {
        guard let content = FileManager.default.contents(atPath: file) else {
            throw StoreError(message: "cannot read \(file)")
        }
        let names = columns.map(\.name).joined(separator: ", ")
        var body: [UInt8] = []
        content.withUnsafeBytes { CompressedBlocks.append($0, to: &body) }
        let request = RemoteRequest(
            parameters: [
                ("query", "INSERT INTO \(ClickHouse.database).\(table) (\(names)) FORMAT TSV"), ("decompress", "1"),
            ],
            body: body,
            seconds: 300
        )
        _ = try await exchange(request)
    }

    // MARK: - Questions

    /// Runs a query and returns all of its rows.
    public func query(_ sql: String, limits: QueryLimits) async throws -> QueryResult {
        let start = ContinuousClock.now
        let bytes = try await ended(limits) { id in
            try await self.exchange(self.request(sql, limits: limits, id: id, format: Self.format))
        }
        let elapsed = (ContinuousClock.now - start) / .seconds(1)
        return try RowBinaryReader.read(bytes, limit: limits.resultRows, elapsed: elapsed)
    }

    /// With names and types, so that an answer explains itself.
    private static let format = "RowBinaryWithNamesAndTypes"

    private func request(_ sql: String, limits: QueryLimits, id: String, format: String) -> RemoteRequest {
        var parameters = [
            ("database", ClickHouse.database), ("default_format", format), ("query_id", id),
            ("max_execution_time", "\(limits.seconds)"), ("max_memory_usage", "\(limits.memory)"),
            ("wait_end_of_query", "1"),
        ]
        if limits.isPersons { parameters.append(("readonly", "1")) }
        return RemoteRequest(parameters: parameters, body: Array(sql.utf8), seconds: limits.seconds + 15)
    }

    /// Runs a query that is ended on the server when the task that waits is cancelled.
    private func ended<Value: Sendable>(
        _ limits: QueryLimits,
        _ body: @escaping @Sendable (String) async throws -> Value
    ) async throws -> Value {
        let id = "netmeta-\(UUID().uuidString.lowercased())"
        if let question = limits.question { asking.withLock { $0[id] = question } }
        defer { asking.withLock { $0[id] = nil } }
        return try await withTaskCancellationHandler {
            do {
                return try await body(id)
            } catch {
                throw Task.isCancelled ? StoreError.cancelled : error
            }
        } onCancel: {
            Task { await self.kill(id) }
        }
    }

    /// Ends a query on the server; where that is refused, its time limit does.
    fileprivate func kill(_ id: String) async {
        let sql = "KILL QUERY WHERE query_id = \(ClickHouse.quoted(id)) ASYNC"
        _ = try? await exchange(RemoteRequest(parameters: [], body: Array(sql.utf8), seconds: 10))
    }

    /// How far the questions are that run now, by their ids.
    public func progress() async throws -> [String: QueryProgress] {
        let now = asking.withLock { $0 }
        guard !now.isEmpty else { return [:] }
        let ids = now.keys.map { ClickHouse.quoted($0) }.joined(separator: ", ")
        let rows = try await query(
            """
            SELECT query_id AS id, toUInt64(read_rows) AS read, toUInt64(total_rows_approx) AS total,
                toUInt64(greatest(memory_usage, 0)) AS memory FROM system.processes WHERE query_id IN (\(ids))
            """,
            limits: QueryLimits(seconds: 5)
        )
        var progress: [String: QueryProgress] = [:]
        for row in 0..<rows.rowCount {
            guard case .string(let id)? = rows["id"]?.values[row], let question = now[id] else { continue }
            let total = rows["total"]?.values[row].unsigned ?? 0
            progress[question] = QueryProgress(
                rowsRead: rows["read"]?.values[row].unsigned ?? 0,
                rowsTotal: total == 0 ? nil : total,
                memory: rows["memory"]?.values[row].unsigned ?? 0
            )
        }
        return progress
    }

    /// Runs a person's SELECT; its answer is the server's own.
    public func formatted(_ query: FormattedQuery) async throws -> any FormattedAnswer {
        let id = "netmeta-\(UUID().uuidString.lowercased())"
        let bound = query.parameters.map { (name: "param_\($0.key)", value: $0.value) }
        for probe in query.probes + [.init(sql: query.sql, check: query.check)] {
            var explain = request("EXPLAIN AST " + probe.sql, limits: query.limits, id: id, format: Self.format)
            explain.parameters += bound
            let tree = try RowBinaryReader.read(try await exchange(explain), limit: 200_000, elapsed: 0)
            try probe.check(
                (tree.columns.first?.values ?? []).flatMap { value -> [String] in
                    guard case .string(let line) = value else { return [] }
                    return line.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
                }
            )
        }
        var request = request(query.sql, limits: query.limits, id: id, format: query.format)
        request.parameters.removeAll { $0.name == "wait_end_of_query" }
        request.parameters += bound + query.settings.map { (name: $0.key, value: $0.value) }
        if let compression = query.compression {
            request.parameters.append((name: "enable_http_compression", value: "1"))
            request.headers.append((name: "Accept-Encoding", value: compression.rawValue))
        }
        if let question = query.limits.question { asking.withLock { $0[id] = question } }
        do {
            let response = try await begin(request)
            guard response.headers["content-encoding"] == query.compression?.rawValue else {
                throw StoreError(message: "the server compressed its answer otherwise than asked")
            }
            return RemoteAnswer(response, compression: query.compression) { [weak self] isOver in
                self?.asking.withLock { $0[id] = nil }
                if !isOver { Task { await self?.kill(id) } }
            }
        } catch {
            asking.withLock { $0[id] = nil }
            if Task.isCancelled { Task { await self.kill(id) } }
            throw error
        }
    }

    // MARK: - Upkeep

    /// Changes after how many days rows are dropped.
    public func setRetention(days: Int) async throws {
        try await aside { () throws(StoreError) in
            try self.prepare()
            try SchemaReconciler(connection: RemoteConnection(store: self), onProgress: nil).setRetention(days: days)
        }
    }

    /// Runs statements of ours.
    public func apply(_ statements: [String]) async throws {
        try await aside { () throws(StoreError) in
            try self.prepare()
            for statement in statements { try RemoteConnection(store: self).execute(statement) }
        }
    }

    /// Closes all connections.
    public func close() {
        isClosed.withLock { $0 = true }
        transport.shutdown()
    }

    /// Blocking work on a thread of its own.
    private func aside(_ body: @escaping @Sendable () throws(StoreError) -> Void) async throws {
        try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
            OwnThread.start("remote-store") {
                do throws(StoreError) {
                    try body()
                    continuation.resume()
                } catch {
                    continuation.resume(throwing: error)
                }
            }
        }
    }
}

// MARK: - Requests

extension RemoteStore {
    /// Sends a request to the first server that answers, and reads all of its answer.
    func exchange(_ request: RemoteRequest) async throws -> [UInt8] {
        let response = try await begin(request)
        var body: [UInt8] = []
        do {
            while let piece = try await response.next() {
                body += piece
                guard body.count <= Self.mostBytes else {
                    throw StoreError(
                        code: 396,
                        message: "the answer is larger than \(Self.mostBytes >> 20) MB; add a LIMIT"
                    )
                }
            }
        } catch let error as StoreError {
            throw RemoteError.failure(atEndOf: body) ?? error
        }
        // Versions before the tag write the failure behind what was sent, and end as if all were well.
        if response.headers["x-clickhouse-exception-code"] != nil || body.count < 4096,
            let error = RemoteError.failure(atEndOf: body), response.headers["x-clickhouse-format"] == nil
        {
            throw error
        }
        return body
    }

    /// Bytes of an answer that is read as a whole.
    private static let mostBytes = 512 << 20

    /// Codes of a server that can't do now what another can: it is overloaded, cut off from its replicas, or stops.
    private static let passing: Set<Int> = [202, 209, 210, 225, 236, 242, 252, 279, 285, 319, 999]

    /// Sends a request to the first server that answers; returns when the head of a good answer is there.
    private func begin(_ request: RemoteRequest) async throws -> RemoteResponse {
        guard !isClosed.withLock({ $0 }) else { throw StoreError(message: "the store is closed") }
        var last: StoreError?
        for endpoint in endpoints.withLock({ $0.order(now: .now) }) {
            do {
                let response = try await transport.send(request, to: endpoint)
                guard response.status != 200 else {
                    endpoints.withLock { $0.worked(endpoint) }
                    return response
                }
                var body: [UInt8] = []
                while body.count < 16_384, let piece = try await response.next() { body += piece }
                let error = RemoteError.failure(status: response.status, headers: response.headers, body: body)
                guard error.code == 0 || Self.passing.contains(error.code) else {
                    endpoints.withLock { $0.worked(endpoint) }
                    throw RefusedByServer(error: error)
                }
                last = StoreError(code: error.code, message: "\(endpoint): \(error.message)")
            } catch let refusal as RefusedByServer {
                throw refusal.error
            } catch let error as StoreError {
                last = StoreError(code: error.code, message: "\(endpoint): \(error.message)")
            }
            if Task.isCancelled { throw StoreError.cancelled }
            endpoints.withLock { $0.failed(endpoint, now: .now) }
        }
        throw last
            ?? StoreError(
                message:
                    "no ClickHouse server answers (\(options.endpoints.joined(separator: ", "))); they are asked again in a moment"
            )
    }

    /// A refusal that another server would repeat.
    private struct RefusedByServer: Error { var error: StoreError }

    /// Waits for asynchronous work on a thread that may block.
    fileprivate func blocking<Value: Sendable>(
        _ body: @escaping @Sendable () async throws -> Value
    ) throws(StoreError) -> Value {
        let done = DispatchSemaphore(value: 0)
        let outcome = Mutex<Result<Value, StoreError>?>(nil)
        Task.detached {
            do {
                let value = try await body()
                outcome.withLock { $0 = .success(value) }
            } catch {
                outcome.withLock { $0 = .failure(error as? StoreError ?? StoreError(message: "\(error)")) }
            }
            done.signal()
        }
        done.wait()
        guard let result = outcome.withLock({ $0 }) else { throw StoreError(message: "the request was lost") }
        return try result.get()
    }
}

/// Statements of the reconciler, one request each.
private struct RemoteConnection: SchemaConnection {
    let store: RemoteStore

    /// Filling a rollup from what is stored may take long.
    private static let seconds = 3600

    func execute(_ sql: String) throws(StoreError) { _ = try run(store.forDictionaries(sql)) }

    func query(_ sql: String, limit: Int) throws(StoreError) -> QueryResult {
        try RowBinaryReader.read(try run(sql), limit: limit, elapsed: 0)
    }

    private func run(_ sql: String) throws(StoreError) -> [UInt8] {
        let request = RemoteRequest(
            parameters: [
                (name: "default_format", value: "RowBinaryWithNamesAndTypes"), (name: "wait_end_of_query", value: "1"),
            ],
            body: Array(sql.utf8),
            seconds: Self.seconds
        )
        let store = store
        return try store.blocking { try await store.exchange(request) }
    }
}

extension RemoteStore {
    /// Dictionaries read the server's own tables, as a user who may.
    fileprivate func forDictionaries(_ sql: String) -> String {
        guard sql.hasPrefix("CREATE OR REPLACE DICTIONARY"), let user = options.dictionaryUser else { return sql }
        let words = "USER \(ClickHouse.quoted(user.name)) PASSWORD \(ClickHouse.quoted(user.password)) "
        return sql.replacing("SOURCE(CLICKHOUSE(", with: "SOURCE(CLICKHOUSE(" + words)
    }
}

/// Whether the schema is there: made once, by whoever comes first, while others wait.
private final class SchemaState: Sendable {
    private let isReady: Mutex<Bool>

    init(isReady: Bool) { self.isReady = Mutex(isReady) }

    func once(_ body: () throws(StoreError) -> Void) throws(StoreError) {
        try isReady.withLock { isReady throws(StoreError) in
            guard !isReady else { return }
            try body()
            isReady = true
        }
    }
}
