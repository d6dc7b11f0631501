import FlowDecoders
import WireFormat

/// What became of imported files; the summary that programs read.
struct ImportSummary: Codable, Equatable, Sendable {
    var files: UInt64 = 0
    /// Files that were in the store already, all of them.
    var filesKnown: UInt64 = 0
    /// Files whose end is missing.
    var filesCut: UInt64 = 0
    var rowsStored: UInt64 = 0
    /// Rows that an earlier import had stored.
    var rowsKnown: UInt64 = 0
    /// Rows whose day is over: the store will delete them.
    var rowsExpired: UInt64 = 0
    var datagrams: UInt64 = 0
    var records: UInt64 = 0
    var flows: UInt64 = 0
    var optionsRecords: UInt64 = 0
    var unknownTemplateSets: UInt64 = 0
    var bytesUnaccounted: UInt64 = 0
    /// Lines of clouds' flow logs.
    var lines: UInt64 = 0
    /// Records of interfaces without traffic.
    var noData: UInt64 = 0
    /// Records that say that the cloud lost some.
    var skipData: UInt64 = 0
    /// Entries whose flow the other end's entry tells.
    var duplicates: UInt64 = 0
    /// Documents that are no flow records by intent.
    var ignored: UInt64 = 0
    /// Rows of records without bytes or packets.
    var withoutCounts: UInt64 = 0
    /// Texts that were cut or left out.
    var lostTexts: UInt64 = 0
    /// Datagrams that the captures cut.
    var cutDatagrams: UInt64 = 0
    /// Packets that are no flow export.
    var otherPackets: UInt64 = 0
    /// Of scamper's files: traceroutes, those along parallel ways, pings, and objects that no rows are made of.
    var traces: UInt64 = 0
    var parallelTraces: UInt64 = 0
    var pings: UInt64 = 0
    var otherObjects: UInt64 = 0
    /// What broke its protocol, by ``DecodeError``.
    var malformed: [String: UInt64] = [:]

    /// The numbers with their names, in the order of the summary.
    private static let numbers: [(name: String, path: any WritableKeyPath<ImportSummary, UInt64> & Sendable)] = [
        ("files", \.files), ("filesKnown", \.filesKnown), ("filesCut", \.filesCut), ("rowsStored", \.rowsStored),
        ("rowsKnown", \.rowsKnown), ("rowsExpired", \.rowsExpired), ("datagrams", \.datagrams),
        ("records", \.records), ("flows", \.flows), ("optionsRecords", \.optionsRecords),
        ("unknownTemplateSets", \.unknownTemplateSets), ("bytesUnaccounted", \.bytesUnaccounted),
        ("lines", \.lines), ("noData", \.noData), ("skipData", \.skipData), ("duplicates", \.duplicates),
        ("ignored", \.ignored), ("withoutCounts", \.withoutCounts), ("lostTexts", \.lostTexts),
        ("cutDatagrams", \.cutDatagrams), ("otherPackets", \.otherPackets),
        ("traces", \.traces), ("parallelTraces", \.parallelTraces), ("pings", \.pings),
        ("otherObjects", \.otherObjects),
    ]

    /// Adds another import's.
    mutating func add(_ other: ImportSummary) {
        for number in Self.numbers { self[keyPath: number.path] += other[keyPath: number.path] }
        malformed.merge(other.malformed, uniquingKeysWith: +)
    }

    /// Adds what was decoded of a file.
    mutating func add(_ decoder: FileDecoder) {
        let counters = decoder.counters
        datagrams += counters.datagrams
        records += counters.records
        flows += counters.flows
        optionsRecords += counters.optionsRecords
        unknownTemplateSets += counters.unknownTemplateSets
        bytesUnaccounted += counters.bytesUnaccounted
        cutDatagrams += UInt64(decoder.cutDatagrams)
        otherPackets += UInt64(decoder.otherPackets)
        for (error, count) in counters.malformed.nonZero { malformed[error.rawValue, default: 0] += count }
    }

    /// Adds what was read of clouds' flow logs.
    mutating func add(_ counters: CloudLogCounters) {
        records += counters.records
        flows += counters.flows
        lines += counters.lines
        noData += counters.noData
        skipData += counters.skipData
        duplicates += counters.duplicates
        ignored += counters.ignored
        withoutCounts += counters.withoutCounts
        lostTexts += counters.lostTexts
        for (error, count) in counters.malformed { malformed[error.rawValue, default: 0] += count }
    }

    /// The summary as JSON.
    var json: String { "{\(members)}" }

    /// The members of the JSON object.
    var members: String {
        let numbers = Self.numbers.map { "\"\($0.name)\":\(self[keyPath: $0.path])" }.joined(separator: ",")
        let errors = malformed.sorted { $0.key < $1.key }.map { "\"\($0.key)\":\($0.value)" }.joined(separator: ",")
        return "\(numbers),\"malformed\":{\(errors)}"
    }
}
