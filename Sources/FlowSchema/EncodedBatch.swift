import Glibc

/// A sealed batch as bytes: what the spool keeps on disk.
///
/// A header (``EncodedBatchHeader``), then a section for each column that the
/// batch has and that is stored, each with a checksum of its own. Columns are
/// named by their published numbers, so that another version of the program
/// reads what this one wrote. All numbers are little-endian, all parts end on
/// a multiple of eight bytes.
///
///     0   4   number: of the field, or of a counter's column with the highest bit set
///     4   1   how the values lie, see Form
///     5   1   bytes of a value, 0 where they vary
///     6   2   0
///     8   8   bytes that follow, without those that fill up to eight
///     16  8   XXH64 of those bytes, with XXH64 of the 16 bytes before as its seed
///
/// Nothing is copied until ``write(_:)``: the columns belong to the batch,
/// which the caller keeps as it is meanwhile.
@safe
public struct EncodedBatch {
    /// What stands in front.
    public let header: EncodedBatchHeader
    private let sections: [Section]

    /// Bytes of everything.
    public var byteCount: Int { Int(header.byteCount) }

    /// How the values of a section lie.
    enum Form: UInt8 {
        /// One after the other.
        case plain
        /// One, which all rows have.
        case constant
        /// Where each value ends, as 32-bit numbers behind a 0 where the first begins.
        case ends
        /// The bytes of values that vary in length.
        case bytes
    }

    /// The bit that tells columns of counters from those of flows.
    static let counterBit: UInt32 = 1 << 31
    static let sectionHeaderBytes = 24

    @safe
    private struct Section {
        let number: UInt32
        let form: Form
        let width: UInt8
        let bytes: UnsafeRawBufferPointer
    }

    /// Describes a sealed batch.
    ///
    /// - Parameter token: names the batch to the store.
    public init(_ batch: FlowBatch, token: String) {
        var sections: [Section] = []
        let rows = batch.count
        for column in FlowColumn.allCases where column.isStored && rows > 0 && batch.isPresent(column) {
            let number = UInt32(column.field.number)
            if let variable = batch.variable(column) {
                let ends = unsafe UnsafeRawBufferPointer(start: variable.offsets, count: 4 * (rows + 1))
                let last = unsafe Int(ends.load(fromByteOffset: 4 * rows, as: Int32.self))
                let bytes = unsafe UnsafeRawBufferPointer(start: variable.values, count: last)
                unsafe sections.append(Section(number: number, form: .ends, width: 0, bytes: ends))
                unsafe sections.append(Section(number: number, form: .bytes, width: 0, bytes: bytes))
            } else {
                let width = column.storage.width
                let values = unsafe UnsafeRawBufferPointer(start: batch.bytes(of: column), count: rows * width)
                unsafe sections.append(Self.section(number, values, width: width))
            }
        }
        let counters = batch.interfaceCounters
        let counterRows = counters?.count ?? 0
        for column in InterfaceCounterColumn.allCases where counterRows > 0 {
            guard let counters else { break }
            let width = column.storage.width
            let values = unsafe UnsafeRawBufferPointer(start: counters.bytes(of: column), count: counterRows * width)
            unsafe sections.append(Self.section(UInt32(column.rawValue) | Self.counterBit, values, width: width))
        }
        self.sections = sections
        // Counters may come without a row.
        let counted =
            counterRows > 0 ? counters.map { UInt32(truncatingIfNeeded: $0.number(.timeReceived, row: 0)) } : nil
        let received = batch.receivedRange ?? (counted ?? 0)...(counted ?? 0)
        header = EncodedBatchHeader(
            token: token,
            rows: rows,
            counterRows: counterRows,
            firstReceived: received.lowerBound,
            lastReceived: received.upperBound,
            sections: sections.count,
            sectionBytes: sections.reduce(0) { sum, section in
                unsafe sum + Self.sectionHeaderBytes + section.bytes.count.roundedUpToEight
            }
        )
    }

    /// Half of a batch's columns have one value in all of their rows.
    @unsafe
    private static func section(_ number: UInt32, _ values: UnsafeRawBufferPointer, width: Int) -> Section {
        // All are the same when the bytes equal themselves one value further.
        let isConstant =
            unsafe values.baseAddress.map { start in
                unsafe memcmp(start, start + width, values.count - width) == 0
            } ?? false
        let bytes = unsafe isConstant ? UnsafeRawBufferPointer(rebasing: values.prefix(width)) : values
        return unsafe Section(number: number, form: isConstant ? .constant : .plain, width: UInt8(width), bytes: bytes)
    }

    /// Passes on the bytes, part by part, in order.
    @unsafe
    public func write<Failure: Error>(_ body: (UnsafeRawBufferPointer) throws(Failure) -> Void) throws(Failure) {
        unsafe try Self.pass(header.bytes, body)
        for section in sections {
            var head: [UInt8] = []
            head.append(littleEndian: section.number)
            head += [section.form.rawValue, section.width, 0, 0]
            unsafe head.append(littleEndian: UInt64(section.bytes.count))
            let seed = unsafe head.withUnsafeBytes { unsafe XXHash64.hash($0) }
            unsafe head.append(littleEndian: XXHash64.hash(section.bytes, seed: seed))
            unsafe try Self.pass(head, body)
            unsafe try body(section.bytes)
            let filling = unsafe section.bytes.count.roundedUpToEight - section.bytes.count
            if filling > 0 { unsafe try Self.pass([UInt8](repeating: 0, count: filling), body) }
        }
    }

    /// `withUnsafeBytes` of arrays takes no closure with typed errors.
    @unsafe
    private static func pass<Failure: Error>(
        _ bytes: [UInt8],
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Void
    ) throws(Failure) {
        let result: Result<Void, Failure> = unsafe bytes.withUnsafeBytes { bytes in
            do throws(Failure) { return .success(unsafe try body(bytes)) } catch { return .failure(error) }
        }
        try result.get()
    }
}

/// What stands in front of an encoded batch, enough to keep account of it.
///
///     0   8   "NMSPOOL\n"
///     8   4   version of the format
///     12  4   sections
///     16  8   rows of flows
///     24  4   rows of interface counters
///     28  4   bytes of the token
///     32  4   the least TimeReceived
///     36  4   the greatest TimeReceived
///     40  8   bytes of everything
///     48  8   XXH64 of the 48 bytes before, with XXH64 of the token as its seed
///     56      the token
public struct EncodedBatchHeader: Equatable, Sendable {
    /// Names the batch to the store.
    public let token: String
    /// Rows of flows.
    public let rows: Int
    /// Rows of interfaces' counters.
    public let counterRows: Int
    /// When the first row was received, in seconds since 1970 UTC.
    public let firstReceived: UInt32
    /// When the last row was received.
    public let lastReceived: UInt32
    /// Bytes of everything, the header included.
    public let byteCount: UInt64
    let sections: Int

    static let version: UInt32 = 1
    static let magic: [UInt8] = Array("NMSPOOL\n".utf8)
    static let fixedBytes = 56
    /// Bytes of a token.
    static let mostTokenBytes = 200
    /// As many bytes from the start hold the header.
    public static let mostBytes = fixedBytes + mostTokenBytes

    init(
        token: String,
        rows: Int,
        counterRows: Int,
        firstReceived: UInt32,
        lastReceived: UInt32,
        sections: Int,
        sectionBytes: Int
    ) {
        precondition(token.utf8.count <= Self.mostTokenBytes)
        self.token = token
        self.rows = rows
        self.counterRows = counterRows
        self.firstReceived = firstReceived
        self.lastReceived = lastReceived
        self.sections = sections
        byteCount = UInt64((Self.fixedBytes + token.utf8.count).roundedUpToEight + sectionBytes)
    }

    /// Bytes of the header.
    var headerBytes: Int { (Self.fixedBytes + token.utf8.count).roundedUpToEight }

    /// The header as it is written.
    var bytes: [UInt8] {
        var bytes = Self.magic
        bytes.append(littleEndian: Self.version)
        bytes.append(littleEndian: UInt32(sections))
        bytes.append(littleEndian: UInt64(rows))
        bytes.append(littleEndian: UInt32(counterRows))
        bytes.append(littleEndian: UInt32(token.utf8.count))
        bytes.append(littleEndian: firstReceived)
        bytes.append(littleEndian: lastReceived)
        bytes.append(littleEndian: byteCount)
        bytes.append(littleEndian: Self.checksum(bytes, token: Array(token.utf8)))
        bytes += Array(token.utf8)
        bytes += [UInt8](repeating: 0, count: headerBytes - bytes.count)
        return bytes
    }

    /// Reads a header.
    ///
    /// - Parameter bytes: the file's first ``mostBytes``, or all of it where it is shorter.
    public init(reading bytes: RawSpan) throws(EncodedBatchError) {
        guard bytes.byteCount >= Self.fixedBytes else { throw .cutShort }
        for (index, byte) in Self.magic.enumerated() where bytes.number(index, UInt8.self) != byte { throw .notABatch }
        guard bytes.number(8, UInt32.self) == Self.version else { throw .otherVersion(bytes.number(8, UInt32.self)) }
        let tokenBytes = Int(bytes.number(28, UInt32.self))
        guard tokenBytes <= Self.mostTokenBytes else { throw .damaged }
        guard bytes.byteCount >= (Self.fixedBytes + tokenBytes).roundedUpToEight else { throw .cutShort }
        let fixed = (0..<48).map { bytes.number($0, UInt8.self) }
        let name = (0..<tokenBytes).map { bytes.number(Self.fixedBytes + $0, UInt8.self) }
        guard bytes.number(48, UInt64.self) == Self.checksum(fixed, token: name),
            let rows = Int(exactly: bytes.number(16, UInt64.self))
        else { throw .damaged }
        token = String(decoding: name, as: UTF8.self)
        self.rows = rows
        counterRows = Int(bytes.number(24, UInt32.self))
        firstReceived = bytes.number(32, UInt32.self)
        lastReceived = bytes.number(36, UInt32.self)
        sections = Int(bytes.number(12, UInt32.self))
        byteCount = bytes.number(40, UInt64.self)
    }

    private static func checksum(_ fixed: [UInt8], token: [UInt8]) -> UInt64 {
        let seed = unsafe token.withUnsafeBytes { unsafe XXHash64.hash($0) }
        return unsafe fixed.withUnsafeBytes { unsafe XXHash64.hash($0, seed: seed) }
    }
}

/// Why bytes are no batch.
public enum EncodedBatchError: Error, Equatable {
    /// The end is missing, or there is more than the header says.
    case cutShort
    /// It begins with something else.
    case notABatch
    /// Another version of the format.
    case otherVersion(UInt32)
    /// A checksum or a length is wrong.
    case damaged
    /// A column that this version doesn't know.
    case unknownColumn(UInt32)
    /// More rows than the batch that they are to be added to has room for.
    case tooLarge
}

// MARK: - Bytes

extension RawSpan {
    /// A little-endian number; the caller has checked that it is there.
    func number<Number: FixedWidthInteger & BitwiseCopyable>(_ offset: Int, _: Number.Type) -> Number {
        unsafe Number(littleEndian: unsafeLoadUnaligned(fromByteOffset: offset, as: Number.self))
    }
}

extension [UInt8] {
    fileprivate mutating func append<Number: FixedWidthInteger>(littleEndian number: Number) {
        unsafe Swift.withUnsafeBytes(of: number.littleEndian) { unsafe append(contentsOf: $0) }
    }
}

extension Int {
    /// The next multiple of eight.
    var roundedUpToEight: Int { (self + 7) & ~7 }
}
