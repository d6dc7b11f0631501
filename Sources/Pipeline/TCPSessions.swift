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

    /// Takes a new connection in; false when there are too many, none of them silent.
    ///
    /// - Parameter batch: takes what a silent session that makes room still holds.
    mutating func add(_ connection: TCPConnection, at now: UInt32, into batch: FlowBatch) -> Bool {
        if open.count >= Self.most {
            let silent = open.indices.min { open[$0].lastHeard < open[$1].lastHeard }
            guard let silent, now &- open[silent].lastHeard >= Self.replaceableSeconds else {
                counts.refused += 1
                return false
            }
            counts.idleClosed += 1
            end(silent, at: now, into: batch)
        }
        counts.total += 1
        counts.open += 1
        open.append(TCPSession(connection: connection, decoder: FlowDecoder(besides: shared), at: now))
        return true
    }

    /// Refuses a connection whose address may not send.
    mutating func refuse() { counts.notAllowed += 1 }

    /// Ends a session: what it knows is void, what it counted stays.
    ///
    /// - Parameter batch: takes the rows of sets that waited for a sampling rate.
    mutating func end(_ index: Int, at now: UInt32, into batch: FlowBatch) {
        let session = open.remove(at: index)
        counts.open -= 1
        counts.messages += session.messages
        if session.isBroken { counts.brokenFraming += 1 }
        session.finish(at: now, into: batch)
        past.add(session.decoder.counters)
        for var exporter in session.decoder.snapshots {
            exporter.templates = 0
            exporter.missingTemplates = 0
            let known = pastExporters[exporter.address]
            guard known != nil || pastExporters.count < FlowDecoder.mostExporters else { continue }
            pastExporters[exporter.address] = known?.merged(with: exporter) ?? exporter
        }
    }

    /// Ends sessions that are silent for too long, or whose address may not send any more.
    ///
    /// - Parameter batch: takes the rows of sets that have waited for as long as they may.
    mutating func expire(at now: UInt32, into batch: FlowBatch, isAllowed: (IPAddress) -> Bool) {
        for index in open.indices.reversed() {
            open[index].expire(at: now, into: batch)
            if now > open[index].lastHeard, now - open[index].lastHeard >= Self.idleSeconds {
                counts.idleClosed += 1
                end(index, at: now, into: batch)
            } else if !isAllowed(open[index].connection.peer.address) {
                counts.notAllowed += 1
                end(index, at: now, into: batch)
            }
        }
    }

    /// Ends all sessions.
    mutating func endAll(at now: UInt32, into batch: FlowBatch) {
        while !open.isEmpty { end(open.count - 1, at: now, into: batch) }
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
    func finish(at now: UInt32, into batch: FlowBatch) {
        let lost = framing.reset()
        if lost > 0 { decoder.reject(.truncated, bytes: lost, context: context(now)) }
        // What doesn't fit is counted as rejected.
        _ = decoder.finish(into: batch, isLast: true)
    }

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
