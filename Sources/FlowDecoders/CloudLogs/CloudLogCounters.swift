/// Why a record of a cloud's flow log gave no row.
///
/// A bare enum as ``DecodeError``; the raw value is the name of the reason in
/// summaries and metrics.
public enum CloudLogError: String, Error, CaseIterable, Sendable {
    /// Fewer or more fields than the layout has.
    case fieldCount
    /// A field that is to hold a number holds none, or one that is too large.
    case badNumber
    /// A field that is to hold an address holds none.
    case badAddress
    /// A byte that no flow log has: control characters, or beyond ASCII in text of AWS.
    case badText
    /// A time that isn't one, or none at all.
    case badTime
    /// Not JSON, or JSON nested deeper than any log entry is.
    case badJSON
    /// A JSON document without what a flow record must have.
    case notAFlow
    /// A line or a document longer than any record is.
    case tooLong
    /// The file ends within a record.
    case cutShort
    /// Text without a header line, of which no layout is known.
    case unknownLayout
    /// Transit Gateway flow logs, which have other fields.
    case transitGateway
    /// A packed record that is no base64, or whose gzip is damaged or too large.
    case damagedRecord

    /// The case's place in ``allCases``.
    var index: Int {
        switch self {
        case .fieldCount: 0
        case .badNumber: 1
        case .badAddress: 2
        case .badText: 3
        case .badTime: 4
        case .badJSON: 5
        case .notAFlow: 6
        case .tooLong: 7
        case .cutShort: 8
        case .unknownLayout: 9
        case .transitGateway: 10
        case .damagedRecord: 11
        }
    }

    /// What it means and what helps, in words.
    public var explanation: String {
        switch self {
        case .fieldCount: "the line hasn't as many fields as its header or the configured layout"
        case .badNumber: "a field that is to hold a number holds none"
        case .badAddress: "a field that is to hold an address holds none"
        case .badText: "the line has bytes that no flow log has"
        case .badTime: "the record has no time"
        case .badJSON: "this is no JSON document"
        case .notAFlow: "the document isn't a flow record"
        case .tooLong: "the record is longer than any flow record"
        case .cutShort: "the file ends within a record"
        case .unknownLayout: "no header line says what the fields are; give the layout"
        case .transitGateway: "these are Transit Gateway flow logs, which are not read"
        case .damagedRecord: "a packed record is no base64, or its gzip is damaged or too large"
        }
    }
}

/// A record that gave no row, and where it stands.
public struct CloudLogProblem: Equatable, Sendable {
    /// The line, from 1; in JSON the line that the document begins on.
    public var line: UInt64
    /// What is wrong with it.
    public var error: CloudLogError

    /// Notes a problem.
    public init(line: UInt64, error: CloudLogError) {
        self.line = line
        self.error = error
    }
}

/// What was counted of a cloud's flow logs.
///
/// ``records`` = ``flows`` + ``noData`` + ``skipData`` + ``duplicates`` + ``ignored`` + ``rejected``.
public struct CloudLogCounters: Equatable, Sendable {
    /// Lines of text, or lines that JSON documents are spread over.
    public var lines: UInt64 = 0
    /// Header lines.
    public var headers: UInt64 = 0
    /// Lines of text but for headers and empty ones, or entries in JSON.
    public var records: UInt64 = 0
    /// Rows written.
    public var flows: UInt64 = 0
    /// Records that say that an interface had no traffic (log-status NODATA).
    public var noData: UInt64 = 0
    /// Records that say that AWS lost some (log-status SKIPDATA).
    public var skipData: UInt64 = 0
    /// Entries of the reporter that is left out, since the other end's entry tells the same flow.
    public var duplicates: UInt64 = 0
    /// JSON documents that are no records by intent: health checks of a subscription, other logs.
    public var ignored: UInt64 = 0
    /// Rows without bytes or packets in the record; they count 0.
    public var withoutCounts: UInt64 = 0
    /// Texts that were cut or left out, because they are too long or too many.
    public var lostTexts: UInt64 = 0
    /// Bytes that were looked at.
    public var bytes: UInt64 = 0
    /// The first records that gave no row.
    public private(set) var problems: [CloudLogProblem] = []
    /// SKIPDATA by interface, of the first interfaces that had any.
    public private(set) var skipped: [String: UInt64] = [:]
    private var errors = InlineArray<12, UInt64>(repeating: 0)

    /// Problems, and interfaces with SKIPDATA, that are kept one by one.
    static let mostKept = 64

    /// Starts at zero.
    public init() {}

    /// How many records an error rejected.
    public subscript(error: CloudLogError) -> UInt64 { errors[error.index] }

    /// Records that gave no row because of an error.
    public var rejected: UInt64 {
        var sum: UInt64 = 0
        for index in errors.indices { sum += errors[index] }
        return sum
    }

    /// The errors that happened, with how often.
    public var malformed: [(error: CloudLogError, count: UInt64)] {
        CloudLogError.allCases.filter { self[$0] > 0 }.map { ($0, self[$0]) }
    }

    /// Whether every record became something.
    public var isBalanced: Bool {
        records == flows &+ noData &+ skipData &+ duplicates &+ ignored &+ rejected
    }

    mutating func count(_ error: CloudLogError, line: UInt64) {
        errors[error.index] += 1
        if problems.count < Self.mostKept { problems.append(CloudLogProblem(line: line, error: error)) }
    }

    mutating func countSkipped(_ interface: String) {
        skipData += 1
        if skipped[interface] != nil || skipped.count < Self.mostKept { skipped[interface, default: 0] += 1 }
    }

    /// Adds another's counts.
    public mutating func add(_ other: CloudLogCounters) {
        lines += other.lines
        headers += other.headers
        records += other.records
        flows += other.flows
        noData += other.noData
        skipData += other.skipData
        duplicates += other.duplicates
        ignored += other.ignored
        withoutCounts += other.withoutCounts
        lostTexts += other.lostTexts
        bytes += other.bytes
        for index in errors.indices { errors[index] += other.errors[index] }
        problems += other.problems.prefix(max(0, Self.mostKept - problems.count))
        for (interface, count) in other.skipped where skipped[interface] != nil || skipped.count < Self.mostKept {
            skipped[interface, default: 0] += count
        }
    }

    /// Whether every count is the same.
    public static func == (a: CloudLogCounters, b: CloudLogCounters) -> Bool {
        a.lines == b.lines && a.headers == b.headers && a.records == b.records && a.flows == b.flows
            && a.noData == b.noData && a.skipData == b.skipData && a.duplicates == b.duplicates
            && a.ignored == b.ignored && a.withoutCounts == b.withoutCounts && a.lostTexts == b.lostTexts
            && a.bytes == b.bytes && a.problems == b.problems && a.skipped == b.skipped
            && a.errors.indices.allSatisfy { a.errors[$0] == b.errors[$0] }
    }
}
