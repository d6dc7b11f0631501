/// Cuts a stream of bytes into IPFIX messages.
///
/// Over TCP, and in files, messages follow each other without anything in
/// between; the length in each one's header tells where the next begins (RFC
/// 7011 section 10.4, RFC 5655 section 6). Bytes come in pieces that end anywhere. A
/// message that lies whole in a piece is handed out where it lies; only one
/// that spans pieces is copied, so at most 65,535 bytes are held.
///
/// Once the header can't be one, nothing behind it can be told apart: the
/// session is over.
public struct IPFIXFraming: Sendable {
    /// The beginning of a message whose end hasn't come.
    private var partial: [UInt8] = []

    /// Starts at a message's first byte.
    public init() {}

    /// Version and length, which are enough to find the end (RFC 7011 section 3.1).
    private static let prefixLength = 4
    /// The message header, the least that the length may be.
    private static let headerLength = 16

    /// Bytes held of a message whose end hasn't come.
    public var pending: Int { partial.count }

    /// Takes the next bytes of the stream, and hands out each message that is complete.
    ///
    /// - Throws: `unknownVersion` or `badLength` at the first header that can't
    ///   be one, after the messages before it. What comes next has to start with a message.
    public mutating func feed(
        _ bytes: RawSpan,
        _ body: (RawSpan) -> Void
    ) throws(IPFIXFramingError) {
        var reader = WireReader(bytes)
        do throws(DecodeError) {
            if !partial.isEmpty, try !complete(&reader, body) { return }
            while let length = try Self.length(reader), length <= reader.remaining {
                let message = try reader.take(length)
                body(message.rest)
            }
            append(&reader, reader.remaining)
        } catch {
            throw IPFIXFramingError(reason: error, bytes: reset() + reader.remaining)
        }
    }

    /// Forgets the beginning of a message whose end won't come, and tells how many bytes that was.
    public mutating func reset() -> Int {
        defer { partial.removeAll() }
        return partial.count
    }

    /// Whether bytes begin as an IPFIX message does, and have a first set that fits, as far as they go.
    public static func isPlausible(_ bytes: RawSpan) -> Bool {
        let reader = WireReader(bytes)
        guard let found = try? length(reader), found >= headerLength else { return false }
        guard found >= headerLength + 4, let set = reader.peek(UInt16.self, ahead: headerLength),
            let setLength = reader.peek(UInt16.self, ahead: headerLength + 2)
        else { return true }
        return (set == 2 || set == 3 || set > 255) && setLength >= 4 && Int(setLength) <= found - headerLength
    }

    /// Takes what the message at hand still lacks. False when there isn't enough of it yet.
    private mutating func complete(
        _ reader: inout WireReader,
        _ body: (RawSpan) -> Void
    ) throws(DecodeError) -> Bool {
        if partial.count < Self.prefixLength {
            append(&reader, min(Self.prefixLength - partial.count, reader.remaining))
        }
        guard let length = try Self.length(WireReader(unsafe partial.span.bytes)) else { return false }
        append(&reader, min(length - partial.count, reader.remaining))
        guard partial.count == length else { return false }
        body(unsafe partial.span.bytes)
        // The memory stays for the next one.
        partial.removeAll(keepingCapacity: true)
        return true
    }

    private mutating func append(_ reader: inout WireReader, _ count: Int) {
        guard count > 0, let cut = try? reader.take(count) else { return }
        unsafe cut.rest.withUnsafeBytes { bytes in unsafe partial.append(contentsOf: bytes) }
    }

    /// The length of the message at the reader; nil when there is too little of its header.
    private static func length(_ reader: WireReader) throws(DecodeError) -> Int? {
        guard let version = reader.peek(UInt16.self) else { return nil }
        guard version == 10 else { throw .unknownVersion }
        guard let length = reader.peek(UInt16.self, ahead: 2) else { return nil }
        guard length >= headerLength else { throw .badLength }
        return Int(length)
    }
}

/// A stream that is no IPFIX (any more).
public struct IPFIXFramingError: Error, Equatable, Sendable {
    /// What was wrong with the header.
    public var reason: DecodeError
    /// Bytes that belong to no message: what was held, and the rest of what was fed.
    public var bytes: Int
}
