/// When how many datagrams are due: pure arithmetic, so that a slow moment
/// is made up for and the mean rate is exact.
public struct PacingSchedule: Sendable {
    /// Datagrams a second.
    public let rate: Double
    /// How many there are altogether.
    public let total: UInt64
    /// How many were sent.
    public private(set) var sent: UInt64 = 0

    /// `rate` datagrams a second for `seconds`.
    public init(rate: Double, seconds: Double) {
        self.rate = rate
        total = UInt64((rate * seconds).rounded())
    }

    /// Whether all were sent.
    public var isComplete: Bool { sent >= total }

    /// How many should go out now, `elapsed` seconds after the start.
    public func due(elapsed: Double) -> Int {
        let target = min(UInt64(max(elapsed, 0) * rate), total)
        return target > sent ? Int(target - sent) : 0
    }

    /// The time after the start at which the next one is due.
    public var nextDue: Double { Double(sent + 1) / rate }

    /// Notes that so many went out.
    public mutating func note(sent count: Int) {
        sent += UInt64(count)
    }
}
