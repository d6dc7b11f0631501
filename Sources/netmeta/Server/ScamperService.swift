import Foundation
import Logging
import NetTypes
import ServiceLifecycle
import Synchronization
import WebAPI

/// Imports scamper's files from a folder as they grow, and has scamper measure on a schedule: one of our own, or one that runs.
///
/// What is imported of a file is in the journal of imports, so that nothing is
/// stored twice, over restarts too. A file that can't be read is told of once
/// for each time that it changes.
struct ScamperService: Service {
    private let settings: ScamperConfiguration
    /// Where our own scamper writes; each file goes once it is imported.
    private let own: String
    private let imports: LiveImports
    private let logger: Logger

    /// Seconds between looks at the folder.
    private static let pause = 2.0
    /// Files of a folder that are looked at.
    private static let mostFiles = 10_000
    private static let endings = [".warts", ".jsonl"].flatMap { [$0, $0 + ".gz", $0 + ".bz2"] }

    init(_ configuration: Configuration, imports: LiveImports, logger: Logger) {
        settings = configuration.sources.scamper
        own = configuration.store.data + "/scamper"
        self.imports = imports
        self.logger = logger
    }

    func run() async throws {
        await cancelWhenGracefulShutdown {
            await withTaskGroup(of: Void.self) { group in
                if let folder = settings.folder { group.addTask { await watch(folder) } }
                if let socket = settings.attach {
                    group.addTask { await attach(to: socket) }
                } else if !settings.targets.isEmpty {
                    group.addTask { await measure() }
                }
                // A service that returns ends the server.
                if settings.folder == nil, settings.targets.isEmpty { group.addTask { await Self.sleep(.infinity) } }
                await group.waitForAll()
            }
        }
    }

    private static func sleep(_ seconds: Double) async {
        repeat {
            try? await Task.sleep(for: .seconds(min(seconds, 3600)))
        } while seconds.isInfinite && !Task.isCancelled
    }

    // MARK: - A folder

    /// Size and last change of a file.
    private struct Stamp: Equatable {
        var size: Int
        var changed: Double
    }

    private func watch(_ folder: String) async {
        var done: [String: Stamp] = [:]
        var wasMissing = false
        while !Task.isCancelled {
            let names = try? FileManager.default.contentsOfDirectory(atPath: folder)
            if names == nil, !wasMissing {
                logger.warning(
                    "sources.scamper.folder can't be read; it is looked at again",
                    metadata: ["folder": "\(folder)"]
                )
            }
            wasMissing = names == nil
            let files = (names ?? []).filter { name in Self.endings.contains { name.hasSuffix($0) } }.sorted()
            var present: [String: Stamp] = [:]
            for name in files.prefix(Self.mostFiles) where !Task.isCancelled {
                let path = folder + "/" + name
                guard let stamp = Self.stamp(path) else { continue }
                let isTaken = done[path] == stamp ? true : await take(path)
                if isTaken { present[path] = stamp }
            }
            done = present
            await Self.sleep(Self.pause)
        }
    }

    private static func stamp(_ path: String) -> Stamp? {
        guard let facts = try? FileManager.default.attributesOfItem(atPath: path),
            facts[.type] as? FileAttributeType == .typeRegular, let size = facts[.size] as? Int, size > 0
        else { return nil }
        return Stamp(size: size, changed: (facts[.modificationDate] as? Date)?.timeIntervalSince1970 ?? 0)
    }

    /// Imports what is new of a file.
    ///
    /// - Returns: false when it has to be tried again although it doesn't change.
    private func take(_ path: String) async -> Bool {
        let result = Mutex<Result<ImportSummary, any Error>?>(nil)
        await Blocking.run { [imports] in
            let outcome = Result { try imports.importFile(path) }
            result.withLock { $0 = outcome }
        }
        switch result.withLock({ $0 }) {
        case .success(let summary):
            if summary.rowsStored > 0 {
                logger.info("imported", metadata: ["file": "\(path)", "rows": "\(summary.rowsStored)"])
            }
            return true
        case .failure(let refusal as ImportRefusal):
            return refusal.code != .busy && refusal.code != .stopping
        case .failure(let error):
            logger.warning("a file of scamper can't be imported", metadata: ["file": "\(path)", "reason": "\(error)"])
            return true
        case nil: return false
        }
    }

    // MARK: - A schedule

    private func attach(to socket: ScamperSocket) async {
        let attachment = imports.attachment(
            to: socket,
            commands: settings.commands,
            every: settings.every,
            logger: logger
        )
        await withTaskCancellationHandler {
            await Blocking.run { attachment.run() }
        } onCancel: {
            attachment.stop()
        }
    }

    private func measure() async {
        try? FileManager.default.createDirectory(
            atPath: own,
            withIntermediateDirectories: true,
            attributes: [.posixPermissions: 0o700]
        )
        let seconds = Double(settings.every.components.seconds)
        while !Task.isCancelled {
            let start = Date()
            let path = own + "/\(Int(start.timeIntervalSince1970)).warts"
            if await runScamper(into: path) {
                _ = await take(path)
            }
            try? FileManager.default.removeItem(atPath: path)
            await Self.sleep(max(1, seconds - Date().timeIntervalSince(start)))
        }
    }

    /// Runs scamper once over all targets; false when it failed, which is logged.
    private func runScamper(into path: String) async -> Bool {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        // Every argument is a word of ours or the text of an address.
        process.arguments = ["scamper", "-O", "warts", "-o", path] + settings.commands.flatMap { ["-I", $0] }
        let errors = Pipe()
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        process.standardError = errors
        do {
            try process.run()
        } catch {
            logger.error("scamper can't be run", metadata: ["reason": "\(error.localizedDescription)"])
            return false
        }
        let deadline = Date().addingTimeInterval(Self.longestRound)
        while process.isRunning {
            try? await Task.sleep(for: .milliseconds(200))
            if Task.isCancelled || Date() > deadline { process.terminate() }
        }
        guard process.terminationStatus != 0 else { return true }
        guard !Task.isCancelled else { return false }
        let words = String(decoding: errors.fileHandleForReading.availableData.prefix(500), as: UTF8.self)
        logger.error(
            process.terminationStatus == 127
                ? "scamper is missing: apt-get install scamper" : "scamper failed; it needs root or CAP_NET_RAW",
            metadata: ["status": "\(process.terminationStatus)", "said": "\(words)"]
        )
        return false
    }

    /// Seconds after which a round is ended.
    private static let longestRound = 3600.0
}

extension ScamperConfiguration {
    /// scamper's commands for one round.
    fileprivate var commands: [String] {
        targets.flatMap { target in
            ["trace -P \(method.rawValue) \(target)"] + (pings > 0 ? ["ping -c \(pings) \(target)"] : [])
                + (parallel ? ["tracelb \(target)"] : [])
        }
    }
}
