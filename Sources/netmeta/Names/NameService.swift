import ServiceLifecycle
import UnixSignals

/// Looks for new names every few seconds and on SIGHUP.
struct NameService: Service {
    let keeper: NameKeeper

    /// A renamed interface shows after this time, and a list that was changed.
    private static let interval = Duration.seconds(5)

    func run() async throws {
        await cancelWhenGracefulShutdown {
            await withTaskGroup(of: Void.self) { group in
                group.addTask {
                    for await _ in await UnixSignalsSequence(trapping: .sighup) { await keeper.look() }
                }
                group.addTask {
                    while !Task.isCancelled {
                        await keeper.look()
                        try? await Task.sleep(for: Self.interval)
                    }
                }
                await group.waitForAll()
            }
        }
    }
}
