import Enrichment
import Foundation
import NameSources
import NetTypes
import Testing

/// The root of the checkout.
private let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

/// The path of a file of Tests/Fixtures.
func fixture(_ name: String) -> String { root.appendingPathComponent("Tests/Fixtures/\(name)").path }

/// A folder that is gone after the test.
func withFolder(_ body: (String) throws -> Void) throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("netmeta-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    try body(folder.path)
}

/// A file's routes by prefix, and its report.
func routes(_ path: String) throws -> ([String: UInt32], RouteFile.Report) {
    var builder = AddressMapBuilder()
    let report = try RouteFile(path).read(into: &builder)
    var result: [String: UInt32] = [:]
    builder.forEachRoute { prefix, asn, _ in result[prefix.description] = asn }
    return (result, report)
}

struct FixtureTests {
    private static let edge: [String: UInt32] = [
        "192.0.2.0/24": 64496, "198.51.100.0/24": 64497, "203.0.113.0/24": 64500, "203.0.113.128/25": 4_200_000_077,
        "192.0.2.64/26": 64501, "10.0.0.0/8": 64512, "100.64.0.0/10": 64503, "2001:db8:1::/48": 64505,
        "2001:db8:2::/48": 64506, "255.255.255.255/32": 64507,
    ]

    @Test(arguments: [
        ("edge.mrt", edge), ("edge.mrt.bz2", edge),
        ("addpath.mrt", ["192.0.2.0/24": 64496, "2001:db8:1::/48": 64505]),
        ("longpath.mrt", ["198.18.0.0/15": 64504]),
    ])
    func origins(_ name: String, _ expected: [String: UInt32]) throws {
        let (routes, report) = try routes(fixture("mrt/\(name)"))
        #expect(routes == expected)
        #expect(report.format == .mrt)
        #expect(report.counters.isBalanced && !report.counters.isTruncated)
    }

    @Test func edgeCounters() throws {
        let counters = try routes(fixture("mrt/edge.mrt")).1.counters
        #expect(counters.records == 13 && counters.peerTables == 1 && counters.routeRecords == 12)
        #expect(counters.contested == 1 && counters.sets == 1 && counters.emptyPaths == 1)
        #expect(counters[.defaultRoute] == 2 && counters.routes == 10)
    }

    @Test func bird() throws {
        let (v4, report) = try routes(fixture("mrt/bird_master4.mrt.bz2"))
        #expect(v4.count == 1500 && report.counters[.defaultRoute] == 1)
        let v6 = try routes(fixture("mrt/bird_master6.mrt")).0
        #expect(v6.count == 301 || v6.count == 300)
        var builder = AddressMapBuilder()
        _ = try RouteFile(fixture("mrt/bird_master4.mrt.bz2")).read(into: &builder)
        #expect(builder.build().lookUp(IPAddress(185, 0, 222, 9))?.asn == 262_367)
    }

    @Test func database() throws {
        var builder = AddressMapBuilder()
        let report = try RouteFile(fixture("mrt/asn.mmdb")).read(into: &builder)
        #expect(report.format == .mmdb && report.counters.isBalanced)
        let map = builder.build()
        #expect(map.lookUp(IPAddress(192, 0, 2, 9))?.asn == 64496)
        #expect(map.lookUp(try #require(IPAddress("2001:db8::5")))?.asn == 4_200_000_001)
        #expect(map.lookUp(IPAddress(8, 8, 8, 8)) == nil)
        #expect(report.names.count > 0)
    }

    @Test(arguments: ["names/asnames.txt", "names/autnums.html"])
    func names(_ name: String) throws {
        let names = try ASNameFile(fixture(name)).read().names
        #expect(names[1] == ASNames.Entry(name: "LVLT-1", country: "US"))
        #expect(names[3320] == ASNames.Entry(name: "DTAG Internet service provider operations", country: "DE"))
        #expect(names[15169] == ASNames.Entry(name: "GOOGLE", country: "US"))
    }
}

struct SourceFileTests {
    /// Cut compressed files keep what they had, and say so.
    @Test func cutShort() throws {
        try withFolder { folder in
            let whole = try Data(contentsOf: URL(fileURLWithPath: fixture("mrt/edge.mrt")))
            let packed = try Data(contentsOf: URL(fileURLWithPath: fixture("mrt/edge.mrt.bz2")))
            let path = folder + "/cut"
            try whole.prefix(whole.count - 5).write(to: URL(fileURLWithPath: path))
            let (found, report) = try routes(path)
            #expect(found.count == 9 && report.counters.isTruncated)
            for length in [14, 40, packed.count - 1] {
                try packed.prefix(length).write(to: URL(fileURLWithPath: path))
                #expect(try RouteFile(path, format: .mrt).counters().isTruncated)
            }
        }
    }

    @Test func streamsThatFollowEachOther() throws {
        try withFolder { folder in
            let packed = try Data(contentsOf: URL(fileURLWithPath: fixture("mrt/edge.mrt.bz2")))
            try (packed + packed).write(to: URL(fileURLWithPath: folder + "/two"))
            let (found, report) = try routes(folder + "/two")
            #expect(found.count == 10)
            #expect(report.counters.records == 26 && !report.counters.isTruncated)
        }
    }

    @Test func gzip() throws {
        try withFolder { folder in
            let path = folder + "/edge"
            try FileManager.default.copyItem(atPath: fixture("mrt/bird_master6.mrt"), toPath: path)
            let gzip = Process()
            gzip.executableURL = URL(fileURLWithPath: "/bin/gzip")
            gzip.arguments = [path]
            try gzip.run()
            gzip.waitUntilExit()
            #expect(try routes(path + ".gz").0 == routes(fixture("mrt/bird_master6.mrt")).0)
        }
    }

    @Test func unreadable() throws {
        #expect(throws: SourceError(path: "/nowhere/rib", reason: "No such file or directory")) {
            _ = try routes("/nowhere/rib")
        }
        #expect(throws: SourceError.self) { _ = try routes("/") }
        try withFolder { folder in
            try Data([0, 1, 2, 3, 255, 0]).write(to: URL(fileURLWithPath: folder + "/junk"))
            #expect(throws: SourceError.self) { _ = try routes(folder + "/junk") }
        }
    }

    @Test func csv() throws {
        try withFolder { folder in
            try Data("192.0.2.0/24,64500\nx\n".utf8).write(to: URL(fileURLWithPath: folder + "/a.csv"))
            let (found, report) = try routes(folder + "/a.csv")
            #expect(found == ["192.0.2.0/24": 64500])
            #expect(report.problems.map(\.line) == [2])
        }
    }

    @Test func cache() throws {
        try withFolder { folder in
            var builder = AddressMapBuilder()
            _ = try RouteFile(fixture("mrt/bird_master4.mrt.bz2")).read(into: &builder)
            let map = builder.build()
            let cache = AddressMapCache(folder + "/map")
            #expect(throws: SourceError.self) { _ = try cache.read() }
            try cache.write(map, stamp: "stamp")
            let (loaded, stamp) = try cache.read()
            #expect(stamp == "stamp" && loaded.routes == map.routes)
            #expect(loaded.lookUp(IPAddress(185, 0, 222, 9)) == map.lookUp(IPAddress(185, 0, 222, 9)))
            try Data("no map".utf8).write(to: URL(fileURLWithPath: folder + "/map"))
            #expect(throws: SourceError.self) { _ = try cache.read() }
        }
    }
}

extension RouteFile {
    fileprivate func counters() throws -> RouteCounters {
        var builder = AddressMapBuilder()
        return try read(into: &builder).counters
    }
}
