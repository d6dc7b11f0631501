import CLinuxCapture
import Glibc

/// A privilege of root's that a thread may have by itself (capabilities(7)).
public enum Capability: Int, CaseIterable, Sendable {
    case chown = 0
    case dacOverride = 1
    case dacReadSearch = 2
    case fowner = 3
    case netBindService = 10
    case netAdmin = 12
    case netRaw = 13
    case sysPtrace = 19
    case sysNice = 23

    /// The kernel's name.
    public var name: String {
        switch self {
        case .chown: "CAP_CHOWN"
        case .dacOverride: "CAP_DAC_OVERRIDE"
        case .dacReadSearch: "CAP_DAC_READ_SEARCH"
        case .fowner: "CAP_FOWNER"
        case .netBindService: "CAP_NET_BIND_SERVICE"
        case .netAdmin: "CAP_NET_ADMIN"
        case .netRaw: "CAP_NET_RAW"
        case .sysPtrace: "CAP_SYS_PTRACE"
        case .sysNice: "CAP_SYS_NICE"
        }
    }

    /// What a server needs of root's when its sockets are open: files of any owner, ports below 1024, and the priority
    /// of threads, which the engine sets.
    public static let ofServer: Set<Capability> = [
        .chown, .dacOverride, .dacReadSearch, .fowner, .netBindService, .sysNice,
    ]
}

/// What the kernel keeps for each thread.
public enum HostThread {
    /// Gives up all capabilities of the calling thread but some; threads that it starts later have no others.
    ///
    /// - Returns: whether that could be done.
    @discardableResult
    public static func keepOnly(_ capabilities: Set<Capability>) -> Bool {
        netmeta_keep_capabilities(mask(capabilities)) == 0
    }

    /// The same for all threads of the process, but those that did it for themselves, whoever started them.
    ///
    /// - Throws: ``SourceError`` when a thread didn't.
    public static func keepOnlyEverywhere(_ capabilities: Set<Capability>) throws(SourceError) {
        let code = -netmeta_keep_capabilities_everywhere(mask(capabilities))
        if code != 0 { throw SourceError("give up privileges in all threads", code: code) }
    }

    /// Whether the calling thread has capabilities that were lent to it by whoever started the program, as by a service's
    /// `AmbientCapabilities=`.
    ///
    /// Once given up, no program that takes this process's place gets them again (capabilities(7), "Transformation of
    /// capabilities during execve"). Root's does, and so does one whose file has capabilities.
    public static var hasLentCapabilities: Bool {
        guard geteuid() != 0, let status = text("/proc/thread-self/status") else { return false }
        let line = status.split(separator: "\n").first { $0.hasPrefix("CapAmb:") }
        return line?.dropFirst("CapAmb:".count).contains { !$0.isWhitespace && $0 != "0" } ?? false
    }

    private static func mask(_ capabilities: Set<Capability>) -> UInt64 {
        capabilities.reduce(0) { $0 | 1 << UInt64($1.rawValue) }
    }

    /// Whether the calling thread has a capability.
    public static func has(_ capability: Capability) -> Bool {
        var mask: UInt64 = 0
        guard unsafe netmeta_capabilities(&mask) == 0 else { return false }
        return mask & 1 << UInt64(capability.rawValue) != 0
    }

    /// Moves the calling thread for good into a network namespace.
    ///
    /// - Parameter name: as `ip netns` has it, or the path of one, as /proc/PID/ns/net.
    /// - Throws: ``SourceError`` when there is none, or for want of permission.
    public static func enter(namespace name: String) throws(SourceError) {
        let path = name.contains("/") ? name : "/run/netns/\(name)"
        let code = unsafe -netmeta_enter_namespace(path)
        guard code != 0 else { return }
        if code == ENOENT {
            throw SourceError("there is no network namespace \(name) (`ip netns` lists them)")
        }
        if code == EPERM {
            throw SourceError("cannot enter the network namespace \(name): that takes root, or CAP_SYS_ADMIN")
        }
        throw SourceError("enter the network namespace \(name)", code: code)
    }

    /// The number in a file below /proc/sys/net of the calling thread's namespace; nil when there is none.
    public static func setting(_ path: String) -> Int? {
        text("/proc/sys/net/\(path)").flatMap { Int($0) }
    }

    /// A small file's content without the spaces around it; nil when it can't be read.
    public static func text(_ path: String) -> String? {
        let file = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return nil }
        defer { close(file) }
        var bytes = [UInt8](repeating: 0, count: 64 << 10)
        let count = unsafe read(file, &bytes, bytes.count)
        guard count >= 0 else { return nil }
        let text = String(decoding: bytes[..<count], as: UTF8.self)
        var rest = text[...]
        while rest.last?.isWhitespace ?? false { rest.removeLast() }
        return String(rest)
    }

    /// What this host is called.
    public static var hostName: String? {
        var bytes = [CChar](repeating: 0, count: 256)
        guard unsafe gethostname(&bytes, 255) == 0 else { return nil }
        let name = String(decoding: bytes.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        return name.isEmpty ? nil : name
    }
}
