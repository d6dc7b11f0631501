import WireFormat

/// Cuts a stream of bytes into MRT records (RFC 6396 section 2).
///
/// It holds one record at most, and nothing of those that nobody wants: a dump
/// of 3 GB goes through a few megabytes of memory.
struct MRTFraming: Sendable {
    /// What a record is, without its bytes.
    struct Header {
        var type: UInt16
        var subtype: UInt16
        var length: Int
    }

    /// What to do with a record.
    enum Wish {
        case read, skip
    }

    static let headerLength = 12

    private var partial: [UInt8] = []
    /// Bytes of a skipped record that are still to come.
    private var skipping = 0

    /// Whether the stream would end within a record.
    var isWithinRecord: Bool { !partial.isEmpty || skipping > 0 }

    /// Takes the next bytes of the stream.
    ///
    /// - Parameters:
    ///   - wish: is asked once for each record.
    ///   - body: gets the bytes behind the header of those that are to be read.
    mutating func feed(
        _ bytes: RawSpan,
        wish: (Header) -> Wish,
        body: (Header, RawSpan) -> Void
    ) {
        var held: [UInt8] = []
        swap(&held, &partial)
        unsafe bytes.withUnsafeBytes { unsafe held.append(contentsOf: $0) }
        var reader = WireReader(unsafe held.span.bytes)
        var kept = held.count
        while reader.remaining > 0 {
            if skipping > 0 {
                let count = min(skipping, reader.remaining)
                guard (try? reader.skip(count)) != nil else { break }
                skipping -= count
                continue
            }
            guard let header = Self.header(reader) else {
                kept = reader.offset
                break
            }
            // Asked again for a record whose end isn't there yet; the answer hangs on the header alone.
            if wish(header) == .skip {
                skipping = header.length
                guard (try? reader.skip(Self.headerLength)) != nil else { break }
            } else if reader.remaining - Self.headerLength < header.length {
                kept = reader.offset
                break
            } else {
                guard (try? reader.skip(Self.headerLength)) != nil, let record = try? reader.take(header.length)
                else { break }
                body(header, record.rest)
            }
        }
        held.removeFirst(kept)
        partial = held
    }

    /// The header at the reader; nil when there is too little of it. The timestamp isn't looked at.
    private static func header(_ reader: borrowing WireReader) -> Header? {
        guard let type = reader.peek(UInt16.self, ahead: 4), let subtype = reader.peek(UInt16.self, ahead: 6),
            let length = reader.peek(UInt32.self, ahead: 8)
        else { return nil }
        return Header(type: type, subtype: subtype, length: Int(length))
    }

    /// Whether a file may begin like this: a type of the registry (IANA, "MRT
    /// Types") and a length that a first record may have.
    static func isPlausible(_ bytes: RawSpan) -> Bool {
        guard let header = header(WireReader(bytes)) else { return false }
        let types: Set<UInt16> = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 16, 17, 32, 33, 48, 49]
        return types.contains(header.type) && header.subtype < 256 && header.length <= MRTReader.largestRecord
    }
}
