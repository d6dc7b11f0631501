import FlowSchema
import NetTypes
import WireFormat

/// `struct counter_record`'s formats of enterprise 0 that tell a column.
private enum CounterFormat {
    static let generic: UInt32 = 1
    static let ethernet: UInt32 = 2
}

/// One counter sample: an interface's counters, if it is about an interface.
struct CounterSample {
    /// Columns of `struct if_counters`, in its order.
    private static let generic: [InterfaceCounterColumn] = [
        .ifIndex, .ifType, .ifSpeed, .ifDirection, .ifStatus, .inOctets, .inUcastPkts, .inMulticastPkts,
        .inBroadcastPkts, .inDiscards, .inErrors, .inUnknownProtos, .outOctets, .outUcastPkts, .outMulticastPkts,
        .outBroadcastPkts, .outDiscards, .outErrors, .promiscuousMode,
    ]
    /// Columns of `struct ethernet_counters`, in its order.
    private static let ethernet: [InterfaceCounterColumn] = [
        .alignmentErrors, .fcsErrors, .singleCollisionFrames, .multipleCollisionFrames, .sqeTestErrors,
        .deferredTransmissions, .lateCollisions, .excessiveCollisions, .internalMacTransmitErrors,
        .carrierSenseErrors, .frameTooLongs, .internalMacReceiveErrors, .symbolErrors,
    ]

    var interface = InterfaceCounters()
    /// Whether any record was about an interface.
    var tellsInterface = false

    /// Reads `struct counters_sample` or `struct counters_sample_expanded`.
    ///
    /// What is broken in it is counted; what came before is kept.
    init(_ sample: RawSpan, isExpanded: Bool, _ counters: inout DecodeCounters) {
        do throws(DecodeError) {
            try read(sample, isExpanded: isExpanded, &counters)
        } catch {
            counters.count(error)
        }
    }

    private mutating func read(
        _ sample: RawSpan,
        isExpanded: Bool,
        _ counters: inout DecodeCounters
    ) throws(DecodeError) {
        var offset = isExpanded ? 16 : 12
        guard sample.byteCount >= offset else { throw .truncated }
        interface[.sequenceNum] = UInt64(sample.number(at: 0, as: UInt32.self))
        let source = sample.number(at: 4, as: UInt32.self)
        let type = isExpanded ? source : source >> 24
        let index = isExpanded ? sample.number(at: 8, as: UInt32.self) : source & 0xFF_FFFF
        // Only a data source that is an interface has its index.
        if type == 0 { interface[.ifIndex] = UInt64(index) }
        let records = sample.number(at: offset - 4, as: UInt32.self)
        for _ in 0..<records {
            let (format, length) = try sample.formatAndLength(at: offset)
            offset += 8
            guard length <= sample.byteCount - offset else { throw .badLength }
            try readRecord(sample.extracting(offset..<(offset + length)), format: format, &counters)
            offset = sample.offset(after: length, from: offset)
        }
    }

    private mutating func readRecord(
        _ record: RawSpan,
        format: UInt32,
        _ counters: inout DecodeCounters
    ) throws(DecodeError) {
        switch format {
        case CounterFormat.generic: try readNumbers(record, Self.generic)
        case CounterFormat.ethernet: try readNumbers(record, Self.ethernet)
        default: counters.skippedRecords += 1
        }
    }

    /// Numbers one behind the other, each as wide as its column.
    private mutating func readNumbers(
        _ record: RawSpan,
        _ columns: [InterfaceCounterColumn]
    ) throws(DecodeError) {
        guard record.byteCount >= columns.reduce(0, { $0 + $1.storage.width }) else { throw .truncated }
        tellsInterface = true
        var offset = 0
        for column in columns {
            if column.storage == .uint64 {
                interface[column] = record.number(at: offset)
            } else {
                interface[column] = UInt64(record.number(at: offset, as: UInt32.self))
            }
            offset += column.storage.width
        }
    }
}
