import Foundation

/// Replaces this process by a new one of the same program, with its number, arguments and environment.
enum Restart {
    /// What the process ends with where somebody else has to start it: EX_TEMPFAIL of sysexits.h, which systemd's
    /// Restart=on-failure starts again.
    static let needed: Int32 = 75

    /// Doesn't come back. What is open is closed, whoever still holds it, and signals mean what they mean to a new program.
    static func now() -> Never {
        fflush(nil)
        // Sockets and locks would outlive the program otherwise, and stand in the new one's way.
        let open = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")) ?? []
        for descriptor in open.compactMap({ Int32($0) }) where descriptor > 2 {
            _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        }
        for number in [SIGTERM, SIGINT, SIGHUP, SIGPIPE] { signal(number, SIG_DFL) }
        var none = sigset_t()
        sigemptyset(&none)
        pthread_sigmask(SIG_SETMASK, &none, nil)
        execv("/proc/self/exe", CommandLine.unsafeArgv)
        let text = "netmeta: cannot start anew: \(String(cString: strerror(errno)))\n"
        FileHandle.standardError.write(Data(text.utf8))
        _exit(1)
    }
}
