import Enrichment
import Foundation
import NameSources
import NetTypes
import Telemetry
import Testing

@testable import netmeta

@Suite("Names, rules and anonymisation in the configuration")
struct EnrichmentConfigurationTests {
    @Test("NetMeta's keys are read, with the short forms beside them")
    func read() throws {
        let configuration = try load(
            """
            samplers:
              192.0.2.1:
                description: core router
                anonymizeAddresses: true
                isIncomingFlow:
                  - SrcAS: AS64500
                    DstAddrInRange: 198.51.100.0/24
                  - {SamplerAddressInRange: 192.0.2.0/24, FlowDirection: 0}
                interface:
                  17: {description: uplink}
                  18: customer
                vlan: {100: {description: guests}}
                host: {2001:db8::1: {description: web}}
              192.0.2.2: {anonymizeAddresses: {ipv4: 20}, isIncomingFlow: {DstAS: 1}}
              192.0.2.3: {anonymizeAddresses: off, isIncomingFlow: []}
            enrichment:
              localNetworks: [10.0.0.0/8, 2001:db8::/32]
              autnums: {64500: {name: Example, country: de}, AS64501: Other}
            """
        )
        let settings = EnrichmentSettings(configuration)
        #expect(settings.localNetworks == [prefix("10.0.0.0/8"), prefix("2001:db8::/32")])
        let core = try #require(settings.samplers[prefix("192.0.2.1")])
        #expect(core.anonymization == Anonymization(v4Bits: 24, v6Bits: 64))
        #expect(
            core.isIncomingFlow == [
                IncomingRule([.number(.srcAS, 64500), .address(.dstAddr, prefix("198.51.100.0/24"))]),
                IncomingRule([.address(.samplerAddress, prefix("192.0.2.0/24")), .number(.flowDirection, 0)]),
            ]
        )
        let second = try #require(settings.samplers[prefix("192.0.2.2")])
        #expect(second.anonymization == Anonymization(v4Bits: 20, v6Bits: 64))
        #expect(second.isIncomingFlow == [IncomingRule([.number(.dstAS, 1)])])
        #expect(settings.samplers[prefix("192.0.2.3")] == SamplerEnrichment())
        let book = NameBook(configuration)
        let names = book.sampler(prefix("192.0.2.1").first)
        #expect(names.description == "core router" && names.interfaces == [17: "uplink", 18: "customer"])
        #expect(names.vlans == [100: "guests"] && names.hosts == [prefix("2001:db8::1").first: "web"])
        #expect(book.autnums[64500] == AutonomousSystemName(name: "Example", country: "DE"))
        #expect(book.autnums[64501] == AutonomousSystemName(name: "Other"))
    }

    @Test("each mistake is told with its line, and what would be right")
    func mistakes() {
        let yaml = """
            samplers:
              192.0.2.1:
                anonymizeAddresses: {ipv4: 33}
                isIncomingFlow:
                  - {SrcAs: 1}
                  - {DstAddrInRange: 192.0.2.1/24, SrcAS: x}
                  - {}
                  - SrcAS
                interface: {eth0: {description: a}, 2: {descripton: b}, 3: {}}
                host: {192.0.2.0/24: {description: a}}
              192.0.2.2: {anonymizeAddresses: maybe, isIncomingFlow: FlowDirection, description: [a]}
            enrichment:
              localNetworks: 192.0.2.1/24
              autnums: {64500: {country: DEU}, 64501: {country: DE}, x: y}
            """
        #expect(
            problems(yaml) == [
                "3:32: samplers.192.0.2.1.anonymizeAddresses.ipv4: 33 is not between 0 and 32",
                "5:10: samplers.192.0.2.1.isIncomingFlow.1: no rule can ask for 'SrcAs'; did you mean 'SrcAS'?",
                "6:26: samplers.192.0.2.1.isIncomingFlow.2.DstAddrInRange: 192.0.2.1/24 has bits behind its length; did you mean 192.0.2.0/24?",
                "6:47: samplers.192.0.2.1.isIncomingFlow.2.SrcAS: expected an AS number such as 64500, found 'x'",
                "7:9: samplers.192.0.2.1.isIncomingFlow.3: a rule without conditions would hold for every flow",
                "8:9: samplers.192.0.2.1.isIncomingFlow.4: expected a list of rules such as [{SrcAS: 64500}, {DstAddrInRange: \"192.0.2.0/24\", FlowDirection: 0}], found 'SrcAS'",
                "9:17: samplers.192.0.2.1.interface: expected an interface's SNMP index such as 17, found 'eth0'",
                "9:45: samplers.192.0.2.1.interface.2: unknown key 'descripton'; did you mean 'description'?",
                "9:64: samplers.192.0.2.1.interface.3: expected {description: NAME}",
                "10:12: samplers.192.0.2.1.host: expected an address such as 192.0.2.1 or 2001:db8::1, found '192.0.2.0/24'",
                "11:35: samplers.192.0.2.2.anonymizeAddresses: expected true, false, or how many bits are kept such as {ipv4: 20, ipv6: 48}, found 'maybe'",
                "11:58: samplers.192.0.2.2.isIncomingFlow: expected a list of rules such as [{SrcAS: 64500}, {DstAddrInRange: \"192.0.2.0/24\", FlowDirection: 0}], found 'FlowDirection'",
                "11:86: samplers.192.0.2.2.description: expected a name such as \"core router, Frankfurt\", found a list",
                "13:18: enrichment.localNetworks: 192.0.2.1/24 has bits behind its length; did you mean 192.0.2.0/24?",
                "14:30: enrichment.autnums.64500.country: expected a country's code of two letters such as DE, found 'DEU'",
                "14:43: enrichment.autnums.64501: expected a name: {name: NAME, country: XX}",
                "14:58: enrichment.autnums: expected an AS number such as 64500, found 'x'",
            ]
        )
        let networks = (0...1000).map { "10.\($0 / 256).\($0 % 256).0/24" }.joined(separator: ", ")
        #expect(problems("enrichment: {localNetworks: [\(networks)]}").first?.contains("more than 1000") == true)
        let long = String(repeating: "x", count: 257)
        #expect(problems("samplers: {192.0.2.1: {description: \(long)}}").first?.contains("at most 256 bytes") == true)
        #expect(problems("samplers: {192.0.2.1: {description: \"a\\nb\"}}").first?.contains("control") == true)
    }

    @Test("name servers, and what is wrong with them")
    func resolver() throws {
        let yaml = """
            enrichment:
              resolver:
                servers: [192.0.2.53, "[2001:db8::53]:5353"]
                zones: {10.0.0.0/8: 2001:db8::1, fd00::/8: "192.0.2.1:54"}
                queriesPerSecond: 5
                talkers: 7
            """
        let configuration = try load(yaml)
        func server(_ text: String) throws -> IPEndpoint { try #require(IPEndpoint(text)) }
        var expected = ResolverSettings()
        expected.servers = [try server("192.0.2.53:53"), try server("[2001:db8::53]:5353")]
        expected.zones = [
            prefix("10.0.0.0/8"): [try server("[2001:db8::1]:53")], prefix("fd00::/8"): [try server("192.0.2.1:54")],
        ]
        expected.queriesPerSecond = 5
        expected.talkers = 7
        #expect(configuration.enrichment.resolver == expected)
        let key = try #require(ConfigurationKey.named("enrichment.resolver"))
        #expect(key.isReloadable && key.setting.text(Configuration()) == "{}")
        let again = try load("enrichment: {resolver: \(key.setting.text(configuration))}")
        #expect(again.enrichment.resolver == expected)
        let wrong = """
            enrichment:
              resolver:
                server: 192.0.2.53
                servers: [dns.example.net, 0.0.0.0]
                zones: {10.0.0.1/8: 10.0.0.53}
                queriesPerSecond: 0
            """
        let found = problems(wrong)
        #expect(found.count == 4)
        #expect(found[0].contains("did you mean 'servers'?"))
        #expect(found[1].contains("found 'dns.example.net'") && found[1].contains("0.0.0.0 is no server's address"))
        #expect(found[2].contains("did you mean 10.0.0.0/8?"))
        #expect(found[3].contains("0 is not between 1 and 1000"))
    }

    @Test("SNMP agents: their secrets come from files or stand there, and are never written again")
    func snmp() throws {
        let file = FileManager.default.temporaryDirectory.appendingPathComponent(
            "netmeta-secret-\(UInt64.random(in: 0 ... .max))"
        )
        try Data("from-a-file\n".utf8).write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        let yaml = """
            enrichment:
              snmp:
                192.0.2.0/24: {community: very-secret-word}
                192.0.2.128/25: {community: {file: \(file.path)}, port: 1161, interval: 1m}
                192.0.2.129: {version: off}
                2001:db8::/32:
                  version: 3
                  user: netmeta
                  authentication: {protocol: sha512, password: very-secret-one}
                  privacy: {password: very-secret-two}
            """
        let configuration = try load(yaml)
        let snmp = configuration.enrichment.snmp
        func agent(_ text: String) throws -> SNMPAgentSettings? { snmp.agent(of: try #require(IPAddress(text))) }
        #expect(try agent("192.0.2.1")?.community?.value == "very-secret-word")
        let second = try #require(try agent("192.0.2.200"))
        #expect(second.community?.value == "from-a-file" && second.port == 1161 && second.interval == 60)
        #expect(try agent("192.0.2.129") == nil && agent("198.51.100.1") == nil)
        let third = try #require(try agent("2001:db8::1"))
        #expect(third.authentication?.proto == .sha512 && third.authentication?.password.value == "very-secret-one")
        #expect(third.privacy?.proto == .aes && third.privacy?.password.value == "very-secret-two")

        let key = try #require(ConfigurationKey.named("enrichment.snmp"))
        var dumped = ""
        dump(configuration, to: &dumped)
        let text =
            key.setting.text(configuration) + key.setting.entries(configuration).joined() + "\(configuration)" + dumped
        #expect(text.contains("(hidden)") && text.contains("{file: ") && !text.contains("secret-word"))
        #expect(!text.contains("very-secret") && !text.contains("from-a-file"))
        // What is shown can't be taken for the secret, and a new secret is a change.
        #expect(problems("enrichment: {snmp: \(key.setting.text(configuration))}").count == 3)
        let other = try load(yaml.replacing("very-secret-two", with: "very-secret-six"))
        #expect(configuration.changes(to: other).reloadable == ["enrichment.snmp"])
        #expect(configuration.changes(to: try load(yaml)).reloadable == [])
    }

    @Test("what is wrong with SNMP agents is told without the secret")
    func wrongSNMP() {
        let yaml = """
            enrichment:
              snmp:
                192.0.2.0/24: very-secret-word
                192.0.2.1: {version: 3, authentication: very-secret-word, user: a}
                192.0.2.2: {community: [very-secret-word]}
                192.0.2.3: {community: {very-secret-word}}
                192.0.2.4: {version: 3, user: a, authentication: {password: short}}
                192.0.2.5: {version: 3}
                192.0.2.6: {version: 3, user: a, privacy: {password: very-secret-word}}
                192.0.2.7: {community: {file: /nowhere/at/all}}
                192.0.2.8: {version: 1, community: very-secret-word}
                192.0.2.9: {community: very-secret-word, interval: 5}
                192.0.2.10: {}
                192.0.2.11: {community: very-secret-word, user: a}
                192.0.2.12: {version: 3, user: a, authentication: {protocol: sha3, password: very-secret-word}}
            """
        let found = problems(yaml)
        #expect(found.count == 13)
        #expect(!found.contains { $0.contains("very-secret") || $0.contains("short") })
        for (line, words) in [
            (0, "expected settings"), (3, "a text of 1 to 128 bytes"), (4, "a text of 8 to 128 bytes"),
            (5, "needs a user"), (6, "privacy needs authentication"), (7, "/nowhere/at/all: No such file"),
            (9, "every 30 seconds at most"), (10, "expected a community"), (11, "are of version 3"),
        ] where line < found.count {
            #expect(found[line].contains(words), "\(found[line])")
        }
    }

    @Test("learnt names reach SQL where the configuration has none")
    func learnt() throws {
        let configuration = try load(
            """
            samplers:
              192.0.2.0/24: {description: given, interface: {1: uplink}, vlan: {7: guests}}
              192.0.2.9: {samplingRate: 7}
            """
        )
        let told = NameSheet.Told(name: "router", interfaces: [1: ["eth1"], 2: ["'); DROP TABLE x; --", "other"]])
        func address(_ text: String) throws -> IPAddress { try #require(IPAddress(text)) }
        let sheet = NameSheet(
            configuration,
            told: [try address("192.0.2.1"): told, try address("192.0.2.9"): told, try address("2001:db8::1"): told]
        )
        let statements = NameTables.contents(sheet).flatMap(\.statements)
        let samplers = try #require(statements.first { $0.contains("INTO netmeta.SamplerConfig_source") })
        #expect(samplers.contains("('::ffff:192.0.2.1', NULL, 'given', false)"))
        #expect(samplers.contains("('::ffff:192.0.2.9', 7, 'router', false)"))
        #expect(samplers.contains("('2001:db8::1', NULL, 'router', false)"))
        let interfaces = try #require(statements.first { $0.contains("INTO netmeta.InterfaceNames_source") })
        #expect(interfaces.contains("('::ffff:192.0.2.1', 1, 'uplink')"))
        #expect(interfaces.contains("('::ffff:192.0.2.9', 1, 'eth1')"))
        #expect(interfaces.contains(#"'\'); DROP TABLE x; --'"#))

        // There is room for two and a half: those that SNMP vouches for first, and none by halves.
        let exporters = (1...3).map { IPAddress(192, 0, 2, $0) }
        let many = exporters.enumerated().map { offset, address in
            (address, NameSheet.Told(interfaces: [1: ["a"], 2: ["b"]], isVouchedFor: offset == 2))
        }
        let crowded = NameSheet(Configuration(), told: Dictionary(uniqueKeysWithValues: many))
        #expect(crowded.tabledExporters(most: 5).map(\.0) == [exporters[0], exporters[2]])
    }

    @Test("names reach SQL as values only")
    func statements() throws {
        let configuration = try load(
            #"""
            samplers:
              192.0.2.1: {description: "a'); DROP TABLE x; --", samplingRate: 7, interface: {1: "\\'"}}
              198.51.100.0/24: {description: many}
            """#
        )
        let statements = NameTables.statements(configuration)
        #expect(
            statements.contains(
                #"INSERT INTO netmeta.SamplerConfig_source VALUES ('::ffff:192.0.2.1', 7, 'a\'); DROP TABLE x; --', false)"#
            )
        )
        #expect(
            statements.contains(#"INSERT INTO netmeta.InterfaceNames_source VALUES ('::ffff:192.0.2.1', 1, '\\\'')"#)
        )
        #expect(!statements.contains { $0.contains("many") })
        #expect(statements.filter { $0.hasPrefix("TRUNCATE") }.count == 9)
    }

    @Test("a BMP listener needs to know who may connect, and settings have their bounds")
    func bmp() throws {
        let configuration = try load(
            """
            enrichment:
              asFrom: bmp-first
              bmp: {listen: "192.0.2.9:11019", allow: 192.0.2.0/24, routers: {192.0.2.1: 198.51.100.1}, holdSeconds: 2m}
            """
        ).enrichment
        #expect(configuration.asMap.order == .bmpFirst && configuration.bmp.listen.map(\.port) == [11019])
        #expect(configuration.bmp.settings.allow == [prefix("192.0.2.0/24")])
        #expect(configuration.bmp.settings.exporters == [IPAddress(192, 0, 2, 1): [IPAddress(198, 51, 100, 1)]])
        #expect(configuration.bmp.settings.holdSeconds == 120 && configuration.bmp.settings.details.isEmpty)
        #expect(try load("enrichment: {bmp: {listen: off}}").enrichment.bmp == BMPConfiguration())
        #expect(
            problems("enrichment: {bmp: {listen: 11019}}").first?.contains(
                "listen needs allow: the routers' addresses, such as {listen: 11019, allow: [192.0.2.0/24]}"
            ) == true
        )
        let wrong = problems("enrichment: {bmp: {listen: [1, 2], allow: 10.0.0.0/8, memory: 9, collect: [path]}}")
        #expect(wrong.count == 2, "\(wrong)")
        #expect(
            problems("enrichment: {bmp: {listen: [1, 2], allow: 10.0.0.0/8}}").first?.contains("can have one") == true
        )
        #expect(problems("enrichment: {bmp: {lisen: 1}}").first?.contains("did you mean 'listen'?") == true)
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
