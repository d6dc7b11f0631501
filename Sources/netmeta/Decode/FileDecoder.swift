import FlowDecoders
import FlowSchema
import NetTypes
import WireFormat

/// Decodes whole files into batches, for `netmeta decode` and `netmeta import`.
///
/// All datagrams go to one decoder, which keeps templates from file to file.
/// Each TCP session of a capture has a decoder of its own, as it has in the
/// server: templates live and die with the session (RFC 7011 section 8.1).
struct FileDecoder {
    private var datagrams: FlowDecoder
    private var sessions: [Int: FlowDecoder] = [:]
    /// What sessions that are over counted.
    private var past = DecodeCounters()
    /// Datagrams that the capture cut.
    private(set) var cutDatagrams = 0
    /// Packets of captures that are no flow export.
    private(set) var otherPackets = 0

    /// - Parameters:
    ///   - settings: how exporters' flows are read.
    ///   - correctsClocks: whether times of exporters whose clock is far off are put right.
    init(settings: DecoderSettings = DecoderSettings(), correctsClocks: Bool = true) {
        datagrams = FlowDecoder(settings: settings)
        datagrams.correctsClocks = correctsClocks
    }

    /// Decodes the UDP datagrams and TCP sessions of a capture; what they tell counts as received when it was captured.
    ///
    /// - Parameters:
    ///   - batch: has room for ``FlowDecoder/mostRows`` at first, and again when `afterEach` returns.
    ///   - afterEach: called behind each datagram or message.
    mutating func decodeCapture(_ bytes: [UInt8], into batch: FlowBatch, afterEach: () throws -> Void) throws {
        var capture = CaptureDatagrams(try CaptureReader(bytes))
        // What the capture holds counts, even when its end is missing.
        defer { add(capture.counts) }
        while let datagram = try capture.next() {
            if datagram.isCut { cutDatagrams += 1 }
            let source = IPEndpoint(
                address: IPAddress(high: datagram.source.high, low: datagram.source.low),
                port: datagram.source.port
            )
            let context = DatagramContext(
                source: source,
                receivedAt: UInt32(truncatingIfNeeded: datagram.timestamp / 1_000_000_000),
                isStream: datagram.stream != nil
            )
            let payload = datagram.payload.span.bytes
            if let stream = datagram.stream {
                sessions[stream, default: FlowDecoder(besides: datagrams)].decode(
                    payload,
                    context: context,
                    into: batch
                )
            } else {
                datagrams.decode(payload, context: context, into: batch)
            }
            for stream in capture.takeEndedStreams() { try end(stream, into: batch, afterEach) }
            try afterEach()
        }
        for stream in sessions.keys.sorted() { try end(stream, into: batch, afterEach) }
    }

    /// Decodes a file of messages one behind the other, as RFC 5655 has them and
    /// as raw datagrams are kept; they count as received when they were exported.
    mutating func decodeMessages(_ bytes: [UInt8], into batch: FlowBatch, afterEach: () throws -> Void) throws {
        // A file of IPFIX is a session (RFC 5655 section 6); of NetFlow v9 and sFlow there is no such thing.
        let context = DatagramContext(
            source: IPEndpoint(address: .unspecified, port: 0),
            receivedAt: 0,
            isStream: bytes.starts(with: [0, 10])
        )
        var offset = 0
        while offset < bytes.count {
            let rest = bytes.span.bytes.extracting(offset..<bytes.count)
            offset += datagrams.decodeMessage(rest, context: context, into: batch)
            try afterEach()
        }
    }

    /// Gives up what still waits for a template: there are no more files.
    ///
    /// - Parameter afterEach: makes room in the batch again.
    mutating func finish(into batch: FlowBatch, afterEach: () throws -> Void) rethrows {
        while datagrams.finish(into: batch) { try afterEach() }
    }

    /// What was counted so far.
    var counters: DecodeCounters {
        sessions.values.reduce(into: datagrams.counters) { $0.add($1.counters) }.adding(past)
    }

    private mutating func end(_ stream: Int, into batch: FlowBatch, _ afterEach: () throws -> Void) rethrows {
        guard var session = sessions.removeValue(forKey: stream) else { return }
        while session.finish(into: batch) { try afterEach() }
        past.add(session.counters)
    }

    private mutating func add(_ counts: CaptureDatagrams.Counts) {
        otherPackets += counts.others
        // Bytes of a session that can't be put into messages.
        past.bytes += UInt64(counts.streamBytesLost)
        past.bytesRejected += UInt64(counts.streamBytesLost)
        for _ in 0..<counts.streamErrors { past.count(.badLength) }
    }
}

extension DecodeCounters {
    fileprivate func adding(_ other: DecodeCounters) -> DecodeCounters {
        var sum = self
        sum.add(other)
        return sum
    }
}
