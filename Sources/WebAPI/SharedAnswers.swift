import FlowStore
import HTTPTypes
import Hummingbird
import Synchronization

/// Answers that all get who ask the same at about the same time, so that ten
/// viewers of a page are one query.
///
/// A question is asked when nobody is asking it; who comes meanwhile waits
/// for the same answer, and who comes within a short time after gets it again.
/// Answers name their time, so nothing in them is wrong for being shared.
final class SharedAnswers: Sendable {
    /// How an answer came about.
    enum Origin: String {
        /// It was asked for.
        case asked = "fwd=miss; stored"
        /// Somebody else was asking the same.
        case joined = "fwd=miss; collapsed"
        /// It was there.
        case kept = "hit"
        /// Whoever asked wanted one of their own, or none is kept.
        case alone = "fwd=bypass"
    }

    /// An answer, and what it is called: the same name is the same bytes.
    struct Answer {
        var response: Response
        var tag: String
        var origin: Origin
    }

    /// Answers that are kept at the same time.
    static let most = 200
    /// Bytes of all answers that are kept.
    static let mostBytes = 32 << 20

    fileprivate struct Entry {
        var number: UInt64
        /// The id under which the store knows the question.
        var question: String?
        var waiting: [UInt64: CheckedContinuation<Answer, any Error>] = [:]
        var task: Task<Void, Never>?
        var answer: (response: Response, bytes: Int, at: ContinuousClock.Instant)?
    }

    fileprivate struct State {
        var entries: [String: Entry] = [:]
        var keep: Duration
        var next: UInt64 = 0

        mutating func number() -> UInt64 {
            next += 1
            return next
        }
    }

    private let state: Mutex<State>
    /// Tells answers of this life of the process from those of others.
    private let life = String(UInt32.random(in: 0 ... .max), radix: 36)

    /// - Parameter keep: how long an answer is given again; zero asks each time.
    init(keep: Duration) {
        state = Mutex(State(keep: keep))
    }

    /// Changes how long an answer is given again.
    func set(keep: Duration) { state.withLock { $0.keep = keep } }

    /// Gives an answer that is there, or asks.
    ///
    /// - Parameters:
    ///   - key: the same for the same question.
    ///   - question: the id under which the store would know it.
    ///   - onJoin: called with the id under which the store knows the question that somebody else asks.
    ///   - ask: asks the store; cancelled when nobody waits for the answer any more.
    /// - Throws: what `ask` throws, and `StoreError.cancelled` after a cancellation of the caller.
    func share(
        _ key: String,
        question: String?,
        onJoin: @escaping @Sendable (String?) -> Void,
        _ ask: @escaping @Sendable () async throws -> Response
    ) async throws -> Answer {
        guard state.withLock({ $0.keep > .zero }) else { return try await alone(ask) }
        let waiter = state.withLock { $0.number() }
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                enter(key, waiter, continuation, question: question, onJoin: onJoin, ask)
            }
        } onCancel: {
            leave(key, waiter)
        }
    }

    /// Asks for an answer that nobody else gets.
    func alone(_ ask: () async throws -> Response) async throws -> Answer {
        let number = state.withLock { $0.number() }
        return Answer(response: try await ask(), tag: tag(number), origin: .alone)
    }

    private func enter(
        _ key: String,
        _ waiter: UInt64,
        _ continuation: CheckedContinuation<Answer, any Error>,
        question: String?,
        onJoin: (String?) -> Void,
        _ ask: @escaping @Sendable () async throws -> Response
    ) {
        state.withLock { state in
            // Who was cancelled before this is not found by `leave`.
            guard !Task.isCancelled else { return continuation.resume(throwing: StoreError.cancelled) }
            state.forget(at: .now)
            if let entry = state.entries[key] {
                if let answer = entry.answer {
                    let answer = Answer(response: answer.response, tag: tag(entry.number), origin: .kept)
                    return continuation.resume(returning: answer)
                }
                onJoin(entry.question)
                state.entries[key]?.waiting[waiter] = continuation
                return
            }
            let number = state.number()
            var entry = Entry(number: number, question: question, waiting: [waiter: continuation])
            entry.task = Task {
                let result: Result<Response, any Error>
                do { result = .success(try await ask()) } catch { result = .failure(error) }
                finish(key, number, first: waiter, result)
            }
            state.entries[key] = entry
        }
    }

    /// Gives the answer to all who wait, and keeps it.
    private func finish(_ key: String, _ number: UInt64, first: UInt64, _ result: Result<Response, any Error>) {
        state.withLock { state in
            guard let entry = state.entries[key], entry.number == number else { return }
            state.entries[key] = nil
            for (waiter, continuation) in entry.waiting {
                continuation.resume(
                    with: result.map {
                        Answer(response: $0, tag: tag(number), origin: waiter == first ? .asked : .joined)
                    }
                )
            }
            guard case .success(let response) = result, let bytes = response.body.contentLength else { return }
            state.entries[key] = Entry(number: number, answer: (response, bytes, .now))
            state.shrink()
        }
    }

    /// Takes one who waits away; the last one's leaving ends the question.
    private func leave(_ key: String, _ waiter: UInt64) {
        state.withLock { state in
            guard let continuation = state.entries[key]?.waiting.removeValue(forKey: waiter) else { return }
            continuation.resume(throwing: StoreError.cancelled)
            guard let entry = state.entries[key], entry.waiting.isEmpty else { return }
            entry.task?.cancel()
            state.entries[key] = nil
        }
    }

    private func tag(_ number: UInt64) -> String { "\"\(life)-\(number)\"" }
}

extension SharedAnswers.Answer {
    /// The answer to one request; nothing but its name when that is the answer which the asker has.
    ///
    /// - Parameter isKeepable: whether the asker may keep it, to ask by its name whether it is still the answer.
    func response(to request: Request, isKeepable: Bool) -> Response {
        var response = response
        if isKeepable, request.headers[.ifNoneMatch]?.contains(tag) == true {
            response = Response(status: .notModified)
        }
        if isKeepable {
            response.headers[.eTag] = tag
            response.headers[.cacheControl] = "private, no-cache"
        }
        response.headers[.cacheStatus] = "netmeta; \(origin.rawValue)"
        return response
    }
}

extension Request {
    /// Whether the asker says that no answer to others will do (RFC 9111 section 5.2.1).
    var wantsOwnAnswer: Bool {
        let directives = (headers[.cacheControl] ?? "").lowercased()
        return directives.contains("no-cache") || directives.contains("no-store")
    }
}

extension HTTPField.Name {
    /// RFC 9211.
    static var cacheStatus: HTTPField.Name { HTTPField.Name("cache-status") ?? .cacheControl }
}

extension SharedAnswers.State {
    /// Drops answers that are too old to be given again.
    mutating func forget(at now: ContinuousClock.Instant) {
        let keep = keep
        entries = entries.filter { _, entry in entry.answer.map { now - $0.at < keep } ?? true }
    }

    /// Drops the oldest answers until the rest is within the limits.
    mutating func shrink() {
        var kept = entries.filter { $0.value.answer != nil }.sorted { $0.value.number < $1.value.number }[...]
        var bytes = kept.reduce(0) { $0 + ($1.value.answer?.bytes ?? 0) }
        while let oldest = kept.first, kept.count > SharedAnswers.most || bytes > SharedAnswers.mostBytes {
            bytes -= oldest.value.answer?.bytes ?? 0
            entries[oldest.key] = nil
            kept.removeFirst()
        }
    }
}
