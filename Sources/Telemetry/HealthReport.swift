public import NetTypes

/// How the collector is doing.
public struct HealthReport: Hashable, Sendable {
    /// In one word.
    public var status: Status
    /// When counting started, in Unix seconds.
    public var since: UInt64
    /// Whether questions can be answered and flows be stored.
    public var isReady: Bool
    /// What is wrong, for people.
    public var message: String?
    /// What became of the rows.
    public var losses: LossReport
    /// An estimate of datagrams lost before the start, from the exporters' sequence numbers.
    public var gapsBefore: UInt64
    /// Seconds since the newest received row could be queried; nil before the first.
    public var lag: Double?
    /// Sockets that take flows.
    public var listeners: [ListenerReport]
    /// Where rows are kept.
    public var store: StoreReport

    /// The state in one word.
    public enum Status: String, Sendable {
        case ok, degraded, down
    }

    /// Gathers a report.
    public init(
        status: Status,
        since: UInt64,
        isReady: Bool,
        message: String? = nil,
        losses: LossReport = LossReport(),
        gapsBefore: UInt64 = 0,
        lag: Double? = nil,
        listeners: [ListenerReport] = [],
        store: StoreReport = StoreReport()
    ) {
        self.status = status
        self.since = since
        self.isReady = isReady
        self.message = message
        self.losses = losses
        self.gapsBefore = gapsBefore
        self.lag = lag
        self.listeners = listeners
        self.store = store
    }
}

/// A socket that takes flows.
public struct ListenerReport: Hashable, Sendable {
    /// `udp` or `tcp`.
    public var transport: String
    /// Where it listens.
    public var endpoint: IPEndpoint
    /// What it is meant for: `NetFlow, IPFIX`.
    public var purpose: String

    /// Describes a listener.
    public init(transport: String, endpoint: IPEndpoint, purpose: String) {
        self.transport = transport
        self.endpoint = endpoint
        self.purpose = purpose
    }
}

/// Where rows are kept, and how much room there is.
public struct StoreReport: Hashable, Sendable {
    /// `embedded` or `clickhouse`.
    public var kind: String
    /// Rows of raw flows.
    public var rows: UInt64
    /// Their bytes on disk.
    public var bytes: UInt64
    /// TimeReceived of the oldest row, in Unix seconds; nil when there is none.
    public var oldest: UInt64?
    /// TimeReceived of the newest row.
    public var newest: UInt64?
    /// Days after which rows go.
    public var retentionDays: Int
    /// Bytes free on the disk; nil when the store is elsewhere.
    public var freeDiskBytes: UInt64?
    /// What is kept and what went.
    public var retention = RetentionFigures()

    /// Describes a store.
    public init(
        kind: String = "embedded",
        rows: UInt64 = 0,
        bytes: UInt64 = 0,
        oldest: UInt64? = nil,
        newest: UInt64? = nil,
        retentionDays: Int = 0,
        freeDiskBytes: UInt64? = nil
    ) {
        self.kind = kind
        self.rows = rows
        self.bytes = bytes
        self.oldest = oldest
        self.newest = newest
        self.retentionDays = retentionDays
        self.freeDiskBytes = freeDiskBytes
    }
}

/// What is kept, what went because of that, and how far back the room reaches.
public struct RetentionFigures: Hashable, Sendable {
    /// Bytes that all tables take, rollups and what is about to be deleted included.
    public var usedBytes: UInt64 = 0
    /// Bytes that they may take; nil when only the disk bounds them.
    public var budgetBytes: UInt64?
    /// Bytes that stay free on the disk.
    public var freeFloorBytes: UInt64 = 0
    /// Bytes that are too many although nothing more can go.
    public var missingBytes: UInt64 = 0
    /// Rows that went since the start, rollups' included, by reason: `time`, `size`, `free_space`.
    public var droppedRows: [String: UInt64] = [:]
    /// Their bytes on disk.
    public var droppedBytes: [String: UInt64] = [:]
    /// Raw rows that came in a second over the last minutes; nil while it isn't known.
    public var rowsPerSecond: Double?
    /// Bytes on disk of a raw row.
    public var bytesPerRow: Double?
    /// How long raw rows will be kept at that rate, in seconds; nil while it isn't known.
    public var keepsSeconds: Double?
    /// The reason for which rows will go then.
    public var keepsBound: String?

    /// Nothing known yet.
    public init() {}

    /// How long rows will be kept, in one sentence; nil while it isn't known.
    public var sentence: String? {
        guard let keepsSeconds, let keepsBound else { return nil }
        let time = Self.text(seconds: keepsSeconds)
        return switch keepsBound {
        case "time": "at this rate you keep \(time), as retention.days says; the disk would hold more"
        case "size": "at this rate you keep \(time), then retention.size is reached"
        default: "at this rate you keep \(time), then the disk is full up to retention.freeSpace"
        }
    }

    private static func text(seconds: Double) -> String {
        for (unit, length) in [("day", 86_400.0), ("hour", 3600), ("minute", 60)] where seconds >= length {
            let number = seconds / length
            let text = number < 10 ? "\((number * 10).rounded() / 10)" : "\(Int(number.rounded()))"
            let short = text.hasSuffix(".0") ? String(text.dropLast(2)) : text
            return "\(short) \(unit)\(short == "1" ? "" : "s")"
        }
        return "less than a minute"
    }
}
