public import FlowDecoders
public import FlowSchema
public import Foundation
import NetTypes
import WireFormat

/// A recorded export: `Tests/Fixtures/<format>/<case>/{capture.pcap,expected.json,about.md}`,
/// or `export.ipfix`, a file of messages (RFC 5655), in place of the capture.
public struct Fixture: Sendable, CustomStringConvertible {
    /// The case's folder.
    public let folder: URL

    /// The name of the case, which tests are listed under.
    public var description: String { folder.lastPathComponent }

    /// The root of the checkout: Sources/NetMetaTesting/Fixture.swift lies three levels below.
    public static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    /// All cases of a format, by the name of their folder.
    public static func all(_ format: String) -> [Fixture] {
        let folder = root.appendingPathComponent("Tests/Fixtures/\(format)")
        let cases = (try? FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)) ?? []
        return cases.sorted { $0.lastPathComponent < $1.lastPathComponent }
            .map(Fixture.init).filter { $0.has(capture) || $0.has(file) }
    }

    private static let capture = "capture.pcap"
    private static let file = "export.ipfix"

    private func has(_ name: String) -> Bool {
        FileManager.default.fileExists(atPath: folder.appendingPathComponent(name).path)
    }

    /// The datagrams of the capture, or the messages of its TCP sessions or of the file, with where
    /// they came from and when.
    public func datagrams() throws -> [RecordedDatagram] {
        has(Self.file)
            ? try Self.messages(of: folder.appendingPathComponent(Self.file))
            : try Self.datagrams(of: folder.appendingPathComponent(Self.capture))
    }

    /// The UDP datagrams of any capture, and the IPFIX messages of its TCP sessions.
    public static func datagrams(of capture: URL) throws -> [RecordedDatagram] {
        let bytes = [UInt8](try Data(contentsOf: capture))
        var reader = CaptureDatagrams(try CaptureReader(bytes))
        var result: [RecordedDatagram] = []
        while let datagram = try reader.next() {
            let source = IPEndpoint(
                address: IPAddress(high: datagram.source.high, low: datagram.source.low),
                port: datagram.source.port
            )
            let context = DatagramContext(
                source: source,
                receivedAt: UInt32(truncatingIfNeeded: datagram.timestamp / 1_000_000_000),
                isStream: datagram.stream != nil
            )
            result.append(
                RecordedDatagram(bytes: Array(datagram.payload), context: context, stream: datagram.stream)
            )
        }
        return result
    }

    /// The messages of a file of IPFIX, which is one session (RFC 5655 section 6).
    public static func messages(of file: URL) throws -> [RecordedDatagram] {
        let context = DatagramContext(
            source: IPEndpoint(address: .unspecified, port: 0),
            receivedAt: 0,
            isStream: true
        )
        var framing = IPFIXFraming()
        var result: [RecordedDatagram] = []
        try framing.feed([UInt8](try Data(contentsOf: file)).span.bytes) { message in
            let bytes = message.withUnsafeBytes { Array($0) }
            result.append(RecordedDatagram(bytes: bytes, context: context, stream: 1))
        }
        return result
    }
}

/// One datagram of a fixture, or one message of a session.
public struct RecordedDatagram: Sendable {
    /// The UDP payload, or the message.
    public var bytes: [UInt8]
    /// Where it came from, and when.
    public var context: DatagramContext
    /// Which TCP session or file it is part of; nil for UDP.
    public var stream: Int?

    /// Makes a datagram.
    public init(bytes: [UInt8], context: DatagramContext, stream: Int? = nil) {
        self.bytes = bytes
        self.context = context
        self.stream = stream
    }
}

/// What a decoder made of some datagrams.
public struct Decoded {
    /// One JSON object a row, as `netmeta decode` prints it.
    public var rows: [String]
    /// What was counted.
    public var counters: DecodeCounters
    /// What is known of the exporters in the end.
    public var exporters: [ExporterSnapshot]
    /// The batch, sealed.
    public var batch: FlowBatch

    /// Decodes datagrams in their order with a new decoder, and the messages
    /// of each session with one of their own, as the server does.
    ///
    /// - Parameter expireAt: a time at which to ask what has waited for too long, before the end settles the rest.
    public init(
        _ datagrams: [RecordedDatagram],
        settings: DecoderSettings = DecoderSettings(),
        expireAt: UInt32? = nil
    ) {
        var decoder = FlowDecoder(settings: settings)
        var sessions: [Int: FlowDecoder] = [:]
        batch = FlowBatch(capacity: 4 * FlowDecoder.mostRows)
        batch.keepsOrigins = true
        for datagram in datagrams {
            let bytes = datagram.bytes.span.bytes
            if let stream = datagram.stream {
                sessions[stream, default: FlowDecoder(besides: decoder)].decode(
                    bytes,
                    context: datagram.context,
                    into: batch
                )
            } else {
                decoder.decode(bytes, context: datagram.context, into: batch)
            }
        }
        if let expireAt { decoder.expire(at: expireAt, into: batch) }
        _ = decoder.finish(into: batch)
        exporters = decoder.snapshots
        counters = decoder.counters
        for stream in sessions.keys.sorted() {
            _ = sessions[stream]?.finish(into: batch)
            if let more = sessions[stream]?.counters { counters.add(more) }
        }
        batch.seal()
        let json = JSONRows()
        rows = []
        for origin in batch.origins {
            for row in origin.rows { rows.append(json.object(batch, row: row, origin: origin)) }
        }
    }
}
