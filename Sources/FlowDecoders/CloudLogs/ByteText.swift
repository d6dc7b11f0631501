import NetTypes

/// Numbers, addresses and times in ASCII, read where they lie: nothing is
/// allocated, every access is checked, and none of it traps.
enum ByteText {
    /// Whether that is a single `-`, which stands for "not applicable".
    @inline(__always)
    static func isDash(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Bool {
        range.count == 1 && bytes[range.lowerBound] == UInt8(ascii: "-")
    }

    /// A decimal number without a sign.
    @inline(__always)
    static func number(_ bytes: Span<UInt8>, _ range: Range<Int>) -> UInt64? {
        guard !range.isEmpty, range.count <= 20 else { return nil }
        var value: UInt64 = 0
        for index in range {
            let digit = bytes[index] &- UInt8(ascii: "0")
            guard digit < 10 else { return nil }
            let (high, low) = value.multipliedFullWidth(by: 10)
            let (sum, isOver) = low.addingReportingOverflow(UInt64(digit))
            guard high == 0, !isOver else { return nil }
            value = sum
        }
        return value
    }

    /// An IPv4 or IPv6 address.
    @inline(__always)
    static func address(_ bytes: Span<UInt8>, _ range: Range<Int>) -> IPAddress? {
        guard (2...45).contains(range.count) else { return nil }
        // The first four bytes of an IPv4 address hold a dot, those of an IPv6 address a colon or four digits.
        for index in range.prefix(4) where bytes[index] == UInt8(ascii: ".") {
            return dottedQuad(bytes, range).map(IPAddress.init(v4:))
        }
        return v6(bytes, range)
    }

    @inline(__always)
    static func dottedQuad(_ bytes: Span<UInt8>, _ range: Range<Int>) -> UInt32? {
        var bits: UInt32 = 0
        var octet: UInt32 = 0
        var digits = 0
        var dots = 0
        for index in range {
            let byte = bytes[index]
            if byte == UInt8(ascii: ".") {
                guard digits > 0, dots < 3 else { return nil }
                bits = bits << 8 | octet
                dots += 1
                octet = 0
                digits = 0
            } else {
                let digit = byte &- UInt8(ascii: "0")
                guard digit < 10, digits < 3 else { return nil }
                octet = octet * 10 + UInt32(digit)
                guard octet <= 255 else { return nil }
                digits += 1
            }
        }
        guard dots == 3, digits > 0 else { return nil }
        return bits << 8 | octet
    }

    /// RFC 4291 section 2.2.
    private static func v6(_ bytes: Span<UInt8>, _ range: Range<Int>) -> IPAddress? {
        let colon = UInt8(ascii: ":")
        var groups = InlineArray<8, UInt16>(repeating: 0)
        var count = 0
        var gap: Int?
        var index = range.lowerBound
        if range.count >= 2, bytes[index] == colon {
            guard bytes[index + 1] == colon else { return nil }
            gap = 0
            index += 2
        }
        while index < range.upperBound {
            guard count < 8 else { return nil }
            var end = index
            var value: UInt32 = 0
            while end < range.upperBound, let digit = hexadecimal(bytes[end]) {
                value = value << 4 | UInt32(digit)
                end += 1
                guard end - index <= 4 else { return nil }
            }
            if end < range.upperBound, bytes[end] == UInt8(ascii: ".") {
                guard count <= 6, let bits = dottedQuad(bytes, index..<range.upperBound) else { return nil }
                groups[count] = UInt16(truncatingIfNeeded: bits >> 16)
                groups[count + 1] = UInt16(truncatingIfNeeded: bits)
                count += 2
                index = range.upperBound
                break
            }
            guard end > index else { return nil }
            groups[count] = UInt16(truncatingIfNeeded: value)
            count += 1
            index = end
            guard index < range.upperBound else { break }
            guard bytes[index] == colon, index + 1 < range.upperBound else { return nil }
            index += 1
            if bytes[index] == colon {
                guard gap == nil else { return nil }
                gap = count
                index += 1
            }
        }
        if let gap {
            guard count < 8 else { return nil }
            let tail = count - gap
            for place in 0..<tail { groups[7 - place] = groups[count - 1 - place] }
            for place in gap..<(8 - tail) { groups[place] = 0 }
        } else {
            guard count == 8 else { return nil }
        }
        var (high, low): (UInt64, UInt64) = (0, 0)
        for place in 0..<4 {
            high = high << 16 | UInt64(groups[place])
            low = low << 16 | UInt64(groups[place + 4])
        }
        return IPAddress(high: high, low: low)
    }

    @inline(__always)
    static func hexadecimal(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte &- UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte &- UInt8(ascii: "a") &+ 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte &- UInt8(ascii: "A") &+ 10
        default: nil
        }
    }

    /// A time of RFC 3339: seconds since 1970 UTC, and nanoseconds.
    static func time(_ bytes: Span<UInt8>, _ range: Range<Int>) -> (seconds: UInt32, nanoseconds: UInt32)? {
        guard range.count >= 20 else { return nil }
        let at = range.lowerBound
        func digits(_ offset: Int, _ count: Int) -> Int? {
            number(bytes, (at + offset)..<(at + offset + count)).map { Int($0) }
        }
        func isByte(_ offset: Int, _ text: Unicode.Scalar) -> Bool { bytes[at + offset] == UInt8(ascii: text) }
        guard let year = digits(0, 4), let month = digits(5, 2), let day = digits(8, 2), let hour = digits(11, 2),
            let minute = digits(14, 2), let second = digits(17, 2), isByte(4, "-"), isByte(7, "-"),
            isByte(10, "T") || isByte(10, "t"), isByte(13, ":"), isByte(16, ":"),
            (1...12).contains(month), (1...31).contains(day), hour < 24, minute < 60, second <= 60
        else { return nil }
        var index = at + 19
        var nanoseconds: UInt32 = 0
        if bytes[index] == UInt8(ascii: ".") {
            index += 1
            var unit: UInt32 = 100_000_000
            let start = index
            while index < range.upperBound, bytes[index] &- UInt8(ascii: "0") < 10 {
                nanoseconds += UInt32(bytes[index] &- UInt8(ascii: "0")) * unit
                unit /= 10
                index += 1
            }
            guard index > start else { return nil }
        }
        guard index < range.upperBound, let offset = zone(bytes, index..<range.upperBound) else { return nil }
        // Days since 1970 of the proleptic Gregorian calendar.
        let shifted = month <= 2 ? year - 1 : year
        let era = shifted / 400
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        let days = era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
        return UInt32(exactly: days * 86_400 + hour * 3600 + minute * 60 + second - offset).map { ($0, nanoseconds) }
    }

    /// `Z` or `+01:00`, in seconds east of UTC.
    private static func zone(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Int? {
        let sign = bytes[range.lowerBound]
        if range.count == 1 { return sign | 0x20 == UInt8(ascii: "z") ? 0 : nil }
        let at = range.lowerBound
        guard range.count == 6, sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-"),
            bytes[at + 3] == UInt8(ascii: ":"), let hours = number(bytes, (at + 1)..<(at + 3)),
            let minutes = number(bytes, (at + 4)..<(at + 6)), hours < 24, minutes < 60
        else { return nil }
        let seconds = Int(hours * 3600 + minutes * 60)
        return sign == UInt8(ascii: "-") ? -seconds : seconds
    }
}
