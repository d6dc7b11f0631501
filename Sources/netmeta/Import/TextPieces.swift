import CGzip
import Crypto
import Foundation
import WebAPI

/// A file's bytes piece by piece, inflated when it is gzip, so that memory
/// doesn't grow with the file. Members of gzip that follow each other are one.
final class TextPieces {
    private let file: FileHandle
    private let name: String
    private var input: [UInt8] = []
    private var used = 0
    private var isAtEnd = false
    private var inflater: OpaquePointer?
    private var isWithinMember = false

    /// Bytes that are read at a time, and inflated at a time.
    static let size = 1 << 20

    /// Opens a file.
    ///
    /// - Parameter name: what it is called in messages.
    /// - Throws: ``Failure`` that names the file and the reason.
    init(_ path: String, name: String) throws {
        self.name = name
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw Failure("cannot read \(name): \(String(cString: strerror(errno)))") }
        file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        try readInput()
        if input.starts(with: [0x1F, 0x8B]) { inflater = netmeta_gunzip_open() }
    }

    deinit {
        if let inflater { netmeta_gunzip_close(inflater) }
    }

    /// Whether the bytes end within a member of gzip.
    var isCut: Bool { isWithinMember && isAtEnd }

    /// Appends the next bytes.
    ///
    /// - Returns: false at the end.
    /// - Throws: ``Failure`` when the file can't be read or inflated.
    func read(into bytes: inout [UInt8]) throws -> Bool {
        if used == input.count { try readInput() }
        guard !input.isEmpty else { return false }
        guard let inflater else {
            bytes += input[used...]
            used = input.count
            return true
        }
        var output = [UInt8](repeating: 0, count: Self.size)
        var (left, room) = (input.count - used, output.count)
        let status = input.withUnsafeBufferPointer { input in
            output.withUnsafeMutableBufferPointer { output in
                netmeta_gunzip_step(inflater, input.baseAddress! + used, &left, output.baseAddress!, &room)
            }
        }
        guard status >= 0 else { throw Failure("cannot inflate \(name): it is damaged at byte \(position - left)") }
        used = input.count - left
        isWithinMember = status == 0
        bytes += output[..<(output.count - room)]
        return true
    }

    private var position = 0

    private func readInput() throws {
        do {
            input = try file.read(upToCount: Self.size).map { [UInt8]($0) } ?? []
        } catch {
            throw Failure("cannot read \(name): \(error.localizedDescription)")
        }
        used = 0
        position += input.count
        isAtEnd = input.isEmpty
    }

    /// The digest of a file's bytes as they are on the disk, in hexadecimal digits.
    static func digest(_ path: String, name: String) throws -> String {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw Failure("cannot read \(name): \(String(cString: strerror(errno)))") }
        let file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        var hash = SHA256()
        do {
            while let data = try file.read(upToCount: size), !data.isEmpty { hash.update(data: data) }
        } catch {
            throw Failure("cannot read \(name): \(error.localizedDescription)")
        }
        return hash.finalize().hexadecimal
    }
}
