import Foundation
import Logging
import NetTypes
import Pipeline
import ServiceLifecycle
import UnixSignals

/// Reads the configuration again on SIGHUP and when its file changes, applies
/// what can change at run time and says what can't.
struct ReloadService: Service {
    let options: FolderOptions
    let start: Configuration
    /// Reads the configuration.
    private let load: @Sendable () throws -> Configuration
    /// What isn't in a file and belongs to the configuration: the host's networks.
    private let circumstances: @Sendable () -> [Prefix]
    let logger: Logger
    /// Trapped before anybody is told that the server is ready: until then nobody would hear it.
    let hangups: UnixSignalsSequence
    /// Reads files again whose names stand in the configuration: they may be new when it isn't. On SIGHUP and every hour.
    private let renew: @Sendable () -> Void
    /// Puts the settings that can change at run time into force.
    let apply: @Sendable (Configuration) async throws -> Void

    /// A server's: its configuration is what the file says, what the command line added, and the host's own networks.
    init(
        options: FolderOptions,
        start: Configuration,
        sourceKinds: [SourceKind],
        sources: HostSources?,
        web: WebService,
        logger: Logger,
        hangups: UnixSignalsSequence,
        apply: @escaping @Sendable (Configuration) async throws -> Void
    ) {
        self.options = options
        self.start = start
        load = {
            var configuration = try options.load()
            for kind in sourceKinds { configuration.sources.add(kind) }
            configuration.adoptHost(sources)
            return configuration
        }
        circumstances = { sources?.localNetworks ?? [] }
        self.logger = logger
        self.hangups = hangups
        renew = { web.renewCertificate() }
        self.apply = apply
    }

    func run() async throws {
        await cancelWhenGracefulShutdown {
            var current = start
            await withTaskGroup(of: Void.self) { group in
                let (changes, continuation) = AsyncStream.makeStream(of: String.self)
                group.addTask {
                    for await _ in hangups { continuation.yield("SIGHUP") }
                }
                group.addTask { await watchFile { continuation.yield("the file changed") } }
                group.addTask { await watchCircumstances { continuation.yield("the host's addresses changed") } }
                group.addTask {
                    while (try? await Task.sleep(for: .seconds(3600))) != nil { renew() }
                }
                for await reason in changes {
                    current = await reload(from: current, because: reason)
                    renew()
                }
                group.cancelAll()
            }
        }
    }

    /// - Returns: the configuration that is in force afterwards.
    private func reload(from current: Configuration, because reason: String) async -> Configuration {
        do {
            let new = try load()
            let changes = current.changes(to: new)
            if !changes.reloadable.isEmpty { try await apply(new) }
            if !changes.needsRestart.isEmpty {
                logger.warning(
                    "these settings take effect at the next start",
                    metadata: ["keys": "\(changes.needsRestart.joined(separator: ", "))"]
                )
            }
            let keys = changes.reloadable.isEmpty ? "none" : changes.reloadable.joined(separator: ", ")
            logger.notice("configuration read again", metadata: ["reason": "\(reason)", "changed": "\(keys)"])
            return new
        } catch {
            logger.error("configuration not reloaded, the old one stays in force", metadata: ["reason": "\(error)"])
            return current
        }
    }

    /// Looks at the file's time of change every two seconds: editors replace
    /// files, and a watch on one of them would be lost.
    private func watchFile(_ changed: () -> Void) async {
        guard let file = options.file ?? ConfigurationLoader.usualFiles.first(where: FileManager.default.fileExists)
        else {
            return
        }
        var last = Self.modified(file)
        while !Task.isCancelled {
            try? await Task.sleep(for: .seconds(2))
            guard var now = Self.modified(file), now != last else { continue }
            // Not while it is being written: half a file may well be a configuration.
            while (try? await Task.sleep(for: .milliseconds(200))) != nil, let next = Self.modified(file), next != now {
                now = next
            }
            changed()
            last = now
        }
    }

    private func watchCircumstances(_ changed: () -> Void) async {
        var last = circumstances()
        while (try? await Task.sleep(for: .seconds(2))) != nil {
            let now = circumstances()
            if now != last { changed() }
            last = now
        }
    }

    private static func modified(_ file: String) -> Date? {
        (try? FileManager.default.attributesOfItem(atPath: file))?[.modificationDate] as? Date
    }
}
