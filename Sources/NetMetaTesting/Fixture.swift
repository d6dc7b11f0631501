public import FlowDecoders
public import FlowSchema
public import Foundation
import NetTypes
import WireFormat

/// A recorded export: `Tests/Fixtures/<format>/<case>/{capture.pcap,expected.json,about.md}`.
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
            .filter { FileManager.default.fileExists(atPath: $0.appendingPathComponent("capture.pcap").path) }
            .map(Fixture.init)
    }

    /// The datagrams of the capture, with where they came from and when.
    public func datagrams() throws -> [RecordedDatagram] {
        try Self.datagrams(of: folder.appendingPathComponent("capture.pcap"))
    }

    /// The UDP datagrams of any capture.
    public static func datagrams(of capture: URL) throws -> [RecordedDatagram] {
        let bytes = [UInt8](try Data(contentsOf: capture))
        var reader = CaptureDatagrams(try CaptureReader(bytes))
        var result: [RecordedDatagram] = []
        while let datagram = try reader.next() {
            let source = IPEndpoint(
                address: IPAddress(high: datagram.source.high, low: datagram.source.low),
                port: datagram.source.port
            )
            let seconds = UInt32(truncatingIfNeeded: datagram.timestamp / 1_000_000_000)
            result.append(
                RecordedDatagram(
                    bytes: Array(datagram.payload),
                    context: DatagramContext(source: source, receivedAt: seconds)
                )
            )
        }
        return result
    }
}

/// One datagram of a fixture.
public struct RecordedDatagram: Sendable {
    /// The UDP payload.
    public var bytes: [UInt8]
    /// Where it came from, and when.
    public var context: DatagramContext

    /// Makes a datagram.
    public init(bytes: [UInt8], context: DatagramContext) {
        self.bytes = bytes
        self.context = context
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

    /// Decodes datagrams in their order with a new decoder.
    ///
    /// - Parameter expireAt: a time at which to ask what has waited for too long, before the end settles the rest.
    public init(
        _ datagrams: [RecordedDatagram],
        settings: DecoderSettings = DecoderSettings(),
        expireAt: UInt32? = nil
    ) {
        var decoder = FlowDecoder(settings: settings)
        batch = FlowBatch(capacity: 4 * FlowDecoder.mostRows)
        batch.keepsOrigins = true
        for datagram in datagrams {
            decoder.decode(datagram.bytes.span.bytes, context: datagram.context, into: batch)
        }
        if let expireAt { decoder.expire(at: expireAt, into: batch) }
        _ = decoder.finish(into: batch)
        exporters = decoder.snapshots
        batch.seal()
        counters = decoder.counters
        let json = JSONRows()
        rows = []
        for origin in batch.origins {
            for row in origin.rows { rows.append(json.object(batch, row: row, origin: origin)) }
        }
    }
}
