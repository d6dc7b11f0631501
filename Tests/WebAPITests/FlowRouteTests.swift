import FlowQuery
import FlowSchema
import FlowStore
import Foundation
import HTTPTypes
import NetTypes
import Telemetry
import Testing

@testable import WebAPI

struct FlowRouteTests {
    /// So many rows, all of one second, with the columns that a list needs.
    static func rows(_ count: Int, hash: UInt64 = 0, _ more: [ResultColumn] = []) -> QueryResult {
        func column(_ name: String, _ type: String, _ value: (Int) -> ResultValue) -> ResultColumn {
            ResultColumn(name: name, type: type, values: (0..<count).map(value))
        }
        return QueryResult(
            columns: [
                column("TimeReceived", "DateTime") { _ in .time(1_795_413_599) },
                column("SrcAddr", "IPv6") { .address($0 == 1 ? .unspecified : IPAddress(192, 0, 2, UInt8($0 % 250))) },
                column("SrcMac", "UInt64") { .uint(UInt64($0)) },
                column("InIf", "UInt32") { _ in .uint(9) },
                column("Proto", "UInt8") { _ in .uint(6) },
                column("SamplingRate", "UInt32") { _ in .uint(1) },
                column("Strings", "Map") { _ in
                    .map([.init(key: .string("httpHost"), value: .string("a,\"b\"\n"))])
                },
                column("SamplerAddress", "IPv6") { _ in .address(IPAddress(192, 0, 2, 9)) },
                column("SamplingRateSource", "Enum8") { _ in .string("unknown") },
                column("FlowType", "Enum8") { _ in .string("NETFLOW_V5") },
                column("_hash", "UInt64") { .uint(hash &+ UInt64($0)) },
            ] + more,
            rowCount: count,
            elapsed: 0.01
        )
    }

    static let columns = "columns=TimeReceived,SrcAddr,SrcMac,InIf,Proto,SamplingRate"

    @Test("a page has the columns that were asked for, names, places and where it goes on")
    func page() async throws {
        let store = FakeStore { _ in Self.rows(2, hash: .max - 1) }
        let json = try await Harness(store: store).send("/api/v1/flows?limit=2&filter=Port%3D53&\(Self.columns)").json()
        #expect(json["columns"] as? [String] == ["TimeReceived", "SrcAddr", "SrcMac", "InIf", "Proto", "SamplingRate"])
        let rows = try #require(json["rows"] as? [[String: Any]])
        #expect(rows[0].count == 6)
        #expect(rows[0]["SrcAddr"] as? String == "192.0.2.0")
        #expect(rows[1]["SrcMac"] as? String == "00:00:00:00:00:01")
        #expect(rows[0]["TimeReceived"] as? String == "2026-11-23T05:59:59Z")
        let labels = try #require(json["labels"] as? [[String: String]])
        #expect(
            labels == [
                ["InIf": "xe-0/0/9 if 9", "Proto": "TCP", "SamplingRate": "unknown", "SrcMac": "unknown"],
                ["InIf": "xe-0/0/9 if 9", "Proto": "TCP", "SamplingRate": "unknown", "SrcAddr": "unknown"],
            ]
        )
        #expect(
            json["places"] as? [String] == ["1795413599-fffffffffffffffe", "1795413599-ffffffffffffffff"]
        )
        #expect(json["from"] as? Int == 1_795_410_000 && json["to"] as? Int == 1_795_413_600)
        let next = try #require(json["next"] as? String)
        let following = try await Harness(store: store).send("/api/v1/flows?limit=3&before=\(next)&\(Self.columns)")
        #expect(store.asked.last?.contains("TimeReceived <= toDateTime(1795413599)") == true)
        #expect(try following.json()["next"] is NSNull)
        for (query, parameter) in [
            ("before=\(next)&sort=-Bytes", "before"), ("sort=Strings", "sort"), ("columns=Srcaddr,Foo", "columns"),
            ("limit=1001", "limit"),
        ] {
            let answer = try await Harness(store: store).send("/api/v1/flows?\(query)")
            #expect(answer.status == 400)
            #expect(try answer.error()["parameter"] as? String == parameter)
        }
    }

    @Test("pages in the order of a column go on at its value")
    func sorted() async throws {
        let store = FakeStore { _ in
            Self.rows(2, [ResultColumn(name: "_key", type: "UInt8", values: [.uint(6), .uint(5)])])
        }
        let json = try await Harness(store: store).send("/api/v1/flows?limit=2&sort=-Proto&\(Self.columns)").json()
        let next = try #require(json["next"] as? String)
        #expect(next.hasSuffix("-n5"))
        _ = try await Harness(store: store).send("/api/v1/flows?sort=-Proto&before=\(next)&\(Self.columns)")
        #expect(store.asked.last?.contains("(Proto, TimeReceived) <= (5, toDateTime(1795413599))") == true)
    }

    @Test("a row tells every field, and where it came from as far as that is known")
    func row() async throws {
        let origins = FieldOrigins([
            .netflowV5: [
                .srcAddr: [
                    FieldOrigin(number: "8", name: "sourceIPv4Address", ipVersion: 4),
                    FieldOrigin(number: "27", name: "sourceIPv6Address", ipVersion: 6),
                ], .proto: [FieldOrigin(number: "4", name: "protocolIdentifier")],
                .bytes: [FieldOrigin(number: "1", name: "octetDeltaCount")],
            ]
        ])
        let store = FakeStore { _ in
            let given = Self.rows(1, [ResultColumn(name: "_copies", type: "UInt64", values: [.uint(2)])])
            let names = Set(given.columns.map(\.name))
            let others = FlowColumn.queryable.filter { !names.contains($0.name) }.map { column in
                let value: ResultValue =
                    switch column.field.kind {
                    case .address: .address(.unspecified)
                    case .text, .boundary, .country, .locality, .encapType: .string(column == .dstNetName ? "Web" : "")
                    case .time: .time(0)
                    case .numbers: .array([])
                    default: .uint(column.fillByte == 0 ? 0 : 255)
                    }
                return ResultColumn(name: column.name, type: "", values: [value])
            }
            return QueryResult(
                columns: given.columns.filter { $0.name != "_hash" } + others,
                rowCount: 1,
                elapsed: 0
            )
        }
        let harness = Harness(store: store, origins: origins)
        let json = try await harness.send("/api/v1/flows/row?place=1795413599-1f").json()
        #expect(json["copies"] as? Int == 2)
        #expect(store.asked.last?.contains("= 31") == true)
        let fields = try #require(json["fields"] as? [[String: Any]])
        #expect(fields.count == FlowColumn.queryable.count)
        func facts(_ name: String) -> [String?] {
            let field = fields.first { $0["name"] as? String == name }
            return ["source", "origin", "sent", "label"].map { field?[$0] as? String }
        }
        #expect(facts("SrcAddr") == ["wire", "NetFlow v5 8 sourceIPv4Address", "yes", nil])
        #expect(facts("Proto") == ["wire", "NetFlow v5 4 protocolIdentifier", "yes", "TCP"])
        #expect(facts("SrcMac") == ["wire", "NetFlow v5 has no field for it", "no", "unknown"])
        #expect(facts("Bytes") == ["wire", "0 is also what is there when nothing is sent", "unsure", nil])
        #expect(facts("FlowDirection")[2] == "no")
        #expect(facts("SamplingRate")[1] == "assumed, nobody told it")
        #expect(facts("TimeReceived")[0] == "collector")
        #expect(facts("Incoming")[0] == "enrichment" && facts("Incoming")[2] == "none")
        #expect(facts("DstNetName") == ["dictionary", "looked up when read, from DstAddr", "none", nil])
        #expect(fields.first?["documentation"] as? String == FlowColumn.timeReceived.field.documentation)

        let nothing = FakeStore { _ in QueryResult(columns: [], rowCount: 0, elapsed: 0) }
        #expect(try await Harness(store: nothing).send("/api/v1/flows/row?place=1-2").status == 404)
        #expect(try await Harness(store: nothing).send("/api/v1/flows/row?place=x").status == 400)
    }

    @Test("files are whole or say that they are cut, and only so many are written at a time")
    func export() async throws {
        let store = FakeStore { sql in Self.rows(sql.contains("LIMIT 4 OFFSET") ? 4 : 3) }
        let path = "/api/v1/flows/export?from=-5m&columns=TimeReceived,SrcAddr,Strings"
        let whole = try await Harness(store: store).send(path)
        #expect(
            whole.body.split(separator: "\n", omittingEmptySubsequences: false).prefix(3) == [
                "TimeReceived,SrcAddr,Strings",
                #"2026-11-23T05:59:59Z,192.0.2.0,"{""httpHost"":""a,\""b\""\n""}""#,
                #"2026-11-23T05:59:59Z,::,"{""httpHost"":""a,\""b\""\n""}""#,
            ]
        )
        #expect(!whole.body.contains("#"))
        let disposition = whole.headers[.contentDisposition]
        #expect(disposition == "attachment; filename=\"netmeta-flows-1795413300-1795413600.csv\"")
        let cut = try await Harness(store: store).send(path + "&limit=3")
        #expect(
            cut.body.hasSuffix("\n# cut: these are the first 3 rows, there are more; narrow the range or the filter\n")
        )
        let json = try await Harness(store: store).send(path + "&limit=3&format=json").json()
        #expect(json["cut"] as? Bool == true && json["count"] as? Int == 3)
        #expect((json["rows"] as? [[String: Any]])?.count == 3)
        let all = try await Harness(store: store).send(path + "&format=json").json()
        #expect(all["cut"] as? Bool == false && all["count"] as? Int == 3)
        #expect(store.limits.allSatisfy { $0.resultRows <= 5000 })

        let busy = try await Harness(store: store, slots: 0).send(path)
        #expect(busy.status == 429)
        #expect(try busy.error()["code"] as? String == "too_many")
        let wrong = try await Harness(store: store).send(path + "&filter=x")
        #expect(try wrong.error()["parameter"] as? String == "filter")
        let failing = FakeStore { _ in throw StoreError(code: 159, message: "timeout") }
        #expect(try await Harness(store: failing).send(path).status == 504)
    }

    @Test("a tail shows some of what came, says how much that was and how late, and ends")
    func tail() async throws {
        let store = FakeStore { _ in
            Self.rows(2, [ResultColumn(name: "_matched", type: "UInt64", values: [.uint(1200), .uint(1200)])])
        }
        let answer = try await Harness(store: store).send("/api/v1/flows/tail?seconds=1&\(Self.columns)")
        #expect(answer.headers[.contentType] == "application/x-ndjson")
        let lines = try answer.body.split(separator: "\n").map {
            try #require(try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])
        }
        let first = try #require(lines.first)
        #expect(first["matched"] as? Int == 1200 && (first["rows"] as? [Any])?.count == 2)
        #expect(first["to"] as? Int == 1_795_413_596 && first["from"] as? Int == 1_795_413_595)
        #expect(first["behind"] as? Int == 4)
        // The clock of the test stands still.
        #expect(lines.dropFirst().allSatisfy { $0["behind"] as? Int == 4 && $0["matched"] == nil })
        #expect(store.asked.count == 1)
        let full = try await Harness(store: store, slots: 0).send("/api/v1/flows/tail?seconds=1")
        #expect(full.status == 429)
        for query in ["filter=x", "limit=201", "seconds=3601", "columns=x"] {
            #expect(try await Harness(store: store).send("/api/v1/flows/tail?\(query)").status == 400)
        }
    }

    @Test("who watches sees each second once, later when storing lags, and is told what was left out")
    func watch() {
        #expect(FlowWatch.settled(now: 1000, lag: nil) == 997)
        #expect(FlowWatch.settled(now: 1000, lag: 0.4) == 997)
        #expect(FlowWatch.settled(now: 1000, lag: 7.2) == 990)
        #expect(FlowWatch.settled(now: 2, lag: .infinity) == 0)
        var watch = FlowWatch(columns: [.bytes], filter: nil, limit: 1)
        var looks: [(seconds: Range<UInt64>, leftOut: UInt64)?] = []
        for settled: UInt64 in [997, 997, 990, 1000, 1030] { looks.append(watch.advance(to: settled)) }
        #expect(looks.map(\.?.seconds) == [996..<997, nil, nil, 997..<1000, 1020..<1030])
        #expect(looks.map(\.?.leftOut) == [0, nil, nil, 0, 20])
    }

    @Test("a place is free again when nobody holds its token")
    func slots() {
        let slots = Slots(1)
        var token = slots.take()
        #expect(token != nil && slots.take() == nil)
        token = nil
        #expect(slots.take() != nil)
    }
}
