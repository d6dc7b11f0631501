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

/// Whoever stands behind the receivers sees enriched rows only, whatever way they come.
@Suite("Enrichment in the pipeline", .serialized)
struct PipelineEnrichmentTests {
    private final class Store: BatchStore {
        let seen = Mutex<[String]>([])
        let refuses: Bool

        init(refuses: Bool = false) {
            self.refuses = refuses
        }

        func append(_ batch: FlowBatch, token: String) throws(StoreError) {
            guard !refuses else { throw StoreError(code: 243, message: "no room") }
            let rows = (0..<batch.count).map { row in
                "\(batch.address(.srcAddr, row: row)) \(batch.address(.dstAddr, row: row)) "
                    + "\(batch.number(.incoming, row: row)) \(batch.number(.locality, row: row))"
            }
            seen.withLock { $0 += rows }
        }

        func query(_ sql: String, limits: QueryLimits) async throws -> QueryResult {
            throw StoreError(message: "asks nobody")
        }

        func progress() async throws -> [String: QueryProgress] { [:] }
    }

    @Test("a flow is enriched before the store sees it, also one whose template came later")
    func enriched() throws {
        let store = Store()
        let source = EnrichmentSource(Self.settings)
        try run(store, source) { send in
            try send(Self.v9([Self.data("C6336407C00002C9")]))
            try send(Self.v9([Self.template]))
            try send(Self.v9([Self.data("C00002C9C6336407")]))
            try Self.wait { store.seen.withLock { $0.count } == 2 }
            // A new snapshot counts for what comes after it.
            source.replace(with: EnrichmentSnapshot(EnrichmentSettings()))
            try send(Self.v9([Self.data("C6336407C00002C9")]))
            try Self.wait { store.seen.withLock { $0.count } == 3 }
        }
        let seen = store.seen.withLock { $0 }
        #expect(Set(seen.prefix(2)) == ["198.51.100.0 192.0.2.0 1 1", "192.0.2.0 198.51.100.0 0 2"])
        #expect(seen.last == "198.51.100.7 192.0.2.201 255 0")
    }

    @Test("what waits on the disk for a store holds no trace of the addresses")
    func spooled() throws {
        let folder = try run(Store(refuses: true), EnrichmentSource(Self.settings)) { send in
            try send(Self.v9([Self.template]))
            try send(Self.v9([Self.data("C6336407C00002C9")]))
        }
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let files = try FileManager.default.contentsOfDirectory(atPath: folder)
        let bytes = try files.map { [UInt8](try Data(contentsOf: URL(fileURLWithPath: folder + "/" + $0))) }.reduce(
            [],
            +
        )
        #expect(Self.holds(bytes, [0xFF, 0xFF, 192, 0, 2, 0]) && Self.holds(bytes, [0xFF, 0xFF, 198, 51, 100, 0]))
        #expect(!Self.holds(bytes, [192, 0, 2, 201]) && !Self.holds(bytes, [198, 51, 100, 7]))
    }

    /// 127.0.0.1 is anonymised; 192.0.2.192/26 is ours, which nobody can tell from the addresses afterwards.
    private static var settings: EnrichmentSettings {
        var settings = EnrichmentSettings()
        var sampler = SamplerEnrichment()
        sampler.anonymization = Anonymization()
        settings.samplers = [Prefix(IPAddress(127, 0, 0, 1), bits: 128): sampler]
        settings.localNetworks = [Prefix(IPAddress(192, 0, 2, 192), bits: 122)]
        return settings
    }

    /// Runs a pipeline while `body` sends to it; returns the spool's folder, which is gone when nothing is in it.
    @discardableResult
    private func run(
        _ store: Store,
        _ source: EnrichmentSource,
        body: ((([UInt8]) throws -> Void)) throws -> Void
    ) throws -> String {
        let folder = NSTemporaryDirectory() + "netmeta-enrichment-\(UUID().uuidString)"
        var options = PipelineOptions(
            listeners: [.init(endpoint: IPEndpoint(address: IPAddress(127, 0, 0, 1), port: 0), purpose: "test")],
            spoolFolder: folder
        )
        options.batchRows = 100
        options.flush = .milliseconds(50)
        options.receiveBuffer = 1 << 16
        options.enrichment = source
        let pipeline = try Pipeline(
            options,
            store: store,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        )
        pipeline.start()
        let target = try #require(pipeline.snapshot.listeners.first?.endpoint)
        let sender = try UDPSender(source: nil, target: target)
        do {
            try body { bytes in
                let sent = try unsafe bytes.withUnsafeBytes { try unsafe sender.send([$0]) }
                #expect(sent == 1)
            }
        } catch {
            pipeline.stop()
            throw error
        }
        pipeline.stop()
        if !store.refuses { try? FileManager.default.removeItem(atPath: folder) }
        return folder
    }

    private static func wait(_ condition: () -> Bool) throws {
        let before = ContinuousClock.now
        while !condition() {
            try #require(ContinuousClock.now - before < .seconds(30))
            Thread.sleep(forTimeInterval: 0.02)
        }
    }

    private static func holds(_ bytes: [UInt8], _ part: [UInt8]) -> Bool {
        bytes.indices.contains { bytes[$0...].starts(with: part) }
    }

    // MARK: - NetFlow v9 (RFC 3954)

    /// Template 256: IPV4_SRC_ADDR, IPV4_DST_ADDR.
    private static let template: [UInt8] = [0, 0, 0, 16, 1, 0, 0, 2, 0, 8, 0, 4, 0, 12, 0, 4]

    /// A data set of template 256 with one record.
    private static func data(_ record: String) -> [UInt8] {
        let digits = Array(record)
        let values = stride(from: 0, to: digits.count, by: 2).compactMap {
            UInt8(String(digits[$0...$0 + 1]), radix: 16)
        }
        return [1, 0, 0, UInt8(4 + values.count)] + values
    }

    private static func v9(_ sets: [[UInt8]]) -> [UInt8] {
        let now = UInt32(time(nil))
        let seconds = (0..<4).map { UInt8(truncatingIfNeeded: now >> UInt32(24 - 8 * $0)) }
        return [0, 9, 0, UInt8(sets.count), 0, 0, 0, 1] + seconds + [0, 0, 0, 0, 0, 0, 0, 0] + sets.joined()
    }
}
