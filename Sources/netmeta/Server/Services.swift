import FlowStore
import Foundation
import OwnThreads
import Pipeline
import ServiceLifecycle
import Telemetry

/// Closes the store when all others have ended.
struct StoreService: Service {
    let store: any ServerStore

    func run() async throws {
        try? await gracefulShutdown()
        await Blocking.run { store.close() }
    }
}

/// Runs the threads; at the end, stores what has arrived.
struct PipelineService: Service {
    let pipeline: Pipeline

    func run() async throws {
        pipeline.start()
        try? await gracefulShutdown()
        await Blocking.run { pipeline.stop() }
    }
}

/// Stops first, and sees to it that all others do.
struct WatchdogService: Service {
    func run() async throws {
        try? await gracefulShutdown()
        Watchdog.start()
    }
}

/// Samples counters for rates.
struct StatusService: Service {
    let status: PipelineStatus

    func run() async throws {
        await cancelWhenGracefulShutdown { await status.run() }
    }
}

/// Runs blocking work beside the cooperative pool.
enum Blocking {
    /// Runs `body` on a thread of its own and waits for it.
    static func run(_ body: @escaping @Sendable () -> Void) async {
        await withCheckedContinuation { continuation in
            OwnThread.start("blocking") {
                body()
                continuation.resume()
            }
        }
    }
}

/// Ends the process when an orderly end takes too long.
enum Watchdog {
    /// Seconds from the first signal to the end.
    static let seconds = 60

    /// Starts the clock when the service group starts to shut down.
    static func start() {
        OwnThread.start("watchdog") {
            Thread.sleep(forTimeInterval: Double(seconds))
            let text = "netmeta: not ended after \(seconds) s, giving up; the last rows may be lost\n"
            FileHandle.standardError.write(Data(text.utf8))
            _exit(1)
        }
    }
}
