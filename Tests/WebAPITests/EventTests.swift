import FlowStore
import Foundation
import Testing

@testable import WebAPI

@Suite("events")
struct EventTests {
    @Test("line protocol as InfluxDB's clients write it, escapes included")
    func lines() throws {
        let (points, malformed) = LinePoint.read(
            #"""
            # a comment

            events,host=edge\ 1,site=ams title="an \"attack\", begun",text="two
            lines \\ here",tags="ban,udp" 1795406032000000000
            total_traffic,direction=incoming bits=0,flows=0,packets=0 1795406030000000000
            m\,x f=1i
            broken
            events title="no end
            """#
        )
        #expect(malformed == [7, 8])
        try #require(points.count == 3)
        #expect(points[0].measurement == "events" && points[0].time == 1_795_406_032_000_000_000)
        #expect(points[0].tags == ["host": "edge 1", "site": "ams"])
        #expect(points[0].fields["title"] == #"an "attack", begun"#)
        #expect(points[0].fields["text"] == "two\nlines \\ here")
        #expect(points[1].fields == ["bits": "0", "flows": "0", "packets": "0"])
        #expect(points[2].measurement == "m,x" && points[2].fields == ["f": "1i"] && points[2].time == nil)
    }

    @Test("no prefix of a line traps, and none is read twice")
    func prefixes() {
        let line = Array(#"events,a=b\ c title="x\"y",n=1 17"#.utf8)
        for length in 0...line.count {
            let (points, malformed) = LinePoint.read(String(decoding: line.prefix(length), as: UTF8.self))
            #expect(points.count + malformed.count == (length == 0 ? 0 : 1))
        }
    }

    /// As Debian's fastnetmon 1.2.4 wrote it.
    private static let report = """
        IP: 10.88.0.2
        Attack type: udp_flood
        Initial attack power: 516 packets per second
        Peak attack power: 516 packets per second
        Attack direction: incoming
        Attack protocol: udp
        Total incoming traffic: 3 mbps
        Total incoming pps: 517 packets per second
        Total incoming flows: 855 flows per second
        Incoming udp pps: 516 packets per second

        Average packet size for incoming traffic: 42.1 bytes
        """

    @Test("the notify script's report gives figures and tags")
    func notice() throws {
        let notice = try #require(
            FastNetMonNotice(
                address: "10.88.0.2",
                direction: "incoming",
                power: "516",
                action: "ban",
                report: Self.report
            )
        )
        #expect(notice.title == "udp flood on 10.88.0.2")
        #expect(notice.action == .begin && notice.tags == ["type": "udp_flood", "protocol": "udp"])
        #expect(notice.figures["pps"] == 516 && notice.figures["peak_attack_power_pps"] == 516)
        #expect(notice.figures["total_incoming_traffic_mbps"] == 3 && notice.figures["total_incoming_pps"] == 517)
        #expect(notice.figures["total_incoming_flows"] == 855)
        #expect(notice.figures["average_packet_size_for_incoming_traffic"] == nil)
        #expect(FastNetMonNotice(address: "x", direction: "", power: "", action: "ban", report: "") == nil)
        #expect(FastNetMonNotice(address: "10.0.0.1", direction: "", power: "", action: "dance", report: "") == nil)
    }

    @Test("the webhook's JSON gives the same, and no truth values as figures")
    func webhook() throws {
        let json = """
            {"alert_scope":"host","ip":"2001:db8::9","action":"unban","attack_details":{"attack_uuid":"u-1",
            "total_incoming_pps":12,"total_incoming_traffic_bits":9e6,"attack_direction":"outgoing","ban":true}}
            """
        let notice = try #require(FastNetMonNotice(json: Data(json.utf8)))
        #expect(notice.action == .end && notice.direction == "outgoing" && "\(notice.address)" == "2001:db8::9")
        #expect(notice.figures == ["total_incoming_pps": 12, "total_incoming_traffic_bits": 9e6])
        #expect(notice.tags["uuid"] == "u-1" && notice.tags["scope"] == "host")
        #expect(FastNetMonNotice(json: Data("[]".utf8)) == nil)
    }

    private static let now: UInt64 = 1_795_413_600

    private static func event(_ json: String, known: Event? = nil) throws -> Event {
        try EventBody(Data(json.utf8)).event(id: "x", known: known, source: "test", now: now)
    }

    @Test("what clients send becomes a moment, a span, or what goes on, and changes only what it names")
    func bodies() throws {
        let moment = try Self.event(#"{"title":"a","kind":"deploy","figures":{"n":2},"tags":{"v":"7"}}"#)
        #expect(moment.start == Self.now && moment.end == Self.now && moment.kind == "deploy")
        let open = try Self.event(#"{"title":"a","start":"-5m","ongoing":true}"#)
        #expect(open.start == Self.now - 300 && open.end == nil)
        let ended = try Self.event(#"{"end":"now","figures":{"m":1}}"#, known: open)
        #expect(ended.end == Self.now && ended.title == "a" && ended.start == open.start && ended.figures == ["m": 1])
        let span = try Self.event(#"{"title":"a","start":1795413000,"end":1795413060}"#)
        #expect(span.start == 1_795_413_000 && span.end == 1_795_413_060)
    }

    @Test(
        "what isn't an event is refused by member",
        arguments: [
            #"{}"#, #"{"title":""}"#, #"{"title":"a","kind":"Two Words"}"#, #"{"title":"a","start":"soon"}"#,
            #"{"title":"a","start":1795413600000}"#, #"{"title":"a","start":200,"end":100}"#,
            #"{"title":"a","ongoing":"yes"}"#, #"{"title":"a","figures":{"n":true}}"#, #"{"title":"a","tags":[]}"#,
            #"{"title":"a","titel":"b"}"#, #"{"title":"a","ongoing":true,"end":1795413600}"#, "[]", "", "{",
        ]
    )
    func refusals(json: String) {
        #expect(throws: (any Error).self) { try Self.event(json) }
    }

    @Test("without a store that keeps events the routes aren't there; with one, roles decide")
    func routes() async throws {
        #expect(try await Harness().send("/api/v1/events").status == 404)
        let document = try await Harness().send("/api/v1/openapi.json").body
        for path in ["/api/v1/events", "/api/v1/events/fastnetmon", "/api/v1/influx/write", "/write"] {
            #expect(document.contains("\"\(path)\""))
        }
    }
}
