import Foundation
import Glibc

/// Threads that block, receive or store beside the cooperative pool.
public enum OwnThread {
    /// Starts a thread that goes by a name in `top -H`, `ps -T`, `perf` and a debugger.
    ///
    /// Without a name of its own a thread is called as the one that started it, so that all would be called as those of
    /// the pool.
    ///
    /// - Parameters:
    ///   - name: of which the kernel keeps the first 15 bytes.
    ///   - stackSize: in bytes; nil is the system's usual, 8 MB of addresses.
    ///   - body: what it does; the thread ends behind it.
    public static func start(_ name: String, stackSize: Int? = nil, _ body: @escaping @Sendable () -> Void) {
        let thread = Thread {
            // Only a thread itself may always write its name, and Foundation's `name` doesn't reach the kernel.
            setName(name)
            body()
        }
        if let stackSize { thread.stackSize = stackSize }
        thread.start()
    }

    private static func setName(_ name: String) {
        let file = open("/proc/thread-self/comm", O_WRONLY | O_CLOEXEC)
        guard file >= 0 else { return }
        _ = write(file, name, name.utf8.count)
        close(file)
    }
}
