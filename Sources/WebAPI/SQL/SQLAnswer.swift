import FlowQuery
import FlowStore
import Foundation
import HTTPTypes
import Hummingbird
import NIOCore
import ServiceLifecycle
import Synchronization

/// From a request to its answer.
extension SQLServer {
    /// Bytes that are gathered before the answer begins, so that a failure until then has a status of its own.
    private static let headBytes = 1 << 18
    /// The same for `wait_end_of_query=1`; longer answers begin before their end.
    private static let wholeBytes = 16 << 20
    /// The longest that a client may take for one piece.
    private static let stallSeconds = 60

    func answer(_ request: Request, _ context: SQLContext) async -> Response {
        let facts = await engine.get(store)
        let start = ContinuousClock.now
        do {
            if let problem = problem(request) { throw SQLException(516, problem) }
            return try await respond(request, context, facts, start)
        } catch {
            return failure(error, facts, id: nil)
        }
    }

    private func respond(
        _ request: Request,
        _ context: SQLContext,
        _ facts: (version: String, timezone: String),
        _ start: ContinuousClock.Instant
    ) async throws -> Response {
        let query = try SQLRequest.query(request.uri.query ?? "")
        let bytes = try await request.body.collect(upTo: SQLRequest.bodyBytes)
        if request.method == .get, bytes.readableBytes == 0,
            !query.contains(where: { $0.name == "query" && !$0.value.isEmpty })
        {
            return .text("Ok.\n")
        }
        let caller = try await caller(request, context, query)
        let body = try SQLRequest.body(bytes, headers: request.headers)
        let asked = try SQLRequest(query: query, headers: request.headers, body: body, seconds: options.seconds)
        guard let place = places.take() else {
            throw SQLException(
                202,
                "\(places.most) statements run or wait, which is as many as the server takes; try again"
            )
        }
        if !api.access.isOpen { api.access.note(.sql, by: caller, asked.text) }
        tally.begin()
        let running = RunningStatement(server: self, place: place, id: asked.id)
        do {
            return try await ClientWatch.watching(context.channel) { watch in
                let task = Task { try await self.begin(asked, running) }
                watch.whenGone { task.cancel() }
                guard api.running.enter(asked.id, path: "8123", owner: caller.owner, cancel: { running.cancel(task) })
                else {
                    task.cancel()
                    throw SQLException(36, "a question with this query_id is asked at this moment; choose another")
                }
                running.isListed = true
                let answer = try await task.value
                watch.whenGone { answer.cancel() }
                let response = try await send(answer, asked, running, facts, start)
                watch.end()
                return response
            }
        } catch {
            // The list of questions holds it, so it doesn't end by itself.
            running.end()
            return failure(error, facts, id: asked.id)
        }
    }

    /// Parses, checks and starts the statement.
    private func begin(_ asked: SQLRequest, _ running: RunningStatement) async throws -> any FormattedAnswer {
        let answer = try await store.formatted(try Self.formatted(asked))
        running.began(answer)
        return answer
    }

    /// What the store is to do.
    static func formatted(_ asked: SQLRequest) throws -> FormattedQuery {
        var statement = try SQLGate.statement(try SQLShorthand.select(for: asked.statement) ?? asked.statement)
        // The engine applies these settings to answers that it sends itself, which ours aren't.
        let (limit, offset) = (UInt32(asked.settings["limit"] ?? "") ?? 0, UInt32(asked.settings["offset"] ?? "") ?? 0)
        if limit > 0 || offset > 0 {
            let rows = limit > 0 ? String(limit) : String(UInt64.max)
            statement = try SQLGate.statement("SELECT * FROM (\(statement.sql)\n) LIMIT \(rows) OFFSET \(offset)")
        }
        var settings = asked.settings.filter { !["limit", "offset"].contains($0.key) }
        if !asked.filters.isEmpty { settings["additional_table_filters"] = TableFilter.text(asked.filters) }
        return FormattedQuery(
            sql: statement.sql,
            format: asked.format,
            compression: asked.compression,
            parameters: asked.parameters,
            settings: settings,
            probes: asked.filters.map { filter in
                FormattedQuery.Probe(sql: filter.probe) { try TableFilter.check(tree: $0) }
            },
            limits: asked.limits
        ) { tree in
            guard try SQLGate.check(tree: tree).format == nil else {
                throw SQLException(62, "put FORMAT at the very end of the statement")
            }
        }
    }

    // MARK: - Who asks

    private func caller(
        _ request: Request,
        _ context: SQLContext,
        _ query: [(name: String, value: String)]
    ) async throws -> Caller {
        let facts = RequestFacts(request, peer: context.peer, isTLS: options.certificate != nil)
        let credentials = Self.credentials(request.headers, query)
        do {
            return try await api.access.program(facts, credentials)
        } catch {
            api.access.note(error, as: credentials == nil ? .refused : .loginFailed, facts, "8123")
            throw error
        }
    }

    /// What a client shows, the first of: ClickHouse's headers, Basic (RFC 7617), parameters in the URL.
    static func credentials(_ headers: HTTPFields, _ query: [(name: String, value: String)]) -> ProgramCredentials? {
        if headers[.clickHouse("User")] != nil || headers[.clickHouse("Key")] != nil {
            return ProgramCredentials(
                user: headers[.clickHouse("User")] ?? "default",
                password: headers[.clickHouse("Key")] ?? ""
            )
        }
        let words = (headers[.authorization] ?? "").split(separator: " ")
        if words.count == 2, words[0].lowercased() == "basic" {
            guard let data = Data(base64Encoded: String(words[1])), let text = String(validating: data, as: UTF8.self)
            else {
                return ProgramCredentials(user: "", password: "")
            }
            let halves = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            return ProgramCredentials(user: String(halves[0]), password: halves.count > 1 ? String(halves[1]) : "")
        }
        func last(_ name: String) -> String? { query.last { $0.name == name }?.value }
        guard last("user") != nil || last("password") != nil else { return nil }
        return ProgramCredentials(user: last("user") ?? "default", password: last("password") ?? "")
    }

    // MARK: - Sending

    private func send(
        _ answer: any FormattedAnswer,
        _ asked: SQLRequest,
        _ running: RunningStatement,
        _ facts: (version: String, timezone: String),
        _ start: ContinuousClock.Instant
    ) async throws -> Response {
        let format = asked.format
        let watch = asked.tellsProgress ? ProgressWatch(store: store, id: asked.id, start: start) : nil
        defer { watch?.end() }
        var head: [UInt8] = []
        var isWhole = false
        let most = asked.waitsForEnd ? Self.wholeBytes : Self.headBytes
        while head.count < most {
            guard let piece = try await answer.next() else {
                isWhole = true
                break
            }
            head += piece
        }
        let tag = String(UUID().uuidString.lowercased().filter { $0 != "-" }.prefix(16))
        var headers: HTTPFields = [
            .contentType: SQLFormats.mediaType(format), .cacheControl: "no-store",
            .clickHouse("Server-Display-Name"): "netmeta", .clickHouse("Query-Id"): asked.id,
            .clickHouse("Format"): format, .clickHouse("Timezone"): facts.timezone,
            .clickHouse("Exception-Tag"): tag,
        ]
        if let compression = answer.compression { headers[.contentEncoding] = compression.rawValue }
        for line in watch?.lines ?? [] { headers.append(HTTPField(name: .clickHouse("Progress"), value: line)) }
        let elapsed = (ContinuousClock.now - start) / .nanoseconds(1)
        if isWhole {
            let rows = answer.rows.map { ",\"result_rows\":\"\($0)\"" } ?? ""
            headers[.clickHouse("Summary")] =
                "{\(watch?.last ?? "")\"result_bytes\":\"\(head.count)\"\(rows),\"written_rows\":\"0\","
                + "\"written_bytes\":\"0\",\"elapsed_ns\":\"\(Int(elapsed))\"}"
        }
        let usesBlocks = asked.usesBlocks
        let first = usesBlocks ? CompressedBlocks.wrap(head) : head
        tally.add(bytes: first.count)
        if isWhole {
            tally.count(.answered)
            running.end()
            return Response(status: .ok, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(bytes: first)))
        }
        let isPlain = answer.compression == nil && !asked.usesBlocks
        let tally = tally
        return Response(
            status: .ok,
            headers: headers,
            body: ResponseBody { writer in
                defer { running.end() }
                let stall = StallWatch(seconds: Self.stallSeconds) { answer.cancel() }
                defer { stall.end() }
                do {
                    try await writer.write(ByteBuffer(bytes: first))
                    while let piece = try await answer.next() {
                        // A server that stops doesn't wait for the end of a long answer.
                        if Task.isShuttingDownGracefully { throw StoreError.cancelled }
                        let bytes = usesBlocks ? CompressedBlocks.wrap(piece) : piece
                        tally.add(bytes: bytes.count)
                        stall.begin()
                        try await writer.write(ByteBuffer(bytes: bytes))
                        stall.pause()
                    }
                } catch let error as StoreError {
                    tally.count(error.code == StoreError.cancelled.code ? .cancelled : .failed)
                    let text = SQLException(error).text(version: facts.version)
                    // The status is long sent: the block tells what happened to who knows it, and the end that is
                    // missing to everybody.
                    if isPlain { try? await writer.write(ByteBuffer(string: Self.block(text, tag: tag))) }
                    throw error
                } catch {
                    // The client has gone.
                    answer.cancel()
                    tally.count(.cancelled)
                    throw error
                }
                tally.count(.answered)
                try await writer.finish(nil)
            }
        )
    }

    /// How ClickHouse tells of a failure behind the beginning of an answer.
    private static func block(_ text: String, tag: String) -> String {
        "\r\n__exception__\r\n\(tag)\r\n\(text)\(text.utf8.count) \(tag)\r\n__exception__\r\n"
    }

    // MARK: - Failures

    private func failure(_ error: any Error, _ facts: (version: String, timezone: String), id: String?) -> Response {
        var exception = SQLException(1002, "the server failed; its log says why")
        var extra: HTTPFields = [:]
        var status: HTTPResponse.Status?
        switch error {
        case let error as SQLException:
            exception = error
            tally.count([202].contains(error.code) ? .busy : error.code == 516 ? .unauthorized : .refused)
        case let error as QueryError:
            exception = SQLException(error)
            tally.count(.refused)
        case let error as AccessRefusal:
            tally.count(.unauthorized)
            exception = SQLException(
                error.reason == .tooManyTries ? 519 : error.reason == .unauthorized ? 516 : 497,
                error.message
            )
            if error.reason == .unauthorized {
                status = .unauthorized
                extra[.wwwAuthenticate] = "Basic realm=\"NetMeta SQL\", charset=\"UTF-8\""
            }
            if let seconds = error.retryAfter { extra[.retryAfter] = String(seconds) }
        case let error as StoreError:
            exception = SQLException(error)
            tally.count(error.code == StoreError.cancelled.code ? .cancelled : .failed)
        case is CancellationError:
            exception = SQLException(394, "Query was cancelled")
            tally.count(.cancelled)
        case let error as any HTTPResponseError:
            exception = SQLException(36, "the request is too large or broken (\(error.status.code))")
            status = error.status
            tally.count(.refused)
        default: tally.count(.failed)
        }
        var answer = Response.text(exception.text(version: facts.version), status: status ?? exception.status)
        answer.headers[.clickHouse("Exception-Code")] = String(exception.code)
        answer.headers[.clickHouse("Server-Display-Name")] = "netmeta"
        answer.headers[.clickHouse("Timezone")] = facts.timezone
        if let id { answer.headers[.clickHouse("Query-Id")] = id }
        for field in extra { answer.headers[field.name] = field.value }
        return answer
    }
}

/// A statement from being taken to the last byte of its answer: its place, and its line among the questions that run.
final class RunningStatement: Sendable {
    private struct State {
        var answer: (any FormattedAnswer)?
        var place: Slots.Token?
        var isListed = false
    }

    private let server: SQLServer
    private let id: String
    private let state: Mutex<State>

    init(server: SQLServer, place: Slots.Token, id: String) {
        self.server = server
        self.id = id
        state = Mutex(State(place: place))
    }

    deinit { end() }

    var isListed: Bool {
        get { state.withLock { $0.isListed } }
        set { state.withLock { $0.isListed = newValue } }
    }

    func began(_ answer: any FormattedAnswer) { state.withLock { $0.answer = answer } }

    /// Ends it, whether it has begun or not.
    func cancel(_ task: Task<any FormattedAnswer, any Error>) {
        task.cancel()
        state.withLock { $0.answer }?.cancel()
    }

    /// Gives its place free, once.
    func end() {
        let ended = state.withLock { state in
            defer { state = State() }
            return state
        }
        guard ended.place != nil else { return }
        server.tally.end()
        if ended.isListed { server.api.running.leave(id) }
    }
}

/// Looks how far a statement is while nothing of its answer was sent.
private final class ProgressWatch: Sendable {
    private let book: ProgressBook
    private let task: Task<Void, Never>

    init(store: any FlowStore, id: String, start: ContinuousClock.Instant) {
        let book = ProgressBook()
        self.book = book
        task = Task {
            while !Task.isCancelled {
                try? await Task.sleep(for: .milliseconds(100))
                guard let now = try? await store.progress()[id] else { continue }
                book.note(now, elapsed: ContinuousClock.now - start)
            }
        }
    }

    /// A line for each look, the newest 100.
    var lines: [String] { book.lines.map { "{\($0.progress),\"elapsed_ns\":\"\($0.nanoseconds)\"}" } }

    /// What the last look told, as members of an object with a comma behind them.
    var last: String { book.lines.last.map { "\($0.progress)," } ?? "" }

    func end() { task.cancel() }
}

/// What was seen.
private final class ProgressBook: Sendable {
    private let seen = Mutex<[(progress: String, nanoseconds: Int)]>([])

    var lines: [(progress: String, nanoseconds: Int)] { seen.withLock { $0 } }

    func note(_ progress: QueryProgress, elapsed: Duration) {
        let line =
            "\"read_rows\":\"\(progress.rowsRead)\",\"total_rows_to_read\":\"\(progress.rowsTotal ?? 0)\","
            + "\"memory_usage\":\"\(progress.memory)\""
        seen.withLock { seen in
            seen.append((line, Int(elapsed / .nanoseconds(1))))
            if seen.count > 100 { seen.removeFirst() }
        }
    }
}

/// Ends an answer whose client takes nothing for too long: it would keep a thread of the store.
private final class StallWatch: Sendable {
    private let since: StallClock
    private let task: Task<Void, Never>

    init(seconds: Int, _ action: @escaping @Sendable () -> Void) {
        let since = StallClock()
        self.since = since
        task = Task {
            while !Task.isCancelled {
                try? await Task.sleep(for: .seconds(1))
                if since.seconds >= Double(seconds) { return action() }
            }
        }
    }

    func begin() { since.set(.now) }
    func pause() { since.set(nil) }
    func end() { task.cancel() }
}

private final class StallClock: Sendable {
    private let start = Mutex<ContinuousClock.Instant?>(nil)

    func set(_ instant: ContinuousClock.Instant?) { start.withLock { $0 = instant } }

    var seconds: Double { start.withLock { $0 }.map { (ContinuousClock.now - $0) / .seconds(1) } ?? 0 }
}
