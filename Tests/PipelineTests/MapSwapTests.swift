import Enrichment
import FlowSchema
import FlowStore
import Foundation
import LinuxCapture
import Logging
import NetTypes
import Synchronization
import Testing

@testable import Pipeline

/// A map is replaced while flows come in.
@Suite("Swapping the AS map", .serialized)
struct MapSwapTests {
    private final class Store: BatchStore {
        /// Source and destination AS of each row.
        let seen = Mutex<[SIMD2<UInt32>]>([])

        func append(_ batch: FlowBatch, token: String) throws(StoreError) {
            let rows = (0..<batch.count).map { row in
                SIMD2(
                    UInt32(truncatingIfNeeded: batch.number(.srcAS, row: row)),
                    UInt32(truncatingIfNeeded: batch.number(.dstAS, row: row))
                )
            }
            seen.withLock { $0 += rows }
        }

        func query(_ sql: String, limits: QueryLimits) async throws -> QueryResult {
            throw StoreError(message: "asks nobody")
        }

        func progress() async throws -> [String: QueryProgress] { [:] }
    }

    private final class Swapping: Sendable {
        let isOver = Atomic<Bool>(false)
        let swaps = Atomic<Int>(0)
    }

    @Test("under load no row is lost, and each has its numbers from one map")
    func swap() throws {
        let maps = [UInt32(64500), 64510].map { Self.map(first: $0) }
        let store = Store()
        let source = EnrichmentSource(EnrichmentSettings(), map: maps[0])
        let folder = NSTemporaryDirectory() + "netmeta-swap-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        var options = PipelineOptions(
            listeners: [.init(endpoint: IPEndpoint(address: IPAddress(127, 0, 0, 1), port: 0), purpose: "test")],
            spoolFolder: folder
        )
        options.batchRows = 1000
        options.flush = .milliseconds(10)
        options.receiveBuffer = 1 << 20
        options.enrichment = source
        let pipeline = try Pipeline(
            options,
            store: store,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        )
        pipeline.start()
        defer { pipeline.stop() }
        let target = try #require(pipeline.snapshot.listeners.first?.endpoint)
        let sender = try UDPSender(source: nil, target: target)

        let state = Swapping()
        let swapper = DispatchQueue(label: "swapper")
        swapper.async {
            while !state.isOver.load(ordering: .relaxed) {
                let count = state.swaps.add(1, ordering: .relaxed).newValue
                source.replace(map: maps[count % 2])
                Thread.sleep(forTimeInterval: 0.0005)
            }
        }
        defer {
            state.isOver.store(true, ordering: .relaxed)
            swapper.sync {}
        }
        let datagrams = 4000
        let bytes = Self.datagram
        for number in 1...datagrams {
            let sent = try unsafe bytes.withUnsafeBytes { try unsafe sender.send([$0]) }
            try #require(sent == 1)
            // No more on the way than the socket's buffer holds.
            if number % 100 == 0 { try Self.wait { store.seen.withLock { $0.count } >= (number - 300) * Self.records } }
        }
        try Self.wait { store.seen.withLock { $0.count } == datagrams * Self.records }
        let pairs = store.seen.withLock { $0.reduce(into: [:]) { $0[$1, default: 0] += 1 } }
        #expect(Set(pairs.keys) == [SIMD2(64500, 64501), SIMD2(64510, 64511)])
        #expect(state.swaps.load(ordering: .relaxed) > 10)
    }

    /// Two networks of the next two numbers.
    private static func map(first: UInt32) -> AddressMap {
        var builder = AddressMapBuilder()
        for (network, asn) in [(IPAddress(192, 0, 2, 0), first), (IPAddress(198, 51, 100, 0), first + 1)] {
            _ = builder.add(Prefix(network, bits: 120), asn: asn)
        }
        return builder.build()
    }

    private static let records = 30

    /// NetFlow v5: flows from 192.0.2.1 to 198.51.100.1 of which the exporter knows no AS.
    private static var datagram: [UInt8] {
        let now = UInt32(time(nil))
        let seconds = (0..<4).map { UInt8(truncatingIfNeeded: now >> UInt32(24 - 8 * $0)) }
        let header: [UInt8] = [0, 5, 0, UInt8(records), 0, 0, 0, 1] + seconds + [UInt8](repeating: 0, count: 12)
        var record: [UInt8] = [192, 0, 2, 1, 198, 51, 100, 1] + [UInt8](repeating: 0, count: 40)
        // One packet of 64 bytes over UDP.
        (record[19], record[23], record[38]) = (1, 64, 17)
        return header + (0..<records).flatMap { _ in record }
    }

    private static func wait(_ condition: () -> Bool) throws {
        let before = ContinuousClock.now
        while !condition() {
            try #require(ContinuousClock.now - before < .seconds(30))
            Thread.sleep(forTimeInterval: 0.002)
        }
    }
}
