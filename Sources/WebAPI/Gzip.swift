import CGzip
import Glibc
import NIOCore

/// Deflates and inflates with the system's zlib.
enum Gzip {
    /// The bytes as one gzip member, as small as zlib can; nil where there is no memory.
    static func deflate(_ bytes: ByteBuffer) -> ByteBuffer? {
        bytes.withUnsafeReadableBytes { input in
            var length = 0
            let start = input.bindMemory(to: UInt8.self).baseAddress
            guard let start, let output = netmeta_gzip(start, input.count, &length) else { return nil }
            defer { free(output) }
            return ByteBuffer(bytes: UnsafeRawBufferPointer(start: output, count: length))
        }
    }

    /// What all members inflate to; nil for what is no gzip, is cut short, or gives more than `most` bytes.
    static func inflate(_ bytes: [UInt8], most: Int) -> [UInt8]? {
        bytes.withUnsafeBufferPointer { input in
            var length = 0
            guard let start = input.baseAddress, let output = netmeta_gunzip(start, input.count, most, &length) else {
                return nil
            }
            defer { free(output) }
            return Array(UnsafeBufferPointer(start: output, count: length))
        }
    }
}
