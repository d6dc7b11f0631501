import FlowStore
import Foundation

/// Room on the disk of the data folder.
enum DiskSpace {
    /// Bytes that must be free at the start: a few batches and the merges behind them.
    static let least = 512 << 20
    /// The same where rows are kept already: the engine has to open, then retention makes room.
    private static let leastWithRows = 64 << 20

    /// Bytes that are free; nil when the system doesn't tell.
    static func free(folder: String) -> Int64? {
        let attributes = try? FileManager.default.attributesOfFileSystem(forPath: folder)
        return (attributes?[.systemFreeSize] as? NSNumber)?.int64Value
    }

    /// Bytes of the whole disk; nil when the system doesn't tell.
    static func size(folder: String) -> Int64? {
        let attributes = try? FileManager.default.attributesOfFileSystem(forPath: folder)
        return (attributes?[.systemSize] as? NSNumber)?.int64Value
    }

    /// Bytes that must be free for a start with that folder.
    static func needed(folder: String) -> Int {
        FileManager.default.fileExists(atPath: folder + "/engine/clickhouse") ? leastWithRows : least
    }

    /// - Throws: `StoreError` when there is less.
    static func check(folder: String) throws(StoreError) {
        let least = needed(folder: folder)
        guard let free = free(folder: folder), free < Int64(least) else { return }
        throw StoreError(
            message: "only \(free >> 20) MB are free on the disk of \(folder), \(least >> 20) MB are needed; "
                + "make room or choose another folder with --data"
        )
    }
}
