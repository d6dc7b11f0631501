import FlowDecoders
import NetTypes
import Pipeline
import Testing

@testable import netmeta

@Suite("Sources of this host in the configuration")
struct SourcesConfigurationTests {
    private func sources(_ yaml: String) throws -> Configuration.Sources {
        try ConfigurationLoader.load(yaml: yaml, file: "x.yaml", environment: [:]).configuration.sources
    }

    @Test("NetMeta's grammar of taps, single interfaces and lists")
    func taps() throws {
        let expected = [
            MirrorOptions.Tap(receive: "tap_rx", transmit: "tap_tx"), .init(receive: "tap2_rx", transmit: "tap2_tx"),
            .init(receive: "eth0"),
        ]
        for taps in ["\"tap_rx:tap_tx,tap2_rx:tap2_tx, eth0\"", "[\"tap_rx:tap_tx\", \"tap2_rx:tap2_tx\", eth0]"] {
            let found = try sources("sources: {mirror: {host: {taps: \(taps), samplingRate: 100}}}")
            let mirror = try #require(found.mirrorOptions.first)
            #expect(mirror.taps == expected && mirror.rate == 100 && mirror.place.name == "host")
        }
        for taps in ["\"a:b:c\"", "\":\"", "a-name-that-is-too-long"] {
            #expect(throws: ConfigurationProblems.self) { try sources("sources: {mirror: {host: {taps: \(taps)}}}") }
        }
    }

    @Test("scamper's control socket is a path or an address, and needs something to measure")
    func scamperSocket() throws {
        for socket in ["/run/scamper.sock", "127.0.0.1:31337", "[::1]:31337"] {
            let found = try sources("sources: {scamper: {attach: '\(socket)', targets: [192.0.2.1], parallel: true}}")
            #expect(found.scamper.attach?.description == socket && found.scamper.parallel)
        }
        #expect(try sources("sources: {scamper: {attach: off}}").scamper.attach == nil)
        let long = "/" + String(repeating: "x", count: ScamperSocket.mostPathBytes - 1)
        for wrong in [
            "{attach: /run/scamper.sock}", "{attach: scamper.sock, targets: [192.0.2.1]}",
            "{attach: '192.0.2.1:0', targets: [192.0.2.1]}", "{attach: \(long), targets: [192.0.2.1]}",
        ] {
            #expect(throws: ConfigurationProblems.self) { try sources("sources: {scamper: \(wrong)}") }
        }
    }

    @Test("what is written in a configuration is read back the same")
    func roundTrip() throws {
        let yaml = """
            sources:
              conntrack: {host: {}, blue: {namespace: blue, sampler: 192.0.2.7, interval: 5, view: wire, buffer: 1MiB}}
              nflog: {host: {groups: {5: {samplingRate: 100, direction: out}, 6: {}}, outside: [eth0], snap: 96}}
              mirror: {host: {taps: "eth0,rx:tx", workers: 2, aggregate: true, activeTimeout: 2m, flows: 2048}}
            """
        let first = try ConfigurationLoader.load(yaml: yaml, file: "x.yaml", environment: [:]).configuration
        let blue = try #require(first.sources.conntrack["blue"])
        #expect(blue.place.namespace == "blue" && blue.place.sampler == IPAddress(192, 0, 2, 7))
        #expect(blue.interval == 5 && blue.view == .wire && blue.buffer == 1 << 20)
        #expect(first.sources.nflog["host"]?.groups == [5: .init(rate: 100, direction: 1), 6: .init()])
        let mirror = try #require(first.sources.mirror["host"])
        #expect(mirror.gathersFlows && mirror.flows == FlowCacheOptions(active: 120, inactive: 15, entries: 2048))
        #expect(!MirrorOptions().gathersFlows)
        var second = Configuration()
        for key in ConfigurationKey.ofHost {
            let again = "sources: {\(key.name): \(key.setting.text(first))}"
            let loaded = try ConfigurationLoader.load(yaml: again, file: "x.yaml", environment: [:]).configuration
            #expect(!key.setting.differs(first, loaded))
            second = loaded
        }
        #expect(second.sources.hasHost)
    }

    @Test("the command line adds a kind that the configuration hasn't")
    func commandLine() throws {
        var found = try sources("sources: {nflog: {mine: {groups: {9: {}}}}}")
        for kind in SourceKind.allCases { found.add(kind) }
        #expect(found.nflogOptions.map(\.place.name) == ["mine"])
        #expect(found.conntrackOptions.map(\.place.name) == ["host"] && found.mirrorOptions.count == 1)
        #expect(!Configuration.Sources().hasHost)
    }
}
