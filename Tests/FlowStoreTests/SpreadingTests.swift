import FlowQuery
import FlowSchema
import Foundation
import NetTypes
import Testing

@testable import FlowStore

/// Flows over their lifetimes, average sizes and distributions, in the real engine and beside a plain count here.
extension EmbeddedStoreTests {
    /// A row, as this test knows it.
    private struct Flow {
        var received: UInt64
        var start: UInt64
        var end: UInt64
        var bytes: UInt64
        var packets: UInt64
        var rate: UInt64
        var type: FlowType
        var host: UInt8
        var port: UInt16
        var hopLimit: UInt8

        /// The seconds in which it counts, and whether its times can't be.
        var life: (first: UInt64, last: UInt64, isApart: Bool) {
            guard type != .sflow5 else { return (received, received, false) }
            let isSpread = start <= end && end <= received + 5 && received <= start + 2100
            return isSpread ? (start, end, false) : (received, received, true)
        }

        /// What it has in the seconds from `from` to before `to`.
        func part(of amount: UInt64, from: UInt64, to: UInt64) -> UInt64 {
            let (first, last, _) = life
            let count = last - first + 1
            func upTo(_ second: UInt64) -> UInt64 {
                let seconds = second <= first ? 0 : min(second - first, count)
                return amount * seconds / count
            }
            return upTo(to) - upTo(from)
        }

        func amount(_ unit: TrafficUnit) -> UInt64 {
            switch unit {
            case .bits, .byteTotal, .packetSize: bytes * rate
            case .packets, .packetTotal: packets * rate
            case .flows, .flowTotal: 1
            }
        }
    }

    private static let hour: UInt64 = 1_800_000_000

    @Test("flows spread over their lifetimes, average sizes and distributions are exact")
    func spreading() async throws {
        let folder = NSTemporaryDirectory() + "netmeta-spreading-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let store = try open(folder)
        defer { store.close() }
        var flows = Self.odd
        var random = Repeatable(state: 11)
        for _ in 0..<3000 { flows.append(Self.flow(with: &random)) }
        try store.append(Self.batch(flows), token: "one")

        let everything = (from: Self.hour - 9000, to: Self.hour + 9000)
        for unit in [TrafficUnit.bits, .packetTotal, .flows] {
            for (from, to, width) in [
                (everything.from, everything.to, UInt64(60)), (Self.hour, Self.hour + 600, 1),
                (Self.hour + 7, Self.hour + 1234, 10), (Self.hour + 100, Self.hour + 101, 1),
                (Self.hour, Self.hour + 7200, 3600),
            ] {
                try await check(flows, store, unit, from: from, to: to, width: width)
            }
        }
        try await checkSizes(flows, store)
        try await checkValues(flows, store)
    }

    /// Every bucket, what lies outside, and that both together are the flows' amounts to the last unit.
    private func check(
        _ flows: [Flow],
        _ store: EmbeddedStore,
        _ unit: TrafficUnit,
        from: UInt64,
        to: UInt64,
        width: UInt64
    ) async throws {
        let range = try TimeRange(from: from, to: to)
        let top = try TopQuery(
            Question(range: range),
            dimensions: try Dimension.parse(list: "SrcAddr"),
            unit: unit,
            limit: 2,
            buckets: try Buckets(range: range, width: width)
        )
        let keys = [1, 2].map { [KeyValue.address(IPAddress(192, 0, 2, $0))] }
        var query = GraphQuery(top: top, keys: keys)
        query.spreads = true
        let answer = query.answer(try await graphRows(store, query.sql))
        let inside = flows.filter { $0.life.first < to && $0.life.last >= from }
        for (host, key) in [(UInt8(1), keys[0]), (2, keys[1]), (3, [])] {
            let own = inside.filter { $0.host == host }
            let series = answer.series.first { $0.key.values == key }
            let expected: [UInt64] = top.buckets.starts.map { start in
                own.reduce(0) { sum, flow in
                    sum + flow.part(of: flow.amount(unit), from: max(start, from), to: min(start + width, to))
                }
            }
            #expect(series?.total ?? 0 == expected.reduce(0, +), "\(unit) \(from) \(width)")
            let factor = unit.measure == .rate ? unit.factor : 1
            let values = expected.indices.map { index in
                Double(expected[index]) * factor
                    / (unit.measure == .rate ? Double(top.buckets.coveredSeconds(at: index)) : 1)
            }
            #expect(series?.values ?? values.map { _ in 0 } == values, "\(unit) \(from) \(width)")
        }
        let shown = answer.series.reduce(0) { $0 + $1.total }
        let whole = inside.reduce(0) { $0 + $1.amount(unit) }
        #expect(shown + answer.outside.before + answer.outside.after == whole, "\(unit) \(from) \(width)")
        #expect(answer.outside.before == inside.reduce(0) { $0 + $1.part(of: $1.amount(unit), from: 0, to: from) })
        #expect(answer.outside.apart == UInt64(inside.count { $0.life.isApart }))
        #expect(answer.flows == UInt64(inside.count))

        // Without spreading it is what plain SQL says.
        query.spreads = false
        let plain = query.answer(try await graphRows(store, query.sql))
        let received = flows.filter { (from..<to).contains($0.received) }
        #expect(plain.series.reduce(0) { $0 + $1.total } == received.reduce(0) { $0 + $1.amount(unit) })
    }

    @Test("days of a zone are what was received between its midnights, from sums as from raw rows")
    func daysOfAZone() async throws {
        let folder = NSTemporaryDirectory() + "netmeta-days-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let store = try open(folder)
        defer { store.close() }
        // Around the 29th of March 2026, of 23 hours in Berlin.
        let change: UInt64 = 1_774_746_000
        var random = Repeatable(state: 12)
        let flows = (0..<2000).map { _ in
            var flow = Self.flow(with: &random)
            flow.received = change - 40 * 3600 + UInt64.random(in: 0..<80 * 3600, using: &random)
            return flow
        }
        try store.append(Self.batch(flows), token: "days")
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = try #require(TimeZone(identifier: "Europe/Berlin"))
        let range = try TimeRange(from: change - 39 * 3600 - 17, to: change + 39 * 3600)
        let days = ZoneDays(covering: range) { time in
            calendar.timeZone.secondsFromGMT(for: Date(timeIntervalSince1970: Double(time)))
        }
        let own = flows.filter { (range.from..<range.to).contains($0.received) }
        let byDay = Dictionary(grouping: own) { flow in
            UInt64(calendar.startOfDay(for: Date(timeIntervalSince1970: Double(flow.received))).timeIntervalSince1970)
        }
        for detail in DetailChoice.allCases {
            let buckets = try Buckets(range: range, width: 86400).inDays(days)
            let top = try TopQuery(
                Question(range: range, detail: detail),
                dimensions: [],
                unit: .byteTotal,
                buckets: buckets
            )
            let query = GraphQuery(top: top, keys: [])
            #expect((query.source.table == "flows_raw") == (detail == .raw))
            let series = try #require(query.answer(try await graphRows(store, query.sql)).series.first)
            let expected = buckets.starts.map { start in
                Double((byDay[start] ?? []).reduce(0) { $0 + $1.amount(.byteTotal) })
            }
            #expect(expected.count == 4 && series.values == expected)
        }
    }

    private func checkSizes(_ flows: [Flow], _ store: EmbeddedStore) async throws {
        let range = try TimeRange(from: Self.hour, to: Self.hour + 3600)
        let own = flows.filter { (range.from..<range.to).contains($0.received) }
        for detail in DetailChoice.allCases {
            let top = try TopQuery(
                Question(range: range, detail: detail),
                dimensions: [],
                unit: .packetSize,
                buckets: try Buckets(range: range, width: 600)
            )
            let query = GraphQuery(top: top, keys: [])
            #expect((query.source.table == "flows_raw") == (detail == .raw))
            let series = try #require(query.answer(try await graphRows(store, query.sql)).series.first)
            let bytes = own.reduce(0) { $0 + $1.bytes * $1.rate }
            #expect(series.total == bytes)
            #expect(series.average == Double(bytes) / Double(own.reduce(0) { $0 + $1.packets * $1.rate }))
            let first = own.filter { $0.received < Self.hour + 600 }
            let sums = first.reduce(into: (0, 0)) { $0 = ($0.0 + $1.bytes * $1.rate, $0.1 + $1.packets * $1.rate) }
            #expect(series.values[0] == Double(sums.0) / Double(sums.1))
        }
    }

    private func checkValues(_ flows: [Flow], _ store: EmbeddedStore) async throws {
        let range = try TimeRange(from: Self.hour + 13, to: Self.hour + 3600)
        let own = flows.filter { (range.from..<range.to).contains($0.received) }
        func value(_ flow: Flow, _ subject: ValuesQuery.Subject) -> UInt64? {
            switch subject {
            case .packetSize: flow.packets == 0 ? nil : flow.bytes / flow.packets
            case .duration: flow.start > 0 && flow.start <= flow.end ? flow.end - flow.start : nil
            case .hopLimit: flow.hopLimit == 0 ? nil : UInt64(flow.hopLimit)
            case .sourcePort: flow.port == 0 ? nil : UInt64(flow.port)
            case .destinationPort: nil
            case .flowBytes: flow.bytes
            case .flowPackets: flow.packets
            }
        }
        let measured = [(TrafficUnit.bits, UInt64(300)), (.flows, 37), (.packetTotal, 3600)]
        for (number, subject) in ValuesQuery.Subject.allCases.enumerated() {
            for (unit, width) in [measured[number % measured.count]] {
                let query = try ValuesQuery(Question(range: range), of: subject, unit: unit, width: width)
                let result = try await store.query(query.sql.text, limits: QueryLimits())
                func number(_ name: String, _ row: Int) -> UInt64 { result[name]?.values[row].unsigned ?? .max }
                let answer = query.answer(
                    (0..<result.rowCount).map { row in
                        ValuesRow(
                            bucket: number("t", row),
                            bin: Int(clamping: number("bin", row)),
                            amount: number("amount", row),
                            flows: number("flows", row),
                            assumed: number("assumed", row)
                        )
                    }
                )
                #expect(answer.total == own.reduce(0) { $0 + $1.amount(unit) }, "\(subject)")
                #expect(answer.unknown == own.reduce(0) { value($1, subject) == nil ? $0 + $1.amount(unit) : $0 })
                #expect(answer.unknown + answer.bins.reduce(0) { $0 + $1.total } == answer.total)
                #expect(answer.cells.reduce(0) { $0 + $1.amount } == answer.total - answer.unknown)
                for bin in answer.bins {
                    let expected: UInt64 = own.reduce(0) { sum, flow in
                        guard let value = value(flow, subject), value >= bin.from, bin.to.map({ value < $0 }) ?? true
                        else {
                            return sum
                        }
                        return sum + flow.amount(unit)
                    }
                    #expect(bin.total == expected, "\(subject) \(bin)")
                }
                for cell in answer.cells.prefix(20) {
                    let start = query.buckets.starts[cell.bucket]
                    let bin = answer.bins[cell.bin]
                    let expected: UInt64 = own.reduce(0) { sum, flow in
                        guard let value = value(flow, subject), value >= bin.from, bin.to.map({ value < $0 }) ?? true,
                            (start..<start + width).contains(flow.received)
                        else { return sum }
                        return sum + flow.amount(unit)
                    }
                    #expect(cell.amount == expected)
                }
            }
        }
    }

    private func graphRows(_ store: EmbeddedStore, _ sql: SQLText) async throws -> [GraphRow] {
        let result = try await store.query(sql.text, limits: QueryLimits())
        func number(_ name: String, _ row: Int) -> UInt64 {
            // What was not asked for is 0; what is no whole number would be seen.
            result[name].map { $0.values[row].unsigned ?? .max } ?? 0
        }
        return (0..<result.rowCount).map { row in
            GraphRow(
                bucket: number("t", row),
                rank: Int(clamping: number("r", row)),
                direction: number("direction", row),
                amount: number("amount", row),
                flows: number("flows", row),
                assumed: number("assumed", row),
                packets: number("packets", row),
                outside: Spreading.Outside(
                    before: number("before", row),
                    after: number("after", row),
                    apart: number("apart", row)
                )
            )
        }
    }

    /// Flows at the edges of what is believed.
    private static let odd: [Flow] = {
        func flow(_ received: UInt64, _ start: UInt64, _ end: UInt64, type: FlowType = .ipfix) -> Flow {
            Flow(
                received: hour + received,
                start: start,
                end: end,
                bytes: 1_000_003,
                packets: 7,
                rate: 3,
                type: type,
                host: 1,
                port: 0,
                hopLimit: 0
            )
        }
        return [
            flow(2200, hour + 100, hour + 2199), flow(2200, hour + 99, hour + 2199),
            flow(50, hour + 50, hour + 55), flow(50, hour + 50, hour + 56), flow(60, hour + 60, hour + 59),
            flow(70, 0, 0), flow(80, 1, 2), flow(90, hour - 3000, hour + 90),
            flow(100, hour + 40, hour + 100, type: .sflow5),
            flow(599, hour + 599, hour + 599), flow(0, hour - 1, hour), flow(7200, hour + 7000, hour + 7200),
        ]
    }()

    private static func flow(with random: inout Repeatable) -> Flow {
        let received = hour - 4000 + UInt64.random(in: 0..<11_000, using: &random)
        let end = received + 5 - UInt64.random(in: 0..<30, using: &random)
        let length = [0, 1, 59, 60, 1800][Int.random(in: 0..<5, using: &random)]
        return Flow(
            received: received,
            start: end - UInt64(length),
            end: end,
            bytes: UInt64.random(in: 0..<1 << 40, using: &random) >> UInt64.random(in: 0..<40, using: &random),
            packets: UInt64.random(in: 0..<5000, using: &random),
            rate: UInt64.random(in: 1..<2000, using: &random),
            type: [.ipfix, .netflowV9, .netflowV5, .sflow5][Int.random(in: 0..<4, using: &random)],
            host: UInt8.random(in: 1...3, using: &random),
            port: UInt16.random(in: 0...UInt16.max, using: &random),
            hopLimit: UInt8.random(in: 0...UInt8.max, using: &random)
        )
    }

    private static func batch(_ flows: [Flow]) -> FlowBatch {
        let batch = FlowBatch(capacity: flows.count)
        for flow in flows {
            let row = batch.reserve(1)
            batch.fill(.timeReceived, row, with: UInt32(flow.received))
            batch.fill(.timeFlowStart, row, with: UInt32(flow.start))
            batch.fill(.timeFlowEnd, row, with: UInt32(flow.end))
            batch.fill(.bytes, row, with: flow.bytes)
            batch.fill(.packets, row, with: flow.packets)
            batch.fill(.samplingRate, row, with: UInt32(flow.rate))
            batch.fill(.flowType, row, with: flow.type.rawValue)
            batch.fill(.srcAddr, row, with: IPAddress(192, 0, 2, flow.host))
            batch.fill(.srcPort, row, with: flow.port)
            batch.fill(.ipTTL, row, with: flow.hopLimit)
        }
        batch.seal()
        return batch
    }

    /// SplitMix64: the same rows in every run.
    private struct Repeatable: RandomNumberGenerator {
        var state: UInt64

        mutating func next() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var z = state
            z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
            z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
            return z ^ (z >> 31)
        }
    }
}
