/// When the days of a time zone begin: not every 86,400 seconds where clocks change.
public struct ZoneDays: Hashable, Sendable {
    /// The number of the first day: 0 is the first of January 1970.
    private let firstDay: Int
    /// Its start and those of the following days, in Unix seconds.
    private let starts: [UInt64]

    /// Seconds of a day on which no clock changes.
    static let usual: UInt64 = 86400
    /// Days that a bucket may have.
    static let most: UInt64 = 31
    /// 1970 began on a Thursday, three days behind a Monday.
    private static let daysSinceMonday = 3

    /// Finds the days.
    ///
    /// - Parameters:
    ///   - range: what they have to cover.
    ///   - earlier: seconds before it that they cover, too.
    ///   - offset: how many seconds clocks of the zone are ahead of UTC at a Unix time.
    public init(covering range: TimeRange, earlier: UInt64 = 0, offset: (UInt64) -> Int) {
        // A bucket may begin so long before the range, and end so long after it.
        let margin = 2 * Self.most * Self.usual
        let from = Int(range.from - min(range.from, earlier + margin))
        func day(_ time: Int) -> Int { Int((Double(time) / Double(Self.usual)).rounded(.down)) }
        func at(_ time: Int) -> Int { offset(UInt64(max(0, time))) }
        firstDay = day(from + at(from))
        let last = day(Int(range.to + margin) + at(Int(range.to)))
        var starts: [UInt64] = []
        var ahead = at(from)
        for day in firstDay...last {
            let midnight = day * Int(Self.usual)
            // By the clocks of the second before it, and of the midnight itself where that comes twice.
            ahead = at(midnight - ahead - 1)
            if midnight - ahead + at(midnight - ahead) < midnight { ahead = at(midnight - ahead) }
            starts.append(UInt64(max(0, midnight - ahead)))
        }
        self.starts = starts
    }

    /// Where buckets of so many days begin that touch a range, and where the last one ends.
    func borders(of range: TimeRange, every count: Int) -> [UInt64] {
        let begin = starts.indices.dropFirst().filter { (firstDay + $0 + Self.daysSinceMonday) % count == 0 }
        let all = [starts[0]] + begin.map { starts[$0] }
        let first = all.lastIndex { $0 <= range.from } ?? 0
        let last = all.firstIndex { $0 >= range.to } ?? all.count - 1
        // A zone that changed to the other side of the date line left out a day.
        return zip(all[first...last], all[first...last].dropFirst() + [.max]).filter { $0 != $1 }.map(\.0)
    }

    /// The same time of day so many days earlier; nil where that isn't covered.
    func earlier(_ time: UInt64, days count: Int) -> UInt64? {
        guard let day = starts.lastIndex(where: { $0 <= time }), day >= count, day - count + 1 < starts.count else {
            return nil
        }
        // The end of that day, where it is shorter than the time of day is late.
        return min(starts[day - count] + time - starts[day], starts[day - count + 1])
    }
}
