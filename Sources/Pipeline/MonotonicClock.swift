import Glibc

/// Time that passes evenly, whatever is done to the clock.
enum MonotonicClock {
    /// Milliseconds since some moment, at the kernel's tick of a few of them: asking costs next to nothing.
    static var milliseconds: UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC_COARSE, &time)
        return UInt64(time.tv_sec) &* 1000 &+ UInt64(time.tv_nsec) / 1_000_000
    }
}
