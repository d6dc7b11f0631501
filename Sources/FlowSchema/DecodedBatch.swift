import NetTypes

extension FlowBatch {
    /// Adds the rows and counters of an encoded batch behind those that are there, and seals.
    ///
    /// Everything is checked before it is used: bytes that were cut short,
    /// turned over or made by somebody else add nothing.
    ///
    /// - Parameter bytes: what ``EncodedBatch/write(_:)`` passed on, all of it and nothing else.
    public func append(encoded bytes: RawSpan) throws(EncodedBatchError) {
        let header = try EncodedBatchHeader(reading: bytes)
        guard header.byteCount == UInt64(bytes.byteCount) else { throw .cutShort }
        let waiting = interfaceCounters?.count ?? 0
        guard header.rows <= room, waiting + header.counterRows <= InterfaceCounterBatch.capacity else {
            throw .tooLarge
        }
        let rows = reserve(header.rows)
        do throws(EncodedBatchError) {
            var sections = SectionReader(bytes, header)
            var counters = [InterfaceCounters](repeating: InterfaceCounters(), count: header.counterRows)
            while let section = try sections.next() {
                if section.number & EncodedBatch.counterBit != 0 {
                    try Self.read(section, into: &counters)
                } else {
                    try read(section, rows, &sections)
                }
            }
            seal()
            for counter in counters { _ = appendInterfaceCounters(counter) }
        } catch {
            truncate(to: rows.lowerBound)
            throw error
        }
    }

    private func read(
        _ section: borrowing EncodedSection,
        _ rows: Range<Int>,
        _ sections: inout SectionReader
    ) throws(EncodedBatchError) {
        guard let column = FlowColumn.numbered(section.number) else { throw .unknownColumn(section.number) }
        guard rows.count > 0, !isPresent(column, in: rows) else { throw .damaged }
        let width = column.storage.width
        switch section.form {
        case .plain, .constant:
            guard column.storage != .variable, Int(section.width) == width,
                section.bytes.byteCount == (section.form == .plain ? rows.count * width : width)
            else { throw .damaged }
            unsafe fill(column, rows, with: section.bytes)
        case .ends:
            guard column.storage == .variable, section.bytes.byteCount == 4 * (rows.count + 1),
                let values = try sections.next(), values.number == section.number, values.form == .bytes
            else { throw .damaged }
            try append(column, rows, ends: section.bytes, values: values.bytes)
        case .bytes:
            throw .damaged
        }
    }

    /// Whether the rows, or later ones, have values.
    private func isPresent(_ column: FlowColumn, in rows: Range<Int>) -> Bool {
        unsafe columns[Int(column.rawValue)].written > rows.lowerBound
    }

    /// Copies values into the rows; a single one into all of them.
    @unsafe
    private func fill(_ column: FlowColumn, _ rows: Range<Int>, with values: RawSpan) {
        extend(column, to: rows.lowerBound)
        let place = unsafe columns + Int(column.rawValue)
        let width = unsafe place.pointee.width
        let start = unsafe place.pointee.start + rows.lowerBound * width
        unsafe place.pointee.written = rows.upperBound
        unsafe values.withUnsafeBytes { bytes in
            guard let source = bytes.baseAddress else { return }
            let isWhole = bytes.count == rows.count * width
            for row in 0..<(isWhole ? 1 : rows.count) {
                unsafe (start + row * width).copyMemory(from: source, byteCount: bytes.count)
            }
        }
    }

    private func append(
        _ column: FlowColumn,
        _ rows: Range<Int>,
        ends: RawSpan,
        values: RawSpan
    ) throws(EncodedBatchError) {
        var start = 0
        guard ends.number(0, Int32.self) == 0 else { throw .damaged }
        for (index, row) in rows.enumerated() {
            let end = Int(ends.number(4 * (index + 1), Int32.self))
            guard end >= start, end <= values.byteCount else { throw .damaged }
            guard append(column, row: row, value: values.extracting(start..<end)) else { throw .tooLarge }
            start = end
        }
        guard start == values.byteCount else { throw .damaged }
    }

    private static func read(
        _ section: borrowing EncodedSection,
        into counters: inout [InterfaceCounters]
    ) throws(EncodedBatchError) {
        let number = section.number & ~EncodedBatch.counterBit
        guard let column = UInt8(exactly: number).flatMap(InterfaceCounterColumn.init(rawValue:)) else {
            throw .unknownColumn(section.number)
        }
        let width = column.storage.width
        let isPlain = section.form == .plain
        guard isPlain || section.form == .constant, Int(section.width) == width,
            section.bytes.byteCount == (isPlain ? counters.count * width : width)
        else { throw .damaged }
        for index in counters.indices {
            let place = isPlain ? index * width : 0
            switch column.storage {
            case .bytes16:
                counters[index].samplerAddress = IPAddress(
                    high: UInt64(bigEndian: section.bytes.memory(place)),
                    low: UInt64(bigEndian: section.bytes.memory(place + 8))
                )
            case .uint64: counters[index][column] = section.bytes.number(place, UInt64.self)
            default:
                let value = section.bytes.number(place, UInt32.self)
                if column == .timeReceived { counters[index].timeReceived = value }
                counters[index][column] = UInt64(value)
            }
        }
    }
}

/// One section whose checksum is right.
struct EncodedSection: ~Escapable {
    let number: UInt32
    let form: EncodedBatch.Form
    let width: UInt8
    let bytes: RawSpan

    @_lifetime(copy bytes)
    init(number: UInt32, form: EncodedBatch.Form, width: UInt8, bytes: RawSpan) {
        self.number = number
        self.form = form
        self.width = width
        self.bytes = bytes
    }
}

/// Takes sections off, one after the other, until as many were there as the header says and nothing is behind them.
struct SectionReader: ~Escapable {
    private let bytes: RawSpan
    private var place: Int
    private var left: Int

    @_lifetime(copy bytes)
    init(_ bytes: RawSpan, _ header: EncodedBatchHeader) {
        self.bytes = bytes
        place = header.headerBytes
        left = header.sections
    }

    @_lifetime(copy self)
    mutating func next() throws(EncodedBatchError) -> EncodedSection? {
        guard left > 0 else {
            guard place == bytes.byteCount else { throw .damaged }
            return nil
        }
        left -= 1
        guard bytes.byteCount - place >= EncodedBatch.sectionHeaderBytes else { throw .cutShort }
        let head = bytes.extracting(place..<place + 16)
        let length = head.number(8, UInt64.self)
        let checksum = bytes.number(place + 16, UInt64.self)
        place += EncodedBatch.sectionHeaderBytes
        guard length <= UInt64(bytes.byteCount - place), Int(length).roundedUpToEight <= bytes.byteCount - place else {
            throw .cutShort
        }
        let values = bytes.extracting(place..<place + Int(length))
        place += Int(length).roundedUpToEight
        let seed = unsafe head.withUnsafeBytes { unsafe XXHash64.hash($0) }
        guard unsafe values.withUnsafeBytes({ unsafe XXHash64.hash($0, seed: seed) }) == checksum,
            let form = EncodedBatch.Form(rawValue: head.number(4, UInt8.self))
        else { throw .damaged }
        return EncodedSection(
            number: head.number(0, UInt32.self),
            form: form,
            width: head.number(5, UInt8.self),
            bytes: values
        )
    }
}

extension RawSpan {
    /// Eight bytes as they lie in memory.
    fileprivate func memory(_ offset: Int) -> UInt64 {
        unsafe unsafeLoadUnaligned(fromByteOffset: offset, as: UInt64.self)
    }
}

extension FlowColumn {
    /// The stored column of a field with that number.
    static func numbered(_ number: UInt32) -> FlowColumn? {
        byNumber[number]
    }

    private static let byNumber = Dictionary(
        uniqueKeysWithValues: allCases.filter(\.isStored).map { (UInt32($0.field.number), $0) }
    )
}
