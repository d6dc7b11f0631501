public import Enrichment
import Foundation
import WireFormat

/// The compiled map in a file, for the next start.
public struct AddressMapCache {
    /// Bytes of the largest file that is read: three times what all of GeoLite2-City makes.
    private static let largest = 1 << 30

    /// The file.
    public let path: String

    /// Names a file.
    public init(_ path: String) {
        self.path = path
    }

    /// Writes the map. A crash leaves the old file or the new one.
    ///
    /// - Parameter stamp: says what the map was made of.
    public func write(_ map: AddressMap, stamp: String) throws(SourceError) {
        let bytes = map.encoded(stamp: stamp)
        do {
            try Data(bytes).write(to: URL(fileURLWithPath: path), options: .atomic)
        } catch {
            throw SourceError(path: path, reason: "\(error.localizedDescription)")
        }
    }

    /// Reads the map and its stamp.
    ///
    /// - Throws: when the file isn't there, or isn't what ``write(_:stamp:)`` wrote.
    public func read() throws(SourceError) -> (map: AddressMap, stamp: String) {
        var file: [UInt8] = []
        var status = stat()
        if stat(path, &status) == 0 { file.reserveCapacity(min(Int(status.st_size), Self.largest)) }
        _ = try SourceFile(path).read { bytes in
            bytes.withUnsafeBytes { file.append(contentsOf: $0) }
            return file.count <= Self.largest
        }
        guard file.count <= Self.largest else { throw SourceError(path: path, reason: "it is larger than 1 GB") }
        var stamp = ""
        do throws(AddressMapFileError) {
            let map = try AddressMap(file: file.span.bytes, stamp: &stamp)
            return (map, stamp)
        } catch {
            throw SourceError(path: path, reason: error.description)
        }
    }
}
