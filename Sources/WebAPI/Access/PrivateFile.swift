import Foundation
import Glibc

/// Files that only the server's own user can read, and that are there whole or not at all.
enum PrivateFile {
    /// Writes it beside its place and renames it, so that nobody ever sees half of it.
    ///
    /// - Throws: ``PrivateFileError`` in words for the log.
    static func write(_ bytes: [UInt8], to path: String) throws(PrivateFileError) {
        let new = path + ".new"
        unlink(new)
        let descriptor = open(new, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        var isWritten = descriptor >= 0 && writeAll(bytes, descriptor)
        // The name must not point to what isn't on the disk yet.
        isWritten = isWritten && fsync(descriptor) == 0
        let reason = String(cString: strerror(errno))
        if descriptor >= 0 { close(descriptor) }
        guard isWritten, rename(new, path) == 0 else { throw PrivateFileError("cannot write \(path): \(reason)") }
    }

    /// Appends to it, and makes it when there is none.
    static func append(_ bytes: [UInt8], to path: String) throws(PrivateFileError) {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        let isWritten = descriptor >= 0 && writeAll(bytes, descriptor)
        let reason = String(cString: strerror(errno))
        if descriptor >= 0 { close(descriptor) }
        guard isWritten else { throw PrivateFileError("cannot write \(path): \(reason)") }
    }

    /// What is in it; nil when there is none.
    ///
    /// - Parameter most: bytes beyond which it can't be one of ours.
    static func read(_ path: String, most: Int) throws(PrivateFileError) -> Data? {
        guard let facts = try? FileManager.default.attributesOfItem(atPath: path) else { return nil }
        guard let size = facts[.size] as? Int, size <= most else {
            throw PrivateFileError("\(path) is larger than \(most) bytes")
        }
        guard let data = FileManager.default.contents(atPath: path) else {
            throw PrivateFileError("cannot read \(path): \(String(cString: strerror(errno)))")
        }
        return data
    }

    private static func writeAll(_ bytes: [UInt8], _ descriptor: Int32) -> Bool {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return false }
            rest = rest.dropFirst(count)
        }
        return true
    }
}

/// Why a file can't be written or read, in words for the log.
struct PrivateFileError: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }
}
