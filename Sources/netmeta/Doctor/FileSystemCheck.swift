import Foundation

/// What the data folder lies on: the store makes and removes hundreds of files a second.
struct FileSystemCheck {
    /// A folder that exists.
    let path: String
    /// What is mounted where (proc(5), `/proc/PID/mountinfo`).
    var mounts = HostFile.text("/proc/self/mountinfo") ?? ""
    /// Whether the kernel keeps a journal for an ext4 file system, by its device's name.
    var hasJournal: (String) -> Bool = { device in
        let journals = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/fs/jbd2")) ?? []
        return journals.contains { $0.hasPrefix(device + "-") }
    }

    func finding() -> Finding {
        let name = "file system"
        guard let mount else { return .ok(name, "the system doesn't tell which (/proc/self/mountinfo)") }
        let device = URL(fileURLWithPath: mount.device).lastPathComponent
        switch mount.type {
        case "tmpfs", "ramfs":
            return .warn(
                name,
                "\(mount.type) at \(mount.folder): what is stored takes memory, and is gone with the next start of the machine",
                do: "name a folder on a disk with --data or store.data"
            )
        case "ext4" where !hasJournal(device):
            return .warn(
                name,
                "ext4 without a journal at \(mount.folder): a power failure may leave the store's files unreadable, and at "
                    + "high rates the kernel is long in making files",
                do: "tune2fs -O has_journal \(mount.device)  (while it isn't mounted)"
            )
        default: return .ok(name, "\(mount.type) at \(mount.folder)")
        }
    }

    private struct Mount {
        var folder: String
        var type: String
        var device: String
    }

    /// The mount that the path lies in; of several over each other the last.
    private var mount: Mount? {
        let full = URL(fileURLWithPath: path).resolvingSymlinksInPath().path
        return mounts.split(separator: "\n").compactMap(Self.mount)
            .filter { full == $0.folder || full.hasPrefix($0.folder == "/" ? "/" : $0.folder + "/") }
            .reduce(nil) { best, mount in mount.folder.count >= best?.folder.count ?? 0 ? mount : best }
    }

    /// The fifth field is the folder; behind the hyphen, which any number of fields precede, are type and device.
    private static func mount(_ line: Substring) -> Mount? {
        let fields = line.split(separator: " ").map(String.init)
        guard let hyphen = fields.firstIndex(of: "-"), hyphen > 4, fields.count > hyphen + 2 else { return nil }
        // A space in a folder's name stands there as `\040`.
        let folder = fields[4].replacingOccurrences(of: "\\040", with: " ")
        return Mount(folder: folder, type: fields[hyphen + 1], device: fields[hyphen + 2])
    }
}
