import FlowStore
import Foundation
import LinuxCapture

/// What this machine has to offer, whether a server runs or not.
struct HostChecks {
    let configuration: Configuration
    /// Whether a server has the data folder open: then memory and room are in use already.
    let isServed: Bool

    func findings() -> [Finding] {
        [
            engine(), folder(), disk(), FileSystemCheck(path: existing.path).finding(), memory(), kernelBuffers(),
            backlog(), clock(),
        ]
    }

    // MARK: - Engine and folder

    private func engine() -> Finding {
        do throws(StoreError) {
            return .ok("engine library", try EngineLibrary.locate(configured: configuration.store.library))
        } catch {
            return .fail("engine library", error.message, do: "Scripts/setup.sh")
        }
    }

    private func folder() -> Finding {
        let name = "data folder"
        let path = configuration.store.data
        let user = NSUserName()
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else { return newFolder(name, path) }
        guard isFolder.boolValue else {
            return .fail(name, "\(path) is a file", do: "name a folder with --data or store.data")
        }
        // What the engine and the server keep in it, too: it may have been used by another user.
        let within = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
        for one in [path] + within.map({ "\(path)/\($0)" }) {
            guard access(one, R_OK | W_OK) != 0 else { continue }
            if errno == EROFS {
                return .fail(
                    name,
                    "\(one) lies on a disk that is read-only",
                    do: "mount -o remount,rw \(mount(of: one))"
                )
            }
            return .fail(name, "\(user) may not read and write \(one)", do: "sudo chown -R \(user) \(path)")
        }
        return .ok(name, "\(path) can be written by \(user)")
    }

    private func newFolder(_ name: String, _ path: String) -> Finding {
        var parent = URL(fileURLWithPath: path).deletingLastPathComponent()
        while !FileManager.default.fileExists(atPath: parent.path), parent.path != "/" {
            parent.deleteLastPathComponent()
        }
        guard access(parent.path, W_OK | X_OK) == 0 else {
            let user = NSUserName()
            return .fail(
                name,
                "\(path) does not exist, and \(user) may not make it in \(parent.path)",
                do: "sudo mkdir -p \(path) && sudo chown \(user) \(path)"
            )
        }
        return .ok(name, "\(path) does not exist yet and can be made")
    }

    private func mount(of path: String) -> String {
        let known = (try? String(contentsOfFile: "/proc/self/mounts", encoding: .utf8)) ?? ""
        let full = URL(fileURLWithPath: path).resolvingSymlinksInPath().path
        return known.split(separator: "\n").compactMap { $0.split(separator: " ").dropFirst().first.map(String.init) }
            .filter { full == $0 || full.hasPrefix($0 == "/" ? "/" : $0 + "/") }.max { $0.count < $1.count } ?? "/"
    }

    // MARK: - Room

    /// The data folder, or where it will be made.
    private var existing: URL {
        var path = URL(fileURLWithPath: configuration.store.data)
        while !FileManager.default.fileExists(atPath: path.path), path.path != "/" { path.deleteLastPathComponent() }
        return path
    }

    private func disk() -> Finding {
        let name = "free disk"
        let path = existing
        guard let free = DiskSpace.free(folder: path.path) else {
            return .warn(name, "the system doesn't tell for \(path.path)", do: "df -h \(path.path)")
        }
        let words = "\(Words.size(free)) at \(path.path)"
        let needed = DiskSpace.needed(folder: configuration.store.data)
        guard free >= Int64(needed) else {
            return .fail(
                name,
                "\(words), a start needs \(Words.size(needed))",
                do: "make room (du -xh --max-depth=2 \(path.path) | sort -h), or name another folder with --data"
            )
        }
        return .ok(name, words)
    }

    /// What the program needs beside the store: batches, decoders, the console.
    private static let ownMemory = 512 << 20

    private func memory() -> Finding {
        let name = "memory"
        let store = configuration.store.memory
        guard let total = HostMemory.total, let available = HostMemory.available else {
            return .warn(name, "the system doesn't tell (/proc/meminfo)", do: "free -h")
        }
        let words = "\(Words.size(total)), \(Words.size(available)) available; the store may use \(Words.size(store))"
        if total < store + Self.ownMemory {
            let fitting = max(256 << 20, total / 2) >> 20
            return .warn(name, words + ", which is more than fits", do: "set store.memory to \(fitting)MB or less")
        }
        if !isServed, available < store / 2 + Self.ownMemory {
            return .warn(name, words + ", and other programs hold it", do: "ps aux --sort=-rss | head")
        }
        return .ok(name, words)
    }

    // MARK: - Network

    private func kernelBuffers() -> Finding {
        let name = "receive buffer limit"
        let asked = configuration.listeners.receiveBuffer
        guard let most = HostFile.number("/proc/sys/net/core/rmem_max") else {
            return .warn(name, "net.core.rmem_max can't be read", do: "sysctl net.core.rmem_max")
        }
        let words = "net.core.rmem_max is \(Words.size(most)), listeners.receiveBuffer asks for \(Words.size(asked))"
        if most >= asked { return .ok(name, words) }
        if geteuid() == 0 { return .ok(name, words + "; root may exceed it") }
        return .warn(
            name,
            words + ": bursts will be dropped",
            do: "sudo sysctl -w net.core.rmem_max=\(asked)",
            "echo net.core.rmem_max=\(asked) | sudo tee /etc/sysctl.d/90-netmeta.conf"
        )
    }

    /// Packets that the host dropped before any socket saw them: the second column of each CPU's line.
    private func backlog() -> Finding {
        let name = "packet backlog"
        let most = HostFile.number("/proc/sys/net/core/netdev_max_backlog") ?? 0
        let lines = (HostFile.text("/proc/net/softnet_stat") ?? "").split(separator: "\n")
        let dropped = lines.reduce(0) { sum, line in
            let words = line.split(separator: " ")
            return sum + (words.count > 1 ? Int(words[1], radix: 16) ?? 0 : 0)
        }
        guard dropped > 0 else {
            return .ok(name, "net.core.netdev_max_backlog is \(most), nothing dropped since boot")
        }
        return .warn(
            name,
            "\(Words.counted(dropped, "packet")) dropped since boot before any socket saw them "
                + "(net.core.netdev_max_backlog is \(most)); netmeta's figures can't have them",
            do: "sudo sysctl -w net.core.netdev_max_backlog=\(max(10_000, most * 4))",
            "cat /proc/net/softnet_stat  (second column, a line for each CPU: does it still grow?)"
        )
    }

    private func clock() -> Finding {
        let name = "clock"
        guard let clock = SystemClock.now else {
            return .warn(name, "the kernel doesn't tell whether it is right", do: "timedatectl")
        }
        guard clock.isSynchronised else {
            return .warn(
                name,
                "nothing keeps it right (NTP): times of flows, and exporters' clocks, are judged by it",
                do: "sudo timedatectl set-ntp true",
                "sudo apt-get install chrony  (where there is no time service yet)"
            )
        }
        return .ok(name, String(format: "synchronised, off by %.3f s at the most", clock.mostError))
    }
}

/// Small files of the kernel.
enum HostFile {
    static func text(_ path: String) -> String? { try? String(contentsOfFile: path, encoding: .utf8) }

    static func number(_ path: String) -> Int? {
        text(path).flatMap { Int($0.trimmingCharacters(in: .whitespacesAndNewlines)) }
    }
}

/// The memory that this process may have: the machine's, or its control group's where that is less.
enum HostMemory {
    static var total: Int? {
        guard let all = field("MemTotal") else { return nil }
        return min(all, groupLimit ?? all)
    }

    static var available: Int? {
        guard let free = field("MemAvailable") else { return nil }
        guard let limit = groupLimit, let used = HostFile.number("/sys/fs/cgroup/memory.current") else { return free }
        return min(free, max(0, limit - used))
    }

    private static var groupLimit: Int? { HostFile.number("/sys/fs/cgroup/memory.max") }

    private static func field(_ name: String) -> Int? {
        let line = HostFile.text("/proc/meminfo")?.split(separator: "\n").first { $0.hasPrefix(name + ":") }
        return line?.split(separator: " ").dropFirst().first.flatMap { Int($0) }.map { $0 << 10 }
    }
}
