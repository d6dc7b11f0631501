/// The width of a chart's points and their starts: aligned to the Unix epoch,
/// or, where they are days, to the days of a zone if one is told.
public struct Buckets: Hashable, Sendable {
    /// The range that they cover; the first and last bucket may stick out of it.
    public let range: TimeRange
    /// Seconds in one; a day of a zone may have an hour more or less.
    public let width: UInt64
    /// Where they begin, and where the last one ends, when they are days of a zone.
    private var borders: [UInt64] = []
    private var days: ZoneDays?

    /// Points that a chart gets unless asked otherwise.
    public static let comfortable = 300
    /// Points that an answer may have.
    public static let most = 4000

    private static let widths: [UInt64] = [
        1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 21600, 43200, 86400, 604_800, 2_592_000,
    ]

    /// Chooses the narrowest usual width with fewer points than that.
    public init(range: TimeRange, fewerThan points: Int = comfortable) {
        self.range = range
        let widest = Self.widths[Self.widths.count - 1]
        width = Self.widths.first { range.seconds.dividedUp(by: $0) < UInt64(points) } ?? widest
    }

    /// Takes the asked width.
    ///
    /// - Throws: ``QueryError`` when that is 0 or gives more than ``most`` points.
    public init(range: TimeRange, width: UInt64) throws(QueryError) {
        guard width > 0 else { throw QueryError("a bucket has at least one second", parameter: "bucket") }
        guard width <= 0xFFFF_FFFF, range.seconds / width < UInt64(Self.most) else {
            throw QueryError(
                "a chart has at most \(Self.most) points, and a bucket fits into time",
                parameter: "bucket"
            )
        }
        self.range = range
        self.width = width
    }

    /// The same buckets from one midnight to another, weeks from Monday on, where they are whole days; else themselves.
    public func inDays(_ days: ZoneDays) -> Buckets {
        guard isWholeDays else { return self }
        var other = self
        other.days = days
        other.borders = days.borders(of: range, every: Int(width / ZoneDays.usual))
        return other
    }

    /// Whether they are days, at most 31 of them together, which begin at other times in other zones.
    public var isWholeDays: Bool { width.isMultiple(of: ZoneDays.usual) && width <= ZoneDays.most * ZoneDays.usual }

    /// The start of the first bucket.
    public var first: UInt64 { borders.first ?? range.from / width * width }

    /// How many buckets there are, all of them: gaps are filled.
    public var count: Int { borders.isEmpty ? Int((range.to - first).dividedUp(by: width)) : borders.count - 1 }

    /// The starts, in Unix seconds.
    public var starts: [UInt64] {
        borders.isEmpty ? (0..<UInt64(count)).map { first + $0 * width } : Array(borders.dropLast())
    }

    /// Seconds that all starts are a multiple of, so that sums over as many seconds lie within one bucket.
    var alignment: UInt64 { borders.isEmpty ? width : borders.reduce(0) { Self.divisor($0, $1) } }

    /// Whether all have the same width.
    var areEven: Bool { borders.isEmpty }

    /// The place of the bucket that starts at `start`, if it is one of these.
    public func index(of start: UInt64) -> Int? {
        guard start >= first, start < range.to else { return nil }
        guard !borders.isEmpty else { return Int((start - first) / width) }
        // The last border that isn't behind it.
        var (low, high) = (0, borders.count)
        while high - low > 1 {
            let middle = (low + high) / 2
            if borders[middle] <= start { low = middle } else { high = middle }
        }
        return low
    }

    /// Seconds of the bucket that lie in the range: rates at the edges divide by these.
    public func coveredSeconds(at index: Int) -> UInt64 {
        let start = borders.isEmpty ? first + UInt64(index) * width : borders[index]
        let end = borders.isEmpty ? start + width : borders[index + 1]
        return min(end, range.to) - max(start, range.from)
    }

    /// As many buckets so many seconds earlier, rounded up to whole ones.
    ///
    /// - Returns: nil when that is before 1970.
    func earlier(by seconds: UInt64) throws(QueryError) -> Buckets? {
        let back = seconds.dividedUp(by: width) * width
        guard back <= range.from else { return nil }
        guard let days else {
            return try Buckets(range: TimeRange(from: range.from - back, to: range.to - back), width: width)
        }
        let count = Int(back / ZoneDays.usual)
        guard let from = days.earlier(range.from, days: count), let to = days.earlier(range.to, days: count) else {
            return nil
        }
        return try Buckets(range: TimeRange(from: from, to: to), width: width).inDays(days)
    }

    /// The start of a row's bucket.
    var sql: SQLText {
        guard !borders.isEmpty else { return "toStartOfInterval(TimeReceived, INTERVAL \(width) SECOND)" }
        let starts: [SQLText] = starts.map { "\($0)" }
        return "roundDown(toUInt32(TimeReceived), [\(starts, separator: ", ")])"
    }

    private static func divisor(_ a: UInt64, _ b: UInt64) -> UInt64 { b == 0 ? a : divisor(b, a % b) }
}

extension UInt64 {
    fileprivate func dividedUp(by divisor: UInt64) -> UInt64 {
        self / divisor + (self % divisor == 0 ? 0 : 1)
    }
}
