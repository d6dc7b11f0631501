import FlowSchema
import NetTypes

/// Turns counters that go on counting into what was added since the flow's record before.
///
/// Elements 85 and 86 count since a flow began: exporters that report a long
/// flow several times tell its beginning again and again. Where a template
/// has no delta counter, the record's predecessor of the same flow, which
/// began at the same moment, is subtracted. Flows that don't tell when they
/// began, nor a flow id, are taken as they come, since another of the same
/// ends can't be told apart.
///
/// The table is of a fixed size for all exporters of a thread; of the flows
/// that share a place the one that was silent longest is forgotten.
final class FlowTotals {
    private struct Entry {
        var key: UInt64 = 0
        var bytes: UInt64 = 0
        var packets: UInt64 = 0
        /// When it was last heard of, in calls.
        var age: UInt64 = 0
    }

    /// Flows that are remembered.
    static let places = 65_536
    /// Flows that share a place.
    private static let ways = 4
    private var entries: [Entry] = []
    private var calls: UInt64 = 0

    /// Subtracts what was told of each row's flow before.
    ///
    /// - Parameter identity: what tells flows of the same ends apart: the field with their start, or their id.
    func subtract(
        _ runner: borrowing PlanRunner,
        _ plan: TemplatePlan,
        identity: TemplatePlan.Step,
        exporter: IPAddress,
        into batch: FlowBatch
    ) {
        if entries.isEmpty { entries = Array(repeating: Entry(), count: Self.places) }
        let rows = runner.rows
        // A template may have one of the counters only, or one of them as a delta: that is left alone.
        let bytes = unsafe plan.totals.contains(.bytes) ? batch.write(.bytes, rows, as: UInt64.self) : nil
        let packets = unsafe plan.totals.contains(.packets) ? batch.write(.packets, rows, as: UInt64.self) : nil
        for row in rows {
            let index = row - rows.lowerBound
            let key = Self.key(batch, row, identity: runner.number(identity, index), exporter)
            let place = place(of: key)
            let known = entries[place].key == key ? entries[place] : Entry()
            let newBytes = unsafe bytes?[index] ?? 0
            let newPackets = unsafe packets?[index] ?? 0
            calls += 1
            entries[place] = Entry(key: key, bytes: newBytes, packets: newPackets, age: calls)
            // Counters that went back belong to a flow that began anew.
            guard newBytes >= known.bytes, newPackets >= known.packets else { continue }
            unsafe bytes?[index] = newBytes - known.bytes
            unsafe packets?[index] = newPackets - known.packets
        }
    }

    /// Where a flow is, or where it may go.
    private func place(of key: UInt64) -> Int {
        let first = Int(key % UInt64(Self.places / Self.ways)) * Self.ways
        var oldest = first
        for place in first..<(first + Self.ways) {
            if entries[place].key == key { return place }
            if entries[place].age < entries[oldest].age { oldest = place }
        }
        return oldest
    }

    private static func key(_ batch: FlowBatch, _ row: Int, identity: UInt64, _ exporter: IPAddress) -> UInt64 {
        var mix: UInt64 = identity
        func add(_ value: UInt64) {
            mix = (mix ^ value) &* 0x9E37_79B9_7F4A_7C15
            mix ^= mix >> 29
        }
        for address in [exporter, batch.address(.srcAddr, row: row), batch.address(.dstAddr, row: row)] {
            add(address.high)
            add(address.low)
        }
        for column in [FlowColumn.srcPort, .dstPort, .proto, .inIf, .outIf, .ipTos, .vlanId, .flowDirection] {
            add(batch.number(column, row: row))
        }
        // 0 marks a free place.
        return mix == 0 ? 1 : mix
    }
}
