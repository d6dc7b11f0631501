import WireFormat

/// Cuts a stream of bytes into lines of text.
///
/// Lines that aren't UTF-8 are taken as Latin-1, in which every byte is a
/// character: registries mix both in one file.
struct LineSplitter: Sendable {
    /// Bytes of the longest line; what is longer loses its end.
    static let longest = 64 << 10

    private var partial: [UInt8] = []
    /// The line at hand is too long, so its bytes are passed over.
    private var isCut = false

    /// The lines that are complete by now, without what ends them.
    mutating func feed(_ bytes: RawSpan) -> [String] {
        var held: [UInt8] = []
        swap(&held, &partial)
        unsafe bytes.withUnsafeBytes { unsafe held.append(contentsOf: $0) }
        var lines: [String] = []
        var start = 0
        while let end = held[start...].firstIndex(of: UInt8(ascii: "\n")) {
            if !isCut { lines.append(Self.text(held[start..<end])) }
            isCut = false
            start = end + 1
        }
        held.removeFirst(start)
        if isCut {
            held.removeAll(keepingCapacity: true)
        } else if held.count > Self.longest {
            lines.append(Self.text(held[...]))
            held.removeAll(keepingCapacity: true)
            isCut = true
        }
        partial = held
        return lines
    }

    /// The last line, if nothing ended it.
    mutating func finish() -> String? {
        defer { partial.removeAll() }
        return partial.isEmpty || isCut ? nil : Self.text(partial[...])
    }

    /// Bytes as text; at most ``longest`` of them, and without white space around them.
    static func text(_ bytes: ArraySlice<UInt8>) -> String {
        var bytes = bytes.prefix(longest)
        while let last = bytes.last, isBlank(last) { bytes.removeLast() }
        while let first = bytes.first, isBlank(first) { bytes.removeFirst() }
        if let text = String(validating: bytes, as: UTF8.self) { return text }
        return String(String.UnicodeScalarView(bytes.map { Unicode.Scalar($0) }))
    }

    private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || (9...13).contains(byte) }
}
