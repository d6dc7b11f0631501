import FlowStore
import Logging
import ServiceLifecycle

/// Has the keeper look, and says what went: at once, and then a line a minute while more goes.
struct RetentionService: Service {
    let keeper: RetentionKeeper
    let logger: Logger

    private static let quiet = Duration.seconds(60)

    func run() async throws {
        await cancelWhenGracefulShutdown {
            var dropped: [RetentionReason: RetentionReport.Dropped] = [:]
            var told: ContinuousClock.Instant?
            var complained: ContinuousClock.Instant?
            while !Task.isCancelled {
                do {
                    for drop in try await keeper.look() {
                        dropped[drop.reason, default: .init()].rows += drop.rows
                        dropped[drop.reason, default: .init()].bytes += drop.bytes
                    }
                    if !dropped.isEmpty, Self.isDue(told) {
                        tell(dropped)
                        dropped = [:]
                        told = .now
                    }
                    if keeper.report.missing > 0, Self.isDue(complained) {
                        logger.warning(
                            """
                            there is too little room although all but the newest rows are gone; free disk space, or \
                            change retention.size or retention.freeSpace
                            """,
                            metadata: ["bytesTooMany": "\(keeper.report.missing)"]
                        )
                        complained = .now
                    }
                } catch {
                    // Often a part that has just been merged: the next look sees what is there then.
                    logger.debug("retention tries again", metadata: ["reason": "\(error)"])
                }
                try? await Task.sleep(for: keeper.interval)
            }
        }
    }

    private static func isDue(_ last: ContinuousClock.Instant?) -> Bool {
        last.map { .now - $0 > quiet } ?? true
    }

    private func tell(_ dropped: [RetentionReason: RetentionReport.Dropped]) {
        for (reason, dropped) in dropped.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
            let because =
                switch reason {
                case .time: "older than retention.days"
                case .size: "retention.size is reached"
                case .freeSpace: "less than retention.freeSpace is free on the disk"
                }
            logger.notice(
                "oldest rows dropped",
                metadata: ["rows": "\(dropped.rows)", "bytes": "\(dropped.bytes)", "reason": "\(because)"]
            )
        }
    }
}
