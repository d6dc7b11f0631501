import CGzip
import Foundation

/// The gzip of records that AWS packs into JSON.
enum PackedRecord {
    /// What all members inflate to; nil for what is damaged, cut short, or gives more than `most` bytes.
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
