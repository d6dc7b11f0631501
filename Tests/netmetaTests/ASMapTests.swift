import Enrichment
import Foundation
import NetTypes
import Testing

@testable import netmeta

@Suite("Files of the AS map")
struct ASMapTests {
    @Test("a stamp is read as it was written, whatever locations look like")
    func stamp() {
        let stamp = ASMapStamp([
            .init(location: "a file\twith a tab", version: "1-2.3-4", isUsed: true),
            .init(location: "https://example.net/x?y=z", version: ASMapStamp.missing, isUsed: false),
        ])
        #expect(ASMapStamp(stamp.text) == stamp)
        #expect(ASMapStamp("")?.entries == [])
        #expect(ASMapStamp("nonsense") == nil && ASMapStamp("used\t1") == nil)
        var later = stamp
        later.entries[0].isUsed = false
        later.entries[1].isUsed = true
        #expect(
            stamp.lost(in: later) == ["a file\twith a tab"] && later.lost(in: stamp) == ["https://example.net/x?y=z"]
        )
    }

    @Test("the first source wins; one that can't be read is told and costs the others nothing")
    func build() throws {
        let folder = try Folder()
        try folder.write("own.csv", "192.0.2.0/24,64500,,,\"Own \"\"Net\"\", mine\"\n")
        try folder.write("all.csv", "192.0.0.0/16,64501,,,All\nx,1\n")
        try folder.write("empty.csv", "# nothing\n")
        let files = folder.files(["own.csv", "none.csv", "all.csv", "empty.csv"], ["names.txt"])
        let built = files.build()
        #expect(built.map.lookUp(IPAddress(192, 0, 2, 1))?.asn == 64500)
        #expect(built.map.lookUp(IPAddress(192, 0, 3, 1))?.asn == 64501)
        #expect(built.stamp.entries.map(\.isUsed) == [true, false, true, false])
        #expect(built.problems[folder.path("none.csv")] == "there is no such file")
        #expect(built.problems[folder.path("empty.csv")] == "there is no route in it")
        #expect(built.problems[folder.path("all.csv")]?.hasPrefix("1 lines can't be read; line 2") == true)

        // The next start has the same map, and the names that came with the routes.
        try files.keep(built)
        let cached = try #require(files.cached())
        #expect(cached.stamp == built.stamp && cached.stamp.versions == files.stamp().versions)
        #expect(cached.map.lookUp(IPAddress(192, 0, 3, 1))?.asn == 64501)
        try folder.write("names.txt", "64501 LISTED Name, DE\n")
        let names = files.readNames()
        #expect(names.names[64500]?.name == "Own \"Net\", mine")
        #expect(names.names[64501] == .init(name: "LISTED Name", country: "DE"))

        // A changed file has another version; other sources have no compiled map.
        try folder.write("own.csv", "192.0.2.0/24,64502\n")
        #expect(files.stamp().versions[0] != built.stamp.versions[0])
        #expect(files.stamp().versions[2...] == built.stamp.versions[2...])
        #expect(folder.files(["own.csv"], []).cached() == nil)
        #expect(folder.files([], []).mapOfNow() == nil)
    }

    @Test("a file that ends early is in no way used when there was a whole one")
    func truncated() throws {
        let folder = try Folder()
        let fixture = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appendingPathComponent("Fixtures/mrt/edge.mrt")
        let whole = try Data(contentsOf: fixture)
        try whole.write(to: URL(fileURLWithPath: folder.path("table")))
        let files = folder.files(["table"], [])
        let before = files.build()
        #expect(before.stamp.entries[0].isUsed && before.problems.isEmpty)
        try whole.dropLast(20).write(to: URL(fileURLWithPath: folder.path("table")))
        let after = files.build()
        #expect(after.problems[folder.path("table")] == "it is damaged or cut short")
        #expect(before.stamp.lost(in: after.stamp) == [folder.path("table")])
    }

    @Test("names reach SQL as values only, a thousand a statement")
    func statements() {
        var names = ASNames()
        for number in 1...1001 as ClosedRange<UInt32> { names.set(number, name: "it's \\ \(number)", country: "DE") }
        let statements = ASNameTable.statements(names)
        #expect(statements.count == 4 && statements[0] == "TRUNCATE TABLE netmeta.autnums_source")
        #expect(statements[1].hasPrefix(#"INSERT INTO netmeta.autnums_source VALUES (1, 'it\'s \\ 1', 'DE'), (2,"#))
        #expect(statements[2] == #"INSERT INTO netmeta.autnums_source VALUES (1001, 'it\'s \\ 1001', 'DE')"#)
    }

    @Test("work aside gives its result, and nil at once when nobody waits any more")
    func aside() async {
        #expect(await Aside.run { 7 } == 7)
        // The work ends when the test has had its answer.
        let answered = DispatchSemaphore(value: 0)
        let task = Task {
            await Aside.run { () -> Int in
                answered.wait()
                return 7
            }
        }
        task.cancel()
        #expect(await task.value == nil)
        answered.signal()
    }

    /// A folder for one test.
    private final class Folder {
        let folder = NSTemporaryDirectory() + "netmeta-asmap-\(UUID().uuidString)"

        init() throws {
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        }

        deinit { try? FileManager.default.removeItem(atPath: folder) }

        func path(_ name: String) -> String { folder + "/" + name }

        func write(_ name: String, _ text: String) throws {
            try Data(text.utf8).write(to: URL(fileURLWithPath: path(name)))
        }

        func files(_ routes: [String], _ names: [String]) -> ASMapFiles {
            let configuration = ASMapConfiguration(
                routes: routes.map { .init(text: path($0)) },
                names: names.map { .init(text: path($0)) }
            )
            return ASMapFiles(configuration, data: folder)
        }
    }
}
