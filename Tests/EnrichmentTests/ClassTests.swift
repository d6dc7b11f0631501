import Enrichment
import FlowSchema
import NetTypes
import Testing

@Suite("Classes and boundaries")
struct ClassTests {
    @Test(
        "patterns fit whole names in whatever case; stars take as little as can be",
        arguments: [
            ("edge-*", "Edge-1.fra", ["1.fra"]), ("edge-*", "my edge-1", nil), ("*", "", [""]), ("?", "", nil),
            ("Transit: * (*)", "TRANSIT: Example, Inc (10G)", ["Example, Inc", "10G"]), ("a?c", "aXc", []),
            ("*ab", "aaab", ["aa"]), ("*a*a", "bababa", ["b", "bab"]), ("ä*", "ÄX", ["X"]), ("a", "ab", nil),
            ("**", "x", ["", "x"]), ("x*y", "xzzz", nil),
        ] as [(String, String, [String]?)]
    )
    func patterns(_ pattern: String, _ name: String, _ captures: [String]?) throws {
        #expect(try #require(TextPattern(pattern)).match(name) == captures)
    }

    @Test("a pattern takes no longer than both lengths together, whatever the name")
    func hostilePattern() throws {
        let pattern = try #require(TextPattern(String(repeating: "*a", count: 120) + "b"))
        let clock = ContinuousClock()
        let short = clock.measure { for _ in 0..<20 { _ = pattern.match(String(repeating: "a", count: 64)) } }
        let long = clock.measure { for _ in 0..<20 { _ = pattern.match(String(repeating: "a", count: 256)) } }
        // A matcher that backtracks would take 2 to the power of hundreds as long.
        #expect(long < short * 1000)
        #expect(TextPattern("") == nil && TextPattern(String(repeating: "x", count: 257)) == nil)
    }

    @Test("the first rule that fits and says something counts, field by field; captures are filled in")
    func rules() throws {
        var known = KnownThings()
        known.exporters[prefix("192.0.2.1")] = exporter(
            ["edge-1.fra"],
            [1: ["Transit: Example", "xe-0/0/1"], 2: ["core"]],
            classes: [.site: "listed", .tenant: "listed"]
        )
        known.exporters[prefix("192.0.2.2")] = exporter(["core-2"], [1: ["ge-1", "IX Frankfurt"]])
        known.exporters[prefix("203.0.113.0/24")] = exporter(["edge-many.ams"], [:])
        known.networks = [prefix("198.51.100.0/24"): [.name: "listed", .role: "listed"]]
        let rules = [
            rule(exporters: [.name(pattern("edge-*.*"))], [.role: "edge", .site: "$2"]),
            rule(exporters: [.address(prefix("192.0.2.0/24"))], [.role: "router", .region: "eu"]),
            rule([.group: "all"]),
            rule(interfaces: ["Transit: *"], [.provider: "$1", .connectivity: "transit"]),
            rule(exporters: [.name(pattern("core-*"))], interfaces: ["IX *"], [.connectivity: "ix $9$"]),
            rule(prefixes: ["198.51.100.0/25"], [.tenant: "half"]),
            rule(prefixes: ["198.51.0.0/16", "2001:db8::/32"], [.role: "customer"]),
        ]
        var boundary = BoundaryPatterns()
        boundary.external = ["Transit*", "ix *"].map(pattern)
        boundary.internal = [pattern("*core*"), pattern("xe-*")]
        let tables = ClassTables(rules, boundary, for: known)
        #expect(
            tables.exporters == [
                prefix("192.0.2.1"): [
                    .group: "all", .role: "edge", .site: "fra", .region: "eu", .tenant: "listed",
                ],
                prefix("192.0.2.2"): [.group: "all", .role: "router", .region: "eu"],
                prefix("192.0.2.0/24"): [.group: "all", .role: "router", .region: "eu"],
                prefix("203.0.113.0/24"): [.group: "all", .role: "edge", .site: "ams"],
                Prefix(.unspecified, bits: 0): [.group: "all"],
            ]
        )
        let first = try #require(tables.interfaces[address("192.0.2.1")])
        #expect(first[1]?.classes == [.provider: "Example", .connectivity: "transit"])
        // External goes first where a name fits both.
        #expect(first[1]?.boundary == .external && first[2]?.boundary == .internal && first.count == 2)
        #expect(tables.interfaces[address("192.0.2.2")]?[1]?.classes == [.connectivity: "ix $"])
        #expect(tables.interfaces[address("192.0.2.2")]?[1]?.boundary == .external)
        #expect(tables.networks[prefix("198.51.100.0/25")] == [.name: "listed", .role: "customer", .tenant: "half"])
        #expect(tables.networks[prefix("198.51.100.0/24")] == [.name: "listed", .role: "customer"])
        #expect(tables.networks[prefix("2001:db8::/32")] == [.role: "customer"])
        #expect(ClassTables([], BoundaryPatterns(), for: known).exporters[prefix("192.0.2.2")] == [:])
        #expect(ClassTables([], BoundaryPatterns(), for: KnownThings()) == ClassTables())
    }

    @Test("what an exporter calls its interface can't become more than a short text")
    func hostileNames() throws {
        var known = KnownThings()
        let name = "T \u{7}" + String(repeating: "x", count: 250)
        known.exporters[prefix("192.0.2.1")] = exporter([], [1: [name], 2: ["T a\u{1B}b"]])
        let tables = ClassTables([rule(interfaces: ["T *"], [.provider: "$1"])], BoundaryPatterns(), for: known)
        #expect(tables.interfaces[address("192.0.2.1")]?[1] == nil)
        #expect(tables.interfaces[address("192.0.2.1")]?[2]?.classes == [.provider: "ab"])
    }

    // MARK: Direction

    @Test("interfaces tell the direction where rules and networks don't")
    func direction() {
        let batch = rows(Array(repeating: "192.0.2.1 > 198.51.100.1", count: 9))
        let known = samplers("203.0.113.1")[0]
        set(batch, .samplerAddress, Array(repeating: known, count: 8) + samplers("203.0.113.2"))
        set(batch, .inIf, [UInt32(1), 2, 1, 1, 0, 9, 1, 2, 1])
        set(batch, .outIf, [UInt32(2), 1, 1, 0, 1, 1, 9, 2, 2])
        set(batch, .flowDirection, Array(repeating: UInt8(255), count: 9))
        enrich(batch, boundaries: boundaries)
        // Both ends outside, an end of which nothing is said, both inside, another exporter: they don't tell.
        #expect(numbers(batch, .incoming) == [1, 0, 255, 1, 0, 255, 255, 255, 255])
        #expect(numbers(batch, .locality) == Array(repeating: 0, count: 9))
    }

    @Test("local networks and a sampler's rules go before interfaces, FlowDirection behind them")
    func precedence() {
        var settings = EnrichmentSettings()
        settings.localNetworks = prefixes("192.0.2.0/24")
        var sampler = SamplerEnrichment()
        sampler.isIncomingFlow = [IncomingRule([.number(.srcAS, 7)])]
        settings.samplers = [prefix("203.0.113.3"): sampler]
        let batch = rows([
            "192.0.2.1 > 198.51.100.1", "198.51.100.2 > 198.51.100.1", "198.51.100.2 > 198.51.100.1",
            "198.51.100.2 > 198.51.100.1",
        ])
        set(batch, .samplerAddress, samplers("203.0.113.1", "203.0.113.1", "203.0.113.1", "203.0.113.3"))
        set(batch, .inIf, [UInt32(1), 1, 5, 1])
        set(batch, .outIf, [UInt32(2), 2, 6, 2])
        set(batch, .flowDirection, [UInt8(1), 1, 1, 0])
        enrich(batch, settings, boundaries: boundaries)
        #expect(numbers(batch, .incoming) == [0, 1, 0, 0])
    }

    @Test("without a column of interfaces, its memory of an earlier batch tells nothing")
    func absentColumns() {
        let batch = rows(["192.0.2.1 > 198.51.100.1"])
        set(batch, .outIf, [UInt32(2)])
        batch.clear()
        let row = batch.reserve(1)
        batch.fill(.samplerAddress, row, with: address("203.0.113.1"))
        batch.fill(.inIf, row, with: UInt32(1))
        enrich(batch, boundaries: boundaries)
        // In from outside, and nobody told where to.
        #expect(numbers(batch, .incoming) == [1])
    }

    @Test("boundaries are replaced without settings and map, and stay when these are")
    func replacing() {
        let source = EnrichmentSource()
        var enricher = Enricher(source)
        func incoming() -> UInt64 {
            let batch = rows(["192.0.2.1 > 198.51.100.1"])
            set(batch, .samplerAddress, samplers("203.0.113.1"))
            set(batch, .inIf, [UInt32(1)])
            set(batch, .outIf, [UInt32(2)])
            batch.seal()
            enricher.enrich(batch)
            return batch.number(.incoming, row: 0)
        }
        #expect(incoming() == 255)
        source.replace(boundaries: boundaries)
        #expect(incoming() == 1)
        source.replace(settings: EnrichmentSettings())
        source.replace(map: AddressMap())
        #expect(incoming() == 1)
        source.replace(boundaries: InterfaceBoundaries())
        #expect(incoming() == 255)
    }

    /// Of one exporter, interface 1 leads outside, 2 inside.
    private var boundaries: InterfaceBoundaries {
        var known = KnownThings()
        for text in ["203.0.113.1", "203.0.113.3"] {
            known.exporters[prefix(text)] = exporter([], [1: ["up"], 2: ["in"]])
        }
        var patterns = BoundaryPatterns()
        patterns.external = [pattern("up")]
        patterns.internal = [pattern("in")]
        return InterfaceBoundaries(ClassTables([], patterns, for: known))
    }

    private func enrich(
        _ batch: FlowBatch,
        _ settings: EnrichmentSettings = EnrichmentSettings(),
        boundaries: InterfaceBoundaries
    ) {
        batch.seal()
        var enricher = Enricher(EnrichmentSource(settings, boundaries: boundaries))
        enricher.enrich(batch)
    }

    private func pattern(_ text: String) -> TextPattern {
        guard let pattern = TextPattern(text) else { preconditionFailure(text) }
        return pattern
    }

    private func exporter(
        _ names: [String],
        _ interfaces: [UInt32: [String]],
        classes: [ClassField: String] = [:]
    ) -> KnownThings.Exporter {
        var exporter = KnownThings.Exporter()
        exporter.names = names
        exporter.classes = classes
        exporter.interfaces = interfaces.mapValues { KnownThings.Interface(texts: $0) }
        return exporter
    }

    private func rule(
        exporters: [ExporterMatch] = [],
        interfaces: [String] = [],
        prefixes: [String] = [],
        _ values: [ClassField: String]
    ) -> ClassRule {
        var rule = ClassRule()
        rule.exporters = exporters
        rule.interfaces = interfaces.map(pattern)
        rule.prefixes = prefixes.map(prefix)
        rule.values = values
        return rule
    }
}
