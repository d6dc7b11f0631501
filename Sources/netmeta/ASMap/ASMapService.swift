import Logging
import ServiceLifecycle
import Synchronization
import UnixSignals

/// Looks at the sources of the AS map once a minute, on SIGHUP, and when the configuration is new.
struct ASMapService: Service {
    private let keeper: ASMapKeeper
    private let settings: Settings
    private let looks: AsyncStream<Look>
    private let next: AsyncStream<Look>.Continuation

    /// Why the sources are looked at.
    private enum Look: Sendable {
        case time, signal, settings
    }

    /// The configuration of now.
    private final class Settings: Sendable {
        let current: Mutex<ASMapConfiguration>

        init(_ configuration: ASMapConfiguration) {
            current = Mutex(configuration)
        }
    }

    init(_ configuration: ASMapConfiguration, keeper: ASMapKeeper) {
        self.keeper = keeper
        settings = Settings(configuration)
        (looks, next) = AsyncStream.makeStream(of: Look.self, bufferingPolicy: .bufferingNewest(8))
    }

    /// Puts in place what can be had at once, before flows come.
    func prepare() async {
        await keeper.prepare(settings.current.withLock { $0 })
    }

    /// Takes new settings over, soon.
    func reload(_ configuration: ASMapConfiguration) {
        settings.current.withLock { $0 = configuration }
        next.yield(.settings)
    }

    func run() async throws {
        await cancelWhenGracefulShutdown {
            await withTaskGroup(of: Void.self) { group in
                group.addTask {
                    for await _ in await UnixSignalsSequence(trapping: .sighup) { next.yield(.signal) }
                }
                group.addTask {
                    while !Task.isCancelled {
                        next.yield(.time)
                        try? await Task.sleep(for: .seconds(60))
                    }
                }
                await keeper.writeNames()
                for await look in looks {
                    await keeper.look(settings.current.withLock { $0 }, asks: look == .signal)
                    await keeper.writeNames()
                }
                group.cancelAll()
            }
        }
    }
}
