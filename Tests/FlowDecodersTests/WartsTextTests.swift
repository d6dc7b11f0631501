import FlowDecoders
import FlowSchema
import NetTypes
import Testing

/// JSON as `sc_warts2json` prints it. That it gives the same as the warts that it was printed from is compared with
/// scamper's own program (Tests/Differential/test_warts.py).
@Suite("traces in JSON")
struct WartsTextTests {
    private static let metadata = #"{"UUID":"x","TracerouteCallerVersion":"1","CachedResult":false,"CachedUUID":""}"#
    private static let start =
        #"{"type":"cycle-start", "list_name":"/tmp/ctl:1", "id":7, "hostname":"vm", "start_time":1795405534}"#
    private static let parallel = #"""
        {"type":"tracelb","method":"icmp-echo","src":"::ffff:10.77.1.1","dst":"::ffff:10.77.6.2","start":{"sec":9,"usec":1},
        "nodec":3,"linkc":2,"nodes":[{"addr":"10.77.1.2","q_ttl":1,"linkc":1,"links":[[{"addr":"10.77.2.2","probes":[
        {"tx":{"sec":9,"usec":5},"replyc":1,"ttl":2,"attempt":0,"flowid":1,"replies":[{"rx":{"sec":9,"usec":72},"ttl":63}]}]},
        {"addr":"*"}],[{"addr":"10.77.4.2","probes":[]}]]}]}
        """#.replacing("\n", with: "")
    private static let trace =
        #"{"type":"trace","method":"udp-paris","dst":"192.0.2.1","hops":[{"addr":"192.0.2.1","probe_ttl":1,"rtt":0.067}]}"#

    private static func read(_ text: String) -> (objects: [WartsObject], reasons: [String], end: WartsProblem?) {
        let bytes = Array(text.utf8)
        var reader = TraceFileReader(bytes)
        var objects: [WartsObject] = []
        var reasons: [String] = []
        while true {
            switch reader.next(in: bytes) {
            case .object(let object): objects.append(object)
            case .malformed(let problem): reasons.append(problem.reason)
            case .incomplete(let problem), .corrupt(let problem as WartsProblem?): return (objects, reasons, problem)
            }
        }
    }

    @Test("a file as M-Lab keeps it: its line in front, a cycle, parallel ways")
    func measurement() throws {
        let text = [Self.metadata, Self.start, Self.parallel, #"{"type":"cycle-stop","stop_time":1}"#].joined(
            separator: "\n"
        )
        #expect(TraceFileReader.isTraceFile(Array(text.utf8)))
        let (objects, reasons, end) = Self.read(text + "\n")
        #expect(reasons == [] && end == nil)
        var rows = WartsRows()
        for object in objects { rows.add(object, asn: { _ in 0 }) }
        #expect(rows.links.count == 3 && rows.traces.count == 0)
        let found = objects.compactMap { if case .tracelb(let trace) = $0 { trace } else { nil } }
        #expect(found.map(\.destination?.description) == ["10.77.6.2"])
        #expect(found.first?.nodeCount == 3 && found.first?.linkCount == 2)
        let cycles = objects.compactMap { if case .cycleStart(let cycle) = $0 { cycle } else { nil } }
        #expect(cycles.map(\.id) == [7] && cycles.map(\.hostname) == ["vm"])
    }

    @Test("times are whole microseconds, what isn't said is nothing")
    func numbers() throws {
        let (objects, _, _) = Self.read(Self.trace)
        let trace = try #require(objects.compactMap { if case .trace(let trace) = $0 { trace } else { nil } }.first)
        #expect(trace.hops.map(\.rtt) == [67] && trace.hops.map(\.ttl) == [1] && trace.type == 5)
        #expect(trace.source == nil && trace.hops.first?.icmpType == nil)
    }

    @Test("a line that is damaged costs itself; the last one may be on its way")
    func damage() {
        let lines = [
            Self.start, "{", #"{"type":"trace","hops":[}"#, #"{"type":"trace","userid":1e9}"#,
            #"{"type":"trace","userid":99999999999999999999}"#, #"{"type":"ping"} x"#,
            #"{"a":"# + String(repeating: "[", count: 100_000) + "}", Self.trace,
        ]
        let (objects, reasons, end) = Self.read(lines.joined(separator: "\n") + "\n" + Self.trace.dropLast(3))
        #expect(objects.count == 3 && reasons.count == 6)
        #expect(end?.reason == "the file ends within a line")
        #expect(end?.offset == lines.reduce(0) { $0 + $1.utf8.count + 1 })
    }

    @Test("each prefix is read or waited for, and more values than fit are refused")
    func bounds() {
        let text = Array((Self.start + "\n" + Self.parallel + "\n").utf8)
        for length in 0...text.count {
            let (objects, reasons, _) = Self.read(String(decoding: text[..<length], as: UTF8.self))
            #expect(reasons == [] && objects.count <= 3)
        }
        let many = Self.start + "\n{\"a\":[" + String(repeating: "1,", count: 1 << 19) + "1]}\n"
        #expect(Self.read(many).reasons == ["tooLong"])
    }

    @Test(
        "other JSON is none of scamper's",
        arguments: ["", "{", "[]", #"{"insertId":"x","type":"flow"}"#, #"{"a":{"type":"trace"}}"#]
    )
    func others(text: String) { #expect(!TraceFileReader.isTraceFile(Array(text.utf8))) }
}
