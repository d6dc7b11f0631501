import FlowSchema
import Foundation
import NetTypes
import Testing

@Suite("FlowMessage in Protocol Buffers")
struct FlowMessageTests {
    @Test("what is written is read back: every column, with small and large values, alike and unlike")
    func roundTrip() throws {
        for seed in 1...20 {
            let batch = someFlows(200, seed: UInt64(seed), areAlike: seed % 4 == 0)
            let bytes = encode(batch, 0..<batch.count)
            let copy = FlowBatch(capacity: 400)
            var decoder = FlowMessageDecoder()
            let framing = try FlowMessageDecoder.framing(of: bytes.span.bytes)
            #expect(framing == .delimited(flows: 200))
            // Twice, so that the second lies behind other rows.
            try decoder.decode(bytes.span.bytes, framing, into: copy, received: 1)
            try decoder.decode(bytes.span.bytes, framing, into: copy, received: 1)
            #expect(decoder.counters.flows == 400)
            #expect(decoder.counters.unknownFields == 0 && decoder.counters.badValues == 0)
            #expect(decoder.counters.leftOut == 0 && decoder.counters.implausibleTimes == 0)
            copy.seal()
            for column in FlowColumn.allCases {
                for row in 0..<400 { expectSame(copy, row, batch, row % 200, column) }
            }
        }
    }

    @Test("a flow has the bytes that the encoding prescribes")
    func bytes() {
        let batch = FlowBatch(capacity: 2)
        let rows = batch.reserve(2)
        batch.fill(.flowType, rows, with: FlowType.ipfix.rawValue)
        batch.fill(.timeReceived, rows, with: UInt32(300))
        batch.fill(.flowDirection, rows, with: UInt8(0))
        batch.fill(.incoming, rows, with: UInt8(0))
        batch.fill(.srcAddr, rows, with: IPAddress(192, 0, 2, 1))
        batch.fill(.bytes, 0..<1, with: UInt64.max)
        batch.fill(.bytes, 1..<2, with: UInt64(0))
        batch.fill(.srcPortEncap, rows, with: UInt16(0x1234))
        batch.seal()
        // Field 1 = 4, field 2 = 300 in two bytes, field 6 as 16 bytes.
        let start: [UInt8] = [0x08, 4, 0x10, 0xAC, 0x02, 0x32, 16] + [UInt8](repeating: 0, count: 10) + [0xFF, 0xFF]
        let address: [UInt8] = [192, 0, 2, 1]
        // Field 9 in ten bytes, and not there when it is 0; field 1003's tag is 1003 * 8 = 0x1F58.
        let largest: [UInt8] = [0x48] + [UInt8](repeating: 0xFF, count: 9) + [0x01]
        let end: [UInt8] = [0xD8, 0x3E, 0xB4, 0x24]
        let (first, second) = (start + address + largest + end, start + address + end)
        #expect(encode(batch, 0..<2) == [UInt8(first.count)] + first + [UInt8(second.count)] + second)
        #expect(encode(batch, 1..<2) == [UInt8(second.count)] + second)
    }

    @Test("words of clouds are strings; of several the last counts, and what is no text is left out")
    func words() throws {
        let batch = FlowBatch(capacity: 1)
        batch.fill(.bytes, batch.reserve(1), with: UInt64(7))
        batch.fill(.flowDirection, 0..<1, with: UInt8(0))
        batch.fill(.incoming, 0..<1, with: UInt8(0))
        let word = Array("eu-1".utf8)
        let isThere = batch.append(.cloudRegion, row: 0, value: word.span.bytes)
        #expect(isThere)
        batch.seal()
        // Field 1355's tag is 1355 * 8 + 2 = 0x2A5A.
        #expect(encode(batch, 0..<1) == [9, 0x48, 7, 0xDA, 0x54, 4] + word)
        func regions(_ words: [[UInt8]]) throws -> (FlowBatch, FlowMessageCounters) {
            var body: [UInt8] = [0x48, 7]
            for word in words { body += [0xDA, 0x54, UInt8(word.count)] + word }
            let bytes = [UInt8(body.count)] + body
            let batch = FlowBatch(capacity: 10)
            var decoder = FlowMessageDecoder()
            let framing = try FlowMessageDecoder.framing(of: bytes.span.bytes)
            try decoder.decode(bytes.span.bytes, framing, into: batch, received: 1)
            batch.seal()
            return (batch, decoder.counters)
        }
        let (last, _) = try regions([Array("eu-1".utf8), Array("us".utf8)])
        #expect(last.variable(.cloudRegion)?.value(row: 0) == Array("us".utf8))
        for word: [UInt8] in [[0xFF, 0xFE], [0x61, 0, 0x62]] {
            let (none, counters) = try regions([word])
            #expect(none.count == 1 && counters.leftOut == 1 && !none.hasValue(.cloudRegion, row: 0))
        }
        let (long, counters) = try regions([Array(repeatElement("é", count: 60).joined().utf8)])
        #expect(long.variable(.cloudRegion)?.value(row: 0).count == 120 && counters.leftOut == 0)
    }

    /// Made by Scripts/compare-messages.sh --record, which compares many more.
    @Test("messages of swift-protobuf, of all fields, are read and written again as the same bytes")
    func swiftProtobuf() throws {
        let tests = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        let bytes = [UInt8](try Data(contentsOf: tests.appending(path: "Fixtures/messages/swift-protobuf.bin")))
        let batch = try decoded(bytes, room: 1000)
        #expect(batch.count == 40)
        batch.seal()
        #expect(encode(batch, 0..<batch.count) == bytes)
        // Not only what both leave out.
        for column in FlowColumn.allCases {
            #expect((0..<batch.count).contains { batch.hasValue(column, row: $0) }, "no message has \(column)")
        }
    }

    @Test("numbers of all lengths take as many bytes as they need")
    func numbers() throws {
        let values = (0..<64).flatMap { [UInt64(1) << UInt64($0), (UInt64(1) << UInt64($0)) - 1] } + [.max]
        let batch = FlowBatch(capacity: values.count)
        let out = batch.write(.bytes, batch.reserve(values.count), as: UInt64.self)
        for (index, value) in values.enumerated() { out[index] = value }
        batch.fill(.flowDirection, 0..<values.count, with: UInt8(0))
        batch.fill(.incoming, 0..<values.count, with: UInt8(0))
        batch.seal()
        var expected: [UInt8] = []
        for value in values {
            var number: [UInt8] = []
            var left = value
            while left >= 0x80 {
                number.append(UInt8(truncatingIfNeeded: left) | 0x80)
                left >>= 7
            }
            number.append(UInt8(left))
            expected += value == 0 ? [0] : [UInt8(number.count + 1), 0x48] + number
        }
        #expect(encode(batch, 0..<values.count) == expected)
    }

    @Test("messages of more than 127 bytes have a longer length in front, whatever the one before had")
    func lengths() throws {
        let batch = FlowBatch(capacity: 4)
        for (row, count) in [3, 200, 1, 255].enumerated() {
            let rows = batch.reserve(1)
            batch.fill(.timeReceived, rows, with: UInt32(1_800_000_000))
            let path = (0..<count).flatMap { index -> [UInt8] in [UInt8(index), 0, 1, 0x80] }
            let isTaken = batch.append(.asPath, row: row, value: path.span.bytes)
            #expect(isTaken)
        }
        batch.seal()
        let copy = try decoded(encode(batch, 0..<4))
        for row in 0..<4 { expectSame(copy, row, batch, row, .asPath) }
    }

    @Test("no row is written where none is asked for")
    func nothing() {
        let batch = FlowBatch(capacity: 1)
        #expect(encode(batch, 0..<0).isEmpty)
    }

    // MARK: - Other producers

    @Test("IPv4 is taken in 4 bytes, in 16, and in the first four of 16")
    func addresses() throws {
        let short: [UInt8] = [0x32, 4, 198, 51, 100, 7]
        let mapped: [UInt8] = [0x32, 16] + [UInt8](repeating: 0, count: 10) + [0xFF, 0xFF, 198, 51, 100, 7]
        // With Etype 0x0800, or it is an IPv6 address.
        let padded: [UInt8] =
            [0x32, 16, 198, 51, 100, 7] + [UInt8](repeating: 0, count: 12) + [0xF0, 0x01, 0x80, 0x10]
        for flow in [short, mapped, padded] {
            let batch = try decoded([UInt8(flow.count)] + flow)
            #expect(batch.address(.srcAddr, row: 0) == IPAddress(198, 51, 100, 7))
        }
        let v6 = try decoded([18] + padded.prefix(18))
        #expect(v6.address(.srcAddr, row: 0) == IPAddress("c633:6407::"))
        let none = try decoded([4, 0x32, 0, 0x48, 1])
        #expect(none.address(.srcAddr, row: 0) == .unspecified)
        for length in [1, 3, 5, 15, 17] {
            let flow = [0x32, UInt8(length)] + [UInt8](repeating: 1, count: length)
            #expect(throws: FlowMessageError.badAddress) { try decoded([UInt8(flow.count)] + flow) }
        }
    }

    @Test("a field that isn't there is 0, a rate 1, and the time that of the queue")
    func defaults() throws {
        let batch = try decoded([2, 0x48, 100])
        #expect(batch.number(.bytes, row: 0) == 100)
        #expect(batch.number(.flowDirection, row: 0) == 0 && batch.number(.incoming, row: 0) == 0)
        #expect(batch.number(.samplingRate, row: 0) == 1 && batch.number(.samplingRateSource, row: 0) == 0)
        #expect(batch.number(.timeReceived, row: 0) == 1_799_999_999)
        let sampled = try decoded([4, 0x48, 100, 0x18, 64])
        #expect(sampled.number(.samplingRate, row: 0) == 64)
        #expect(sampled.number(.samplingRateSource, row: 0) == UInt64(SamplingSource.record.rawValue))
    }

    @Test("fields that the schema doesn't have are skipped, whatever their type, and so is a type that isn't theirs")
    func unknownFields() throws {
        let flow: [UInt8] =
            [0xD8, 0x02, 1]  // field 43 as a number
            + [0xFA, 0xFF, 0xFF, 0xFF, 0x0F, 2, 9, 9]  // field 2^29 - 1 as bytes
            + [0x41, 1, 2, 3, 4, 5, 6, 7, 8]  // field 8 as 64 bits
            + [0x45, 1, 2, 3, 4]  // field 8 as 32 bits
            + [0x30, 7]  // field 6, an address, as a number
            + [0x4A, 1, 7]  // field 9, a number, as bytes
            + [0x50, 3]  // field 10
        var decoder = FlowMessageDecoder()
        let batch = FlowBatch(capacity: 1)
        let bytes = [UInt8(flow.count)] + flow
        try decoder.decode(bytes.span.bytes, .delimited(flows: 1), into: batch, received: 1)
        #expect(batch.number(.packets, row: 0) == 3)
        #expect(decoder.counters.unknownFields == 6)
    }

    @Test("of a field that comes twice the last counts, and lists go on")
    func repetitions() throws {
        let flow: [UInt8] = [0x48, 1, 0x48, 2, 0x82, 0x40, 2, 5, 6, 0x80, 0x40, 7, 0x82, 0x40, 0]
        let batch = try decoded([UInt8(flow.count)] + flow)
        #expect(batch.number(.bytes, row: 0) == 2)
        #expect(VariableValue.numbers(batch.variable(.asPath)?.value(row: 0) ?? []) == [5, 6, 7])
    }

    @Test("values that a column has no room for, or no name, count as unknown")
    func badValues() throws {
        // FlowType 99, EncapType 200, SrcPort 70000, IPTTL 256, SamplingRate 2^40, and TCPFlags with a ninth bit.
        let flow: [UInt8] =
            [0x08, 99, 0xE8, 0x3E, 0xC8, 0x01, 0xA8, 0x01, 0xF0, 0xA2, 0x04, 0xC8, 0x01, 0x80, 0x02]
            + [0x18, 0x80, 0x80, 0x80, 0x80, 0x80, 0x20, 0xD0, 0x01, 0x92, 0x02, 0x48, 1]
        var decoder = FlowMessageDecoder()
        let batch = FlowBatch(capacity: 1)
        let bytes = [UInt8(flow.count)] + flow
        try decoder.decode(bytes.span.bytes, .delimited(flows: 1), into: batch, received: 1)
        for column in [FlowColumn.flowType, .encapType, .srcPort, .ipTTL] { #expect(batch.number(column, row: 0) == 0) }
        #expect(batch.number(.samplingRate, row: 0) == 1)
        #expect(batch.number(.tcpFlags, row: 0) == 0x12)
        #expect(decoder.counters.badValues == 5)
    }

    @Test("texts beyond their number or length, or that aren't text, are left out and counted")
    func texts() throws {
        func entry(_ name: [UInt8], _ text: [UInt8]) -> [UInt8] {
            let body = [0x0A] + length(name.count) + name + [0x12] + length(text.count) + text
            return [0x92, 0x40] + length(body.count) + body
        }
        let long = [UInt8](repeating: 0x61, count: 255) + Array("é".utf8)
        var flow = entry(Array("a".utf8), long) + entry(Array("b".utf8), [0xFF]) + entry([], [0x61])
        flow += entry(Array("c".utf8), [0x61, 0]) + entry([UInt8](repeating: 0x61, count: 65), [])
        for index in 0..<20 { flow += entry(Array("n\(index)".utf8), Array("t\(index)".utf8)) }
        flow += [0x48, 1]
        var decoder = FlowMessageDecoder()
        let batch = FlowBatch(capacity: 1)
        let bytes = length(flow.count) + flow
        try decoder.decode(bytes.span.bytes, .delimited(flows: 1), into: batch, received: 1)
        let texts = VariableValue.texts(batch.variable(.strings)?.value(row: 0) ?? [])
        #expect(texts.count == 16)
        #expect(texts.first?.text == String(repeating: "a", count: 255))
        #expect(texts.last?.name == "n14" && texts.last?.text == "t14")
        // The one that was cut, the four that aren't text or have no good name, and the five beyond sixteen.
        #expect(decoder.counters.leftOut == 10)
    }

    @Test("rows of a time that isn't asked for are counted, and the others stay")
    func times() throws {
        var decoder = FlowMessageDecoder()
        decoder.times = 100...200
        let batch = FlowBatch(capacity: 10)
        let bytes: [UInt8] = [4, 0x10, 99, 0x48, 1, 4, 0x10, 100, 0x48, 2, 5, 0x10, 0xC9, 0x01, 0x48, 3]
        try decoder.decode(bytes.span.bytes, .delimited(flows: 3), into: batch, received: 1)
        #expect(batch.count == 1 && batch.number(.bytes, row: 0) == 2)
        #expect(decoder.counters.implausibleTimes == 2 && decoder.counters.flows == 1)
    }

    @Test("a single message without a length in front is known as one")
    func single() throws {
        let flow: [UInt8] = [0x08, 3, 0x10, 0xAC, 0x02, 0x48, 100, 0x50, 2]
        let batch = try decoded(flow)
        #expect(batch.count == 1 && batch.number(.bytes, row: 0) == 100 && batch.number(.flowType, row: 0) == 3)
        // Its first bytes look like an empty message and one of one byte.
        let tricky: [UInt8] = [0x50, 1] + [UInt8](repeating: 0, count: 0)
        #expect(try decoded(tricky).number(.packets, row: 0) == 1)
    }

    // MARK: - Hostile bytes

    @Test("what was cut short at any place adds nothing or whole flows, and never traps")
    func prefixes() {
        let bytes = encode(someFlows(5, seed: 7, areAlike: false), 0..<5)
        for count in 0..<bytes.count { _ = try? decoded(Array(bytes.prefix(count))) }
    }

    @Test("bytes that nobody meant are refused, and leave a batch as it was")
    func garbage() {
        var random = SeededNumbers(seed: 3)
        let whole = encode(someFlows(3, seed: 9, areAlike: false), 0..<3)
        let batch = FlowBatch(capacity: 70_000)
        var decoder = FlowMessageDecoder()
        var refused = 0
        for round in 0..<4000 {
            var bytes = round % 2 == 0 ? (0..<Int(random.next() % 200)).map { _ in UInt8(random.next() & 0xFF) } : whole
            if round % 2 == 1, let place = bytes.indices.randomElement(using: &random) {
                bytes[place] = UInt8(random.next() & 0xFF)
            }
            guard let framing = try? FlowMessageDecoder.framing(of: bytes.span.bytes) else { continue }
            let rows = batch.count
            do {
                try decoder.decode(bytes.span.bytes, framing, into: batch, received: 1)
            } catch {
                refused += 1
                #expect(batch.count == rows)
            }
            batch.clear()
        }
        #expect(refused > 1000)
    }

    @Test("a payload of more flows than are taken is refused before anything is read")
    func many() {
        let bytes = [UInt8](repeating: 0, count: FlowMessageDecoder.mostFlows + 1)
        #expect(throws: FlowMessageError.tooManyFlows) { try FlowMessageDecoder.framing(of: bytes.span.bytes) }
        #expect(throws: FlowMessageError.tooLarge) {
            var decoder = FlowMessageDecoder()
            let small: [UInt8] = [2, 0x48, 1, 2, 0x48, 1]
            try decoder.decode(small.span.bytes, .delimited(flows: 2), into: FlowBatch(capacity: 1), received: 1)
        }
    }

    // MARK: - Helpers

    private func length(_ count: Int) -> [UInt8] {
        count < 128 ? [UInt8(count)] : [UInt8(count & 0x7F) | 0x80] + length(count >> 7)
    }

    private func decoded(_ bytes: [UInt8], room: Int = 100) throws -> FlowBatch {
        let batch = FlowBatch(capacity: room)
        var decoder = FlowMessageDecoder()
        let framing = try FlowMessageDecoder.framing(of: bytes.span.bytes)
        try decoder.decode(bytes.span.bytes, framing, into: batch, received: 1_799_999_999)
        return batch
    }

    private func encode(_ batch: FlowBatch, _ rows: Range<Int>) -> [UInt8] {
        var encoder = FlowMessageEncoder()
        encoder.begin(batch)
        encoder.append(rows)
        return encoder.withBytes { Array($0) }
    }

    private func expectSame(_ copy: FlowBatch, _ row: Int, _ batch: FlowBatch, _ source: Int, _ column: FlowColumn) {
        switch column.storage {
        case .bytes16: #expect(copy.address(column, row: row) == batch.address(column, row: source), "\(column)")
        case .variable:
            let mine = copy.variable(column)?.value(row: row) ?? []
            #expect(mine == batch.variable(column)?.value(row: source) ?? [], "\(column)")
        default: #expect(copy.number(column, row: row) == batch.number(column, row: source), "\(column)")
        }
    }

    /// Rows with something in every column, of all magnitudes.
    private func someFlows(_ count: Int, seed: UInt64, areAlike: Bool) -> FlowBatch {
        var random = SeededNumbers(seed: seed)
        let batch = FlowBatch(capacity: count)
        for row in 0..<count {
            let rows = batch.reserve(1)
            if areAlike { random = SeededNumbers(seed: seed) }
            for column in FlowColumn.allCases {
                let value = random.next() >> (random.next() & 63)
                switch (column.storage, column.field.kind) {
                case (_, .flowType): batch.fill(column, rows, with: FlowType.allCases[Int(value % 7)].rawValue)
                case (_, .samplingSource): batch.fill(column, rows, with: UInt8(2))
                case (_, .locality), (_, .encapType): batch.fill(column, rows, with: UInt8(value % 5))
                case (.uint8, _): batch.fill(column, rows, with: UInt8(truncatingIfNeeded: value))
                case (.uint16, _): batch.fill(column, rows, with: UInt16(truncatingIfNeeded: value))
                case (.uint32, _): batch.fill(column, rows, with: UInt32(truncatingIfNeeded: value) | 1)
                case (.uint64, _): batch.fill(column, rows, with: value)
                case (.bytes16, _): batch.fill(column, rows, with: IPAddress(high: value, low: random.next()))
                case (.variable, .strings):
                    let text = Array("httpHost\0www.example\(value % 100)\0".utf8)
                    if value % 3 != 0 { _ = batch.append(column, row: row, value: text.span.bytes) }
                case (.variable, .text):
                    let text = Array(repeatElement("zürich-", count: Int(value % 30)).joined().utf8)
                    _ = batch.append(column, row: row, value: text.span.bytes)
                case (.variable, _):
                    let bytes = (0..<4 * (value % 20)).map { _ in UInt8(random.next() & 0xFF) }
                    _ = batch.append(column, row: row, value: bytes.span.bytes)
                }
            }
        }
        batch.seal()
        return batch
    }
}

/// Numbers that are the same in every run.
struct SeededNumbers: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
