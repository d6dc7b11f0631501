import Foundation

/// The time of day.
public enum UnixClock {
    /// Seconds since 1970 UTC.
    public static let now: @Sendable () -> UInt64 = { UInt64(max(0, Date().timeIntervalSince1970)) }
}
