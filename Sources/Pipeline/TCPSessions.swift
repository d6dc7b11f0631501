import FlowDecoders
import FlowSchema
import LinuxCapture
import NetTypes
import WireFormat

/// The IPFIX sessions of one TCP socket: each with its framing and a decoder
/// of its own, so that templates live and die with it (RFC 7011 section 8.1).
///
/// What sessions that are over have counted is kept, by exporter.
struct TCPSessions {
    /// Sessions at once. Each may hold an unfinished message of 64 KB and an exporter's templates.
    static let most = 256
    /// Seconds of silence after which a session is closed.
    static let idleSeconds: UInt32 = 1800
    /// Seconds of silence after which one may be closed in favour of a new one.
    static let replaceableSeconds: UInt32 = 300

    private(set) var open: [TCPSession] = []
    private var counts = SessionCounts()
    /// What sessions that are over counted.
    private var past = DecodeCounters()
    private var pastExporters: [IPAddress: ExporterSnapshot] = [:]
    /// Lends its settings, and its room for sets that wait for templates, to all sessions.
    private var shared: FlowDecoder

    init(settings: DecoderSettings = DecoderSettings()) {
        shared = FlowDecoder(settings: settings)
    }

    /// Changes how flows are read that come from now on.
    mutating func setDecoding(_ settings: DecoderSettings) {
        guard settings != shared.settings else { return }
        shared.settings = settings
        for session in open { session.setDecoding(settings) }
    }

    /// The connections, in the order of ``open``.
    var connections: [TCPConnection] { open.map(\.connection) }

    /// Whether a new session may begin.
    enum Admission: Equatable {
        case free
        /// Once this session, which has been silent for long, has ended.
        case inPlaceOf(Int)
        /// There are too many, none of them silent.
        case full
    }

    /// Whether a new session may begin.
    func admission(at now: UInt32) -> Admission {
        guard open.count >= Self.most else { return .free }
        guard let silent = open.indices.min(by: { open[$0].lastHeard < open[$1].lastHeard }),
            now &- open[silent].lastHeard >= Self.replaceableSeconds
        else { return .full }
        return .inPlaceOf(silent)
    }

    /// Takes a new connection in.
    mutating func begin(_ connection: TCPConnection, at now: UInt32) {
        counts.total += 1
        counts.open += 1
        open.append(TCPSession(connection: connection, decoder: FlowDecoder(besides: shared), at: now))
    }

    /// Refuses a connection.
    mutating func refuse(_ reason: Refusal) {
        switch reason {
        case .notAllowed: counts.notAllowed += 1
        case .tooMany: counts.refused += 1
        }
    }

    /// Why a connection, or a session, isn't wanted.
    enum Refusal {
        case notAllowed
        case tooMany
    }

    /// Sessions that have to end, the last first: silent for too long, or from an address that may not send any more.
    mutating func expired(at now: UInt32, isAllowed: (IPAddress) -> Bool) -> [Int] {
        open.indices.reversed().filter { index in
            if now > open[index].lastHeard, now - open[index].lastHeard >= Self.idleSeconds {
                counts.idleClosed += 1
                return true
            }
            guard !isAllowed(open[index].connection.peer.address) else { return false }
            counts.notAllowed += 1
            return true
        }
    }

    /// Notes that a session was ended in favour of a new one.
    mutating func noteReplaced() { counts.idleClosed += 1 }

    /// Forgets a session that is over: what it knows is void, what it counted stays.
    mutating func forget(_ index: Int) {
        let session = open.remove(at: index)
        counts.open -= 1
        counts.messages += session.messages
        if session.isBroken { counts.brokenFraming += 1 }
        past.add(session.decoder.counters)
        for var exporter in session.decoder.snapshots {
            exporter.templates = 0
            exporter.missingTemplates = 0
            let known = pastExporters[exporter.address]
            guard known != nil || pastExporters.count < FlowDecoder.mostExporters else { continue }
            pastExporters[exporter.address] = known?.merged(with: exporter) ?? exporter
        }
    }

    // MARK: - Figures

    /// How many there are and were.
    var figures: SessionCounts {
        var figures = counts
        figures.messages += open.reduce(0) { $0 + $1.messages }
        return figures
    }

    /// What all sessions counted, those that are over included.
    var counters: DecodeCounters { open.reduce(into: past) { $0.add($1.decoder.counters) } }

    /// The exporters of all sessions; one that has several comes several times.
    var exporters: [ExporterSnapshot] { Array(pastExporters.values) + open.flatMap(\.decoder.snapshots) }
}

/// One connection with its exporter: the framing, and a decoder of its own.
///
/// A class, so that the figures of all sessions can be read while one of them
/// is at work on a batch; one thread owns it.
final class TCPSession {
    let connection: TCPConnection
    private var framing = IPFIXFraming()
    private(set) var decoder: FlowDecoder
    /// When bytes came last, in seconds since 1970 UTC.
    private(set) var lastHeard: UInt32
    /// IPFIX messages that were read.
    private(set) var messages: UInt64 = 0
    /// Whether something came that is no IPFIX.
    private(set) var isBroken = false

    init(connection: TCPConnection, decoder: FlowDecoder, at now: UInt32) {
        self.connection = connection
        self.decoder = decoder
        lastHeard = now
    }

    /// Takes the next bytes and decodes each message that is complete.
    ///
    /// - Parameters:
    ///   - batch: the batch that takes the next message's rows; has room for ``FlowDecoder/mostRows``.
    ///   - done: called behind each message.
    /// - Returns: false when the bytes are no IPFIX (any more): the session has to end.
    func feed(_ bytes: RawSpan, at now: UInt32, batch: () -> FlowBatch, done: () -> Void) -> Bool {
        lastHeard = now
        let context = context(now)
        do throws(IPFIXFramingError) {
            try framing.feed(bytes) { message in
                messages += 1
                decoder.decode(message, context: context, into: batch())
                done()
            }
            return true
        } catch {
            isBroken = true
            decoder.reject(error.reason, bytes: error.bytes, context: context)
            return false
        }
    }

    /// Changes how flows are read that come from now on.
    func setDecoding(_ settings: DecoderSettings) { decoder.settings = settings }

    /// Settles sets that have waited for as long as they may.
    func expire(at now: UInt32, into batch: FlowBatch) { decoder.expire(at: now, into: batch) }

    /// Counts what was begun and won't be ended.
    func finish(at now: UInt32) {
        let lost = framing.reset()
        if lost > 0 { decoder.reject(.truncated, bytes: lost, context: context(now)) }
    }

    /// Settles all sets that still wait, once nothing will come any more.
    ///
    /// - Returns: whether some didn't fit into the batch, and need one that has room again.
    func settle(into batch: FlowBatch) -> Bool { decoder.finish(into: batch) }

    private func context(_ now: UInt32) -> DatagramContext {
        DatagramContext(source: connection.peer, receivedAt: now, isStream: true)
    }
}

/// How many sessions a TCP listener has and had.
public struct SessionCounts: Equatable, Sendable {
    /// Open now.
    public var open: UInt64 = 0
    /// Accepted so far.
    public var total: UInt64 = 0
    /// Refused because there were too many.
    public var refused: UInt64 = 0
    /// Refused, or ended, because their address may not send.
    public var notAllowed: UInt64 = 0
    /// Ended after a long silence.
    public var idleClosed: UInt64 = 0
    /// Ended because what came was no IPFIX.
    public var brokenFraming: UInt64 = 0
    /// IPFIX messages that were read.
    public var messages: UInt64 = 0
}
