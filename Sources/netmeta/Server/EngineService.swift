import FlowStore
import Foundation
import Logging
import OwnThreads
import Pipeline
import ServiceLifecycle

/// Starts the program anew when the engine in it has met an error that it can't go on from.
///
/// What was received waits in the spool until the folder can be written again, as with a store that is down for any other
/// reason; then the process is replaced, and nothing of it has to wait for threads that the engine holds. Where the new
/// program could not open the host's sources again, the process ends instead, with a status that asks for another start.
struct EngineService: Service {
    let store: EmbeddedStore
    let folder: String
    let pipeline: Pipeline
    /// Whether sources of this host were opened with rights that were given up since and that a new program doesn't get.
    let needsOther: Bool
    let logger: Logger

    /// Seconds that batches which the engine still holds have for their way into the spool.
    private static let longestStop = 30.0

    func run() async throws {
        await cancelWhenGracefulShutdown {
            guard await Self.wait(until: { store.hasEnded }) else { return }
            logger.error(
                """
                the engine has met an error that it can't go on from (above, on standard error); flows are received and \
                wait in the spool, and the program starts anew as soon as its folder can be written
                """,
                metadata: ["folder": "\(folder)"]
            )
            guard await Self.wait(until: { isWritable }) else { return }
            await stopPipeline()
            if needsOther {
                logger.notice(
                    """
                    the program ends, for whoever started it to start it again: its user has no right any more to open \
                    sources of this host, and gets it only with a new start
                    """,
                    metadata: ["status": "\(Restart.needed)"]
                )
                fflush(nil)
                _exit(Restart.needed)
            }
            logger.notice("the program starts anew")
            Restart.now()
        }
    }

    /// - Returns: false when the server is to end before that.
    private static func wait(until condition: () -> Bool) async -> Bool {
        while !condition() {
            guard (try? await Task.sleep(for: .seconds(1))) != nil else { return false }
        }
        return true
    }

    /// Whether files can be made in each folder of a table, and in that of the definitions.
    private var isWritable: Bool {
        let store = folder + "/engine/clickhouse/store"
        let folders = Self.folders(in: store).flatMap(Self.folders(in:))
        return !folders.isEmpty && folders.allSatisfy(Self.takesFiles)
    }

    private static func folders(in folder: String) -> [String] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return names.map { folder + "/" + $0 }
    }

    private static func takesFiles(_ folder: String) -> Bool {
        let probe = folder + "/netmeta.probe"
        guard FileManager.default.createFile(atPath: probe, contents: Data([0])) else { return false }
        return (try? FileManager.default.removeItem(atPath: probe)) != nil
    }

    private func stopPipeline() async {
        await Blocking.run { [pipeline] in
            let stopped = DispatchSemaphore(value: 0)
            OwnThread.start("pipeline-stop") {
                pipeline.stop()
                stopped.signal()
            }
            _ = stopped.wait(timeout: .now() + Self.longestStop)
        }
    }
}
