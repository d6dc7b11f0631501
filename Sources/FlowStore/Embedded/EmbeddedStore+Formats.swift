import FlowSchema
import Foundation
import Synchronization

/// Answers in the engine's own formats.
///
/// Over ADBC the engine gives Arrow and nothing else. But it writes every format, compressed or not, into a file, and
/// takes the end of a pipe for one: so people's SELECTs become `INSERT INTO FUNCTION file(...)` into a pipe, whose other
/// end is read here. What is written there waits in the kernel's 64 KB until it is taken.
///
/// A connection that may write a file isn't read-only, and on it the engine would not refuse what the gate overlooked.
/// Therefore the SELECT is parsed, and analysed to its last table function, on a read-only connection first, and the
/// statement that is run has to give the same tree.
extension EmbeddedStore: FormattingStore {
    /// Runs a person's SELECT, and with WITH TOTALS a second one for the totals before it: the engine leaves them out of
    /// what it writes into a file. Rows that are stored between the two are in the answer and not in its totals.
    public func formatted(_ query: FormattedQuery) async throws -> any FormattedAnswer {
        guard query.sql.lowercased().contains("totals"), let totals = try await totals(of: query) else {
            return try await written(query)
        }
        var rows = query
        // Two answers become one, which no compression allows everywhere.
        rows.compression = nil
        let row = try await TotalledAnswer.row(of: try await written(totals.query))
        return try TotalledAnswer(try await written(rows), row: row, at: totals.place)
    }

    /// Runs a SELECT on one of the threads for people's SQL.
    private func written(_ query: FormattedQuery) async throws -> any FormattedAnswer {
        Self.ignoreBrokenPipes
        let asked = AskedQuery()
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { waiter in
                let isTaken = peoples.submit { [self] _ in write(query, asked, waiter) }
                if !isTaken { waiter.resume(throwing: StoreError(message: "the store is closed")) }
            }
        } onCancel: {
            if asked.cancel() { Task { await kill(asked) } }
        }
    }

    private typealias Waiter = CheckedContinuation<any FormattedAnswer, any Error>

    /// Runs a statement to its end on the thread that calls.
    private func write(_ query: FormattedQuery, _ asked: AskedQuery, _ waiter: Waiter) {
        let name = "netmeta-sql-\(Self.statements.add(1, ordering: .relaxed).newValue)"
        guard asked.begins(on: name) else { return waiter.resume(throwing: StoreError.cancelled) }
        if let question = query.limits.question { asking.withLock { $0[name] = question } }
        defer { asking.withLock { $0[name] = nil } }
        var pipe: [Int32] = [-1, -1]
        guard Foundation.pipe(&pipe) == 0 else {
            let reason = String(cString: strerror(errno))
            asked.end(with: .success(.nothing))
            return waiter.resume(throwing: StoreError(message: "cannot make a pipe: \(reason)"))
        }
        for end in pipe { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        let answer = PipedAnswer(reading: pipe[0], compression: query.compression, asked: asked) { [weak self] in
            await self?.kill(asked)
        }
        let output = pipe[1]
        let statement: (connection: EngineConnection, sql: String)
        do {
            statement = try prepare(query, name: name, output: output)
        } catch {
            // Nobody reads: closed by the answer, which goes with this function.
            asked.end(with: .success(.nothing))
            answer.end(with: .success(nil))
            closeDescriptor(output)
            return waiter.resume(throwing: asked.isCancelled ? StoreError.cancelled : error)
        }
        waiter.resume(returning: answer)
        do throws(StoreError) {
            let rows = try statement.connection.count(statement.sql)
            // A reader that went away ends the statement without an error.
            answer.end(with: asked.isCancelled ? .failure(.cancelled) : .success(rows))
        } catch {
            answer.end(with: .failure(asked.isCancelled ? .cancelled : error))
        }
        asked.end(with: .success(.nothing))
        statement.connection.close()
        closeDescriptor(output)
    }

    /// Checks a statement on a read-only connection, and opens one that may write into the pipe.
    private func prepare(
        _ query: FormattedQuery,
        name: String,
        output: Int32
    ) throws -> (connection: EngineConnection, sql: String) {
        let reader = try connect(name: name)
        defer { reader.close() }
        try Self.restrict(reader, memory: memory)
        for (name, value) in query.parameters { try Self.bind(name, value, on: reader) }
        for probe in query.probes {
            try probe.check(try Self.tree(of: probe.sql, on: reader))
            _ = try Self.columns(of: probe.sql, on: reader)
        }
        let (sql, tree) = try Self.checked(query, on: reader)
        let compression = query.compression.map { ", 'auto', '\($0.rawValue)'" } ?? ""
        let format = query.format.filter { $0.isASCII && ($0.isLetter || $0.isNumber) }
        let statement =
            "INSERT INTO FUNCTION file('/proc/self/fd/\(output)', '\(format)'\(compression)) \(sql)"
        let whole = try Self.tree(of: statement, on: reader)
        guard let start = whole.firstIndex(where: { $0.hasPrefix(" SelectWithUnionQuery") }),
            whole[start...].map({ $0.dropFirst() }) == tree.map({ $0[...] })
        else {
            throw StoreError(code: 62, message: "the statement can't be understood in one way only; write it plainly")
        }
        let writer = try connect(name: name)
        do {
            var settings =
                ["max_execution_time = \(query.limits.seconds)", "max_ast_depth = 500", "max_query_size = 262144"]
                + EngineMemory.settings(memory: min(query.limits.memory, memory.peoplesQuestion))
            settings.append(QueryLimits.yielding)
            try writer.execute("SET " + settings.joined(separator: ", "))
            for (name, value) in query.settings.sorted(by: { $0.key < $1.key }) {
                try writer.execute("SET \(Self.plain(name)) = \(ClickHouse.quoted(value))")
            }
            for (name, value) in query.parameters { try Self.bind(name, value, on: writer) }
        } catch {
            writer.close()
            throw error
        }
        return (writer, statement)
    }

    /// The statement and its tree, both checked. Where columns of its answer share a name, it is one that gives them
    /// names of their own: the engine writes no file with two columns of one name.
    private static func checked(
        _ query: FormattedQuery,
        on reader: EngineConnection
    ) throws -> (sql: String, tree: [String]) {
        let tree = try tree(of: query.sql, on: reader)
        try query.check(tree)
        let names = try columns(of: query.sql, on: reader)
        guard let unique = UniqueNames.of(names) else { return (query.sql, tree) }
        let list = unique.map(UniqueNames.quoted).joined(separator: ", ")
        let sql = "SELECT * FROM (\(query.sql)\n) AS answer (\(list))"
        let renamed = try Self.tree(of: sql, on: reader)
        try query.check(renamed)
        _ = try columns(of: sql, on: reader)
        return (sql, renamed)
    }

    /// The names of the answer's columns. Analyses the SELECT and reads nothing: what is unknown or mistyped, and what
    /// readonly forbids, is told here.
    private static func columns(of sql: String, on reader: EngineConnection) throws(StoreError) -> [String] {
        let described = try reader.query("DESCRIBE TABLE (\(sql)\n)", limit: 10_000)
        return (described["name"]?.values ?? []).map { if case .string(let name) = $0 { name } else { "" } }
    }

    /// A connection of its own: parameters and settings of one person must not be there for the next.
    func connect(name: String) throws(StoreError) -> EngineConnection {
        let connection = try engine.connect(name: name)
        do throws(StoreError) {
            try Self.name(connection)
            try connection.execute("USE \(ClickHouse.database)")
        } catch {
            connection.close()
            throw error
        }
        return connection
    }

    static func bind(_ name: String, _ value: String, on connection: EngineConnection) throws(StoreError) {
        try connection.execute("SET param_\(plain(name)) = \(ClickHouse.quoted(value))")
    }

    /// Names are letters, digits and underscores; who calls has seen to that, and nothing else gets into a statement.
    private static func plain(_ name: String) -> String {
        name.filter { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_") }
    }

    static func tree(of sql: String, on connection: EngineConnection) throws(StoreError) -> [String] {
        let lines = try connection.query("EXPLAIN AST " + sql, limit: 200_000)
        return (lines.columns.first?.values ?? []).flatMap { value -> [String] in
            guard case .string(let line) = value else { return [] }
            return line.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        }
    }

    private static let statements = Atomic<Int>(0)

    /// A reader that goes away must end a statement and not the process.
    private static let ignoreBrokenPipes: Void = { _ = signal(SIGPIPE, SIG_IGN) }()
}

/// Within a store `close` is another.
private func closeDescriptor(_ descriptor: Int32) { close(descriptor) }

extension QueryResult {
    /// No columns.
    fileprivate static let nothing = QueryResult(columns: [], rowCount: 0, elapsed: 0)
}

/// What comes out of the pipe into which the engine writes.
private final class PipedAnswer: FormattedAnswer, @unchecked Sendable {
    // The descriptor is touched on `queue` only; the rest guards itself.
    private let queue = DispatchQueue(label: "netmeta.answer")
    private var descriptor: Int32
    private let outcome = Mutex<Result<UInt64?, StoreError>?>(nil)
    private let asked: AskedQuery
    private let kill: @Sendable () async -> Void

    let compression: ResultCompression?

    init(
        reading descriptor: Int32,
        compression: ResultCompression?,
        asked: AskedQuery,
        kill: @escaping @Sendable () async -> Void
    ) {
        self.descriptor = descriptor
        self.compression = compression
        self.asked = asked
        self.kill = kill
    }

    deinit {
        if descriptor >= 0 { close(descriptor) }
        // Whoever lost interest without a word.
        if outcome.withLock({ $0 == nil }), asked.cancel() { Task { [kill] in await kill() } }
    }

    var rows: UInt64? {
        outcome.withLock { outcome in if case .success(let rows)? = outcome { rows } else { nil } }
    }

    /// To be called before the end of the pipe that is written to is closed.
    func end(with result: Result<UInt64?, StoreError>) { outcome.withLock { $0 = result } }

    func next() async throws -> [UInt8]? {
        let bytes = await withCheckedContinuation { continuation in
            queue.async { continuation.resume(returning: self.read()) }
        }
        guard bytes.isEmpty else { return bytes }
        // The pipe has ended, so the statement has.
        switch outcome.withLock({ $0 }) {
        case .success?: return nil
        case .failure(let error)?: throw error
        case nil: throw StoreError.cancelled
        }
    }

    func cancel() {
        guard asked.cancel() else { return }
        // A statement that waits for room in the pipe doesn't hear of its end: nobody reads any more, so it gets an error.
        queue.async { self.shut() }
        Task { await kill() }
    }

    private func shut() {
        if descriptor >= 0 { close(descriptor) }
        descriptor = -1
    }

    private func read() -> [UInt8] {
        guard descriptor >= 0 else { return [] }
        let descriptor = descriptor
        let bytes = [UInt8](unsafeUninitializedCapacity: FormattedAnswers.pieceBytes) { buffer, count in
            repeat {
                count = Foundation.read(descriptor, buffer.baseAddress, buffer.count)
            } while count < 0 && errno == EINTR
            count = max(0, count)
        }
        if bytes.isEmpty { shut() }
        return bytes
    }
}
