import CLinuxCapture
import Glibc

/// What the kernel says of its clock.
public struct SystemClock: Equatable, Sendable {
    /// Whether something (NTP, PTP) keeps it right.
    public var isSynchronised: Bool
    /// Seconds that it may be off at the most, by the kernel's own estimate.
    public var mostError: Double

    /// Describes a clock.
    public init(isSynchronised: Bool, mostError: Double) {
        self.isSynchronised = isSynchronised
        self.mostError = mostError
    }

    /// The clock now; nil where the kernel doesn't tell.
    public static var now: SystemClock? {
        var state = netmeta_clock_state()
        guard unsafe netmeta_clock(&state) == 0 else { return nil }
        return SystemClock(
            isSynchronised: state.synchronised != 0,
            mostError: Double(state.most_error_microseconds) / 1e6
        )
    }
}
