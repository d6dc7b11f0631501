import Enrichment
import FlowDecoders
import FlowStore
import Foundation
import Logging
import Synchronization

/// Has a scamper measure that runs already, over its control socket, and stores what it finds.
///
/// scamper tells a client that is attached what it asked for itself, so the targets are asked for here. A connection that
/// ends is made again. While the store refuses rows nothing is read: scamper holds back what it has then.
final class ScamperAttachment: Sendable {
    private let socket: ScamperSocket
    private let commands: [String]
    private let every: Double
    private let store: any TableStore
    private let enrichment: EnrichmentSource
    private let tally: ScamperTally
    private let logger: Logger
    private let isStopping = Atomic(false)

    /// Rows that are stored at once at the latest.
    private static let mostRows = 5000
    /// Milliseconds between looks at the clock.
    private static let tick: Int32 = 250
    /// Seconds until the next try, doubled from the first to the second.
    private static let pauses = 1.0...30.0

    /// - Parameter commands: one for each measurement of a round.
    init(
        _ socket: ScamperSocket,
        commands: [String],
        every: Duration,
        store: any TableStore,
        enrichment: EnrichmentSource,
        tally: ScamperTally,
        logger: Logger
    ) {
        self.socket = socket
        self.commands = commands
        self.every = Double(every.components.seconds)
        self.store = store
        self.enrichment = enrichment
        self.tally = tally
        self.logger = logger
    }

    /// Asks ``run()`` to end within a second.
    func stop() { isStopping.store(true, ordering: .releasing) }

    private var shouldStop: Bool { isStopping.load(ordering: .acquiring) }

    /// Blocks the thread that calls until ``stop()``.
    func run() {
        var told: String?
        var pause = Self.pauses.lowerBound
        var nextRound = Date()
        while !shouldStop {
            let heard = tally.counts.summary.objects
            do {
                try session(&nextRound)
            } catch {
                tally.update {
                    $0.isAttached = false
                    $0.problem = "\(error)"
                }
                // Each state once, not each try.
                if told != "\(error)" {
                    logger.warning(
                        "scamper can't be had; it is tried again",
                        metadata: ["socket": "\(socket)", "reason": "\(error)"]
                    )
                }
                told = "\(error)"
            }
            if tally.counts.summary.objects > heard {
                pause = Self.pauses.lowerBound
                told = nil
            }
            let end = Date().addingTimeInterval(pause)
            while !shouldStop, Date() < end { Thread.sleep(forTimeInterval: 0.2) }
            pause = min(2 * pause, Self.pauses.upperBound)
        }
    }

    // MARK: - A connection

    /// What one connection knows.
    private struct Session {
        var control = ScamperControl()
        var reader = WartsReader()
        var rows = WartsRows()
        /// When the oldest of the rows came.
        var since = Date()
        /// Commands of the round that aren't sent yet.
        var waiting: ArraySlice<String> = []
        var mayAsk = false
    }

    private func session(_ nextRound: inout Date) throws {
        let file = try socket.connect()
        defer { close(file) }
        var session = Session()
        try send(ScamperControl.greeting, file)
        var buffer = [UInt8](repeating: 0, count: 64 << 10)
        defer { keep(&session) }
        while !shouldStop {
            var question = pollfd(fd: file, events: Int16(POLLIN), revents: 0)
            if poll(&question, 1, Self.tick) > 0 {
                let count = recv(file, &buffer, buffer.count, 0)
                guard count > 0 else {
                    let words = count == 0 ? "scamper has closed the connection" : String(cString: strerror(errno))
                    throw Failure("\(words); it is tried again: does scamper still run?")
                }
                try take(buffer[..<count], &session)
            }
            if session.waiting.isEmpty, Date() >= nextRound {
                session.waiting = commands[...]
                nextRound = Date().addingTimeInterval(every)
            }
            if session.mayAsk, let command = session.waiting.popFirst() {
                session.mayAsk = false
                try send(command + "\n", file)
            }
            let isDue = session.rows.count > 0 && Date().timeIntervalSince(session.since) >= 1
            if isDue || session.rows.count >= Self.mostRows { keep(&session) }
        }
    }

    private func take(_ bytes: ArraySlice<UInt8>, _ session: inout Session) throws {
        var events: [ScamperControl.Event] = []
        do throws(ScamperControl.Problem) {
            try session.control.take(bytes) { events.append($0) }
        } catch {
            tally.update { $0.summary.malformed[error.rawValue, default: 0] += 1 }
            throw Failure("what comes is none of scamper's answers (\(error.rawValue))")
        }
        for event in events {
            switch event {
            case .ready:
                session.mayAsk = true
                if !tally.counts.isAttached {
                    logger.info("scamper is attached", metadata: ["socket": "\(socket)"])
                    tally.update {
                        $0.isAttached = true
                        $0.problem = nil
                        $0.lastHeard = ScamperTally.now
                        $0.connections += 1
                    }
                }
            case .refused(let words):
                tally.update {
                    $0.refused += 1
                    $0.refusal = String(words.prefix(200))
                }
                logger.warning("scamper refuses a command", metadata: ["said": "\(words)"])
            case .object(let bytes): add(bytes, &session)
            }
        }
    }

    private func add(_ bytes: [UInt8], _ session: inout Session) {
        let step = session.reader.next(in: bytes.span.bytes, base: session.reader.offset)
        tally.update {
            $0.lastHeard = ScamperTally.now
            switch step {
            case .object(let object):
                $0.summary.count(object)
                $0.newest = max($0.newest, UInt64(object.time ?? 0))
            case .malformed(let problem): $0.summary.malformed[problem.reason, default: 0] += 1
            case .incomplete: $0.summary.malformed["truncated", default: 0] += 1
            case .corrupt: $0.summary.malformed["noObject", default: 0] += 1
            }
        }
        guard case .object(let object) = step else {
            // A reader that has met something else than an object goes no further.
            session.reader = WartsReader()
            return
        }
        if session.rows.count == 0 { session.since = Date() }
        let map = enrichment.current.map
        session.rows.add(object) { map?.lookUp($0)?.asn ?? 0 }
    }

    private func send(_ text: String, _ file: Int32) throws {
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Foundation.send(file, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            guard count > 0 else { throw Failure(String(cString: strerror(errno))) }
            rest = rest.dropFirst(count)
        }
    }

    // MARK: - Rows

    /// Stores the rows; as long as the store refuses, tries again, and once at the end.
    private func keep(_ session: inout Session) {
        let count = session.rows.count
        guard count > 0 else { return }
        let token = "scamper-" + UUID().uuidString
        var wasTold = false
        while true {
            do throws(StoreError) {
                try store.append(session.rows, token: token)
                tally.update {
                    $0.summary.rowsStored += UInt64(count)
                    $0.lastStored = ScamperTally.now
                    if wasTold { $0.problem = nil }
                }
                break
            } catch {
                if !wasTold {
                    logger.warning("rows of scamper wait for the store", metadata: ["reason": "\(error.message)"])
                    tally.update { $0.problem = "rows wait for the store, which refuses them: \(error.message)" }
                    wasTold = true
                }
            }
            guard !shouldStop else {
                tally.update { $0.lostRows += UInt64(count) }
                logger.error("rows of scamper are lost: the store takes none", metadata: ["rows": "\(count)"])
                break
            }
            Thread.sleep(forTimeInterval: 1)
        }
        session.rows.removeRows()
    }
}
