import FlowSchema

/// What is asked about flows: a range, a filter and one direction or all.
public struct Question: Hashable, Sendable {
    /// The time.
    public var range: TimeRange
    /// The rows; nil is all.
    public var filter: Filter?
    /// One direction only, or all.
    public var direction: DirectionChoice
    /// Which tables may answer.
    public var detail: DetailChoice

    /// Asks.
    public init(
        range: TimeRange,
        filter: Filter? = nil,
        direction: DirectionChoice = .all,
        detail: DetailChoice = .automatic
    ) {
        self.range = range
        self.filter = filter
        self.direction = direction
        self.detail = detail
    }

    /// The conditions on raw rows of the whole range.
    var conditions: [SQLText] { rawConditions(from: range.from, to: range.to) }

    /// The conditions on raw rows of a part of the range.
    ///
    /// Raw rows lie by hour, exporter and interfaces. The engine doesn't see by itself what the time says about the
    /// hour, and would read the whole part for the last minutes of it. A hint isn't worked out for every row.
    func rawConditions(from: UInt64, to: UInt64) -> [SQLText] {
        let rows = conditions(from: from, to: to)
        guard from < to else { return rows }
        let (first, last) = (from / 3600 * 3600, (to - 1) / 3600 * 3600)
        return [
            "indexHint(toStartOfHour(TimeReceived) BETWEEN toDateTime(\(first)) AND toDateTime(\(last)))"
        ] + rows
    }

    /// The conditions on rows of a part of the range, whatever the table.
    func conditions(from: UInt64, to: UInt64) -> [SQLText] {
        var conditions: [SQLText] = ["TimeReceived >= toDateTime(\(from))", "TimeReceived < toDateTime(\(to))"]
        switch direction {
        case .all: break
        case .in: conditions.append("Incoming = 1")
        case .out: conditions.append("Incoming = 0")
        }
        if let filter { conditions.append(filter.sql) }
        return conditions
    }
}

/// Which direction's rows count.
public enum DirectionChoice: String, CaseIterable, Sendable {
    case all, `in`, out
}

/// The direction of a series when directions are split.
public enum SeriesDirection: String, CaseIterable, Sendable {
    case `in`, out, unknown

    /// The direction behind a value of `Incoming`.
    public init(incoming: UInt64) {
        self = incoming == 1 ? .in : incoming == 0 ? .out : .unknown
    }
}

/// What is summed, and what a second, a bucket or a packet of it is called.
public enum TrafficUnit: String, CaseIterable, Sendable {
    case bits = "bit/s"
    case packets = "packet/s"
    case flows = "flow/s"
    case byteTotal = "bytes"
    case packetTotal = "packets"
    case flowTotal = "flows"
    case packetSize = "byte/packet"

    /// What a sum is divided by.
    public enum Measure: Sendable {
        /// The seconds that it was gathered in.
        case rate
        /// Nothing: a value is the sum of a bucket.
        case total
        /// The packets that it came in.
        case mean
    }

    /// What a sum of this unit is divided by.
    public var measure: Measure {
        switch self {
        case .bits, .packets, .flows: .rate
        case .byteTotal, .packetTotal, .flowTotal: .total
        case .packetSize: .mean
        }
    }

    /// What a byte, packet or flow counts in this unit.
    public var factor: Double { self == .bits ? 8 : 1 }

    /// What is summed: traffic is scaled up by the sampling rate, flows are rows. Sizes of packets go by their bytes.
    var sum: RollupSum {
        switch self {
        case .bits, .byteTotal, .packetSize: .bytes
        case .packets, .packetTotal: .packets
        case .flows, .flowTotal: .flows
        }
    }

    /// The name of that sum in ``TopQuery``'s statement.
    var name: SQLText {
        switch sum {
        case .bytes: "bytes"
        case .packets: "packets"
        case .flows, .assumed: "flows"
        }
    }
}

/// By what the top values are chosen.
public enum Ranking: String, CaseIterable, Sendable {
    /// The traffic over the whole range.
    case average
    /// The traffic in the bucket where a value has most.
    case max
}

/// Bytes, packets and flows of a part of the traffic.
public struct Traffic: Hashable, Sendable {
    /// Bytes, scaled by the sampling rate.
    public var bytes: UInt64
    /// Packets, scaled by the sampling rate.
    public var packets: UInt64
    /// Rows.
    public var flows: UInt64

    /// Gathers sums.
    public init(bytes: UInt64 = 0, packets: UInt64 = 0, flows: UInt64 = 0) {
        self.bytes = bytes
        self.packets = packets
        self.flows = flows
    }

    /// What a unit counts.
    public subscript(unit: TrafficUnit) -> UInt64 {
        switch unit {
        case .bits, .byteTotal, .packetSize: bytes
        case .packets, .packetTotal: packets
        case .flows, .flowTotal: flows
        }
    }

    /// What is left without a part; nothing when the part is more, because it was read later.
    public static func - (whole: Traffic, part: Traffic) -> Traffic {
        Traffic(
            bytes: whole.bytes - min(whole.bytes, part.bytes),
            packets: whole.packets - min(whole.packets, part.packets),
            flows: whole.flows - min(whole.flows, part.flows)
        )
    }

    /// The sum of two parts.
    public static func + (a: Traffic, b: Traffic) -> Traffic {
        Traffic(bytes: a.bytes &+ b.bytes, packets: a.packets &+ b.packets, flows: a.flows &+ b.flows)
    }
}

/// Whether a series or row is one value, the value "not known", or all the rest.
public enum GroupKind: String, Sendable {
    case value, unknown, other
}

/// The key of a group, with its texts.
public struct GroupKey: Hashable, Sendable {
    /// The values, one a dimension; empty for Other and when there are no dimensions.
    public var values: [KeyValue]
    /// What it stands for.
    public var kind: GroupKind

    /// The key of what the top values leave over.
    public static let other = GroupKey(values: [], kind: .other)

    /// Makes a key.
    public init(values: [KeyValue], kind: GroupKind) {
        self.values = values
        self.kind = kind
    }

    /// The key of one group; it is ``GroupKind/unknown`` when no dimension is known.
    public init(values: [KeyValue], dimensions: [Dimension]) {
        self.values = values
        let isUnknown = !values.isEmpty && zip(dimensions, values).allSatisfy { $0.isUnknown($1) }
        kind = isUnknown ? .unknown : .value
    }

    /// The values as the filter language reads them.
    public func texts(_ dimensions: [Dimension]) -> [String] {
        zip(dimensions, values).map { $0.text($1) }
    }

    /// The values as people read them; `Other` and `Total` where there are none.
    public func labels(_ dimensions: [Dimension]) -> [String] {
        switch kind {
        case .other: ["Other"]
        case .value, .unknown: values.isEmpty ? ["Total"] : zip(dimensions, values).map { $0.label($1) }
        }
    }
}
