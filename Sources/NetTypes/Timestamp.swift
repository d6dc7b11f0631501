/// Unix time as RFC 3339 text in UTC, without Foundation.
public enum Timestamp {
    /// `2026-11-23T06:00:00Z`, with nine, six or three digits behind the
    /// point when `nanoseconds` is not zero, as few as show it exactly.
    public static func rfc3339(seconds: UInt64, nanoseconds: UInt32 = 0) -> String {
        let (year, month, day) = civil(day: Int(seconds / 86400))
        let second = Int(seconds % 86400)
        var text = "\(pad(year, 4))-\(pad(month, 2))-\(pad(day, 2))T"
        text += "\(pad(second / 3600, 2)):\(pad(second / 60 % 60, 2)):\(pad(second % 60, 2))"
        if nanoseconds != 0 {
            var digits = 9
            var fraction = Int(nanoseconds)
            while digits > 3, fraction % 1000 == 0 {
                digits -= 3
                fraction /= 1000
            }
            text += "." + pad(fraction, digits)
        }
        return text + "Z"
    }

    /// Year, month and day of the day so many days after 1970-01-01, by
    /// shifting the year's start to March so that leap days come last.
    private static func civil(day: Int) -> (year: Int, month: Int, day: Int) {
        let shifted = day + 719_468
        let era = shifted / 146_097
        let dayOfEra = shifted % 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * shiftedMonth + 2) / 5 + 1)
    }

    private static func pad(_ number: Int, _ width: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
}
