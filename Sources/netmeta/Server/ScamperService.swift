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
/// for each time that it changes; one that the store refuses is tried again.
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
                if let folder = settings.folder, let tally = imports.scamper.folder {
                    group.addTask { await watch(folder, tally) }
                }
                if let socket = settings.attach, let tally = imports.scamper.socket {
                    group.addTask { await attach(to: socket, tally) }
                }
                if let tally = imports.scamper.runs { group.addTask { await measure(tally) } }
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

    /// What became of a file.
    fileprivate enum Outcome: Equatable {
        case whole
        /// It ends within an object.
        case cut
        /// It can't be read as it is.
        case bad(String)
        /// It is tried again although it doesn't change.
        case later(String)
    }

    private func watch(_ folder: String, _ tally: ScamperTally) async {
        var done: [String: (stamp: Stamp, outcome: Outcome)] = [:]
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
            var present: [String: (stamp: Stamp, outcome: Outcome)] = [:]
            for name in files.prefix(Self.mostFiles) where !Task.isCancelled {
                let path = folder + "/" + name
                guard let stamp = Self.stamp(path) else { continue }
                let before = done[path]
                if let before, before.stamp == stamp, before.outcome.waiting == nil {
                    present[path] = before
                } else {
                    present[path] = (stamp, await take(path, tally, after: before?.outcome))
                }
            }
            done = present
            tell(done.values.map(\.outcome), isMissing: names == nil, tally)
            await Self.sleep(Self.pause)
        }
    }

    private func tell(_ outcomes: [Outcome], isMissing: Bool, _ tally: ScamperTally) {
        let waiting = outcomes.compactMap(\.waiting).first
        tally.update {
            $0.problem = isMissing ? "it can't be read: is it there, and may the server's user read it?" : waiting
            $0.files = outcomes.count
            $0.cutFiles = outcomes.count { $0 == .cut }
            $0.badFiles = outcomes.compactMap(\.problem).sorted()
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
    /// - Parameter before: what became of it before; the same isn't told again.
    private func take(_ path: String, _ tally: ScamperTally, after before: Outcome? = nil) async -> Outcome {
        let result = Mutex<Result<Bool, any Error>?>(nil)
        let known = tally.counts.summary.rowsStored
        await Blocking.run { [imports] in
            let outcome = Result { try imports.importFile(path, tally: tally) }
            result.withLock { $0 = outcome }
        }
        let rows = tally.counts.summary.rowsStored - known
        if rows > 0 { logger.info("imported", metadata: ["file": "\(path)", "rows": "\(rows)"]) }
        switch result.withLock({ $0 }) {
        case .success(let isCut): return isCut ? .cut : .whole
        case .failure(let refusal as ImportRefusal) where refusal.code == .busy || refusal.code == .stopping:
            return .later(refusal.message)
        case .failure(let error):
            let outcome = (error as? Failure)?.isTemporary == true ? Outcome.later("\(error)") : .bad("\(error)")
            if outcome != before {
                logger.warning(
                    "a file of scamper can't be imported",
                    metadata: ["file": "\(path)", "reason": "\(error)"]
                )
            }
            if outcome.problem != nil { tally.update { $0.summary.malformed["unreadableFile", default: 0] += 1 } }
            return outcome
        case nil: return .later("the import of \(path) has no end")
        }
    }

    // MARK: - A schedule

    private func attach(to socket: ScamperSocket, _ tally: ScamperTally) async {
        let attachment = imports.attachment(
            to: socket,
            commands: settings.commands,
            every: settings.every,
            tally: tally,
            logger: logger
        )
        await withTaskCancellationHandler {
            await Blocking.run { attachment.run() }
        } onCancel: {
            attachment.stop()
        }
    }

    private func measure(_ tally: ScamperTally) async {
        try? FileManager.default.createDirectory(
            atPath: own,
            withIntermediateDirectories: true,
            attributes: [.posixPermissions: 0o700]
        )
        let seconds = Double(settings.every.components.seconds)
        while !Task.isCancelled {
            let start = Date()
            let path = own + "/\(Int(start.timeIntervalSince1970)).warts"
            let problem = await runScamper(into: path)
            guard !Task.isCancelled else { break }
            let waiting = await takeOwn(tally)
            tally.update {
                $0.rounds += 1
                if problem != nil { $0.failedRounds += 1 }
                $0.problem = problem ?? waiting
            }
            await Self.sleep(max(1, seconds - Date().timeIntervalSince(start)))
        }
    }

    /// Imports what runs of our own have left, also what the store refused before, or a server that has ended; each file
    /// goes once it is stored, and the oldest ones when they are too many.
    ///
    /// - Returns: why some stay, nil when none does.
    private func takeOwn(_ tally: ScamperTally) async -> String? {
        let names = ((try? FileManager.default.contentsOfDirectory(atPath: own)) ?? []).sorted()
        var waiting: String?
        for (place, name) in names.enumerated() where !Task.isCancelled {
            let path = own + "/" + name
            if Self.stamp(path) != nil, let reason = await take(path, tally).waiting {
                waiting = reason
                guard place < names.count - Self.mostOwn else { continue }
                tally.update { $0.summary.malformed["fileTooMany", default: 0] += 1 }
            }
            try? FileManager.default.removeItem(atPath: path)
        }
        return waiting
    }

    /// Files of our own that wait for the store: a day of rounds of five minutes.
    private static let mostOwn = 288

    /// Runs scamper once over all targets.
    ///
    /// - Returns: what went wrong, with what to do; nil when nothing did.
    private func runScamper(into path: String) async -> String? {
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
            return "scamper can't be run: \(error.localizedDescription)"
        }
        let deadline = Date().addingTimeInterval(Self.longestRound)
        var isLate = false
        while process.isRunning {
            try? await Task.sleep(for: .milliseconds(200))
            isLate = Date() > deadline
            if Task.isCancelled || isLate { process.terminate() }
        }
        guard process.terminationStatus != 0, !Task.isCancelled else { return nil }
        let said = String(decoding: errors.fileHandleForReading.availableData.prefix(500), as: UTF8.self)
            .split(whereSeparator: \.isNewline).joined(separator: " ")
        let advice =
            if isLate {
                "scamper measured for an hour and was ended: name fewer targets, or a longer sources.scamper.every"
            } else if process.terminationStatus == 127 {
                "scamper is missing: apt-get install scamper"
            } else {
                "scamper failed; it needs root or CAP_NET_RAW"
            }
        logger.error("\(advice)", metadata: ["status": "\(process.terminationStatus)", "said": "\(said)"])
        return said.isEmpty || process.terminationStatus == 127 ? advice : "\(advice). It said: \(said)"
    }

    /// Seconds after which a round is ended.
    private static let longestRound = 3600.0
}

extension ScamperService.Outcome {
    /// Why it is tried again; nil when it isn't.
    fileprivate var waiting: String? {
        if case .later(let reason) = self { return reason }
        return nil
    }

    /// What is wrong with the file; nil when nothing is.
    fileprivate var problem: String? {
        if case .bad(let reason) = self { return reason }
        return nil
    }
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
