import Enrichment
import FlowSchema
import NetTypes
import Testing

@Suite("Anonymisation")
struct AnonymizationTests {
    static let columns: [FlowColumn] = [.srcAddr, .dstAddr, .srcAddrNAT, .dstAddrNAT, .srcAddrEncap, .dstAddrEncap]

    @Test(
        "every column with an address of the flow loses its host bits; routers and samplers keep theirs",
        arguments: columns
    )
    func addresses(_ column: FlowColumn) {
        let batch = FlowBatch(capacity: 10)
        for (row, text) in ["192.0.2.201", "2001:db8:1:2:3:4:5:6", "192.0.2.201"].enumerated() {
            let rows = batch.reserve(1)
            batch.fill(.samplerAddress, rows, with: address(row == 2 ? "203.0.113.2" : "203.0.113.1"))
            batch.fill(column, rows, with: address(text))
            batch.fill(.nextHop, rows, with: address("192.0.2.77"))
            batch.fill(.bgpNextHop, rows, with: address("192.0.2.78"))
        }
        enrich(batch, anonymous())
        #expect(
            (0..<3).map { batch.address(column, row: $0).description } == [
                "192.0.2.0", "2001:db8:1:2::", "192.0.2.201",
            ]
        )
        for row in 0..<3 {
            #expect(batch.address(.nextHop, row: row) == address("192.0.2.77"))
            #expect(batch.address(.bgpNextHop, row: row) == address("192.0.2.78"))
        }
        #expect(batch.address(.samplerAddress, row: 0) == address("203.0.113.1"))
    }

    @Test("lengths are as set, down to nothing", arguments: [(32, 128), (16, 48), (0, 0)])
    func lengths(_ v4: Int, _ v6: Int) {
        let batch = rows(["192.0.2.201 > 2001:db8:1:2:3:4:5:6"])
        set(batch, .samplerAddress, samplers("203.0.113.1"))
        enrich(batch, anonymous(Anonymization(v4Bits: v4, v6Bits: v6)))
        #expect(batch.address(.srcAddr, row: 0) == Prefix(address("192.0.2.201"), bits: 96 + v4).first)
        #expect(batch.address(.dstAddr, row: 0) == Prefix(address("2001:db8:1:2:3:4:5:6"), bits: v6).first)
    }

    @Test("locality and rules see the addresses as they were")
    func order() {
        var settings = anonymous()
        settings.localNetworks = prefixes("192.0.2.200/29")
        var edge = SamplerEnrichment()
        edge.anonymization = Anonymization()
        edge.isIncomingFlow = [IncomingRule([.address(.srcAddr, prefix("198.51.100.7"))])]
        settings.samplers[prefix("203.0.113.3")] = edge
        let batch = rows(["198.51.100.7 > 192.0.2.201", "198.51.100.7 > 192.0.2.1", "198.51.100.8 > 192.0.2.201"])
        set(batch, .samplerAddress, samplers("203.0.113.1", "203.0.113.3", "203.0.113.3"))
        enrich(batch, settings)
        #expect(numbers(batch, .locality) == [1, 4, 1] && numbers(batch, .incoming) == [1, 1, 0])
        #expect(batch.address(.dstAddr, row: 0) == address("192.0.2.0"))
    }

    @Test("of texts only those stay that can't hold an address; other samplers' rows keep all")
    func texts() throws {
        let batch = FlowBatch(capacity: 10)
        let given: [(sampler: String, texts: [(String, String)])] = [
            ("203.0.113.2", [("httpHost", "192.0.2.9"), ("applicationName", "ssl")]),
            (
                "203.0.113.1",
                [
                    ("httpUrl", "http://192.0.2.9/"), ("applicationName", "ssl"), ("userName", "x@192.0.2.9"),
                    ("vrfName", "blue"),
                ]
            ),
            ("203.0.113.1", [("event", "from 192.0.2.9")]),
            ("203.0.113.1", []),
            ("203.0.113.2", [("tlsServerName", "example.net")]),
            ("203.0.113.1", [("osName", "")]),
        ]
        for row in given {
            let place = batch.reserve(1)
            batch.fill(.samplerAddress, place, with: address(row.sampler))
            let bytes: [UInt8] = Array(row.texts.map { "\($0.0)\0\($0.1)\0" }.joined().utf8)
            if !bytes.isEmpty {
                let fits = batch.append(.strings, row: place.lowerBound, value: bytes.span.bytes)
                #expect(fits)
            }
        }
        enrich(batch, anonymous())
        let kept = try #require(batch.variable(.strings))
        let texts = (0..<given.count).map { VariableValue.texts(kept.value(row: $0)).map { "\($0.name)=\($0.text)" } }
        #expect(
            texts == [
                ["httpHost=192.0.2.9", "applicationName=ssl"], ["applicationName=ssl", "vrfName=blue"], [], [],
                ["tlsServerName=example.net"], ["osName="],
            ]
        )
    }

    @Test("what the spool keeps of a batch has no trace of the addresses")
    func spooled() {
        let batch = rows(["192.0.2.201 > 2001:db8:1:2:aabb:ccdd:eeff:1122"])
        set(batch, .samplerAddress, samplers("203.0.113.1"))
        let text = Array("httpHost\0192.0.2.201\0".utf8)
        let fits = batch.append(.strings, row: 0, value: text.span.bytes)
        #expect(fits)
        enrich(batch, anonymous())
        let encoded = EncodedBatch(batch, token: "one")
        var bytes: [UInt8] = []
        unsafe encoded.write { (part: UnsafeRawBufferPointer) in unsafe bytes += Array(part) }
        for trace in [[192, 0, 2, 201], [0xAA, 0xBB, 0xCC, 0xDD], Array("192.0.2.201".utf8)] {
            #expect(!bytes.indices.contains { bytes[$0...].starts(with: trace) })
        }
    }

    /// All samplers but one are anonymised.
    private func anonymous(_ lengths: Anonymization = Anonymization()) -> EnrichmentSettings {
        var settings = EnrichmentSettings()
        var sampler = SamplerEnrichment()
        sampler.anonymization = lengths
        settings.samplers = [prefix("203.0.113.0/24"): sampler, prefix("203.0.113.2"): SamplerEnrichment()]
        return settings
    }
}
