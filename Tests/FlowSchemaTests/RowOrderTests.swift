import FlowSchema
import NetTypes
import Testing

@Suite("The order of rows")
struct RowOrderTests {
    /// A row's key and, behind it, everything that has to come along.
    struct Row: Equatable {
        var time: UInt32
        var sampler: IPAddress
        var (inIf, outIf): (UInt32, UInt32)
        /// Names the row in every width.
        var number: UInt32

        var key: [UInt64] {
            [UInt64(time / 3600), sampler.high, sampler.low, UInt64(inIf), UInt64(outIf), UInt64(time)]
        }

        static func == (one: Row, other: Row) -> Bool { one.key == other.key && one.number == other.number }
    }

    @Test(
        "is hour, sampler, interfaces, time; equal rows stay in turn, and every value stays with its row",
        arguments: 0..<20
    )
    func order(seed: Int) {
        let rows = rows(seed: seed)
        let batch = FlowBatch(capacity: rows.count)
        fill(batch, rows)
        let order = RowOrder()
        order.apply(to: batch)
        expect(batch, is: ordered(rows))
        // What is in order stays, in the same memory; a smaller batch as well.
        order.apply(to: batch)
        expect(batch, is: ordered(rows))
        let small = FlowBatch(capacity: 2)
        fill(small, Array(rows.prefix(2).reversed()))
        order.apply(to: small)
        #expect(
            small.number(.inIf, row: 0) + small.number(.inIf, row: 1) == UInt64(rows[0].inIf) + UInt64(rows[1].inIf)
        )
    }

    @Test("is the same where several threads order batches at a time")
    func threads() async {
        let orders = RowOrders()
        await withTaskGroup(of: Void.self) { group in
            for seed in 0..<20 {
                group.addTask {
                    let rows = rows(seed: seed)
                    let batch = FlowBatch(capacity: rows.count)
                    fill(batch, rows)
                    orders.apply(to: batch)
                    expect(batch, is: ordered(rows))
                }
            }
        }
    }

    private func rows(seed: Int) -> [Row] {
        var random = SplitMix(state: UInt64(seed))
        // Few rows of a sampler are compared, more are counted by short digits, thousands by longer ones.
        let count = [2, 100, 1000, 5000][seed % 4]
        // Few values, so that keys are equal; large ones, so that every digit counts; two hours, v4 beside v6.
        let interfaces: [UInt32] = [0, 1, 7, 300, 70_000, 0x7fff_ffff, 0xffff_fffe]
        let samplers = [
            IPAddress(192, 0, 2, 9), IPAddress(192, 0, 2, 10), IPAddress(high: 0x2001_0db8_0000_0000, low: 1),
            IPAddress(high: 0x2001_0db8_0000_0000, low: 0x8000_0000_0000_0000),
        ]
        // Rows of a sampler come many at a time, or one by one.
        let run = seed % 3 == 0 ? 1 : 12
        var sampler = samplers[0]
        return (0..<count).map { number in
            if number % run == 0 { sampler = samplers[Int(random.next() % UInt64(1 + seed / 4 % 4))] }
            return Row(
                time: 1_800_000_000 - 5 + UInt32(random.next() % (seed % 2 == 0 ? 10 : 4000)),
                sampler: sampler,
                inIf: interfaces[Int(random.next() % 7)],
                outIf: interfaces[Int(random.next() % 7)],
                number: UInt32(number)
            )
        }
    }

    private func ordered(_ rows: [Row]) -> [Row] {
        // The place last, so that equal rows stay in turn.
        let keys = rows.indices.map { rows[$0].key + [UInt64($0)] }
        return rows.indices.sorted { keys[$0].lexicographicallyPrecedes(keys[$1]) }.map { rows[$0] }
    }

    private func fill(_ batch: FlowBatch, _ rows: [Row]) {
        for (index, row) in rows.enumerated() {
            let range = batch.reserve(1)
            batch.fill(.timeReceived, range, with: row.time)
            batch.fill(.samplerAddress, range, with: row.sampler)
            batch.fill(.inIf, range, with: row.inIf)
            batch.fill(.outIf, range, with: row.outIf)
            batch.fill(.srcAddr, range, with: IPAddress(high: 0x2001_0db8_0000_0000, low: UInt64(row.number)))
            batch.fill(.bytes, range, with: UInt64(row.number) << 32)
            batch.fill(.srcPort, range, with: UInt16(truncatingIfNeeded: row.number))
            batch.fill(.proto, range, with: UInt8(truncatingIfNeeded: row.number))
            batch.fill(.samplingRate, range, with: UInt32(1000))
            guard index % 3 == 0 else { continue }
            let text = [UInt8]("name\0\(row.number)\0".utf8)
            _ = batch.append(.strings, row: range.lowerBound, value: text.span.bytes)
        }
        batch.seal()
    }

    private func expect(_ batch: FlowBatch, is rows: [Row]) {
        #expect(batch.count == rows.count)
        let wrong = rows.indices.filter { index in
            let number = rows[index].number
            let text = number % 3 == 0 ? [UInt8]("name\0\(number)\0".utf8) : []
            return batch.number(.timeReceived, row: index) != UInt64(rows[index].time)
                || batch.address(.samplerAddress, row: index) != rows[index].sampler
                || batch.number(.inIf, row: index) != UInt64(rows[index].inIf)
                || batch.number(.outIf, row: index) != UInt64(rows[index].outIf)
                || batch.address(.srcAddr, row: index).low != UInt64(number)
                || batch.number(.bytes, row: index) != UInt64(number) << 32
                || batch.number(.srcPort, row: index) != UInt64(number & 0xffff)
                || batch.number(.proto, row: index) != UInt64(number & 0xff)
                || batch.number(.samplingRate, row: index) != 1000
                || batch.variable(.strings)?.value(row: index) != text
        }
        #expect(wrong.isEmpty)
    }
}

/// The same numbers for the same seed.
private struct SplitMix {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ z >> 30) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ z >> 27) &* 0x94D0_49BB_1331_11EB
        return z ^ z >> 31
    }
}
