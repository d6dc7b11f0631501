public import FlowSchema
import Foundation

/// Where rows are kept and asked for.
///
/// Both drivers speak ClickHouse's SQL over the same schema: the engine in
/// this process, and a server over HTTP.
public protocol FlowStore: Sendable {
    /// Runs a query and returns all of its rows.
    ///
    /// When the task that waits is cancelled, the query is ended, and one that
    /// still waits for others never starts.
    ///
    /// - Parameters:
    ///   - sql: one statement.
    ///   - limits: what it may use.
    /// - Throws: ``StoreError``, which is ``StoreError/cancelled`` after a cancellation.
    func query(_ sql: String, limits: QueryLimits) async throws -> QueryResult

    /// How far the queries are that run now for a question, by its id
    /// (``QueryLimits/question``). One that waits for others isn't among them.
    ///
    /// - Throws: ``StoreError``.
    func progress() async throws -> [String: QueryProgress]
}

/// A store that takes batches.
public protocol BatchStore: FlowStore {
    /// Stores a sealed batch; when it returns, the rows are acknowledged.
    ///
    /// Blocks the thread that calls, which waits for others that do. Who has a table may bring the batch's rows into its
    /// order (``RowOrder``).
    ///
    /// - Parameter token: names the batch: a second try with the same token
    ///   stores nothing twice. Letters, digits and hyphens.
    func append(_ batch: FlowBatch, token: String) throws(StoreError)
}

/// A store that takes rows of the tables beside that of flows.
public protocol TableStore: FlowStore {
    /// Stores rows of one table; when it returns, they are acknowledged.
    ///
    /// Blocks the thread that calls.
    ///
    /// - Parameter token: names the rows: a second try with the same token
    ///   stores nothing twice. Letters, digits and hyphens.
    func append(_ rows: TableRows, token: String) throws(StoreError)
}

extension TableStore {
    /// Stores rows as ``append(_:token:)`` does, beside the cooperative pool.
    public func store(_ rows: TableRows, token: String) async throws {
        try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
            DispatchQueue.global(qos: .userInitiated).async {
                continuation.resume(with: Result { try self.append(rows, token: token) })
            }
        }
    }
}

/// What one query may use.
public struct QueryLimits: Sendable {
    /// Seconds until the engine gives up.
    public var seconds: Int
    /// Rows that the answer may have; more is an error, not a cut.
    public var resultRows: Int
    /// Bytes of memory.
    public var memory: Int
    /// Whether the SQL was written by a person: then it runs where nothing
    /// can be written and no setting changed, behind the parsing gate.
    public var isPersons: Bool
    /// The id of the question that the query answers, under which its progress is told; nil tells none.
    public var question: String?
    /// Whether values come as what their types say, such as a time. Else they may be the numbers behind it, which is for
    /// who knows what was asked for: the embedded engine works out a statement's subqueries once more to tell its types.
    public var tellsTypes: Bool

    /// Sets limits; the defaults suit questions of the console.
    public init(
        seconds: Int = 30,
        resultRows: Int = 1_000_000,
        memory: Int = 1_500_000_000,
        isPersons: Bool = false,
        question: String? = nil,
        tellsTypes: Bool = true
    ) {
        self.seconds = seconds
        self.resultRows = resultRows
        self.memory = memory
        self.isPersons = isPersons
        self.question = question
        self.tellsTypes = tellsTypes
    }
}

/// How far a query is.
public struct QueryProgress: Sendable, Hashable {
    /// Rows that were read.
    public var rowsRead: UInt64
    /// Rows that are to be read, as far as the engine knows by now; nil when it doesn't.
    public var rowsTotal: UInt64?
    /// Bytes of memory in use.
    public var memory: UInt64

    /// Gathers figures.
    public init(rowsRead: UInt64, rowsTotal: UInt64?, memory: UInt64) {
        self.rowsRead = rowsRead
        self.rowsTotal = rowsTotal
        self.memory = memory
    }
}

extension QueryLimits {
    /// Settings with which questions give way to what comes in: the threads of
    /// a question run at nice 10 (which the engine sets where it has
    /// CAP_SYS_NICE), and on more than two cores one core is left alone.
    static let yielding: String = {
        let cores = ProcessInfo.processInfo.activeProcessorCount
        return "os_threads_nice_value_query = 10, max_threads = \(cores > 2 ? cores - 1 : 2)"
    }()
}

/// A store's refusal, or its failure.
public struct StoreError: Error, Sendable {
    /// ClickHouse's error code, 0 when it told none.
    public var code: Int
    /// What happened, in one line.
    public var message: String

    /// Describes what happened.
    public init(code: Int = 0, message: String) {
        self.code = code
        self.message = message
    }
}

extension StoreError {
    /// What a query ends with when nobody wants its answer any more (ClickHouse's QUERY_WAS_CANCELLED).
    public static let cancelled = StoreError(code: 394, message: "the query was cancelled")
}

extension StoreError: CustomStringConvertible {
    /// The message.
    public var description: String { message }
}
