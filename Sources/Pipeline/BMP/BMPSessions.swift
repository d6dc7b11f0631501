import Enrichment
import LinuxCapture
import NetTypes
import Telemetry
import WireFormat

/// The BMP sessions of the listener, and the routes that they tell.
struct BMPSessions {
    /// Sessions at once; each may hold an unfinished message of 256 KB.
    static let most = 256
    /// Sessions at once of one address: a router that comes back before its old one is missed.
    static let mostOfOne = 4
    /// Seconds within which a session has to say that it is one, and a message has to end.
    static let patience: UInt32 = 60

    /// One connection with its router.
    struct Open {
        let connection: TCPConnection
        let number: Int
        var session = BMPSession()
        /// Since when something is awaited: the beginning, or a message's end.
        var waitsSince: UInt32?

        var router: IPAddress { connection.peer.address }
    }

    private(set) var open: [Open] = []
    var book: RouterBook
    private var figures: BMPReport
    /// What sessions that are over have read.
    private var pastMessages: UInt64 = 0

    init(_ settings: BMPSettings, endpoint: IPEndpoint) {
        book = RouterBook(settings)
        figures = BMPReport(endpoint: endpoint)
    }

    var connections: [TCPConnection] { open.map(\.connection) }

    /// Takes a new connection in, or refuses it.
    mutating func begin(_ connection: TCPConnection, at now: UInt32) {
        let router = connection.peer.address
        guard isAllowed(router) else {
            figures.refused["not_allowed", default: 0] += 1
            return
        }
        guard open.count < Self.most, open.count(where: { $0.router == router }) < Self.mostOfOne,
            let number = book.begin(from: router)
        else {
            figures.refused["too_many", default: 0] += 1
            return
        }
        // Routers may be silent for hours: one that has vanished is found out by the kernel.
        connection.probe(afterSeconds: 60)
        figures.sessionsBegun += 1
        open.append(Open(connection: connection, number: number, waitsSince: now))
    }

    /// Takes the next bytes of a session. False when it is over, or can't go on.
    mutating func feed(_ index: Int, _ bytes: RawSpan, at now: UInt32) -> Bool {
        let (number, router) = (open[index].number, open[index].router)
        let before = open[index].session.messages
        do throws(BMPSessionError) {
            try open[index].session.feed(bytes) { action in
                book.apply(action, session: number, of: router, at: now)
            }
        } catch {
            figures.ended[error.rawValue, default: 0] += 1
            return false
        }
        let session = open[index].session
        // It is for this side to close the connection (RFC 7854 section 4.5).
        if session.isTerminated { return false }
        if session.hasBegun, !session.isWithinMessage {
            open[index].waitsSince = nil
        } else if session.messages > before || open[index].waitsSince == nil {
            // Another message has begun.
            open[index].waitsSince = now
        }
        return true
    }

    /// Forgets a session that is over; its routes are held.
    mutating func end(_ index: Int, at now: UInt32) {
        let ended = open.remove(at: index)
        pastMessages += ended.session.messages
        book.end(session: ended.number, of: ended.router, at: now)
    }

    /// Ends sessions that are too slow, or may not be any more; forgets routes whose time is over.
    mutating func expire(at now: UInt32) {
        for index in open.indices.reversed() {
            if !isAllowed(open[index].router) {
                figures.ended["not_allowed", default: 0] += 1
            } else if let since = open[index].waitsSince, now &- since >= Self.patience {
                figures.ended["too_slow", default: 0] += 1
            } else {
                continue
            }
            end(index, at: now)
        }
        book.expire(at: now)
    }

    private func isAllowed(_ address: IPAddress) -> Bool { book.settings.allow.contains { $0.contains(address) } }

    /// Notes that tables were made.
    mutating func noteBuild(seconds: Double) {
        figures.builds += 1
        figures.buildSeconds += seconds
        figures.lastBuildSeconds = seconds
    }

    /// How it is.
    var report: BMPReport {
        var report = figures
        report.sessions = UInt64(open.count)
        report.messages = pastMessages + open.reduce(0) { $0 + $1.session.messages }
        report.skipped = Dictionary(uniqueKeysWithValues: book.skipped.map { ($0.key.rawValue, $0.value) })
        report.peers = open.reduce(0) { $0 + $1.session.peerCount }
        report.bytes = book.bytes
        report.mostBytes = book.settings.memory
        report.routers = book.all.map { router in
            BMPReport.Router(
                address: router.address,
                name: router.name,
                description: router.description,
                sessions: router.sessions,
                prefixesV4: router.prefixes.v4,
                prefixesV6: router.prefixes.v6,
                routes: router.routes,
                heldViews: router.heldViews,
                refused: router.refused,
                bytes: router.bytes,
                exporters: router.exporters
            )
        }
        return report
    }
}
