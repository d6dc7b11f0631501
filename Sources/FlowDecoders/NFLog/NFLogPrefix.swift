/// What a rule's prefix says of its packets: `netmeta:rate=100:dir=in`.
struct NFLogPrefix: Equatable {
    /// One of so many packets is logged.
    var rate: UInt32?
    /// 0 in, 1 out.
    var direction: UInt8?
    /// Whether all of it was understood.
    var isUnderstood = true

    /// The convention's name, in front of its settings.
    private static let name = "netmeta"

    /// Reads a prefix; nil when it isn't written by the convention.
    init?(_ text: [UInt8]) {
        var parts = text.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: true)
            .map { String(decoding: $0, as: UTF8.self).trimmingSpaces }
        guard parts.first == Self.name else { return nil }
        parts.removeFirst()
        for part in parts where !part.isEmpty {
            let words = part.split(separator: "=", maxSplits: 1).map(String.init)
            switch (words.first, words.count > 1 ? words[1] : "") {
            case ("rate", let value):
                rate = UInt32(value).flatMap { $0 > 0 ? $0 : nil }
                if rate == nil { isUnderstood = false }
            case ("dir", "in"): direction = 0
            case ("dir", "out"): direction = 1
            default: isUnderstood = false
            }
        }
    }
}

extension String {
    fileprivate var trimmingSpaces: String {
        var rest = self[...]
        while rest.first == " " { rest.removeFirst() }
        while rest.last == " " { rest.removeLast() }
        return String(rest)
    }
}

/// The prefixes of the last packets, so that a text is read once and not for each packet: there are as many as rules.
struct NFLogPrefixes {
    private var known: [(text: [UInt8], meaning: NFLogPrefix?)] = []
    private static let most = 64

    /// What a prefix says; nil when it isn't written by the convention.
    mutating func meaning(_ bytes: RawSpan) -> NFLogPrefix? {
        for (text, meaning) in known where Self.isEqual(text, bytes) { return meaning }
        var text: [UInt8] = []
        for offset in 0..<bytes.byteCount { text.append(bytes.number(at: offset)) }
        let meaning = NFLogPrefix(text)
        if known.count >= Self.most { known.removeFirst() }
        known.append((text, meaning))
        return meaning
    }

    private static func isEqual(_ text: [UInt8], _ bytes: RawSpan) -> Bool {
        guard text.count == bytes.byteCount else { return false }
        for offset in text.indices where text[offset] != bytes.number(at: offset, as: UInt8.self) { return false }
        return true
    }
}
