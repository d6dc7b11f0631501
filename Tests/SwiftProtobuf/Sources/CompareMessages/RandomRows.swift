import FlowSchema
import NetTypes

/// Rows of all kinds, as a batch and as JSON of the same values.
struct RandomRows {
    let batch: FlowBatch
    /// An object for each row, with fields by the names of Docs/flow.proto.
    private(set) var json: [String] = []

    private enum Shape: CaseIterable {
        /// Nothing but zeros, which are not written.
        case empty
        /// The largest value of each field.
        case largest
        /// Something in every field, of all magnitudes.
        case full
        /// Something in about one of eight fields.
        case sparse
        /// The same as the row before.
        case repeated
    }

    /// Makes rows.
    ///
    /// - Parameter areReadBack: whether readers have to take all values for what they are: see `record(_:)`.
    init(_ count: Int, _ random: inout SeededNumbers, areReadBack: Bool = false) {
        batch = FlowBatch(capacity: count)
        let batch = batch
        // Whole batches of one row over and over, too.
        let areAlike = random.next() % 5 == 0
        let start = random
        for row in 0..<count {
            if areAlike { random = start }
            var shape = areAlike ? Shape.full : Shape.allCases.randomElement(using: &random) ?? .full
            if row == 0, shape == .repeated { shape = .full }
            let rows = batch.reserve(1)
            guard shape != .repeated else {
                for column in FlowColumn.allCases { Self.repeatValue(column, row, batch) }
                json.append(json[row - 1])
                continue
            }
            var members: [String] = []
            for column in FlowColumn.allCases {
                let isSkipped = shape == .empty || (shape == .sparse && random.next() % 8 != 0)
                var value = shape == .largest ? UInt64.max : random.next() >> (random.next() & 63)
                if isSkipped { value = 0 }
                if areReadBack { value = Self.readBack(value, column) }
                let text = Self.write(value, column, rows, batch, &random)
                if let text { members.append("\"\(column.field.protoName)\":\(text)") }
            }
            json.append("{\(members.joined(separator: ","))}")
        }
        batch.seal()
    }

    /// Gives a row its value; that as JSON, or nil where the row has none.
    private static func write(
        _ value: UInt64,
        _ column: FlowColumn,
        _ rows: Range<Int>,
        _ batch: FlowBatch,
        _ random: inout SeededNumbers
    ) -> String? {
        let row = rows.lowerBound
        switch column.storage {
        case .uint8:
            batch.fill(column, rows, with: UInt8(truncatingIfNeeded: value))
            return "\(UInt8(truncatingIfNeeded: value))"
        case .uint16:
            batch.fill(column, rows, with: UInt16(truncatingIfNeeded: value))
            return "\(UInt16(truncatingIfNeeded: value))"
        case .uint32:
            batch.fill(column, rows, with: UInt32(truncatingIfNeeded: value))
            return "\(UInt32(truncatingIfNeeded: value))"
        case .uint64:
            batch.fill(column, rows, with: value)
            return "\"\(value)\""
        case .bytes16:
            let address = IPAddress(high: value, low: value == 0 ? 0 : random.next() | 1)
            batch.fill(column, rows, with: address)
            // A reader of JSON takes no bytes for a field of them that isn't there.
            return value == 0 ? nil : "\"\(base64(address))\""
        case .variable where column.field.kind == .strings:
            let texts = (0..<value % 17).map { ("name\($0 + 10)", "wwẃ \(random.next() % 1000) \u{10348}") }
            guard !texts.isEmpty else { return nil }
            let bytes = texts.flatMap { Array("\($0.0)\0\($0.1)\0".utf8) }
            precondition(batch.append(column, row: row, value: bytes.span.bytes))
            return "{\(texts.map { "\"\($0.0)\":\"\($0.1)\"" }.joined(separator: ","))}"
        case .variable where column.field.kind == .text:
            let characters: [Character] = ["a", "é", "\u{20AC}", "\u{10348}"]
            let text = String((0..<value % 60).map { _ in characters[Int(random.next() % 4)] })
            guard !text.isEmpty else { return nil }
            precondition(batch.append(column, row: row, value: Array(text.utf8).span.bytes))
            return "\"\(text)\""
        case .variable:
            let numbers = (0..<value % 256).map { _ in
                UInt32(truncatingIfNeeded: random.next() >> (random.next() & 63))
            }
            guard !numbers.isEmpty else { return nil }
            let bytes = numbers.flatMap { number in (0..<4).map { UInt8(truncatingIfNeeded: number >> (8 * $0)) } }
            precondition(batch.append(column, row: row, value: bytes.span.bytes))
            return "[\(numbers.map(String.init).joined(separator: ","))]"
        }
    }

    private static func repeatValue(_ column: FlowColumn, _ row: Int, _ batch: FlowBatch) {
        let rows = row..<row + 1
        let number = batch.number(column, row: row - 1)
        switch column.storage {
        case .uint8: batch.fill(column, rows, with: UInt8(number))
        case .uint16: batch.fill(column, rows, with: UInt16(number))
        case .uint32: batch.fill(column, rows, with: UInt32(number))
        case .uint64: batch.fill(column, rows, with: number)
        case .bytes16: batch.fill(column, rows, with: batch.address(column, row: row - 1))
        case .variable:
            guard let bytes = batch.variable(column)?.value(row: row - 1), !bytes.isEmpty else { return }
            precondition(batch.append(column, row: row, value: bytes.span.bytes))
        }
    }

    private static func readBack(_ value: UInt64, _ column: FlowColumn) -> UInt64 {
        switch column {
        case .timeReceived, .samplingRate: max(1, value & UInt64(UInt32.max))
        case .samplingRateSource: 1 + value % UInt64(SamplingSource.allCases.count - 1)
        default:
            switch column.field.kind {
            case .flowType: value % UInt64(FlowType.allCases.count)
            case .locality: value % UInt64(Locality.allCases.count)
            case .encapType: value % UInt64(EncapType.allCases.count)
            default: value
            }
        }
    }

    private static func base64(_ address: IPAddress) -> String {
        let bytes = [address.high, address.low].flatMap { half in
            (0..<8).map { UInt8(truncatingIfNeeded: half >> (56 - 8 * UInt64($0))) }
        }
        let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
        var text = ""
        for start in stride(from: 0, to: 16, by: 3) {
            let group = bytes[start..<min(start + 3, 16)]
            let bits = group.reduce(UInt32(0)) { $0 << 8 | UInt32($1) } << UInt32(8 * (3 - group.count))
            for index in 0..<4 {
                text.append(index <= group.count ? digits[Int(bits >> (18 - 6 * UInt32(index)) & 63)] : "=")
            }
        }
        return text
    }
}

/// Numbers that are the same in every run (SplitMix64).
struct SeededNumbers: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = (state ^ (state >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
