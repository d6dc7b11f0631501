import Enrichment
import FlowDecoders
import FlowSchema
import Foundation
import NetTypes
import Telemetry
import Testing

@testable import netmeta

/// Each folder of Tests/Fixtures/config is a case: in.yaml, sometimes
/// environment.txt, and in expected.txt either the values in force or the
/// problems. UPDATE_GOLDENS=1 writes expected.txt anew.
@Suite struct ConfigurationFixtures {
    static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../Fixtures/config")
    static let cases = ((try? FileManager.default.contentsOfDirectory(atPath: folder.path())) ?? []).sorted()

    @Test func thereAreCases() {
        #expect(Self.cases.count >= 10)
    }

    @Test(arguments: cases)
    func readsAsExpected(name: String) throws {
        let folder = Self.folder.appending(path: name)
        let yaml = try String(contentsOf: folder.appending(path: "in.yaml"), encoding: .utf8)
        let variables = try? String(contentsOf: folder.appending(path: "environment.txt"), encoding: .utf8)
        let result: String
        do {
            let loaded = try ConfigurationLoader.load(
                yaml: yaml,
                file: "in.yaml",
                environment: Self.environment(variables ?? "")
            )
            result = ConfigurationText.effective(loaded)
        } catch {
            result = "PROBLEMS\n\(error)\n"
        }
        let golden = folder.appending(path: "expected.txt")
        if ProcessInfo.processInfo.environment["UPDATE_GOLDENS"] == "1" {
            try result.write(to: golden, atomically: true, encoding: .utf8)
        }
        #expect(try result == String(contentsOf: golden, encoding: .utf8))
    }

    private static func environment(_ text: String) -> [String: String] {
        var result: [String: String] = [:]
        for line in text.split(separator: "\n") {
            let parts = line.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            if parts.count == 2 { result[String(parts[0])] = String(parts[1]) }
        }
        return result
    }
}

@Suite struct ConfigurationRules {
    @Test func defaultsNeedNoFile() throws {
        let loaded = try ConfigurationLoader.load(yaml: nil, file: "", environment: [:])
        #expect(loaded.configuration == Configuration())
        #expect(loaded.origins.isEmpty)
        #expect(loaded.configuration.listeners.netflow.map(\.port) == [2055])
        #expect(loaded.configuration.console.listen.description == "127.0.0.1:8080")
    }

    @Test func theDefaultFileChangesNothing() throws {
        let text = ConfigurationText.defaultFile()
        let loaded = try ConfigurationLoader.load(yaml: text, file: "f", environment: [:])
        #expect(loaded.configuration == Configuration())
    }

    @Test func theDefaultFileStillMeansTheDefaultsWhenUncommented() throws {
        let lines = ConfigurationText.defaultFile().split(separator: "\n").map(String.init)
        let text = lines.map { line in
            let isKey = ConfigurationKey.all.contains { key in
                line.hasPrefix("  #\(key.name): ") || line.hasPrefix("#\(key.path): ")
            }
            return isKey ? line.replacing("#", with: "", maxReplacements: 1) : line
        }.joined(separator: "\n")
        let loaded = try ConfigurationLoader.load(yaml: text, file: "f", environment: [:])
        #expect(loaded.configuration == Configuration())
        #expect(loaded.origins.count == ConfigurationKey.all.count)
    }

    @Test func everyValueIsReadBackFromItsText() throws {
        var configuration = Configuration()
        configuration.listeners.netflow = [IPEndpoint(address: IPAddress(192, 0, 2, 1), port: 9995)]
        configuration.listeners.ipfix = []
        configuration.store.library = "/opt/a \"b\"\\c/libchdb.so"
        configuration.store.data = "auto"
        configuration.store.flush = .milliseconds(250)
        configuration.store.memory = 1_234_567_890
        configuration.console.hosts = ["a.example", "b.example"]
        var settings = SamplerConfiguration()
        settings.decoding.samplingRate = UInt32.max
        settings.decoding.holdForRate = 600
        settings.enrichment.anonymization = Anonymization()
        configuration.samplers[Prefix(IPAddress(192, 0, 2, 0), bits: 120)] = settings
        settings = SamplerConfiguration()
        settings.decoding.tunnel = .inner
        settings.decoding.templates = .port
        settings.names.description = "edge \"1\": Süd, #2"
        settings.names.interfaces = [UInt32.max: "off", 1: "a: b"]
        settings.names.vlans = [7: "7"]
        settings.names.hosts = [IPAddress(192, 0, 2, 1): "{x}", IPAddress(high: 1 << 61, low: 1): "y\\"]
        settings.enrichment.anonymization = Anonymization(v4Bits: 0, v6Bits: 56)
        settings.enrichment.isIncomingFlow = [
            IncomingRule([
                .address(.samplerAddress, Prefix(IPAddress(192, 0, 2, 1), bits: 128)),
                .address(.srcAddr, Prefix(IPAddress(192, 0, 2, 0), bits: 120)),
                .address(.dstAddr, Prefix(IPAddress(high: 1 << 61, low: 0), bits: 3)),
            ]),
            IncomingRule([.number(.srcAS, 1), .number(.dstAS, UInt32.max), .number(.flowDirection, 255)]),
        ]
        configuration.enrichment.localNetworks = [Prefix(IPAddress(10, 0, 0, 0), bits: 104)]
        configuration.enrichment.asMap = ASMapConfiguration(
            routes: [.init(text: "my own: file.csv"), .init(text: "https://example.net/rib?a=b&c=1,2")],
            names: [.init(text: "names.txt")],
            order: .mapFirst,
            refreshHours: 1
        )
        configuration.enrichment.bmp.listen = [IPEndpoint(address: IPAddress(192, 0, 2, 9), port: 11019)]
        configuration.enrichment.bmp.settings.allow = [Prefix(IPAddress(192, 0, 2, 0), bits: 120)]
        configuration.enrichment.bmp.settings.exporters = [
            IPAddress(high: 1 << 61, low: 1): [IPAddress(192, 0, 2, 1), IPAddress(high: 1 << 61, low: 2)]
        ]
        configuration.enrichment.bmp.settings.details = [.communities, .asPath]
        configuration.enrichment.bmp.settings.holdSeconds = 7
        configuration.enrichment.bmp.settings.memory = 64 << 20
        configuration.enrichment.autnums = [
            64500: AutonomousSystemName(name: "Example, Ltd: a", country: "NO"),
            0: AutonomousSystemName(name: "null"),
        ]
        configuration.samplers[Prefix(IPAddress(high: 0x2001_0db8_0000_0000, low: 1), bits: 128)] = settings
        configuration.sources.elements = [
            ElementNumber(enterprise: 35632, id: 118): .column(.applicationId),
            ElementNumber(enterprise: 0, id: 40_005): .text(key: "a-b.c_1"),
        ]
        let text = ConfigurationText.effective(LoadedConfiguration(configuration: configuration))
        let loaded = try ConfigurationLoader.load(yaml: text, file: "f", environment: [:])
        #expect(loaded.configuration == configuration)
    }

    @Test func keysAndVariablesAreUnique() {
        let keys = ConfigurationKey.all
        #expect(Set(keys.map(\.path)).count == keys.count)
        #expect(Set(keys.map { $0.environmentName.replacing("_", with: "") }).count == keys.count)
        let sections = Set(ConfigurationSection.all.map(\.name))
        #expect(keys.allSatisfy { sections.contains($0.section) })
        #expect(ConfigurationKey.named("store.batchRows")?.environmentName == "NETMETA_STORE_BATCH_ROWS")
    }

    @Test func tellsWhatCanBeReloaded() {
        var new = Configuration()
        new.retention.days = 30
        new.log.level = .debug
        new.store.memory = 1_000_000_000
        let changes = Configuration().changes(to: new)
        #expect(changes.reloadable == ["retention.days", "log.level"])
        #expect(changes.needsRestart == ["store.memory"])
        #expect(Configuration().changes(to: Configuration()).needsRestart.isEmpty)
    }

    @Test func mapsAreReloadedWhenAnEntryChanges() {
        var new = Configuration()
        new.samplers[Prefix(IPAddress(192, 0, 2, 1), bits: 128)] = SamplerConfiguration()
        #expect(Configuration().changes(to: new).reloadable == ["samplers"])
        new.samplers = [:]
        new.sources.elements[ElementNumber(enterprise: 9, id: 1)] = .column(.srcAS)
        #expect(Configuration().changes(to: new).reloadable == ["sources.elements"])
    }

    @Test func theLongestPrefixDecidesForAnExporter() throws {
        let yaml = """
            samplers:
              0.0.0.0/0: {samplingRate: 10}
              192.0.2.0/24: {samplingRate: 100}
              192.0.2.7: {tunnel: inner}
            sources:
              elements: {9/2: Strings.b, 9/1: SrcAS}
            """
        let loaded = try ConfigurationLoader.load(yaml: yaml, file: "f", environment: [:])
        let settings = DecoderSettings(loaded.configuration)
        #expect(settings.exporter(IPAddress(198, 51, 100, 1)).samplingRate == 10)
        #expect(settings.exporter(IPAddress(192, 0, 2, 1)).samplingRate == 100)
        #expect(settings.exporter(IPAddress(192, 0, 2, 7)).samplingRate == nil)
        #expect(settings.exporter(IPAddress(192, 0, 2, 7)).tunnel == .inner)
        #expect(settings.exporter(IPAddress(high: 0x2001_0db8_0000_0000, low: 1)) == ExporterSettings())
        #expect(
            settings.elements == [
                ElementMapping(enterprise: 9, id: 1, target: .column(.srcAS)),
                ElementMapping(enterprise: 9, id: 2, target: .text(key: "b")),
            ]
        )
    }

    @Test(arguments: FlowColumn.allCases)
    func everyColumnCanBeMappedOrSaysWhyNot(column: FlowColumn) throws {
        let yaml = "sources: {elements: {9/1: \(column.name)}}"
        let number = ElementNumber(enterprise: 9, id: 1)
        if ElementMapping.takes(column) {
            let loaded = try ConfigurationLoader.load(yaml: yaml, file: "f", environment: [:])
            #expect(loaded.configuration.sources.elements == [number: .column(column)])
        } else {
            let error = #expect(throws: ConfigurationProblems.self) {
                try ConfigurationLoader.load(yaml: yaml, file: "f", environment: [:])
            }
            let reasons = ["\(column.name) can't be set by an element", "Strings holds texts by key"]
            #expect(reasons.contains { error?.description.contains($0) == true })
        }
    }

    @Test func theReferenceIsUpToDate() throws {
        let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../Docs/configuration.md")
        if ProcessInfo.processInfo.environment["UPDATE_GOLDENS"] == "1" {
            try ConfigurationText.markdown().write(to: file, atomically: true, encoding: .utf8)
        }
        #expect(try String(contentsOf: file, encoding: .utf8) == ConfigurationText.markdown())
    }

    @Test func aMissingFileIsOneLine() {
        #expect(throws: ConfigurationProblems.self) {
            try ConfigurationLoader.load(file: "/nonexistent/netmeta.yaml", environment: [:])
        }
    }

    @Test func suggestsNearNamesOnly() {
        #expect(nearest(to: "memroy", among: ["memory", "data"]) == "memory")
        #expect(nearest(to: "xyz", among: ["memory", "data"]) == nil)
        #expect(nearest(to: "", among: ["memory"]) == nil)
    }
}
