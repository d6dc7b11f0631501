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
    /// Bytes of a disk on which a merge's sources stay long enough for a look.
    private static let least: Int64 = 1 << 30

    func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                do {
                    for (part, isMended) in try await store.mendMerges() {
                        let facts: Logger.Metadata = [
                            "table": "\(part.table)", "part": "\(part.name)", "rows": "\(part.rows)",
                        ]
                        if isMended {
                            logger.warning(
                                "a full disk left a merged part without its files; what it was made of is back",
                                metadata: facts
                            )
                        } else {
                            logger.error(
                                """
                                a full disk left a merged part without its files, and what it was made of is gone \
                                already: these rows are lost; keep a disk of its own for the data folder
                                """,
                                metadata: facts
                            )
                        }
                    }
                } catch {
                    logger.warning("parts could not be looked at; tried again", metadata: ["reason": "\(error)"])
                }
                // The sources of a merge stay for a second for each 700 MB of room.
                let free = DiskSpace.free(folder: folder) ?? .max
                let isScarce = free < Self.scarce && (DiskSpace.size(folder: folder) ?? .max) > Self.least
                try? await Task.sleep(for: .seconds(isScarce ? 1 : 10))
            }
        }
    }
}
