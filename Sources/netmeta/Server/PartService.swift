import FlowStore
import Logging
import ServiceLifecycle

/// Has the store look at what merges have written, and says what was mended.
struct PartService: Service {
    let store: EmbeddedStore
    let folder: String
    let logger: Logger

    /// Bytes free on the disk, below which it may be full before the next look but one.
    private static let scarce: Int64 = 8 << 30

    func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                do {
                    for part in try await store.mendMerges() {
                        logger.warning(
                            "a full disk left a merged part without its files; the parts that it was made of are back",
                            metadata: ["table": "\(part.table)", "part": "\(part.name)", "rows": "\(part.rows)"]
                        )
                    }
                } catch {
                    logger.warning("parts could not be looked at; tried again", metadata: ["reason": "\(error)"])
                }
                // The sources of a merge stay for a second for each 700 MB of room.
                let isScarce = (DiskSpace.free(folder: folder) ?? .max) < Self.scarce
                try? await Task.sleep(for: .seconds(isScarce ? 1 : 10))
            }
        }
    }
}
