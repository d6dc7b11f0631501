import FlowDecoders
import FlowSchema
import Foundation
import NetTypes
import Testing

@Suite("warts")
struct WartsTests {
    private static func fixture() throws -> [UInt8] {
        let tests = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        return [UInt8](try Data(contentsOf: tests.appendingPathComponent("Fixtures/warts/diamond/capture.warts")))
    }

    /// What a file is read as: its objects, and what is said of its end and its middle.
    private static func read(_ bytes: [UInt8]) -> (objects: [WartsObject], problems: [WartsProblem], end: WartsProblem?)
    {
        var reader = WartsReader()
        var objects: [WartsObject] = []
        var problems: [WartsProblem] = []
        while true {
            switch reader.next(in: bytes.span.bytes) {
            case .object(let object): objects.append(object)
            case .malformed(let problem): problems.append(problem)
            case .incomplete(let problem): return (objects, problems, problem)
            case .corrupt(let problem): return (objects, problems, problem)
            }
        }
    }

    @Test("scamper's own file: every object, and rows of what was measured")
    func recorded() throws {
        let (objects, problems, end) = Self.read(try Self.fixture())
        #expect(problems == [] && end == nil)
        var rows = WartsRows()
        for object in objects { rows.add(object, asn: { $0 == IPAddress(10, 77, 6, 2) ? 64_500 : 64_496 }) }
        #expect(rows.traces.count == 4 && rows.pings.count == 4)
        let traces = objects.compactMap { if case .trace(let trace) = $0 { trace } else { nil } }
        #expect(rows.hops.count == traces.reduce(0) { $0 + $1.hops.count })
        let reached = traces.filter { $0.stopReason == 1 }
        #expect(reached.count == 3 && reached.allSatisfy { $0.hops.map(\.ttl) == [1, 2, 3, 4] })
        let balanced = try #require(
            objects.compactMap { if case .tracelb(let trace) = $0 { trace } else { nil } }.first
        )
        #expect(balanced.nodes.count >= 3 && balanced.links.count >= 2)
        let recorded = objects.compactMap { if case .ping(let ping) = $0 { ping } else { nil } }
        #expect(recorded.contains { $0.replies.contains { !$0.recordRoute.isEmpty } })
        #expect(objects.contains { if case .dealias(let test) = $0 { test.method == 1 } else { false } })
    }

    @Test("each prefix gives the objects that are whole, and says where the rest begins")
    func prefixes() throws {
        let file = try Self.fixture()
        let whole = Self.read(file).objects.count
        var before = 0
        for length in 0...file.count {
            let (objects, problems, end) = Self.read(Array(file[..<length]))
            #expect(problems == [] && objects.count >= before && objects.count <= whole)
            #expect(end == nil || (end?.offset ?? 0) <= length)
            before = objects.count
        }
        #expect(before == whole)
    }

    @Test("a broken inside costs one object, a broken head ends the file, both with their place")
    func damage() throws {
        let file = try Self.fixture()
        let whole = Self.read(file).objects.count
        // The second object: its type becomes that of a trace, which its inside isn't.
        let second = 8 + Int(file[7])
        var wrong = file
        wrong[second + 3] = 6
        let (objects, problems, end) = Self.read(wrong)
        #expect(objects.count == whole - 1 && problems.count == 1 && end == nil)
        #expect((second..<second + 64).contains(try #require(problems.first).offset) && problems.first?.type == 6)
        wrong[second] = 0
        let broken = Self.read(wrong)
        #expect(broken.objects.count == 1 && broken.end?.offset == second)
        #expect("\(try #require(broken.end))".contains("byte \(second)"))
    }

    @Test("flipped bits never trap")
    func mutations() throws {
        let file = try Self.fixture()
        for place in file.indices {
            for bit in [0, 3, 7] {
                var wrong = file
                wrong[place] ^= UInt8(1 << bit)
                var rows = WartsRows()
                var json = WartsJSON()
                for object in Self.read(wrong).objects {
                    rows.add(object, asn: { _ in 0 })
                    _ = json.line(object)
                }
            }
        }
    }

    /// An object of a type with a body.
    private static func object(_ type: UInt8, _ body: [UInt8]) -> [UInt8] {
        [0x12, 0x05, 0, type, 0, 0, UInt8(body.count >> 8), UInt8(body.count & 255)] + body
    }

    @Test("MPLS labels, addresses by reference, a clock that went back, and what a newer scamper adds")
    func oddities() throws {
        // Flags of trace: source 26, destination 27, then one that nobody knows (35).
        let parameters: [UInt8] = [
            0x80, 0x80, 0x80, 0x80 | 0x10 | 0x20, 0x40,
            0, 13, 4, 1, 10, 0, 0, 1, 4, 1, 10, 0, 0, 2, 0xAB,
        ]
        // Hop: TTL 2, RTT 6, extension 17, address 18.
        let hop: [UInt8] = [
            0x80 | 0x22, 0x80, 0x04 | 0x08,
            0, 24, 3, 0xFF, 0xFF, 0xFF, 0xD9, 0, 12, 0, 8, 1, 1, 0x05, 0xDC, 0x16, 0x01, 0x00, 0x01, 0x01, 0x01, 0, 0,
            0, 0, 1,
        ]
        let file = Self.object(6, parameters + [0, 1] + hop + [0, 0]) + Self.object(99, [1, 2, 3])
        let (objects, problems, end) = Self.read(file)
        #expect(problems == [] && end == nil)
        guard case .trace(let trace)? = objects.first, case .skipped(type: 99)? = objects.last else {
            Issue.record("other objects: \(objects)")
            return
        }
        #expect(trace.source == IPAddress(10, 0, 0, 1) && trace.destination == IPAddress(10, 0, 0, 2))
        let answer = try #require(trace.hops.first)
        #expect(answer.address == IPAddress(10, 0, 0, 2) && answer.ttl == 3)
        #expect(answer.labels == [0x05DC1, 0x00010])
        #expect(answer.rtt == 0xFFFF_FFD9)
        var rows = WartsRows()
        rows.add(objects[0], asn: { _ in 0 })
        let column = try #require(SideTable.traceHops.columns.firstIndex { $0.name == "RTT" })
        #expect(rows.hops.column(column).values == [0, 0, 0, 0])
    }

    @Test("counts that an object can't hold are refused before room is made for them")
    func hostileCounts() {
        // A trace without parameters that claims 65535 hops, and one of a gigabyte.
        let (_, problems, _) = Self.read(Self.object(6, [0, 0xFF, 0xFF]))
        #expect(problems.map(\.reason) == ["truncated"])
        let (_, _, end) = Self.read([0x12, 0x05, 0, 6, 0x40, 0, 0, 0])
        #expect(end?.reason.contains("1073741824 bytes") == true)
        // An address that refers to one that wasn't there.
        let reference: [UInt8] = [0x80, 0x80, 0x80, 0x10, 0, 5, 0, 0, 0, 0, 7]
        #expect(Self.read(Self.object(6, reference + [0, 0, 0, 0])).problems.map(\.reason) == ["badStructure"])
    }
}
