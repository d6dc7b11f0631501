import Enrichment
import FlowSchema
import NetTypes
import Testing

@Suite("Enricher")
struct EnricherTests {
    @Test("without settings Incoming is what FlowDirection tells, and nothing else is written")
    func nothingConfigured() {
        let batch = rows(["192.0.2.1 > 198.51.100.1", "192.0.2.1 > 198.51.100.1", "192.0.2.1 > 198.51.100.1"])
        set(batch, .flowDirection, [UInt8(0), 1, 255])
        enrich(batch, EnrichmentSettings())
        #expect(numbers(batch, .incoming) == [1, 0, 255])
        #expect(!batch.isPresent(.locality))
        #expect(batch.address(.srcAddr, row: 0) == IPAddress(192, 0, 2, 1))
    }

    @Test("local networks tell locality and direction; FlowDirection decides where they can't")
    func locality() {
        var settings = EnrichmentSettings()
        settings.localNetworks = prefixes("192.0.2.0/25", "192.0.2.128/25", "10.0.0.0/8", "2001:db8::/32")
        let batch = rows([
            "198.51.100.1 > 192.0.2.1", "192.0.2.255 > 198.51.100.1", "10.1.2.3 > 2001:db8::1",
            "198.51.100.1 > 2001:db9::1", ":: > 192.0.2.1", "2001:db7:ffff:: > 2001:db8:ffff::",
            "192.0.3.0 > 192.0.1.255",
        ])
        set(batch, .flowDirection, [UInt8](repeating: 1, count: 3) + [0, 0, 1, 255])
        enrich(batch, settings)
        let expected: [Locality] = [.in, .out, .internal, .transit, .unknown, .in, .transit]
        #expect(numbers(batch, .locality) == expected.map { UInt64($0.rawValue) })
        #expect(numbers(batch, .incoming) == [1, 0, 0, 1, 1, 1, 255])
    }

    @Test("a sampler's rules: one of them is enough, all conditions of it must hold; the longest prefix counts")
    func rules() {
        var edge = SamplerEnrichment()
        edge.isIncomingFlow = [
            IncomingRule([.number(.srcAS, 64500), .address(.dstAddr, prefix("192.0.2.0/24"))]),
            IncomingRule([.number(.flowDirection, 0), .number(.dstAS, 64501)]),
            IncomingRule([.address(.samplerAddress, prefix("203.0.113.2")), .address(.srcAddr, prefix("198.51.100.7"))]
            ),
        ]
        var settings = EnrichmentSettings()
        settings.samplers = [prefix("203.0.113.0/24"): edge, prefix("203.0.113.9"): SamplerEnrichment()]
        let batch = rows([
            "198.51.100.1 > 192.0.2.1", "198.51.100.1 > 192.0.3.1", "198.51.100.7 > 192.0.3.1",
            "198.51.100.7 > 192.0.3.1", "198.51.100.1 > 192.0.2.1", "198.51.100.1 > 192.0.2.1",
        ])
        set(
            batch,
            .samplerAddress,
            samplers("203.0.113.1", "203.0.113.1", "203.0.113.1", "203.0.113.2", "203.0.113.9", "192.0.2.9")
        )
        set(batch, .srcAS, [UInt32](repeating: 64500, count: 6))
        set(batch, .dstAS, [UInt32(1), 64501, 1, 1, 1, 1])
        set(batch, .flowDirection, [UInt8(1), 0, 1, 1, 1, 0])
        enrich(batch, settings)
        #expect(numbers(batch, .incoming) == [1, 1, 0, 1, 0, 1])
        // Columns that no row wrote hold their unknown values, which a rule may ask for, too.
        let bare = rows(["198.51.100.1 > 192.0.2.1"])
        set(bare, .samplerAddress, samplers("203.0.113.1"))
        enrich(bare, settings)
        #expect(numbers(bare, .incoming) == [0])
    }

    @Test("a sampler's rules go before the local networks")
    func rulesBeforeNetworks() {
        var sampler = SamplerEnrichment()
        sampler.isIncomingFlow = [IncomingRule([.number(.srcAS, 1)])]
        var settings = EnrichmentSettings()
        settings.localNetworks = prefixes("192.0.2.0/24")
        settings.samplers = [prefix("203.0.113.1"): sampler]
        let batch = rows(["198.51.100.1 > 192.0.2.1", "198.51.100.1 > 192.0.2.1"])
        set(batch, .samplerAddress, samplers("203.0.113.1", "203.0.113.2"))
        enrich(batch, settings)
        #expect(numbers(batch, .incoming) == [0, 1] && numbers(batch, .locality) == [1, 1])
    }

    @Test("a new snapshot counts for the next batch, also for samplers that are known")
    func replaced() {
        let source = EnrichmentSource()
        var enricher = Enricher(source)
        func direction() -> UInt64 {
            let batch = rows(["198.51.100.1 > 192.0.2.1"])
            set(batch, .samplerAddress, samplers("203.0.113.1"))
            batch.seal()
            enricher.enrich(batch)
            return batch.number(.incoming, row: 0)
        }
        var settings = EnrichmentSettings()
        var sampler = SamplerEnrichment()
        for (rule, expected) in [(UInt32(0), UInt64(1)), (7, 0)] {
            sampler.isIncomingFlow = [IncomingRule([.number(.srcAS, rule)])]
            settings.samplers = [prefix("203.0.113.0/24"): sampler]
            source.replace(with: EnrichmentSnapshot(settings))
            #expect(direction() == expected)
        }
        source.replace(with: EnrichmentSnapshot(EnrichmentSettings()))
        #expect(direction() == 255)
    }

    @Test("ranges of prefixes are as the prefixes are", arguments: [1, 2, 3])
    func ranges(_ seed: UInt64) {
        var state = seed
        func random(_ below: UInt64) -> UInt64 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return (state >> 33) % below
        }
        let networks =
            (0..<40).map { _ in Prefix(IPAddress(v4: UInt32(random(4096))), bits: 116 + Int(random(13))) }
            + (0..<10).map { _ in Prefix(IPAddress(high: random(3), low: random(4096)), bits: 116 + Int(random(13))) }
        var settings = EnrichmentSettings()
        settings.localNetworks = networks
        let addresses = (0..<2000).map { _ in
            random(2) == 0 ? IPAddress(v4: UInt32(random(4200))) : IPAddress(high: random(3), low: random(4200))
        }
        let batch = FlowBatch(capacity: 2000)
        let rows = batch.reserve(2000)
        for row in rows {
            batch.fill(.srcAddr, row..<row + 1, with: addresses[row])
            batch.fill(.dstAddr, row..<row + 1, with: IPAddress(255, 0, 0, 1))
        }
        enrich(batch, settings)
        for row in rows where !addresses[row].isUnspecified {
            let isLocal = networks.contains { $0.contains(addresses[row]) }
            #expect(batch.number(.locality, row: row) == UInt64((isLocal ? Locality.out : .transit).rawValue))
        }
    }
}

// MARK: - Batches

func prefix(_ text: String) -> Prefix { Prefix(text) ?? Prefix(.unspecified, bits: 0) }

func prefixes(_ texts: String...) -> [Prefix] { texts.map(prefix) }

func address(_ text: String) -> IPAddress { IPAddress(text) ?? .unspecified }

func samplers(_ texts: String...) -> [AddressBytes] { texts.map { AddressBytes(address($0)) } }

/// Rows with these ends: `source > destination`.
func rows(_ ends: [String]) -> FlowBatch {
    let batch = FlowBatch(capacity: max(ends.count, 1))
    for end in ends {
        let parts = end.split(separator: " ").map(String.init)
        let row = batch.reserve(1)
        batch.fill(.srcAddr, row, with: address(parts[0]))
        batch.fill(.dstAddr, row, with: address(parts[2]))
    }
    return batch
}

func set<Value: BitwiseCopyable>(_ batch: FlowBatch, _ column: FlowColumn, _ values: [Value]) {
    for (row, value) in values.enumerated() { batch.fill(column, row..<row + 1, with: value) }
}

func enrich(_ batch: FlowBatch, _ settings: EnrichmentSettings) {
    batch.seal()
    var enricher = Enricher(EnrichmentSource(settings))
    enricher.enrich(batch)
}

func numbers(_ batch: FlowBatch, _ column: FlowColumn) -> [UInt64] {
    (0..<batch.count).map { batch.number(column, row: $0) }
}
