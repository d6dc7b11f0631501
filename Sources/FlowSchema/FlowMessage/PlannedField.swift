/// How one field of FlowMessage is written for the rows of one batch.
@safe
struct PlannedField {
    /// How the column's values lie, and with that how they are written.
    enum Form: UInt8 {
        case byte, two, four, eight, address
        /// A list of numbers, packed.
        case numbers
        /// A text.
        case text
        /// A map from names to texts.
        case texts
        /// Bytes that are the same in all rows, of one field or several.
        case constant
    }

    let form: Form
    /// Bytes of the tag.
    private let tagBytes: UInt8
    /// Number and wire type as they are written.
    private let tag: UInt32
    /// The column's first value; for ``Form/constant`` nothing.
    private let start: UnsafeRawPointer?
    /// Where values of varying length end, behind a 0.
    private let ends: UnsafePointer<Int32>?
    /// Where among the constants, for ``Form/constant``.
    let constants: Range<Int>

    /// The most bytes that a field takes whose values don't vary in length: tag, length and an address.
    static let mostBytes = 3 + 1 + 16
    /// Bytes behind what is written that may change, and bytes behind the constants that may be read.
    static let slack = 40

    /// A field of a column of the batch, which stays as it is while this is used.
    @unsafe
    init(_ column: FlowColumn, start: UnsafeRawPointer, ends: UnsafePointer<Int32>? = nil) {
        let form = Form(column)
        let isNumber = form.rawValue <= Form.eight.rawValue
        let key = UInt64(column.field.number) << 3 | (isNumber ? 0 : 2)
        precondition(key < 1 << 21)
        var tag: UInt64 = 0
        unsafe withUnsafeMutableBytes(of: &tag) { unsafe _ = Varint.writeExactly(key, to: $0.baseAddress!) }
        self.form = form
        self.tag = UInt32(truncatingIfNeeded: UInt64(littleEndian: tag))
        tagBytes = UInt8(Varint.length(key))
        unsafe self.start = unsafe start
        unsafe self.ends = unsafe ends
        constants = 0..<0
    }

    /// Bytes that are written for each row.
    init(constants: Range<Int>) {
        form = .constant
        tag = 0
        tagBytes = 0
        unsafe start = nil
        unsafe ends = nil
        self.constants = constants
    }

    /// Whether the bytes that a row takes have to be asked for.
    var isVariable: Bool { form == .numbers || form == .text || form == .texts }

    /// A bound for the bytes that a row's list or texts take.
    func mostBytes(row: Int) -> Int {
        guard let ends = unsafe ends else { return 0 }
        // A number of four bytes takes five at most. A text has a zero byte behind it; written, it has a tag and a
        // length of two bytes in front and its half of those of the entry.
        return unsafe 16 + 8 * Int(ends[row + 1] &- ends[row])
    }

    /// Writes the field of a row, or nothing where it has its default.
    ///
    /// - Parameter constants: the bytes that ``constants`` are places in.
    /// - Returns: the place behind it.
    @inline(__always)
    @unsafe
    func write(
        row: Int,
        constants bytes: UnsafeRawPointer,
        to place: UnsafeMutableRawPointer
    ) -> UnsafeMutableRawPointer {
        let start = unsafe start ?? bytes
        switch form {
        case .constant:
            // Most are short: a call would cost more than 32 bytes do.
            let source = unsafe bytes + constants.lowerBound
            let count = constants.upperBound &- constants.lowerBound
            if count <= 32 {
                typealias Half = SIMD16<UInt8>
                unsafe place.storeBytes(of: source.loadUnaligned(as: Half.self), as: Half.self)
                unsafe (place + 16).storeBytes(of: (source + 16).loadUnaligned(as: Half.self), as: Half.self)
            } else {
                unsafe place.copyMemory(from: source, byteCount: count)
            }
            return unsafe place + count
        case .byte: return unsafe write(short: UInt64(start.load(fromByteOffset: row, as: UInt8.self)), to: place)
        case .two: return unsafe write(short: UInt64(start.load(fromByteOffset: 2 &* row, as: UInt16.self)), to: place)
        case .four:
            return unsafe write(number: UInt64(start.load(fromByteOffset: 4 &* row, as: UInt32.self)), to: place)
        case .eight: return unsafe write(number: start.load(fromByteOffset: 8 &* row, as: UInt64.self), to: place)
        case .address: return unsafe write(address: start + 16 &* row, to: place)
        case .numbers: return unsafe write(numbers: start, row, to: place)
        case .text: return unsafe write(text: self.bytes(of: row, start), to: place)
        case .texts: return unsafe write(texts: start, row, to: place)
        }
    }

    @inline(__always)
    @unsafe
    private func write(tagTo place: UnsafeMutableRawPointer) -> UnsafeMutableRawPointer {
        unsafe place.storeBytes(of: tag.littleEndian, as: UInt32.self)
        return unsafe place + Int(tagBytes)
    }

    @inline(__always)
    @unsafe
    private func write(number: UInt64, to place: UnsafeMutableRawPointer) -> UnsafeMutableRawPointer {
        let end = unsafe Varint.write(number, to: write(tagTo: place))
        // Written and then left out: whether a value is 0 follows no pattern either.
        return unsafe number == 0 ? place : end
    }

    /// A number of up to 16 bits: with its tag it is one store.
    @inline(__always)
    @unsafe
    private func write(short number: UInt64, to place: UnsafeMutableRawPointer) -> UnsafeMutableRawPointer {
        var bytes = number & 0x7F | (number & 0x3F80) &<< 1 | (number & 0xC000) &<< 2
        let (isTwo, isThree): (UInt64, UInt64) = (number > 0x7F ? 1 : 0, number > 0x3FFF ? 1 : 0)
        bytes |= isTwo &<< 7 | isThree &<< 15
        bytes = UInt64(tag) | bytes &<< UInt64(8 &* tagBytes)
        unsafe place.storeBytes(of: bytes.littleEndian, as: UInt64.self)
        let count = UInt64(tagBytes) &+ 1 &+ isTwo &+ isThree
        return unsafe place + Int(truncatingIfNeeded: number == 0 ? 0 : count)
    }

    @inline(__always)
    @unsafe
    private func write(address: UnsafeRawPointer, to place: UnsafeMutableRawPointer) -> UnsafeMutableRawPointer {
        let value = unsafe address.load(as: AddressBytes.self)
        guard value.high | value.low != 0 else { return unsafe place }
        let body = unsafe write(tagTo: place)
        unsafe body.storeBytes(of: 16, as: UInt8.self)
        unsafe (body + 1).storeBytes(of: value, as: AddressBytes.self)
        return unsafe body + 17
    }

    // MARK: - Lists and texts

    @unsafe
    private func bytes(of row: Int, _ start: UnsafeRawPointer) -> UnsafeRawBufferPointer {
        guard let ends = unsafe ends else { return unsafe UnsafeRawBufferPointer(start: nil, count: 0) }
        let first = unsafe Int(ends[row])
        return unsafe UnsafeRawBufferPointer(start: start + first, count: Int(ends[row + 1]) - first)
    }

    @inline(never)
    @unsafe
    private func write(
        numbers start: UnsafeRawPointer,
        _ row: Int,
        to place: UnsafeMutableRawPointer
    ) -> UnsafeMutableRawPointer {
        let bytes = unsafe bytes(of: row, start)
        let count = bytes.count / 4
        guard count > 0 else { return unsafe place }
        func number(_ index: Int) -> UInt64 {
            unsafe UInt64(UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: 4 * index, as: UInt32.self)))
        }
        let length = (0..<count).reduce(0) { $0 + Varint.length(number($1)) }
        var place = unsafe Varint.write(UInt64(length), to: write(tagTo: place))
        for index in 0..<count { unsafe place = unsafe Varint.write(number(index), to: place) }
        return unsafe place
    }

    @inline(never)
    @unsafe
    private func write(text: UnsafeRawBufferPointer, to place: UnsafeMutableRawPointer) -> UnsafeMutableRawPointer {
        guard let source = text.baseAddress, text.count > 0 else { return unsafe place }
        let body = unsafe Varint.write(UInt64(text.count), to: write(tagTo: place))
        unsafe body.copyMemory(from: source, byteCount: text.count)
        return unsafe body + text.count
    }

    /// An entry of a map is a message with the name as field 1 and the text as field 2, both always there.
    @inline(never)
    @unsafe
    private func write(
        texts start: UnsafeRawPointer,
        _ row: Int,
        to place: UnsafeMutableRawPointer
    ) -> UnsafeMutableRawPointer {
        var left = unsafe bytes(of: row, start)
        var place = unsafe place
        while let name = unsafe Self.takeText(&left), let text = unsafe Self.takeText(&left) {
            let (first, second) = (UInt64(name.count), UInt64(text.count))
            let length = 2 + Varint.length(first) + Varint.length(second) + name.count + text.count
            unsafe place = unsafe Varint.write(UInt64(length), to: write(tagTo: place))
            unsafe place = unsafe Self.write(text: name, tag: 0x0A, to: place)
            unsafe place = unsafe Self.write(text: text, tag: 0x12, to: place)
        }
        return unsafe place
    }

    /// Takes the bytes up to the next zero byte off, and that.
    @unsafe
    private static func takeText(_ left: inout UnsafeRawBufferPointer) -> UnsafeRawBufferPointer? {
        guard let end = unsafe left.firstIndex(of: 0) else { return nil }
        let text = unsafe UnsafeRawBufferPointer(rebasing: left[..<end])
        unsafe left = unsafe UnsafeRawBufferPointer(rebasing: left[(end + 1)...])
        return unsafe text
    }

    @unsafe
    private static func write(
        text: UnsafeRawBufferPointer,
        tag: UInt8,
        to place: UnsafeMutableRawPointer
    ) -> UnsafeMutableRawPointer {
        unsafe place.storeBytes(of: tag, as: UInt8.self)
        let body = unsafe Varint.write(UInt64(text.count), to: place + 1)
        if let source = text.baseAddress { unsafe body.copyMemory(from: source, byteCount: text.count) }
        return unsafe body + text.count
    }
}

extension PlannedField.Form {
    /// How values of the column are written.
    init(_ column: FlowColumn) {
        self =
            switch column.storage {
            case .uint8: .byte
            case .uint16: .two
            case .uint32: .four
            case .uint64: .eight
            case .bytes16: .address
            case .variable:
                switch column.field.kind {
                case .strings: .texts
                case .text: .text
                default: .numbers
                }
            }
    }
}
