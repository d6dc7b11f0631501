import Glibc
import Synchronization

/// The clocks and sleeps of the commands that send by a schedule.
enum LoadClock {
    /// Milliseconds since 1970.
    static var unixMilliseconds: UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return UInt64(time.tv_sec) * 1000 + UInt64(time.tv_nsec) / 1_000_000
    }

    /// Seconds of a clock that nobody sets.
    static var seconds: Double {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }

    /// Sleeps; a signal ends it early.
    static func sleep(seconds: Double) {
        guard seconds > 0 else { return }
        let whole = seconds.rounded(.down)
        var time = timespec(tv_sec: Int(whole), tv_nsec: Int((seconds - whole) * 1e9))
        nanosleep(&time, nil)
    }
}

/// Whether the person or the system asked the command to end (SIGINT, SIGTERM).
enum Interruption {
    private static let flag = Atomic<Bool>(false)

    /// Notes the signals from now on instead of dying of them.
    static func watch() {
        for number in [SIGINT, SIGTERM] {
            signal(number) { _ in Interruption.flag.store(true, ordering: .relaxed) }
        }
    }

    static var isRequested: Bool { flag.load(ordering: .relaxed) }
}
