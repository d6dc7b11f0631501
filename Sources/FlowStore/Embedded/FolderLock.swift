import Foundation

/// Keeps two servers from opening one data folder, and tells the second who holds it.
///
/// The lock file carries the holder's process id and where its API listens,
/// so that commands find the running server.
public final class FolderLock: Sendable {
    private let descriptor: Int32
    private let path: String

    /// Makes the folder if need be and takes its lock.
    ///
    /// - Throws: ``StoreError``, with code ``heldCode`` when another process holds it.
    public init(folder: String) throws(StoreError) {
        do {
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        } catch {
            throw StoreError(message: "cannot make the data folder \(folder): \(Self.reason(error))")
        }
        path = folder + "/netmeta.lock"
        descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else {
            throw StoreError(message: "cannot write in the data folder \(folder): \(String(cString: strerror(errno)))")
        }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            close(descriptor)
            let holder = Self.holder(folder: folder).map { " (process \($0.process))" } ?? ""
            throw StoreError(
                code: Self.heldCode,
                message: "the data folder \(folder) is in use by another netmeta\(holder); "
                    + "stop it or choose another folder with --data"
            )
        }
        note(api: nil)
    }

    /// The code of the error that says that another process holds the folder.
    public static let heldCode = -1

    /// Writes who holds the folder, and the address of its API once it listens.
    public func note(api: String?) {
        let text = "\(getpid()) \(api ?? "-")\n"
        ftruncate(descriptor, 0)
        _ = text.withCString { pwrite(descriptor, $0, strlen($0), 0) }
    }

    /// Gives the folder free.
    public func release() {
        ftruncate(descriptor, 0)
        flock(descriptor, LOCK_UN)
        close(descriptor)
    }

    /// The running server of a folder: its process and the address of its API.
    public static func holder(folder: String) -> (process: Int, api: String?)? {
        let path = folder + "/netmeta.lock"
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        // Whoever can take the lock knows that nobody holds it: what the file says is old.
        if flock(descriptor, LOCK_SH | LOCK_NB) == 0 { return nil }
        guard let text = try? String(contentsOfFile: path, encoding: .utf8) else { return nil }
        let words = text.split(whereSeparator: \.isWhitespace)
        guard words.count == 2, let process = Int(words[0]) else { return nil }
        return (process, words[1] == "-" ? nil : String(words[1]))
    }

    private static func reason(_ error: any Error) -> String {
        switch (error as? CocoaError)?.code {
        case .fileWriteNoPermission?: "Permission denied"
        case .fileWriteFileExists?: "a file stands in its place"
        case .fileWriteVolumeReadOnly?: "the disk is read-only"
        case .fileWriteOutOfSpace?: "the disk is full"
        default: error.localizedDescription
        }
    }
}
