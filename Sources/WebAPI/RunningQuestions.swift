import FlowQuery
import FlowStore
import HTTPTypes
import Hummingbird
import Synchronization

/// The questions that have an id and are asked at this moment.
///
/// A question may be more than one query, and be between two of them: so it is
/// a task, and cancelling that ends the query that runs and starts no other.
final class RunningQuestions: Sendable {
    struct Question {
        var id: String
        var path: String
        /// ``Caller/owner`` of who asks.
        var owner: String
        var start: ContinuousClock.Instant
        /// The id under which the store knows it: another's, where that one asks the same.
        var asked: String
        let cancel: @Sendable () -> Void
    }

    private let questions = Mutex<[String: Question]>([:])

    /// Those of now, the oldest first.
    var all: [Question] { questions.withLock { Array($0.values) }.sorted { $0.start < $1.start } }

    /// Answers a question; while that goes on, it is listed by its id and can be cancelled. Without id it is just answered.
    ///
    /// - Throws: `QueryError` when a question of that id is asked already, and what the body throws.
    func run<Answer: Sendable>(
        _ id: String?,
        path: String,
        owner: String = "",
        _ body: @escaping @Sendable () async throws -> Answer
    ) async throws -> Answer {
        guard let id else { return try await body() }
        // It must be in the list before it begins, and can be cancelled only when it is there.
        let task = try questions.withLock { questions throws(QueryError) in
            guard questions[id] == nil else {
                throw QueryError("a question with this id is asked at this moment; choose another", parameter: "id")
            }
            let task = Task { try await body() }
            questions[id] = Question(id: id, path: path, owner: owner, start: .now, asked: id) { task.cancel() }
            return task
        }
        defer { questions.withLock { $0[id] = nil } }
        return try await withTaskCancellationHandler {
            try await task.value
        } onCancel: {
            task.cancel()
        }
    }

    /// Lists a question whose answer goes on after its handler has returned, until ``leave(_:)``.
    ///
    /// - Returns: false when a question of that id is asked already.
    func enter(_ id: String, path: String, owner: String, cancel: @escaping @Sendable () -> Void) -> Bool {
        questions.withLock { questions in
            guard questions[id] == nil else { return false }
            questions[id] = Question(id: id, path: path, owner: owner, start: .now, asked: id, cancel: cancel)
            return true
        }
    }

    /// Takes a question off the list.
    func leave(_ id: String) { questions.withLock { $0[id] = nil } }

    /// The question of an id; nil when none of that id is asked.
    func question(_ id: String) -> Question? { questions.withLock { $0[id] } }

    /// Notes that a question is answered by that of another id.
    func follow(_ id: String, _ other: String) { questions.withLock { $0[id]?.asked = other } }
}

/// The routes about questions that are asked at this moment.
extension WebAPI {
    func questionList() async throws -> Response {
        let questions = running.all.filter(sees)
        let progress = questions.isEmpty ? [:] : try await store.progress()
        let now = ContinuousClock.now
        var json = JSONWriter()
        json.object { json in
            json.member("questions") { json in
                json.array(questions) { json, question in
                    let progress = progress[question.asked]
                    json.object { json in
                        json.member("id") { json in json.string(question.id) }
                        json.member("path") { json in json.string(question.path) }
                        json.member("user") { json in json.string(question.owner) }
                        json.member("seconds") { json in json.number((now - question.start) / .seconds(1)) }
                        json.member("rowsRead") { json in json.number(progress?.rowsRead ?? 0) }
                        json.member("rowsTotal") { json in
                            if let total = progress?.rowsTotal { json.number(total) } else { json.null() }
                        }
                        json.member("memory") { json in json.number(progress?.memory ?? 0) }
                    }
                }
            }
        }
        return .json(bytes: json.bytes)
    }

    /// People see and cancel their own questions, admins those of all.
    private func sees(_ question: RunningQuestions.Question) -> Bool {
        caller.role == .admin || question.owner == caller.owner
    }

    func cancel(_ parameters: Parameters) throws -> Response {
        guard let id = try parameters.questionID() else {
            throw QueryError("say which question", parameter: "id")
        }
        guard let question = running.question(id), sees(question) else {
            let message =
                "no question with this id is asked at this moment: it may have been answered; "
                + "\(Endpoint.questions.rawValue) lists those that are"
            return try .json(ErrorBody("not_found", message), status: .notFound)
        }
        question.cancel()
        if question.owner != caller.owner { access.note(.cancelled, by: caller, "\(id) of \(question.owner)") }
        var json = JSONWriter()
        json.object { json in json.member("cancelled") { json in json.string(id) } }
        return .json(bytes: json.bytes)
    }
}
