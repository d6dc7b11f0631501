import Glibc

/// A lock and a condition whose waits end after seconds that passed, whatever
/// is done to the clock meanwhile: `NSCondition` waits until a time of day.
final class MonotonicCondition: @unchecked Sendable {
    // Both are made for being shared between threads.
    private let mutex: UnsafeMutablePointer<pthread_mutex_t>
    private let condition: UnsafeMutablePointer<pthread_cond_t>

    init() {
        mutex = .allocate(capacity: 1)
        pthread_mutex_init(mutex, nil)
        condition = .allocate(capacity: 1)
        var attributes = pthread_condattr_t()
        pthread_condattr_init(&attributes)
        pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
        pthread_cond_init(condition, &attributes)
        pthread_condattr_destroy(&attributes)
    }

    deinit {
        pthread_cond_destroy(condition)
        condition.deallocate()
        pthread_mutex_destroy(mutex)
        mutex.deallocate()
    }

    func lock() { pthread_mutex_lock(mutex) }

    func unlock() { pthread_mutex_unlock(mutex) }

    func broadcast() { pthread_cond_broadcast(condition) }

    func wait() { pthread_cond_wait(condition, mutex) }

    /// Waits for a broadcast.
    ///
    /// - Returns: false when the seconds have passed without one.
    func wait(seconds: Double) -> Bool {
        var deadline = timespec()
        clock_gettime(CLOCK_MONOTONIC, &deadline)
        let nanoseconds = Double(deadline.tv_nsec) + max(0, seconds) * 1e9
        deadline.tv_sec += Int(nanoseconds / 1e9)
        deadline.tv_nsec = Int(nanoseconds.truncatingRemainder(dividingBy: 1e9))
        return pthread_cond_timedwait(condition, mutex, &deadline) == 0
    }
}
