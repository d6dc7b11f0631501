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
    /// What became of all that came in.
    public var losses: LossReport
    /// An estimate of datagrams lost before the start, from the exporters' sequence numbers.
    public var gapsBefore: UInt64
    /// At most so much was lost between the last run and this one, from sequence numbers: flows of NetFlow v5,
    /// datagrams of v9 and sFlow, records of IPFIX. What was stored in the last second before a crash is in it.
    public var gapAtRestart: UInt64
    /// Seconds since the newest received row could be queried; nil before the first.
    public var lag: Double?
    /// Sockets that take flows.
    public var listeners: [ListenerReport]
    /// Sources of this host and of clouds, and scamper's measurements.
    public var sources: [SourceReport]
    /// Where rows are kept.
    public var store: StoreReport
    /// What waits on disk for the store.
    public var spool: SpoolReport
    /// The map from addresses to ASes; nil when none is configured.
    public var asMap: ASMapReport?
    /// The SNMP agents that are asked; nil when none is to be.
    public var snmp: SNMPHealth?
    /// What routers tell of their routes; nil when none is asked.
    public var bmp: BMPReport?
    /// The dumps of routers' own tables.
    public var routerTables: [RouterTableReport]

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
        gapAtRestart: UInt64 = 0,
        gapsBefore: UInt64 = 0,
        lag: Double? = nil,
        listeners: [ListenerReport] = [],
        sources: [SourceReport] = [],
        store: StoreReport = StoreReport(),
        spool: SpoolReport = SpoolReport(),
        asMap: ASMapReport? = nil,
        snmp: SNMPHealth? = nil,
        bmp: BMPReport? = nil,
        routerTables: [RouterTableReport] = []
    ) {
        self.status = status
        self.since = since
        self.isReady = isReady
        self.message = message
        self.losses = losses
        self.gapAtRestart = gapAtRestart
        self.gapsBefore = gapsBefore
        self.lag = lag
        self.listeners = listeners
        self.sources = sources
        self.store = store
        self.spool = spool
        self.asMap = asMap
        self.snmp = snmp
        self.bmp = bmp
        self.routerTables = routerTables
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
    /// Datagrams, or messages of sessions, that were read.
    public var read: UInt64
    /// The kernel's receive buffer; nil for TCP, where a full one makes exporters wait.
    public var buffer: Buffer?
    /// Sessions that were refused or ended; nil for UDP.
    public var sessions: Sessions?

    /// A socket's receive buffer.
    public struct Buffer: Hashable, Sendable {
        /// Bytes that were granted, which may be less than asked for.
        public var bytes: Int
        /// Bytes that were asked for.
        public var asked: Int
        /// Bytes in use now.
        public var used: Int
        /// Datagrams dropped for want of room.
        public var drops: UInt64

        /// Describes a buffer.
        public init(bytes: Int, asked: Int, used: Int, drops: UInt64) {
            self.bytes = bytes
            self.asked = asked
            self.used = used
            self.drops = drops
        }
    }

    /// What became of TCP sessions; none of them is in the sums of datagrams.
    public struct Sessions: Hashable, Sendable {
        /// Open now.
        public var open: UInt64
        /// Refused or ended since their address may not send.
        public var notAllowed: UInt64
        /// Refused since too many were open.
        public var tooMany: UInt64
        /// Ended since what came was no IPFIX.
        public var broken: UInt64

        /// Counts sessions.
        public init(open: UInt64 = 0, notAllowed: UInt64 = 0, tooMany: UInt64 = 0, broken: UInt64 = 0) {
            self.open = open
            self.notAllowed = notAllowed
            self.tooMany = tooMany
            self.broken = broken
        }
    }

    /// Describes a listener.
    public init(
        transport: String,
        endpoint: IPEndpoint,
        purpose: String,
        read: UInt64 = 0,
        buffer: Buffer? = nil,
        sessions: Sessions? = nil
    ) {
        self.transport = transport
        self.endpoint = endpoint
        self.purpose = purpose
        self.read = read
        self.buffer = buffer
        self.sessions = sessions
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
