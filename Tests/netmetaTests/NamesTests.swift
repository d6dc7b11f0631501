import Enrichment
import FlowSchema
import Foundation
import NetTypes
import Telemetry
import Testing

@testable import netmeta

@Suite("Names, boundaries and classes")
struct NamesTests {
    // MARK: Configuration

    @Test("boundary and classes are read, and written in a form that is read again")
    func configuration() throws {
        let configuration = try load(
            """
            enrichment:
              names: [/etc/netmeta/netbox.csv, more.csv]
              geo: /var/lib/GeoLite2-City.mmdb
              boundary:
                external: ["Transit: *", uplink*]
                internal: core
              classes:
                - {exporter: edge-*, role: edge, site: $1}
                - exporter: [192.0.2.0/24, core-1, "2001:db8::1"]
                  region: eu
                - {interface: "IX *", provider: $1, connectivity: ix}
                - {prefix: [198.51.100.0/24], name: "Customer, A", tenant: a}
                - {group: all}
            """
        )
        let enrichment = configuration.enrichment
        #expect(enrichment.nameFiles == ["/etc/netmeta/netbox.csv", "more.csv"])
        #expect(enrichment.boundary.external.map(\.text) == ["Transit: *", "uplink*"])
        #expect(enrichment.classes.map(\.subject) == [.exporter, .exporter, .interface, .network, .exporter])
        #expect(enrichment.classes[1].exporters.first == .address(prefix("192.0.2.0/24")))
        #expect(enrichment.classes[3].values == [.name: "Customer, A", .tenant: "a"])
        #expect(enrichment.asMap.places == [EnrichmentLocation(text: "/var/lib/GeoLite2-City.mmdb", isPlaces: true)])
        for path in ["names", "boundary", "classes", "geo"] {
            let key = try #require(ConfigurationKey.named("enrichment.\(path)"))
            #expect(key.isReloadable)
            let again = try load("enrichment: {\(path): \(key.setting.text(configuration))}")
            #expect(key.setting.text(again) == key.setting.text(configuration))
            // In the environment lists have commas and no brackets.
            guard key.setting.shape == .map else { continue }
            let environment = [key.environmentName: key.setting.text(configuration)]
            let told = try ConfigurationLoader.load(yaml: nil, file: "f", environment: environment).configuration
            #expect(key.setting.text(told) == key.setting.text(configuration))
        }
        #expect(
            Configuration().enrichment.classes.isEmpty
                && ConfigurationKey.named("enrichment.classes")?.setting.text(Configuration()) == "[]"
        )
    }

    @Test("what can't be meant is told with its place")
    func wrongConfiguration() {
        let found = problems(
            """
            enrichment:
              boundary: {outside: x, internal: [""]}
              classes:
                - {exporter: edge, provider: x}
                - {prefix: 10.0.0.0/8, exporter: edge, role: x}
                - {interface: "*"}
                - {exporter: 10.0.0.1/8, roles: x}
              names: https://example.net/names.csv
            """
        )
        #expect(found.count == 8)
        #expect(found.contains { $0.hasPrefix("2:14: enrichment.boundary") && $0.contains("unknown key 'outside'") })
        #expect(
            found.contains { $0.hasPrefix("4:7: enrichment.classes.1: a rule about an exporter can't say 'provider'") }
        )
        #expect(found.contains { $0.contains("enrichment.classes.2: a rule about a prefix has neither") })
        #expect(found.contains { $0.contains("the rule says nothing of the interface; give it one of provider") })
        #expect(found.contains { $0.contains("did you mean 10.0.0.0/8?") })
        #expect(found.contains { $0.contains("unknown key 'roles'; did you mean 'role'?") })
        #expect(found.contains { $0.contains("'https://example.net/names.csv' isn't a file") })
    }

    // MARK: Files

    @Test("a file is read again when it is another; what was in it stays when that can't be read")
    func files() throws {
        let folder = NSTemporaryDirectory() + "netmeta-names-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let (first, second) = (folder + "/a.csv", folder + "/b.csv")
        func write(_ text: String, to path: String = first) throws {
            try Data(text.utf8).write(to: URL(fileURLWithPath: path), options: .atomic)
        }
        try write("kind,sampler,name\nsampler,192.0.2.1,one\nsampler,x,bad\nsampler,y,bad\n")
        var files = NameListFiles(reading: [first, second])
        func name() -> String? { files.list.exporters[IPAddress(192, 0, 2, 1)]?.name }
        func look(_ paths: String...) -> Bool { files.look(at: paths) }
        #expect(name() == "one" && files.bad == 2)
        #expect(
            files.problems[first]
                == "2 of 3 lines can't be read: line 3: 'x' is no sampler's address such as 192.0.2.1 (also 4)"
        )
        #expect(files.problems[second]?.contains("No such file") == true)
        #expect(!look(first, second))
        // A list that is behind fills what the first lacks, and no more.
        try write("kind,sampler,name\nsampler,192.0.2.1,other\nsampler,192.0.2.2,two\n", to: second)
        #expect(look(first, second) && name() == "one" && files.list.count == 2)
        try write("kind,sampler,name\nsampler,192.0.2.1,renamed\n")
        #expect(look(first, second) && name() == "renamed" && files.problems.isEmpty)
        for damage in ["", "nothing of that kind\n", "kind,sampler,name\n", "kind,sampler,name\nsampler,x,bad\n"] {
            try write(damage)
            #expect(look(first, second) && name() == "renamed")
            #expect(files.problems[first]?.hasSuffix("; what was read before stays") == true)
        }
        try FileManager.default.removeItem(atPath: first)
        #expect(look(first, second) && name() == "renamed")
        try write("kind,sampler,name\nsampler,192.0.2.1,back\n")
        #expect(look(first, second) && name() == "back" && files.problems.isEmpty)
        #expect(look(second) && name() == "other")
        #expect(look() && files.list.count == 0)
    }

    // MARK: Who wins

    @Test("the configuration counts before lists, lists before what exporters tell; patterns look at all of them")
    func precedence() throws {
        let configuration = try load(
            """
            samplers:
              192.0.2.1: {interface: {1: configured}}
              192.0.2.0/24: {description: many, interface: {3: third}, samplingRate: 7}
            enrichment:
              autnums: {64500: mine}
              boundary: {external: [told*, listed*], internal: third}
              classes: [{exporter: many, role: edge}, {interface: "told *", provider: $1}]
            """
        )
        var list = NameList()
        for last in [UInt8(1), 2] {
            var exporter = NameList.Exporter()
            exporter.name = "listed"
            exporter.classes = [.role: "listed", .site: "fra"]
            exporter.interfaces = [1: .init(name: "listed 1"), 2: .init(name: "listed 2", classes: [.provider: "p"])]
            list.exporters[IPAddress(192, 0, 2, last)] = exporter
        }
        list.systems.set(64500, name: "theirs")
        list.systems.set(64501, name: "other")
        let told = [IPAddress(192, 0, 2, 1): NameSheet.Told(name: nil, interfaces: [1: ["told A"], 9: ["told B"]])]
        let sheet = NameSheet(configuration, list: list, told: told)
        let book = sheet.book
        let one = book.sampler(IPAddress(192, 0, 2, 1))
        // The longest prefix of the configuration counts alone, and the list behind it.
        #expect(one.description == "listed" && one.interfaces == [1: "configured", 2: "listed 2"])
        let two = book.sampler(IPAddress(192, 0, 2, 2))
        #expect(two.description == "many" && two.interfaces == [1: "listed 1", 2: "listed 2", 3: "third"])
        #expect(book.sampler(IPAddress(192, 0, 2, 3)).description == "many")
        #expect(book.autnums[64500]?.name == "mine" && book.autnums[64501]?.name == "other")

        let classes = sheet.classes
        #expect(classes.exporters[prefix("192.0.2.1")] == [.role: "listed", .site: "fra"])
        #expect(classes.exporters[prefix("192.0.2.2")] == [.role: "edge", .site: "fra"])
        #expect(classes.exporters[prefix("192.0.2.0/24")] == [.role: "edge"])
        let interfaces = try #require(classes.interfaces[IPAddress(192, 0, 2, 1)])
        #expect(interfaces[1]?.classes == [.provider: "A"] && interfaces[1]?.boundary == .external)
        #expect(interfaces[2]?.classes == [.provider: "p"] && interfaces[9]?.classes == [.provider: "B"])
        #expect(classes.interfaces[IPAddress(192, 0, 2, 2)]?[3]?.boundary == .internal)

        let statements = NameTables.contents(sheet).flatMap(\.statements)
        #expect(
            statements.contains(
                "INSERT INTO netmeta.SamplerConfig_source VALUES ('::ffff:192.0.2.1', NULL, 'listed', false), "
                    + "('::ffff:192.0.2.2', 7, 'many', false)"
            )
        )
        #expect(
            statements.contains {
                $0.hasPrefix(
                    "INSERT INTO netmeta.InterfaceClasses_source VALUES (toIPv6('::ffff:192.0.2.1'), 1, 'external', 'A', '')"
                )
            }
        )
        #expect(
            statements.contains(
                "INSERT INTO netmeta.ExporterClasses_source VALUES ('::ffff:192.0.2.0/120', '', 'edge', '', '', ''), "
                    + "('::ffff:192.0.2.1/128', '', 'listed', 'fra', '', ''), ('::ffff:192.0.2.2/128', '', 'edge', 'fra', '', '')"
            )
        )
    }

    @Test("what an exporter calls its interface reaches SQL as a value only")
    func hostileName() throws {
        let configuration = try load("enrichment: {classes: [{interface: \"x *\", provider: $1}]}")
        let told = [IPAddress(192, 0, 2, 1): NameSheet.Told(name: nil, interfaces: [1: ["x '); DROP TABLE y; --"]])]
        let statements = NameTables.contents(NameSheet(configuration, told: told)).flatMap(\.statements)
        #expect(statements.contains { $0.hasSuffix(#"'undefined', '\'); DROP TABLE y; --', '')"#) })
    }

    @Test("what exporters call their VRFs is in SQL, as far as there is room")
    func vrfs() throws {
        let told = [
            IPAddress(192, 0, 2, 1): NameSheet.Told(vrfs: [7: "it's mine", 1: "red"]),
            IPAddress(192, 0, 2, 2): NameSheet.Told(vrfs: [7: "blue"], isVouchedFor: true),
            IPAddress(192, 0, 2, 3): NameSheet.Told(name: "edge"),
        ]
        let sheet = NameSheet(Configuration(), told: told)
        let statements = NameTables.contents(sheet).flatMap(\.statements)
        #expect(
            statements.contains(
                "INSERT INTO netmeta.VrfNames_source VALUES ('::ffff:192.0.2.1', 1, 'red'), "
                    + "('::ffff:192.0.2.1', 7, 'it\\'s mine'), ('::ffff:192.0.2.2', 7, 'blue')"
            )
        )
        #expect(sheet.tabledVRFs(most: 2).map(\.0) == [IPAddress(192, 0, 2, 2)])
    }

    private func load(_ yaml: String) throws -> Configuration {
        try ConfigurationLoader.load(yaml: yaml, file: "f", environment: [:]).configuration
    }

    private func problems(_ yaml: String) -> [String] {
        do throws(ConfigurationProblems) {
            _ = try ConfigurationLoader.load(yaml: yaml, file: "f", environment: [:])
            return []
        } catch {
            return error.lines.map { String($0.dropFirst(2)) }
        }
    }

    private func prefix(_ text: String) -> Prefix { Prefix(text) ?? Prefix(.unspecified, bits: 0) }
}
