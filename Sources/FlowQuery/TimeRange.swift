/// The time that a question is about: from a second (included) to a second (excluded).
public struct TimeRange: Hashable, Sendable {
    /// Unix seconds, included.
    public let from: UInt64
    /// Unix seconds, excluded; later than ``from``.
    public let to: UInt64

    /// ClickHouse's DateTime ends here, in the year 2106.
    private static let lastSecond: UInt64 = 0xFFFF_FFFF

    /// Makes a range.
    ///
    /// - Throws: ``QueryError`` when it is empty, backwards or beyond the year 2106.
    public init(from: UInt64, to: UInt64) throws(QueryError) {
        guard to <= Self.lastSecond else { throw QueryError("the time is after the year 2106", parameter: "to") }
        guard from < to else { throw QueryError("the range ends before it starts", parameter: "from") }
        self.from = from
        self.to = to
    }

    /// Reads both ends as ``instant(_:now:)`` does.
    public init(from: String, to: String, now: UInt64) throws(QueryError) {
        guard let start = Self.instant(from, now: now) else { throw Self.unreadable(from, "from") }
        guard let end = Self.instant(to, now: now) else { throw Self.unreadable(to, "to") }
        try self.init(from: start, to: end)
    }

    private static func unreadable(_ text: String, _ parameter: String) -> QueryError {
        QueryError(
            "\(text.prefix(40)) is no time: give Unix seconds, RFC 3339 (2026-11-23T06:00:00Z) or -15m, -6h, -7d, now",
            parameter: parameter
        )
    }

    /// Seconds in the range.
    public var seconds: UInt64 { to - from }

    /// Reads Unix seconds, RFC 3339 with any offset, `now`, or `-15m` back
    /// from now with the units s, m, h, d and w; nil for anything else.
    public static func instant(_ text: String, now: UInt64) -> UInt64? {
        if text == "now" { return now }
        let bytes = Array(text.utf8)
        guard let first = bytes.first, bytes.count <= 40 else { return nil }
        if first == UInt8(ascii: "-") {
            let units: [UInt8: UInt64] = [
                UInt8(ascii: "s"): 1, UInt8(ascii: "m"): 60, UInt8(ascii: "h"): 3600, UInt8(ascii: "d"): 86400,
                UInt8(ascii: "w"): 604_800,
            ]
            guard let unit = bytes.last.flatMap({ units[$0] }), let count = number(bytes.dropFirst().dropLast())
            else { return nil }
            let (seconds, overflow) = count.multipliedReportingOverflow(by: unit)
            return overflow ? nil : now - min(now, seconds)
        }
        return number(bytes[...]) ?? rfc3339(bytes)
    }

    private static func number(_ digits: ArraySlice<UInt8>) -> UInt64? {
        guard (1...19).contains(digits.count), digits.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        return digits.reduce(0) { $0 * 10 + UInt64($1 - 0x30) }
    }

    /// `2026-11-23T06:00:00Z`, with a fraction (cut off) and `+01:00` if wanted; a space may stand for the T.
    private static func rfc3339(_ bytes: [UInt8]) -> UInt64? {
        func field(_ range: Range<Int>, _ valid: ClosedRange<UInt64>) -> Int64? {
            guard range.upperBound <= bytes.count, let value = number(bytes[range]), valid.contains(value) else {
                return nil
            }
            return Int64(value)
        }
        func has(_ index: Int, _ letters: String) -> Bool {
            index < bytes.count && letters.utf8.contains(bytes[index])
        }
        guard has(4, "-"), has(7, "-"), has(10, "Tt "), has(13, ":"), has(16, ":"),
            let year = field(0..<4, 1970...2106), let month = field(5..<7, 1...12), let day = field(8..<10, 1...31),
            let hour = field(11..<13, 0...23), let minute = field(14..<16, 0...59),
            let second = field(17..<19, 0...60), day <= daysIn(month: month, year: year)
        else { return nil }
        var index = 19
        if has(index, ".") {
            index += 1
            let start = index
            while index < bytes.count, (0x30...0x39).contains(bytes[index]) { index += 1 }
            guard index > start else { return nil }
        }
        var offset: Int64 = 0
        if has(index, "Zz") {
            index += 1
        } else {
            guard has(index, "+-"), has(index + 3, ":"), let hours = field(index + 1..<index + 3, 0...23),
                let minutes = field(index + 4..<index + 6, 0...59)
            else { return nil }
            offset = (hours * 3600 + minutes * 60) * (has(index, "-") ? -1 : 1)
            index += 6
        }
        guard index == bytes.count else { return nil }
        let days = daysSince1970(year: year, month: month, day: day)
        return UInt64(exactly: days * 86400 + hour * 3600 + minute * 60 + second - offset)
    }

    private static func daysIn(month: Int64, year: Int64) -> Int64 {
        let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
        return switch month {
        case 2: isLeap ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    private static func daysSince1970(year: Int64, month: Int64, day: Int64) -> Int64 {
        // The year starts in March, so that leap days come last.
        let y = month <= 2 ? year - 1 : year
        let era = y / 400
        let yearOfEra = y % 400
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }
}
