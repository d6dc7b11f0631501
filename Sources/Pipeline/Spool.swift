import FlowSchema
import Foundation
import Logging
import Synchronization
import Telemetry

/// Batches that the store doesn't take now, on disk until it does.
///
/// What ``add(_:from:token:wasTried:)`` has returned for survives the process. The
/// files together stay below a bound: when another has no room, the oldest go,
/// and their rows are counted as lost.
final class Spool: Sendable {
    /// A batch on disk.
    struct Entry: Sendable {
        let name: String
        let token: String
        let rows: UInt64
        let bytes: Int
        let received: UInt32
        /// Tries since the start that failed.
        var failures = 0
        /// Batches that were stored when the first try failed, and when that was.
        var storedBefore: UInt64 = 0
        var firstFailure = ContinuousClock.now
        /// No other try before this.
        var notBefore = ContinuousClock.now
        /// Whether it is being read or stored, so that it mustn't go.
        var isBusy = false
    }

    private struct State {
        /// In the order of their names; a batch that is being written counts in `bytes` only.
        var entries: [Entry] = []
        var broken: [(name: String, bytes: Int)] = []
        var bytes = 0
        var next: UInt64 = 1
        var report = SpoolReport()
    }

    private let folder: SpoolFolder
    private let limit: Int
    private let books: RowBooks
    private let logger: Logger
    private let state = Mutex(State())

    /// Files beyond this would make looking at the folder slow.
    private static let mostFiles = 100_000

    /// - Parameters:
    ///   - limit: bytes of all files together.
    ///   - syncs: whether a batch is on the disk when it counts as written.
    init(folder: String, limit: Int, syncs: Bool, books: RowBooks, logger: Logger) {
        self.folder = SpoolFolder(path: folder, syncs: syncs)
        self.limit = limit
        self.books = books
        self.logger = logger
    }

    var report: SpoolReport {
        state.withLock { state in
            var report = state.report
            report.batches = state.entries.count
            report.rows = state.entries.reduce(0) { $0 + $1.rows }
            report.bytes = UInt64(state.bytes)
            report.limit = UInt64(limit)
            report.oldest = state.entries.map(\.received).min().map(UInt64.init)
            return report
        }
    }

    // MARK: - What an earlier life left

    /// Takes stock of the folder; what is no complete batch is set aside.
    func open() {
        let names: [String]
        do throws(SpoolError) {
            names = try folder.names()
        } catch {
            logger.error("no spool", metadata: ["reason": "\(error)"])
            state.withLock { $0.report.problem = error.description }
            return
        }
        for name in names {
            if let number = SpoolFolder.number(in: name) { state.withLock { $0.next = max($0.next, number + 1) } }
            if name.hasSuffix(SpoolFolder.temporary) {
                // It was never acknowledged.
                folder.remove(name)
            } else if name.hasSuffix(SpoolFolder.broken) {
                let bytes = folder.size(of: name)
                state.withLock {
                    $0.broken.append((name, bytes))
                    $0.bytes += bytes
                }
            } else if name.hasSuffix(SpoolFolder.complete) {
                recover(name)
            }
        }
        let found = report
        if found.batches > 0 {
            logger.notice(
                "batches of an earlier run wait in the spool",
                metadata: ["batches": "\(found.batches)", "rows": "\(found.rows)"]
            )
        }
    }

    private func recover(_ name: String) {
        do throws(SpoolError) {
            let header = try folder.header(of: name)
            let entry = Entry(name: name, header)
            state.withLock { state in
                state.entries.append(entry)
                state.bytes += entry.bytes
                state.report.recoveredRows += entry.rows
            }
            books.note { $0.recover(Int(entry.rows), in: .spool) }
        } catch {
            let bytes = folder.size(of: name)
            setAside(name, bytes: bytes, rows: 0, error)
        }
    }

    // MARK: - In

    /// Writes a sealed batch; when it returns true, the batch survives the process.
    ///
    /// - Parameters:
    ///   - origin: where its rows are.
    ///   - wasTried: whether the store may have it.
    /// - Returns: false when there is no room on the disk, or the disk can't be written.
    func add(_ batch: FlowBatch, from origin: RowPlace, token: String, wasTried: Bool) -> Bool {
        // 0 keeps nothing new; what is there is stored all the same.
        guard limit > 0 else { return false }
        let encoded = EncodedBatch(batch, token: token)
        guard encoded.byteCount <= limit else {
            note(problem: "a batch of \(encoded.byteCount >> 20) MB is larger than store.spool")
            return false
        }
        let name = state.withLock { state in
            makeRoom(for: encoded.byteCount, &state)
            state.bytes += encoded.byteCount
            defer { state.next += 1 }
            return SpoolFolder.name(state.next, wasTried: wasTried)
        }
        do throws(SpoolError) {
            try folder.write(encoded, name: name)
        } catch {
            state.withLock { $0.bytes -= encoded.byteCount }
            note(problem: error.description)
            return false
        }
        state.withLock { state in
            let place = state.entries.firstIndex { $0.name > name } ?? state.entries.endIndex
            state.entries.insert(Entry(name: name, encoded.header), at: place)
            state.report.written += 1
            state.report.writtenRows += UInt64(batch.count)
            state.report.problem = nil
            // Before anybody can take it out again.
            let rows = batch.count
            books.note { $0.move(rows, from: origin, to: .spool) }
        }
        return true
    }

    /// Lets go of files until another of that size fits: first those that nobody can read, then the oldest.
    private func makeRoom(for bytes: Int, _ state: inout State) {
        while state.bytes + bytes > limit, let broken = state.broken.first {
            folder.remove(broken.name)
            state.bytes -= broken.bytes
            state.broken.removeFirst()
        }
        while state.bytes + bytes > limit || state.entries.count >= Self.mostFiles {
            // By age, not in the order of replay.
            let free = state.entries.indices.filter { !state.entries[$0].isBusy }
            guard let oldest = free.min(by: { state.entries[$0].rank < state.entries[$1].rank }) else { return }
            let entry = state.entries.remove(at: oldest)
            folder.remove(entry.name)
            state.bytes -= entry.bytes
            state.report.droppedRows += entry.rows
            books.note { $0.lose(Int(entry.rows), from: .spool, .spoolFull) }
            logger.error(
                "batch lost: the spool is full (store.spool)",
                metadata: ["rows": "\(entry.rows)", "received": "\(entry.received)"]
            )
        }
    }

    private func note(problem: String) {
        let isNew = state.withLock { state in
            defer { state.report.problem = problem }
            return state.report.problem == nil
        }
        // Once, not with every batch.
        if isNew { logger.warning("spool can't be written", metadata: ["reason": "\(problem)"]) }
    }

    // MARK: - Out

    /// When the next batch may be tried; nil when there is none.
    var nextTry: ContinuousClock.Instant? {
        state.withLock { $0.entries.map(\.notBefore).min() }
    }

    /// The first batch whose time has come. It stays until ``remove(_:)``, ``reject(_:)`` or ``keep(_:stored:)``.
    func take() -> Entry? {
        state.withLock { state in
            let now = ContinuousClock.now
            guard let index = state.entries.firstIndex(where: { $0.notBefore <= now && !$0.isBusy }) else { return nil }
            state.entries[index].isBusy = true
            return state.entries[index]
        }
    }

    /// Reads the batch of an entry.
    ///
    /// - Returns: false when it can't be read; a file that is damaged is set aside.
    func read(_ entry: Entry, into batch: FlowBatch) -> Bool {
        do throws(SpoolError) {
            try folder.read(entry.name, into: batch)
            return true
        } catch {
            if error.isAboutTheFile {
                forget(entry)
                setAside(entry.name, bytes: entry.bytes, rows: entry.rows, error)
            } else {
                logger.warning("spool can't be read", metadata: ["reason": "\(error)"])
                keep(entry, stored: nil)
            }
            return false
        }
    }

    /// The store has it.
    func remove(_ entry: Entry) {
        folder.remove(entry.name)
        forget(entry)
        state.withLock { state in
            state.report.replayed += 1
            state.report.replayedRows += entry.rows
        }
    }

    /// The store will never take it.
    func reject(_ entry: Entry) {
        folder.remove(entry.name)
        forget(entry)
    }

    /// Puts it back after a try that failed.
    ///
    /// - Parameter stored: batches that the store has taken so far; nil when it wasn't asked.
    func keep(_ entry: Entry, stored: UInt64?) {
        state.withLock { state in
            guard let index = state.entries.firstIndex(where: { $0.name == entry.name }) else { return }
            state.entries[index].isBusy = false
            if let stored {
                if entry.failures == 0 {
                    state.entries[index].storedBefore = stored
                    state.entries[index].firstFailure = .now
                }
                state.entries[index].failures += 1
            }
            let pause = min(5, 0.5 * Double(1 << min(entry.failures, 4)))
            state.entries[index].notBefore = .now + .seconds(pause)
        }
    }

    private func forget(_ entry: Entry) {
        state.withLock { state in
            guard let index = state.entries.firstIndex(where: { $0.name == entry.name }) else { return }
            state.entries.remove(at: index)
            state.bytes -= entry.bytes
        }
    }

    private func setAside(_ name: String, bytes: Int, rows: UInt64, _ error: SpoolError) {
        folder.setAside(name)
        state.withLock { state in
            state.broken.append((String(name.dropLast(SpoolFolder.complete.count)) + SpoolFolder.broken, bytes))
            state.bytes += bytes
            state.report.broken += 1
            state.report.brokenRows += rows
        }
        books.note { $0.lose(Int(rows), from: .spool, .spoolBroken) }
        logger.error("spool file set aside", metadata: ["reason": "\(error)", "rows": "\(rows)"])
    }
}

extension Spool.Entry {
    init(name: String, _ header: EncodedBatchHeader) {
        self.init(
            name: name,
            token: header.token,
            rows: UInt64(header.rows),
            bytes: Int(header.byteCount),
            received: header.firstReceived
        )
    }

    /// What goes first: the oldest, but only at the end what the store may have
    /// in part. Its rows would count as lost although a question sees them.
    var rank: (Int, Substring) { (SpoolFolder.wasTried(name) ? 1 : 0, name.dropFirst(2)) }

    /// Whether a batch that failed for so long, while others were stored, will never be taken.
    func isHopeless(stored: UInt64, at now: ContinuousClock.Instant) -> Bool {
        failures >= 9 && stored > storedBefore && now - firstFailure > .seconds(300)
    }
}
