import FlowSchema
import NetTypes
import Testing

@Suite("A batch as bytes")
struct EncodedBatchTests {
    @Test("comes back as it was: numbers, addresses, lists, texts, counters")
    func roundTrip() throws {
        for batch in [mixed(), counters(), single()] {
            let bytes = encode(batch)
            let copy = FlowBatch(capacity: 100)
            try copy.append(encoded: bytes.span.bytes)
            expectSame(copy, batch, from: 0)
            // Again behind the first: defaults fill what is between, and nothing of the first changes.
            let counterRows = batch.interfaceCounters?.count ?? 0
            try copy.append(encoded: bytes.span.bytes)
            #expect(copy.count == 2 * batch.count)
            #expect((copy.interfaceCounters?.count ?? 0) == 2 * counterRows)
            expectSame(copy, batch, from: batch.count)
        }
    }

    @Test("the bytes are those that version 1 has written since the beginning")
    func format() throws {
        let batch = single()
        let bytes = encode(batch)
        #expect(String(decoding: bytes.prefix(8), as: UTF8.self) == "NMSPOOL\n")
        #expect(bytes[8] == 1)
        let header = try EncodedBatchHeader(reading: bytes.span.bytes)
        #expect(header.token == "life-1" && header.rows == 1 && header.counterRows == 0)
        #expect(header.firstReceived == 1_800_000_000 && header.lastReceived == 1_800_000_000)
        #expect(header.byteCount == UInt64(bytes.count))
        // Header and token, then TimeReceived and FlowDirection with one value each: whoever changes this has to
        // read the old form, too. The checksums are XXH64 as its authors' tool computes it.
        #expect(hex(bytes) == Self.versionOne)
    }

    static let versionOne =
        "4e4d53504f4f4c0a01000000020000000100000000000000000000000600000000d2496b00d2496b8000000000000000"
        + "2bbc62e44a6c87e06c6966652d31000002000000010400000400000000000000a8de3c86970509d900d2496b00000000"
        + "2a000000010100000100000000000000e2a1d48fd19f2c65ff00000000000000"

    @Test("a column with one value takes no more room than that, and one that nobody wrote none")
    func size() {
        let small = FlowBatch(capacity: 10_000)
        let rows = small.reserve(10_000)
        small.fill(.timeReceived, rows, with: UInt32(1_800_000_000))
        small.fill(.srcAddr, rows, with: IPAddress(192, 0, 2, 1))
        small.seal()
        #expect(EncodedBatch(small, token: "t").byteCount < 200)
    }

    @Test("what was cut short or continued at any place is refused and adds nothing")
    func prefixes() {
        for batch in [mixed(), counters()] {
            let bytes = encode(batch)
            let copy = FlowBatch(capacity: 100)
            for length in 0..<bytes.count {
                let start = Array(bytes.prefix(length))
                #expect(throws: EncodedBatchError.self) { try copy.append(encoded: start.span.bytes) }
            }
            let longer = bytes + [0, 0, 0, 0, 0, 0, 0, 0]
            #expect(throws: EncodedBatchError.cutShort) { try copy.append(encoded: longer.span.bytes) }
            #expect(copy.isEmpty)
            #expect(FlowColumn.allCases.allSatisfy { !copy.isPresent($0) })
        }
    }

    @Test("one bit that turned over is seen wherever it is, unless it fills up")
    func bits() {
        let batch = mixed()
        let bytes = encode(batch)
        let copy = FlowBatch(capacity: 100)
        for place in bytes.indices {
            for bit in 0..<8 {
                var wrong = bytes
                wrong[place] ^= 1 << UInt8(bit)
                guard (try? copy.append(encoded: wrong.span.bytes)) != nil else { continue }
                // Nothing but the filling behind a token or a section is read by nobody.
                expectSame(copy, batch, from: 0)
                copy.clear()
            }
        }
        #expect(copy.isEmpty)
    }

    @Test("a batch with more rows than there is room for is refused")
    func tooLarge() {
        let batch = mixed()
        let copy = FlowBatch(capacity: batch.count - 1)
        #expect(throws: EncodedBatchError.tooLarge) { try copy.append(encoded: encode(batch).span.bytes) }
        #expect(copy.isEmpty)
    }

    // MARK: - Batches

    private func single() -> FlowBatch {
        let batch = FlowBatch(capacity: 10)
        batch.fill(.timeReceived, batch.reserve(1), with: UInt32(1_800_000_000))
        batch.seal()
        return batch
    }

    /// Every stored column, in some rows at least.
    private func mixed() -> FlowBatch {
        let batch = FlowBatch(capacity: 20)
        for round in 0..<4 {
            let rows = batch.reserve(3)
            batch.fill(.timeReceived, rows, with: UInt32(1_800_000_000 + round))
            // The second round writes nothing else, so that defaults stand between values.
            guard round != 1 else { continue }
            for column in FlowColumn.allCases where column.isStored && column != .timeReceived {
                let value = UInt64(column.rawValue) &* 0x0101_0101_0101_0101 &+ UInt64(round)
                switch column.storage {
                case .uint8: batch.fill(column, rows, with: UInt8(truncatingIfNeeded: value))
                case .uint16: batch.fill(column, rows, with: UInt16(truncatingIfNeeded: value))
                case .uint32: batch.fill(column, rows, with: UInt32(truncatingIfNeeded: value))
                case .uint64: batch.fill(column, rows, with: value)
                case .bytes16: batch.fill(column, rows, with: IPAddress(high: value, low: ~value))
                case .variable:
                    let bytes = [UInt8](repeating: UInt8(round), count: 4 * round)
                    let fits = batch.append(column, row: rows.lowerBound + 1, value: bytes.span.bytes)
                    #expect(fits)
                }
            }
        }
        addCounters(to: batch, 2)
        batch.seal()
        return batch
    }

    private func counters() -> FlowBatch {
        let batch = FlowBatch(capacity: 10)
        addCounters(to: batch, 5)
        batch.seal()
        return batch
    }

    private func addCounters(to batch: FlowBatch, _ count: Int) {
        for row in 0..<count {
            var counters = InterfaceCounters()
            counters.timeReceived = 1_800_000_000 + UInt32(row)
            counters.samplerAddress = IPAddress(192, 0, 2, UInt8(row))
            for column in InterfaceCounterColumn.allCases where column != .timeReceived && column != .samplerAddress {
                counters[column] = UInt64(column.rawValue) << (column.storage == .uint64 ? 40 : 8) + UInt64(row)
            }
            #expect(batch.appendInterfaceCounters(counters))
        }
    }

    private func encode(_ batch: FlowBatch) -> [UInt8] {
        var bytes: [UInt8] = []
        let encoded = EncodedBatch(batch, token: "life-1")
        encoded.write { bytes += $0 }
        #expect(bytes.count == encoded.byteCount)
        return bytes
    }

    private func hex(_ bytes: [UInt8]) -> String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    /// Compares a batch with the rows of another from some row on.
    private func expectSame(_ copy: FlowBatch, _ batch: FlowBatch, from first: Int) {
        for column in FlowColumn.allCases where column.isStored {
            #expect(copy.isPresent(column) == batch.isPresent(column), "\(column)")
            for row in 0..<batch.count {
                switch column.storage {
                case .bytes16:
                    #expect(copy.address(column, row: first + row) == batch.address(column, row: row))
                case .variable:
                    let mine = copy.variable(column)?.value(row: first + row) ?? []
                    #expect(mine == batch.variable(column)?.value(row: row) ?? [])
                default:
                    #expect(copy.number(column, row: first + row) == batch.number(column, row: row), "\(column)")
                }
            }
        }
        guard let mine = copy.interfaceCounters, let theirs = batch.interfaceCounters else {
            #expect((copy.interfaceCounters?.count ?? 0) == (batch.interfaceCounters?.count ?? 0))
            return
        }
        let offset = first == 0 ? 0 : theirs.count
        for row in 0..<theirs.count {
            #expect(mine.samplerAddress(row: offset + row) == theirs.samplerAddress(row: row))
            for column in InterfaceCounterColumn.allCases {
                #expect(mine.number(column, row: offset + row) == theirs.number(column, row: row), "\(column)")
            }
        }
    }
}
