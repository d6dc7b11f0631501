/// A cursor over the messages in what a netlink socket gave: each has a header
/// of 16 bytes in the byte order of this machine, and is padded to four
/// (netlink(7)).
///
/// ```
/// var messages = NetlinkMessages(bytes)
/// while try messages.next() { use(messages.type, messages.payload) }
/// ```
///
/// The kernel writes them, but recorded ones are read too: nothing is
/// believed about a length before it was compared with what is there.
public struct NetlinkMessages: ~Escapable {
    private let bytes: RawSpan
    private var following = 0
    private var start = 0
    private var length = 0
    /// The type of the message: what it means depends on the socket's protocol, but for ``done`` and ``error``.
    public private(set) var type: UInt16 = 0
    /// The flags of the message.
    public private(set) var flags: UInt16 = 0
    /// The number of the request that it answers.
    public private(set) var sequence: UInt32 = 0

    /// An answer, to a request that asked for one or that failed (NLMSG_ERROR).
    public static let error: UInt16 = 2
    /// The end of an answer of several messages (NLMSG_DONE).
    public static let done: UInt16 = 3
    /// Whether what is listed changed while it was (NLM_F_DUMP_INTR).
    public static let wasInterrupted: UInt16 = 0x10

    /// Starts before the first message.
    @_lifetime(copy bytes)
    public init(_ bytes: RawSpan) { self.bytes = bytes }

    /// Moves to the next message.
    ///
    /// - Returns: whether there is one.
    public mutating func next() throws(DecodeError) -> Bool {
        guard following < bytes.byteCount else { return false }
        let rest = bytes.byteCount - following
        guard rest >= 16 else { throw .truncated }
        let size = bytes.native(at: following, as: UInt32.self)
        guard size >= 16, size <= rest else { throw .badLength }
        type = bytes.native(at: following + 4)
        flags = bytes.native(at: following + 6)
        sequence = bytes.native(at: following + 8)
        (start, length) = (following + 16, Int(size) - 16)
        // The last one's padding may be missing.
        following = min(bytes.byteCount, following + (Int(size) + 3) & ~3)
        return true
    }

    /// What is behind the header.
    public var payload: RawSpan {
        @_lifetime(copy self)
        get { bytes.cut(at: start, length: length) }
    }

    /// The system's error number in a message of type ``error``; 0 says that the request was done.
    public var code: Int32 {
        guard type == Self.error || type == Self.done, length >= 4 else { return 0 }
        // It is told negative.
        return 0 &- bytes.native(at: start, as: Int32.self)
    }
}

/// A cursor over netlink attributes: length and type in the byte order of
/// this machine, the value, and padding to four bytes.
///
/// Values are read through it, big-endian as netfilter has them; a value
/// that is too short for what is read counts as ``DecodeError/badLength``.
public struct NetlinkAttributes: ~Escapable {
    private let bytes: RawSpan
    private var following: Int
    private var start = 0
    /// Bytes of the value.
    public private(set) var length = 0
    /// The attribute's number, without the bits that say how it is written.
    public private(set) var type: UInt16 = 0

    /// Starts before the first attribute.
    ///
    /// - Parameter offset: bytes in front of it, such as a header of the family.
    @_lifetime(copy bytes)
    public init(_ bytes: RawSpan, from offset: Int = 0) {
        self.bytes = bytes
        following = offset
    }

    /// Moves to the next attribute.
    ///
    /// - Returns: whether there is one.
    public mutating func next() throws(DecodeError) -> Bool {
        guard following < bytes.byteCount else { return false }
        let rest = bytes.byteCount - following
        guard rest >= 4 else { throw .truncated }
        let size = Int(bytes.native(at: following, as: UInt16.self))
        guard size >= 4, size <= rest else { throw .badLength }
        // The two highest bits mark nested ones and those in network order.
        type = bytes.native(at: following + 2, as: UInt16.self) & 0x3FFF
        (start, length) = (following + 4, size - 4)
        following = min(bytes.byteCount, following + (size + 3) & ~3)
        return true
    }

    /// The value's bytes.
    public var value: RawSpan {
        @_lifetime(copy self)
        get { bytes.cut(at: start, length: length) }
    }

    /// The attributes in the value.
    public var nested: NetlinkAttributes {
        @_lifetime(copy self)
        get { NetlinkAttributes(bytes.cut(at: start, length: length)) }
    }

    /// A big-endian number at the value's start.
    public func number<T: FixedWidthInteger & BitwiseCopyable>(
        at offset: Int = 0,
        as type: T.Type = T.self
    ) throws(DecodeError) -> T {
        guard offset >= 0, length - offset >= MemoryLayout<T>.size else { throw .badLength }
        return T(bigEndian: bytes.native(at: start + offset, as: T.self))
    }

    /// A number in this machine's byte order, as route netlink has them.
    public func native<T: FixedWidthInteger & BitwiseCopyable>(_ type: T.Type = T.self) throws(DecodeError) -> T {
        guard length >= MemoryLayout<T>.size else { throw .badLength }
        return bytes.native(at: start, as: T.self)
    }

    /// The text of the value up to its NUL, at most `most` bytes of it; bytes that are no UTF-8 are replaced.
    public func text(most: Int = 256) -> String {
        var text: [UInt8] = []
        for offset in 0..<min(length, most) {
            let byte = bytes.native(at: start + offset, as: UInt8.self)
            guard byte != 0 else { break }
            text.append(byte)
        }
        return String(decoding: text, as: UTF8.self)
    }
}

extension RawSpan {
    /// A number in this machine's byte order; the caller has checked that its bytes are there, and it traps otherwise.
    func native<T: FixedWidthInteger & BitwiseCopyable>(at offset: Int, as type: T.Type = T.self) -> T {
        unsafe unsafeLoadUnaligned(fromByteOffset: offset, as: T.self)
    }
}

// MARK: - Requests

/// A message to the kernel, padded to four bytes.
///
/// - Parameter payload: what is behind the header.
public func netlinkRequest(type: UInt16, flags: UInt16, sequence: UInt32, _ payload: [UInt8]) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.append(native: UInt32(16 + payload.count))
    bytes.append(native: type)
    bytes.append(native: flags)
    bytes.append(native: sequence)
    bytes.append(native: UInt32(0))
    bytes += payload
    while bytes.count % 4 != 0 { bytes.append(0) }
    return bytes
}

/// An attribute of a message to the kernel, padded to four bytes.
public func netlinkAttribute(_ type: UInt16, _ value: [UInt8]) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.append(native: UInt16(4 + value.count))
    bytes.append(native: type)
    bytes += value
    while bytes.count % 4 != 0 { bytes.append(0) }
    return bytes
}

extension [UInt8] {
    /// Adds a number in this machine's byte order.
    fileprivate mutating func append<T: FixedWidthInteger>(native value: T) {
        for index in 0..<MemoryLayout<T>.size {
            append(UInt8(truncatingIfNeeded: value.littleEndian >> (8 * T(index))))
        }
    }
}
