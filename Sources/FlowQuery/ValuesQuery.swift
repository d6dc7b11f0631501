import FlowSchema

/// How the values of a column are distributed over time: the amounts in each
/// bin of values in each bucket of time, and what has no value at all.
///
/// Bins are chosen by the column and not by the data, so that two charts of
/// one column can be laid over each other, and answers stay small: at most
/// ``most`` buckets of some 60 bins.
public struct ValuesQuery: Hashable, Sendable {
    /// What is asked about.
    public var question: Question
    /// The values.
    public var subject: Subject
    /// What is summed.
    public var unit: TrafficUnit
    /// The buckets of time.
    public var buckets: Buckets

    /// Buckets that an answer may have.
    public static let most = 240
    /// Buckets that an answer has fewer than, unless asked otherwise.
    public static let comfortable = 120

    /// Values that are worth a distribution.
    public enum Subject: String, CaseIterable, Sendable {
        case packetSize = "PacketSize"
        case duration = "FlowDuration"
        case hopLimit = "IPTTL"
        case sourcePort = "SrcPort"
        case destinationPort = "DstPort"
        case flowBytes = "Bytes"
        case flowPackets = "Packets"
    }

    /// How the bins of a subject grow.
    public enum Scale: String, Sendable {
        /// All bins are equally wide; those of packets' sizes from ``Subject/usualSize`` on double.
        case linear
        /// Each bin is twice as wide as the one before.
        case log
    }

    /// Asks.
    ///
    /// - Throws: ``QueryError`` for a unit that has no sums, and for too many buckets.
    public init(_ question: Question, of subject: Subject, unit: TrafficUnit, width: UInt64? = nil) throws(QueryError) {
        guard unit.measure != .mean else {
            throw QueryError(
                "a distribution has sums, not averages: choose bit/s, packet/s or flow/s",
                parameter: "unit"
            )
        }
        self.question = question
        self.subject = subject
        self.unit = unit
        buckets =
            try width.map { width throws(QueryError) in try Buckets(range: question.range, width: width) }
            ?? Buckets(range: question.range, fewerThan: Self.comfortable)
        guard buckets.count <= Self.most else {
            throw QueryError("a distribution has at most \(Self.most) buckets of time", parameter: "bucket")
        }
    }

    /// Where the rows come from.
    public var source: FlowSource { FlowSource(question, groupedBy: subject.columns, step: buckets.alignment) }

    /// The statement: bucket `t`, `bin` (1... in ``Subject/bounds``, 0 where no value is told), `amount`, `flows`,
    /// `assumed`.
    public var sql: SQLText {
        let source = source
        let bounds: [SQLText] = subject.bounds.map { "\($0)" }
        return """
            SELECT \(buckets.sql) AS t, \
            if(\(subject.isKnown), indexOf([\(bounds, separator: ", ")], roundDown(\(subject.value), \
            [\(bounds, separator: ", ")])), 0) AS bin, \
            \(source.sum(unit.sum)) AS amount, \(source.sum(.flows)) AS flows, \(source.sum(.assumed)) AS assumed
            FROM \(source.sql)
            GROUP BY t, bin
            """
    }
}

extension ValuesQuery.Subject {
    /// Bytes up to which packets' sizes have equal bins: what an Ethernet frame usually holds, with room for its head.
    static let usualSize: UInt64 = 1536

    /// How the bins grow.
    public var scale: ValuesQuery.Scale {
        switch self {
        case .packetSize, .hopLimit, .sourcePort, .destinationPort: .linear
        case .duration, .flowBytes, .flowPackets: .log
        }
    }

    /// What the values are counted in.
    public var unit: String {
        switch self {
        case .packetSize, .flowBytes: "bytes"
        case .flowPackets: "packets"
        case .duration: "s"
        case .hopLimit, .sourcePort, .destinationPort: ""
        }
    }

    /// Where bins begin, in order; a bin ends where the next one begins.
    public var bounds: [UInt64] {
        switch self {
        case .hopLimit: Array(stride(from: 0, to: 256, by: 4))
        case .sourcePort, .destinationPort: Array(stride(from: 0, to: 65_536, by: 1024))
        case .packetSize: Array(stride(from: 0, to: Self.usualSize, by: 32)) + [1536, 2048, 4096, 8192, 16_384, 32_768]
        case .duration: [0] + (0..<18).map { 1 << $0 }
        case .flowBytes, .flowPackets: [0] + (0..<41).map { 1 << $0 }
        }
    }

    /// The end of the last bin, excluded; nil where it has none.
    public var end: UInt64? {
        switch self {
        case .hopLimit: 256
        case .sourcePort, .destinationPort: 65_536
        case .packetSize, .duration, .flowBytes, .flowPackets: nil
        }
    }

    var columns: [FlowColumn] {
        switch self {
        case .packetSize: [.bytes, .packets]
        case .duration: [.timeFlowStart, .timeFlowEnd]
        case .hopLimit: [.ipTTL]
        case .sourcePort: [.srcPort]
        case .destinationPort: [.dstPort]
        case .flowBytes: [.bytes]
        case .flowPackets: [.packets]
        }
    }

    /// A flow's value.
    var value: SQLText {
        switch self {
        // Flows without packets have no size; the divisor only keeps the engine from dividing by 0.
        case .packetSize: "toUInt64(intDiv(Bytes, greatest(Packets, 1)))"
        case .duration: "toUInt64(greatest(toInt64(TimeFlowEnd) - toInt64(TimeFlowStart), 0))"
        case .hopLimit: "toUInt64(IPTTL)"
        case .sourcePort: "toUInt64(SrcPort)"
        case .destinationPort: "toUInt64(DstPort)"
        case .flowBytes: "toUInt64(Bytes)"
        case .flowPackets: "toUInt64(Packets)"
        }
    }

    /// Whether a flow has one.
    var isKnown: SQLText {
        switch self {
        case .packetSize: "Packets > 0"
        case .duration: "toUInt32(TimeFlowStart) > 0 AND TimeFlowStart <= TimeFlowEnd"
        case .hopLimit: "IPTTL > 0"
        case .sourcePort: "SrcPort > 0"
        case .destinationPort: "DstPort > 0"
        case .flowBytes, .flowPackets: "1"
        }
    }
}

/// One row of ``ValuesQuery``'s answer.
public struct ValuesRow: Hashable, Sendable {
    /// Column `t`, in Unix seconds.
    public var bucket: UInt64
    /// Column `bin`.
    public var bin: Int
    /// Column `amount`: bytes, packets or flows.
    public var amount: UInt64
    /// Column `flows`.
    public var flows: UInt64
    /// Column `assumed`.
    public var assumed: UInt64

    /// Gathers a row.
    public init(bucket: UInt64, bin: Int, amount: UInt64, flows: UInt64, assumed: UInt64) {
        self.bucket = bucket
        self.bin = bin
        self.amount = amount
        self.flows = flows
        self.assumed = assumed
    }
}

/// The answer to ``ValuesQuery``.
public struct ValuesAnswer: Hashable, Sendable {
    /// The bins from the lowest to the highest that has anything.
    public var bins: [Bin]
    /// What isn't 0, by bucket and bin.
    public var cells: [Cell]
    /// The amount of flows that tell no value.
    public var unknown: UInt64
    /// The amount of all flows.
    public var total: UInt64
    /// Rows that matched.
    public var flows: UInt64
    /// The share (0 to 1) of flows whose sampling rate nobody told.
    public var assumedSampling: Double

    /// Values from `from` (included) to `to` (excluded, nil for no end).
    public struct Bin: Hashable, Sendable {
        /// Included.
        public var from: UInt64
        /// Excluded; nil for no end.
        public var to: UInt64?
        /// Bytes, packets or flows over the range, exactly.
        public var total: UInt64
    }

    /// What a bin has in a bucket.
    public struct Cell: Hashable, Sendable {
        /// The place of the bucket.
        public var bucket: Int
        /// The place of the bin in ``ValuesAnswer/bins``.
        public var bin: Int
        /// Bytes, packets or flows, exactly.
        public var amount: UInt64
    }
}

extension ValuesQuery {
    /// Makes the answer from the statement's rows.
    public func answer(_ rows: [ValuesRow]) -> ValuesAnswer {
        let bounds = subject.bounds
        let told = rows.filter { (1...bounds.count).contains($0.bin) && buckets.index(of: $0.bucket) != nil }
        let first = told.map(\.bin).min() ?? 1
        let last = told.map(\.bin).max() ?? 0
        var bins = (first..<last + 1).map { bin in
            ValuesAnswer.Bin(from: bounds[bin - 1], to: bin < bounds.count ? bounds[bin] : subject.end, total: 0)
        }
        var cells: [ValuesAnswer.Cell] = []
        for row in told {
            bins[row.bin - first].total &+= row.amount
            guard row.amount > 0, let bucket = buckets.index(of: row.bucket) else { continue }
            cells.append(.init(bucket: bucket, bin: row.bin - first, amount: row.amount))
        }
        let unknown = rows.reduce(0) { $1.bin == 0 ? $0 &+ $1.amount : $0 }
        let flows = rows.reduce(0) { $0 &+ $1.flows }
        return ValuesAnswer(
            bins: bins,
            cells: cells.sorted { ($0.bucket, $0.bin) < ($1.bucket, $1.bin) },
            unknown: unknown,
            total: rows.reduce(0) { $0 &+ $1.amount },
            flows: flows,
            assumedSampling: Double(rows.reduce(0) { $0 &+ $1.assumed }).share(of: Double(flows))
        )
    }
}
