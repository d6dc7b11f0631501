import Foundation
import NetTypes
import Testing

@testable import NameSources

@Suite("What the resolver remembers")
struct ResolverMemoryTests {
    private let one = IPAddress(192, 0, 2, 1)

    @Test("an address is asked for once at a time, and again when its time is over")
    func times() {
        var memory = ResolverMemory()
        func wants(_ now: Double) -> Bool { memory.want(one, now: now) }
        #expect(wants(0) && !wants(0))
        func next() -> IPAddress? { memory.next() }
        #expect(next() == one && next() == nil)
        #expect(!wants(1))
        // Shorter than five minutes is five minutes, longer than a week a week.
        memory.note(.name("a", seconds: 1), for: one, now: 2)
        #expect(memory.name(of: one, now: 301) == "a")
        #expect(!wants(301) && wants(302))
        #expect(memory.name(of: one, now: 303) == "a", "the old name while the new one is asked for")
        _ = memory.next()
        memory.note(.name("b", seconds: .max), for: one, now: 303)
        #expect(memory.name(of: one, now: 304) == "b")
        #expect(!wants(303 + 604_799) && wants(303 + 604_800))
        _ = memory.next()
        memory.note(.nothing(seconds: 1), for: one, now: 700_000)
        #expect(memory.name(of: one, now: 700_000) == nil)
        #expect(!wants(700_059) && wants(700_060))
        _ = memory.next()
        memory.note(.nothing(seconds: nil), for: one, now: 700_060)
        #expect(!wants(700_359) && wants(700_360))
    }

    @Test("failures are repeated after 1, 2, 4, 5, 5 minutes, and don't take a name away for a day")
    func failures() {
        var memory = ResolverMemory()
        memory.note(.name("a", seconds: 300), for: one, now: 0)
        func wants(_ now: Double) -> Bool { memory.want(one, now: now) }
        var now = 300.0
        for pause in [60.0, 120, 240, 300, 300] {
            #expect(wants(now))
            _ = memory.next()
            memory.note(.failed, for: one, now: now)
            #expect(!wants(now + pause - 1))
            now += pause
        }
        #expect(memory.name(of: one, now: 86_699) == "a")
        #expect(memory.name(of: one, now: 86_700) == nil)
    }

    @Test("what is kept for another life counts there as long as it would have here, and no longer than what is heard")
    func otherLife() throws {
        var memory = ResolverMemory()
        let (two, three, four) = (IPAddress(192, 0, 2, 2), IPAddress(192, 0, 2, 3), IPAddress(192, 0, 2, 4))
        memory.note(.name("a.example", seconds: 3600), for: one, now: 10)
        memory.note(.nothing(seconds: 600), for: two, now: 10)
        memory.note(.failed, for: three, now: 10)
        memory.note(.nothing(seconds: 60), for: four, now: 10)
        let path = NSTemporaryDirectory() + "netmeta-resolver-\(getpid())/names"
        defer { try? FileManager.default.removeItem(atPath: path + "/..") }
        let file = ResolverCache(path)
        try file.write(memory.kept(now: 100, offset: 1000), stamp: "x")
        #expect(file.read(stamp: "y").isEmpty)
        let names = file.read(stamp: "x")
        #expect(names.map(\.address) == [one, two] && names.map(\.name) == ["a.example", nil])
        #expect(names.map(\.due) == [4610, 1610] && names.first?.shown == 91_010)

        // 500 seconds later, by a clock that begins elsewhere.
        var next = ResolverMemory()
        #expect(next.restore(names, now: 5, offset: 1595) == 2)
        func wants(_ address: IPAddress, _ now: Double) -> Bool { next.want(address, now: now) }
        #expect(next.name(of: one, now: 3014) == "a.example" && !wants(one, 3014) && wants(one, 3015))
        #expect(!wants(two, 14) && wants(two, 15) && wants(three, 5))
        // From a file whose times are anything.
        var other = ResolverMemory()
        let wild = ResolvedName(address: one, name: "b.example", due: 1e12, shown: 1e12)
        #expect(other.restore([wild], now: 0, offset: 0) == 1 && other.name(of: one, now: 691_201) == nil)
        #expect(other.restore([ResolvedName(address: two, name: "c", due: 1, shown: 1)], now: 2, offset: 0) == 0)
        #expect(other.version == 1)
        try "netmeta resolver 1 x\n192.0.2.1\t1\t2\nnonsense\n192.0.2.9\t5\t6\ta b\n192.0.2.8\t5\t6\tz".write(
            toFile: path,
            atomically: true,
            encoding: .utf8
        )
        #expect(file.read(stamp: "x").map(\.name) == ["z"])
    }

    @Test("queue and cache are bounded")
    func bounds() {
        var memory = ResolverMemory(mostEntries: 100, mostWaiting: 10)
        func address(_ number: Int) -> IPAddress { IPAddress(v4: UInt32(number)) }
        for number in 0..<15 {
            let isNew = memory.want(address(number), now: 0)
            #expect(isNew == (number < 10))
        }
        #expect(memory.waiting == 10 && memory.dropped == 5)
        for number in 0..<1000 {
            _ = memory.want(address(number), now: 0)
            guard let next = memory.next() else { continue }
            memory.note(.name("n", seconds: 300 + UInt32(number)), for: next, now: 0)
            #expect(memory.count <= 100)
        }
        #expect(memory.count > 50)
    }

    @Test("private addresses go to servers for them only")
    func servers() throws {
        func server(_ last: UInt8) -> IPEndpoint { IPEndpoint(address: IPAddress(192, 0, 2, last), port: 53) }
        func prefix(_ text: String) throws -> Prefix { try #require(Prefix(text)) }
        var settings = ResolverSettings()
        #expect(!settings.isOn && settings.servers(for: one).isEmpty)
        settings.servers = [server(1), server(2)]
        settings.zones = [
            try prefix("10.1.0.0/16"): [server(3)], try prefix("198.51.100.0/24"): [server(4)],
            try prefix("0.0.0.0/0"): [server(5)], try prefix("fd00::/8"): [server(6)],
        ]
        func asked(_ text: String) throws -> [IPEndpoint] { settings.servers(for: try #require(IPAddress(text))) }
        #expect(try asked("10.1.2.3") == [server(3)])
        #expect(try asked("10.2.2.3").isEmpty, "a zone for everything isn't one for what is private")
        #expect(try asked("198.51.100.9") == [server(4)])
        #expect(try asked("203.0.113.9") == [server(5)])
        #expect(try asked("2001:db8::1") == [server(1), server(2)])
        #expect(try asked("fd00::1") == [server(6)])
        for text in [
            "fe80::1", "fc00::1", "::1", "127.0.0.1", "169.254.0.1", "100.64.0.1", "172.31.0.1", "192.168.0.1",
        ] {
            #expect(try asked(text).isEmpty, "\(text)")
        }
        for text in ["224.0.0.1", "255.255.255.255", "0.1.2.3", "ff02::1", "::"] {
            #expect(try asked(text).isEmpty, "\(text)")
        }
    }

    @Test("a server that doesn't answer is left alone for a while")
    func health() {
        let server = IPEndpoint(address: one, port: 53)
        var health = ServerHealth()
        health.noteFailure(server, now: 0)
        health.noteFailure(server, now: 0)
        #expect(health.isUsable(server, now: 0))
        health.noteFailure(server, now: 0)
        #expect(!health.isUsable(server, now: 29) && health.isUsable(server, now: 30))
        health.noteFailure(server, now: 30)
        #expect(!health.isUsable(server, now: 31))
        health.noteAnswer(server)
        #expect(health.isUsable(server, now: 31))
    }
}
