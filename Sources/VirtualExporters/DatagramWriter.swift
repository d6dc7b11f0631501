/// Room for several datagrams behind each other, written in network byte order.
///
/// One owner fills it, sends what ``withDatagrams(_:)`` shows and starts again
/// with ``removeAll()``: no allocation per datagram.
public struct DatagramWriter: ~Copyable {
    private let storage: UnsafeMutableRawBufferPointer
    /// Where each finished datagram ends.
    private var ends: [Int] = []
    private var position = 0

    /// Makes room for `capacity` bytes, at least one datagram of 65,535.
    public init(capacity: Int = 1 << 18) {
        storage = .allocate(byteCount: max(capacity, 65_535), alignment: 16)
        ends.reserveCapacity(256)
    }

    deinit {
        storage.deallocate()
    }

    /// How many datagrams are finished.
    public var count: Int { ends.count }

    /// How many bytes the finished datagrams have together.
    public var byteCount: Int { ends.last ?? 0 }

    /// Whether another datagram of `bytes` bytes has room.
    public func hasRoom(for bytes: Int) -> Bool { storage.count - position >= bytes }

    /// Forgets all datagrams and keeps the room.
    public mutating func removeAll() {
        ends.removeAll(keepingCapacity: true)
        position = 0
    }

    /// Shows the finished datagrams; the buffers are valid inside `body` only.
    public borrowing func withDatagrams<Result, Failure: Error>(
        _ body: ([UnsafeRawBufferPointer]) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        var start = 0
        let buffers = ends.map { end in
            defer { start = end }
            return UnsafeRawBufferPointer(rebasing: storage[start..<end])
        }
        return try body(buffers)
    }

    /// Copies of the finished datagrams, for tests and files.
    public borrowing func datagrams() -> [[UInt8]] {
        withDatagrams { $0.map { Array($0) } }
    }

    // MARK: - Writing, for the encoders

    /// Where the next byte of the current datagram goes, from its beginning.
    var offset: Int { position - (ends.last ?? 0) }

    /// Ends the current datagram.
    mutating func finish() {
        ends.append(position)
    }

    @inline(__always)
    mutating func write<Number: FixedWidthInteger & BitwiseCopyable>(_ number: Number) {
        storage.storeBytes(of: number.bigEndian, toByteOffset: position, as: Number.self)
        position += MemoryLayout<Number>.size
    }

    /// Makes room for `count` bytes that the caller fills before the next write.
    mutating func append(_ count: Int) -> UnsafeMutableRawPointer {
        precondition(hasRoom(for: count))
        defer { position += count }
        // Room for at least one datagram was allocated: there is a base address.
        return storage.baseAddress! + position
    }

    /// Writes the low `length` bytes of a number, 1 to 8 of them (RFC 7011
    /// section 6.2, reduced-size encoding).
    @inline(__always)
    mutating func write(_ number: UInt64, length: UInt16) {
        switch length {
        case 1: write(UInt8(truncatingIfNeeded: number))
        case 2: write(UInt16(truncatingIfNeeded: number))
        case 4: write(UInt32(truncatingIfNeeded: number))
        case 8: write(number)
        default:
            for index in 0..<Int(length) {
                write(UInt8(truncatingIfNeeded: number >> UInt64(8 * (Int(length) - 1 - index))))
            }
        }
    }

    mutating func write(text: String) {
        for byte in text.utf8 { write(byte) }
    }

    /// Text in a field of fixed length: cut or filled with zeros.
    mutating func write(text: String, length: Int) {
        let bytes = text.utf8.prefix(length)
        for byte in bytes { write(byte) }
        writeZeros(length - bytes.count)
    }

    mutating func writeZeros(_ count: Int) {
        for _ in 0..<count { write(0 as UInt8) }
    }

    /// Replaces two bytes at `offset` of the current datagram.
    mutating func patch(_ number: UInt16, at offset: Int) {
        storage.storeBytes(of: number.bigEndian, toByteOffset: (ends.last ?? 0) + offset, as: UInt16.self)
    }

    /// Replaces four bytes at `offset` of the current datagram.
    mutating func patch(_ number: UInt32, at offset: Int) {
        storage.storeBytes(of: number.bigEndian, toByteOffset: (ends.last ?? 0) + offset, as: UInt32.self)
    }

    /// The one's-complement sum of the bytes from `start` to the end of the
    /// current datagram, for the IPv4 header (RFC 1071).
    func checksum(from start: Int) -> UInt16 {
        var sum: UInt32 = 0
        for index in stride(from: (ends.last ?? 0) + start, to: position, by: 2) {
            sum += UInt32(storage[index]) << 8 | UInt32(storage[index + 1])
        }
        while sum > 0xFFFF { sum = sum & 0xFFFF + sum >> 16 }
        return ~UInt16(sum)
    }
}
