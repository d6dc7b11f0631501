import CGzip
import Foundation
import NameSources

/// Reads a file whole, inflating it when it is gzip or bzip2.
enum InputFile {
    /// Bytes that a file may inflate to.
    static let largest = 8 << 30

    /// The file's bytes.
    ///
    /// - Parameters:
    ///   - name: what the file is called in messages, where that isn't its path.
    ///   - largest: bytes that it may inflate to.
    /// - Throws: ``Failure`` that names the file and the reason.
    static func read(_ path: String, name: String? = nil, largest: Int = largest) throws -> [UInt8] {
        let name = name ?? path
        let data: Data
        do {
            data = try Data(contentsOf: URL(fileURLWithPath: path))
        } catch {
            let code = ((error as NSError).userInfo[NSUnderlyingErrorKey] as? NSError)?.code
            let reason = code.map { String(cString: strerror(Int32($0))) } ?? error.localizedDescription
            throw Failure("cannot read \(name): \(reason)")
        }
        if data.starts(with: Array("BZh".utf8)) { return try inflate(path, name: name, largest: largest) }
        guard data.starts(with: [0x1F, 0x8B]) else { return [UInt8](data) }
        return try data.withUnsafeBytes { input in
            var length = 0
            let start = input.baseAddress?.assumingMemoryBound(to: UInt8.self)
            guard let output = netmeta_gunzip(start, input.count, largest, &length) else {
                let limit = "\(largest >> 30) GB"
                throw Failure("cannot inflate \(name): it is damaged, cut short or inflates to over \(limit)")
            }
            defer { free(output) }
            return [UInt8](UnsafeBufferPointer(start: output, count: length))
        }
    }
}

extension InputFile {
    /// Reads a compressed file piece by piece.
    private static func inflate(_ path: String, name: String, largest: Int) throws -> [UInt8] {
        var bytes: [UInt8] = []
        let isWhole: Bool
        do {
            isWhole = try SourceFile(path).read { piece in
                piece.withUnsafeBytes { bytes.append(contentsOf: $0) }
                return bytes.count <= largest
            }
        } catch {
            throw Failure("cannot read \(name): \(error.reason)")
        }
        guard isWhole, bytes.count <= largest else {
            throw Failure("cannot inflate \(name): it is damaged, cut short or inflates to over \(largest >> 30) GB")
        }
        return bytes
    }
}

/// Collects output and writes it in large pieces.
struct OutputBuffer {
    private var bytes: [UInt8] = []
    private let descriptor: Int32

    init(descriptor: Int32) {
        self.descriptor = descriptor
    }

    mutating func write(_ text: String) throws {
        bytes.append(contentsOf: text.utf8)
        if bytes.count > 1 << 16 { try flush() }
    }

    mutating func write(bytes more: [UInt8]) throws {
        bytes += more
        if bytes.count > 1 << 16 { try flush() }
    }

    mutating func flush() throws {
        var written = 0
        while written < bytes.count {
            let count = bytes.withUnsafeBytes {
                Foundation.write(descriptor, $0.baseAddress! + written, $0.count - written)
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw Failure("cannot write output: \(String(cString: strerror(errno)))") }
            written += count
        }
        bytes.removeAll(keepingCapacity: true)
    }
}
