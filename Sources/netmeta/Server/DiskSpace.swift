import FlowStore
import Foundation

/// Room on the disk of the data folder.
enum DiskSpace {
    /// Bytes that must be free at the start: a few batches and the merges behind them.
    static let least = 512 << 20

    /// - Throws: `StoreError` when there is less.
    static func check(folder: String) throws(StoreError) {
        let attributes = try? FileManager.default.attributesOfFileSystem(forPath: folder)
        guard let free = (attributes?[.systemFreeSize] as? NSNumber)?.int64Value, free < Int64(least) else { return }
        throw StoreError(
            message: "only \(free >> 20) MB are free on the disk of \(folder), \(least >> 20) MB are needed; "
                + "make room or choose another folder with --data"
        )
    }
}
