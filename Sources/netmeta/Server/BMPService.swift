import Enrichment
import LinuxCapture
import Logging
import NetTypes
import Pipeline
import ServiceLifecycle
import Synchronization
import Telemetry

/// The BMP listener as a part of the server: there when it is configured, and as it is configured.
final class BMPService: Service {
    private let enrichment: EnrichmentSource
    private let logger: Logger
    private let state: Mutex<State>

    private struct State {
        var configuration: BMPConfiguration
        var receiver: BMPReceiver?
        /// Why nothing listens although it is configured.
        var problem: String?
        var isRunning = false
    }

    /// Binds the socket, if there is to be one.
    init(_ configuration: BMPConfiguration, enrichment: EnrichmentSource, logger: Logger) throws(SocketError) {
        self.enrichment = enrichment
        self.logger = logger
        let receiver = try Self.receiver(configuration, enrichment)
        state = Mutex(State(configuration: configuration, receiver: receiver))
    }

    private static func receiver(
        _ configuration: BMPConfiguration,
        _ enrichment: EnrichmentSource
    ) throws(SocketError) -> BMPReceiver? {
        guard let endpoint = configuration.listen.first else { return nil }
        let listener = try TCPListener(endpoint)
        return BMPReceiver(listener: listener, settings: configuration.settings, enrichment: enrichment)
    }

    /// How it is; nil when nothing is configured.
    var report: BMPReport? {
        state.withLock { state in
            if let receiver = state.receiver { return receiver.report }
            guard let endpoint = state.configuration.listen.first, let problem = state.problem else { return nil }
            var report = BMPReport(endpoint: endpoint)
            report.failure = problem
            return report
        }
    }

    func run() async throws {
        state.withLock { state in
            state.isRunning = true
            state.receiver?.start()
        }
        try? await gracefulShutdown()
        let receiver = state.withLock { state in
            state.isRunning = false
            return state.receiver
        }
        await Blocking.run { receiver?.stop() }
    }

    /// Takes new settings over. Where it listens at another place than before, routers have to tell all again.
    func reload(_ new: BMPConfiguration) {
        state.withLock { state in
            guard new != state.configuration else { return }
            let moves = new.listen != state.configuration.listen || state.problem != nil
            state.configuration = new
            guard moves else {
                state.receiver?.set(new.settings)
                return
            }
            if state.isRunning { state.receiver?.stop() }
            (state.receiver, state.problem) = (nil, nil)
            enrichment.replace(routes: nil)
            do throws(SocketError) {
                state.receiver = try Self.receiver(new, enrichment)
                if state.isRunning { state.receiver?.start() }
            } catch {
                state.problem = error.description
                logger.error("no BMP", metadata: ["reason": "\(error.description)"])
            }
        }
    }
}
