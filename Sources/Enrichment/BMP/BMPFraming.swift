import WireFormat

/// Cuts a TCP stream into BMP messages (RFC 7854 section 4.1).
///
/// A message that lies whole in a piece is handed out where it lies; only one
/// that spans pieces is copied, so at most ``largest`` bytes are held.
struct BMPFraming: Sendable {
    /// Bytes of the largest message that is read: a BGP message of 65,535 bytes (RFC 8654) with its headers fits
    /// three times, which Peer Up needs, with its two OPENs.
    static let largest = 256 << 10
    /// Version, length and type.
    static let headerLength = 6

    /// The beginning of a message whose end hasn't come.
    private var partial: [UInt8] = []

    /// Bytes held of a message whose end hasn't come.
    var pending: Int { partial.count }

    /// Takes the next bytes of the stream, and hands out each message that is complete.
    ///
    /// - Parameter body: gets a message's type and what is behind the header; false ends it.
    mutating func feed(_ bytes: RawSpan, _ body: (UInt8, RawSpan) -> Bool) throws(BMPSessionError) {
        var reader = WireReader(bytes)
        do throws(DecodeError) {
            if !partial.isEmpty {
                guard try complete(&reader) else { return }
                var whole: [UInt8] = []
                swap(&whole, &partial)
                var message = WireReader(unsafe whole.span.bytes)
                let isGoingOn = try Self.hand(&message, body)
                // The memory stays for the next one, unless it is of a size that is rare.
                if whole.count <= 16 << 10 {
                    whole.removeAll(keepingCapacity: true)
                    swap(&whole, &partial)
                }
                guard isGoingOn else { return }
            }
            while let length = try Self.length(reader), length <= reader.remaining {
                guard try Self.hand(&reader, body) else { return }
            }
            append(&reader, reader.remaining)
        } catch {
            throw error == .unknownVersion ? .version : .length
        }
    }

    /// Takes what the message at hand still lacks. False when there isn't enough of it yet.
    private mutating func complete(_ reader: inout WireReader) throws(DecodeError) -> Bool {
        if partial.count < Self.headerLength {
            append(&reader, min(Self.headerLength - partial.count, reader.remaining))
        }
        guard let length = try Self.length(WireReader(unsafe partial.span.bytes)) else { return false }
        append(&reader, min(length - partial.count, reader.remaining))
        return partial.count == length
    }

    private mutating func append(_ reader: inout WireReader, _ count: Int) {
        guard count > 0, let cut = try? reader.take(count) else { return }
        unsafe cut.rest.withUnsafeBytes { bytes in unsafe partial.append(contentsOf: bytes) }
    }

    private static func hand(_ reader: inout WireReader, _ body: (UInt8, RawSpan) -> Bool) throws(DecodeError) -> Bool {
        try reader.skip(1)
        let length = try reader.read(UInt32.self)
        let type = try reader.read(UInt8.self)
        return body(type, try reader.take(Int(length) - headerLength).rest)
    }

    /// The length of the message at the reader; nil when there is too little of its header.
    private static func length(_ reader: borrowing WireReader) throws(DecodeError) -> Int? {
        guard let version = reader.peek(UInt8.self) else { return nil }
        guard version == 3 else { throw .unknownVersion }
        guard reader.remaining >= headerLength, let length = reader.peek(UInt32.self, ahead: 1) else { return nil }
        guard length >= headerLength, length <= largest else { throw .badLength }
        return Int(length)
    }
}

/// Why a session can't go on. The raw value is the reason's name in metrics.
public enum BMPSessionError: String, Error, CaseIterable, Sendable {
    /// What came isn't BMP of version 3.
    case version
    /// A message is shorter than its header, or larger than ``BMPFraming/largest``.
    case length
    /// The first message isn't an Initiation (RFC 7854 section 4.3).
    case initiation
}
