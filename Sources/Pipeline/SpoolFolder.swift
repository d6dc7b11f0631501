import Enrichment
import FlowSchema
import Foundation

/// The files of a spool: writes a batch so that it is there complete or not at
/// all, and reads it back.
///
/// Names sort in the order in which batches go to the store:
///
///     a-000000000000001c.batch        the store was tried and may have it
///     b-000000000000001d.batch        the store was never tried
///     b-000000000000001e.batch.tmp    being written, or left so by a crash
///     b-0000000000000007.batch.broken set aside because it can't be read
///
/// Those that were tried come first: the store recognises a batch that it has
/// among the last inserts only.
struct SpoolFolder: Sendable {
    let path: String
    /// Whether a file is on the disk, and not only in the kernel's memory, when it counts as written.
    let syncs: Bool

    static let complete = ".batch"
    static let temporary = ".batch.tmp"
    static let broken = ".batch.broken"

    /// Room on the disk that batches never take: the store needs it to take them back.
    static let leastFree: UInt64 = 128 << 20

    static func name(_ number: UInt64, wasTried: Bool) -> String {
        let digits = String(number, radix: 16)
        return (wasTried ? "a-" : "b-") + String(repeating: "0", count: 16 - digits.count) + digits + complete
    }

    /// Whether the store may have the batch of that name, or a part of it.
    static func wasTried(_ name: String) -> Bool { name.hasPrefix("a-") }

    /// The number in a name of this form.
    static func number(in name: String) -> UInt64? {
        guard name.hasPrefix("a-") || name.hasPrefix("b-") else { return nil }
        return UInt64(name.dropFirst(2).prefix(16), radix: 16)
    }

    /// Makes the folder if need be and tells what is in it.
    func names() throws(SpoolError) -> [String] {
        do {
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
            return try FileManager.default.contentsOfDirectory(atPath: path).sorted()
        } catch {
            throw SpoolError("cannot read \(path): \(error.localizedDescription)")
        }
    }

    /// The header of a file that is as long as it says.
    func header(of name: String) throws(SpoolError) -> EncodedBatchHeader {
        let file = try open(name, O_RDONLY)
        defer { close(file) }
        let bytes = try Self.read(file, most: EncodedBatchHeader.mostBytes, name)
        do throws(EncodedBatchError) {
            let header = try EncodedBatchHeader(reading: bytes.span.bytes)
            guard header.byteCount == UInt64(size(of: name)) else { throw .cutShort }
            return header
        } catch {
            throw SpoolError(name, error)
        }
    }

    /// Bytes of a file; 0 when it isn't there.
    func size(of name: String) -> Int {
        var status = stat()
        return stat("\(path)/\(name)", &status) == 0 ? Int(status.st_size) : 0
    }

    /// Writes a batch beside, and gives it its name when it is complete.
    func write(_ batch: EncodedBatch, name: String) throws(SpoolError) {
        var system = statvfs()
        if statvfs(path, &system) == 0, !isRoom(for: batch, free: UInt64(system.f_bavail) * UInt64(system.f_frsize)) {
            throw SpoolError("no room on the disk of \(path): \(Self.leastFree >> 20) MB of it are left to the store")
        }
        let temporary = String(name.dropLast(Self.complete.count)) + Self.temporary
        let file = try open(temporary, O_WRONLY | O_CREAT | O_TRUNC)
        do throws(SpoolError) {
            do throws(SpoolError) {
                try batch.write { bytes throws(SpoolError) in try Self.write(bytes, file, temporary) }
                if syncs, fsync(file) != 0 { throw .last(temporary) }
            } catch {
                close(file)
                throw error
            }
            // Some file systems tell of a full disk only now.
            guard close(file) == 0 else { throw .last(temporary) }
            guard rename("\(path)/\(temporary)", "\(path)/\(name)") == 0 else { throw .last(name) }
        } catch {
            unlink("\(path)/\(temporary)")
            throw error
        }
        if syncs { try syncFolder() }
    }

    private func isRoom(for batch: EncodedBatch, free: UInt64) -> Bool {
        free >= UInt64(batch.byteCount) + Self.leastFree
    }

    private func syncFolder() throws(SpoolError) {
        let folder = Foundation.open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        defer { close(folder) }
        guard folder >= 0, fsync(folder) == 0 else { throw .last(path) }
    }

    /// Adds the rows of a file to a batch.
    func read(_ name: String, into batch: FlowBatch) throws(SpoolError) {
        let file = try open(name, O_RDONLY)
        defer { close(file) }
        let bytes = try Self.read(file, most: size(of: name), name)
        do throws(EncodedBatchError) {
            try batch.append(encoded: bytes.span.bytes)
            if !batch.isPresent(.incoming) { Enricher.writeIncoming(batch) }
        } catch {
            throw SpoolError(name, error)
        }
    }

    /// Deletes a file.
    func remove(_ name: String) { unlink("\(path)/\(name)") }

    /// Gives a file a name that says that it can't be read.
    func setAside(_ name: String) {
        let broken = String(name.dropLast(Self.complete.count)) + Self.broken
        rename("\(path)/\(name)", "\(path)/\(broken)")
    }

    // MARK: - System calls

    private func open(_ name: String, _ flags: Int32) throws(SpoolError) -> Int32 {
        let file = Foundation.open("\(path)/\(name)", flags | O_CLOEXEC, 0o640)
        guard file >= 0 else { throw .last(name) }
        return file
    }

    private static func write(
        _ bytes: UnsafeRawBufferPointer,
        _ file: Int32,
        _ name: String
    ) throws(SpoolError) {
        var rest = bytes[...]
        while let start = rest.isEmpty ? nil : UnsafeRawBufferPointer(rebasing: rest).baseAddress {
            let written = Foundation.write(file, start, rest.count)
            guard written > 0 else {
                if errno == EINTR { continue }
                throw .last(name)
            }
            rest = rest.dropFirst(written)
        }
    }

    private static func read(_ file: Int32, most: Int, _ name: String) throws(SpoolError) -> [UInt8] {
        var failure: SpoolError?
        let bytes = [UInt8](unsafeUninitializedCapacity: most) { buffer, count in
            while count < most, let start = buffer.baseAddress {
                let got = Foundation.read(file, start + count, most - count)
                if got > 0 { count += got }
                if got == 0 { break }
                if got < 0, errno != EINTR {
                    failure = .last(name)
                    break
                }
            }
        }
        if let failure { throw failure }
        return bytes
    }
}

/// Why a file of the spool couldn't be written or read.
struct SpoolError: Error, CustomStringConvertible {
    /// What happened, in one line.
    let description: String
    /// Whether the file is what is wrong, and not the disk.
    let isAboutTheFile: Bool

    init(_ description: String) {
        self.description = description
        isAboutTheFile = false
    }

    init(_ name: String, _ error: EncodedBatchError) {
        description = "\(name): \(error)"
        isAboutTheFile = true
    }

    /// What the last system call said.
    static func last(_ name: String) -> SpoolError {
        SpoolError("\(name): \(String(cString: strerror(errno)))")
    }
}
