/// A table beside that of flows whose rows don't come with datagrams: events,
/// and what probes found of paths.
///
/// Its rows are few, so they are gathered in ``TableRows`` with plain values.
/// Statements, Arrow layouts and retention are rendered from it as those of
/// flows are from the field table.
public struct SideTable: Hashable, Sendable {
    /// One column.
    public struct Column: Hashable, Sendable {
        /// The name in ClickHouse.
        public let name: String
        /// What it holds.
        public let kind: Kind

        init(_ name: String, _ kind: Kind) {
            self.name = name
            self.kind = kind
        }
    }

    /// What a column holds.
    public enum Kind: Hashable, Sendable {
        case uint8, uint16, uint32, uint64
        /// Seconds since 1970 UTC.
        case time
        /// An address, IPv4 as ::ffff:a.b.c.d.
        case address
        /// Any text.
        case text
        /// One of few texts.
        case word
        /// 32-bit numbers.
        case numbers
        /// Texts by name.
        case texts
        /// Numbers with fractions by name.
        case figures
    }

    /// The name in ClickHouse.
    public let name: String
    /// The columns, in their order.
    public let columns: [Column]
    /// The column that says when a row was, by which rows are kept and dropped.
    public let time: String
    /// The columns that rows lie in the order of.
    public let order: [String]
    /// Set where a row replaces those before it with the same ``order``: the columns that say which is the newest, and
    /// whether it is gone. People see the newest rows through a view.
    public let versions: Versions?

    /// How rows replace each other.
    public struct Versions: Hashable, Sendable {
        /// The column with rising numbers.
        public let version: String
        /// The column that is 1 when the row is gone.
        public let deleted: String
        /// The view of rows that are.
        public let view: String
    }

    init(
        _ name: String,
        time: String,
        order: [String],
        versions: Versions? = nil,
        _ columns: KeyValuePairs<String, Kind>
    ) {
        self.name = name
        self.time = time
        self.order = order
        self.versions = versions
        self.columns = columns.map { Column($0.key, $0.value) }
    }

    /// All of them.
    public static let all: [SideTable] = [.events, .traces, .traceHops, .traceLinks, .pings]
}

extension SideTable {
    /// What happened and isn't traffic: attacks, deployments, notes. `TimeEnd` of 1970 means that it goes on.
    public static let events = SideTable(
        "event_versions",
        time: "TimeStart",
        order: ["TimeStart", "Id"],
        versions: Versions(version: "Version", deleted: "Deleted", view: "events"),
        [
            "Id": .text, "TimeStart": .time, "TimeEnd": .time, "Kind": .word, "Subject": .text, "Title": .text,
            "Figures": .figures, "Tags": .texts, "Text": .text, "Source": .word, "TimeUpdated": .time,
            "Version": .uint64, "Deleted": .uint8,
        ]
    )

    /// Traceroutes, one row each. `RTT` is the destination's answer in microseconds, 0 where it gave none.
    public static let traces = SideTable(
        "traces",
        time: "Time",
        order: ["Dst", "Monitor", "Time"],
        [
            "TraceId": .uint64, "Time": .time, "Monitor": .word, "List": .word, "Cycle": .uint32, "Method": .word,
            "Src": .address, "Dst": .address, "SrcPort": .uint16, "DstPort": .uint16, "StopReason": .word,
            "StopData": .uint8, "HopCount": .uint16, "FirstHop": .uint8, "Attempts": .uint8, "Reached": .uint8,
            "RTT": .uint32, "Replies": .uint16, "PathHash": .uint64, "DstAS": .uint32, "ASPath": .numbers,
        ]
    )

    /// Answers on the way, one row each. `RTT` in microseconds; `MPLS` are the labels of RFC 4950, the outermost first.
    public static let traceHops = SideTable(
        "trace_hops",
        time: "Time",
        order: ["Dst", "Monitor", "Time", "TTL"],
        [
            "TraceId": .uint64, "Time": .time, "Monitor": .word, "Dst": .address, "TTL": .uint8, "Attempt": .uint8,
            "Addr": .address, "RTT": .uint32, "ReplyTTL": .uint8, "IcmpType": .uint8, "IcmpCode": .uint8,
            "ProbeSize": .uint16, "ReplySize": .uint16, "QuotedTTL": .uint8, "MPLS": .numbers, "HopAS": .uint32,
        ]
    )

    /// Parallel ways that tracelb found: one row for each address that answered `Hop` links behind `FromAddr`, or `::` where
    /// none did. `Nodes` and `Links` are the whole trace's; `MinRTT` in microseconds.
    public static let traceLinks = SideTable(
        "trace_links",
        time: "Time",
        order: ["Dst", "Monitor", "Time", "FromAddr", "Hop"],
        [
            "TraceId": .uint64, "Time": .time, "Monitor": .word, "List": .word, "Cycle": .uint32, "Method": .word,
            "Src": .address, "Dst": .address, "Nodes": .uint16, "Links": .uint16, "FromAddr": .address, "Hop": .uint8,
            "TTL": .uint8, "Addr": .address, "Probes": .uint32, "MinRTT": .uint32, "MPLS": .numbers, "FromAS": .uint32,
            "AddrAS": .uint32,
        ]
    )

    /// Pings, one row for all probes of one. RTTs in microseconds, 0 where nothing answered.
    public static let pings = SideTable(
        "pings",
        time: "Time",
        order: ["Dst", "Monitor", "Time"],
        [
            "PingId": .uint64, "Time": .time, "Monitor": .word, "List": .word, "Cycle": .uint32, "Method": .word,
            "Src": .address, "Dst": .address, "StopReason": .word, "ProbeSize": .uint16, "Sent": .uint16,
            "Received": .uint16, "MinRTT": .uint32, "AvgRTT": .uint32, "MaxRTT": .uint32, "StdDevRTT": .uint32,
            "DstAS": .uint32,
        ]
    )
}

extension SideTable.Kind {
    /// How values lie in memory.
    public var storage: FieldStorage {
        switch self {
        case .uint8: .uint8
        case .uint16: .uint16
        case .uint32, .time: .uint32
        case .uint64: .uint64
        case .address: .bytes16
        case .text, .word, .numbers, .texts, .figures: .variable
        }
    }
}
