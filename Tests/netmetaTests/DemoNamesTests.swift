import Enrichment
import Foundation
import NameSources
import NetTypes
import Testing
import VirtualExporters

@testable import netmeta

@Suite("Names of the demo, and the folder of lists")
struct DemoNamesTests {
    private static func withData(_ body: (String) throws -> Void) throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "netmeta-names-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try body(folder.path)
    }

    @Test("the demo's list is one that the server reads without a bad line")
    func list() throws {
        try Self.withData { data in
            let network = DemoNetwork(rate: 1, seed: 1, now: 1_795_435_200_000)
            let path = try NameFolder.put(network.names, as: "demo.csv", data: data)
            let report = try NameListFile(path).read()
            #expect(report.bad == 0 && report.failure == nil)
            let list = report.list
            #expect(list.systems.sorted.count == 19)
            #expect(list.networks.count == 4 + 2 * 16)
            #expect(list.networks[try #require(Prefix("203.0.113.0/24"))]?[.name] == "Hosted servers")
            #expect(Set(list.exporters.keys) == Set(network.routers.map(\.profile.address)))
            for router in network.routers {
                let named = try #require(list.exporters[router.profile.address])
                #expect(named.name == router.profile.name)
                #expect(named.hosts.values.allSatisfy { $0.hasSuffix(".example.net") } && named.hosts.count == 80)
                // v5 and sFlow tell no names of ports, so the list has them all.
                guard !["IPFIX", "NetFlow v9"].contains(router.protocolName) else { continue }
                #expect(Set(named.interfaces.keys) == Set(router.profile.interfaces.map(\.index)))
                #expect(named.interfaces.values.allSatisfy { !$0.name.isEmpty })
            }
        }
    }

    @Test("lists in the folder come after the configured ones, and only whole ones count")
    func folder() throws {
        try Self.withData { data in
            var configuration = Configuration()
            configuration.store.data = data
            #expect(NameListFiles.paths(of: configuration).isEmpty)
            let head = "kind,id,name\n"
            let first = try NameFolder.put(head + "as,64500,first\nas,64501,first\n", as: "a.csv", data: data)
            let second = try NameFolder.put(head + "as,64500,second\nas,64502,second\n", as: "b.csv", data: data)
            for other in [".c.csv", "d.txt", "e.csv.new"] { _ = try NameFolder.put("x", as: other, data: data) }
            #expect(NameListFiles.paths(of: configuration) == [first, second])
            configuration.enrichment.nameFiles = [data + "/own.csv", second]
            try Data((head + "as,64501,own\n").utf8).write(to: URL(fileURLWithPath: data + "/own.csv"))
            var files = NameListFiles(reading: configuration)
            func names() -> [UInt32: String?] {
                [64500, 64501, 64502].reduce(into: [:]) { $0[$1] = files.list.systems[$1]?.name }
            }
            #expect(names() == [64500: "second", 64501: "own", 64502: "second"])
            try FileManager.default.removeItem(atPath: second)
            configuration.enrichment.nameFiles = []
            let isNew = files.look(at: NameListFiles.paths(of: configuration))
            #expect(isNew)
            #expect(names() == [64500: "first", 64501: "first"])
        }
    }
}
