import FlowStore
import Foundation
import HTTPTypes
import NetTypes
import Testing

struct QuestionRouteTests {
    static let ranking = FakeStore.numbers([
        ("k0", [13335, 0]), ("bytes", [6000, 3000]), ("packets", [60, 30]), ("flows", [6, 3]), ("assumed", [0, 3]),
        ("groups", [5, 5]), ("all_bytes", [10000, 10000]), ("all_packets", [100, 100]), ("all_flows", [12, 12]),
        ("all_assumed", [3, 3]),
    ])

    static let store = FakeStore { sql in
        guard sql.contains(" AS r,") else { return ranking }
        return FakeStore.numbers([
            ("t", [1_795_413_000, 1_795_413_300, 1_795_413_000]), ("r", [1, 2, 0]), ("direction", [0, 0, 0]),
            ("amount", [6000, 3000, 1000]), ("flows", [6, 3, 3]), ("assumed", [0, 3, 0]),
        ])
    }

    @Test func graph() async throws {
        let answer = try await Harness(store: Self.store).send(
            "/api/v1/graph?from=-10m&dimensions=SrcAS&bucket=300&limit=2&filter=Proto+%3D+TCP%20and+SrcPort%3E1023"
        )
        #expect(answer.status == 200)
        #expect(answer.headers[.contentType] == "application/json")
        let json = try answer.json()
        #expect(json["from"] as? Int == 1_795_413_000)
        #expect(json["to"] as? Int == 1_795_413_600)
        #expect(json["bucket"] as? Int == 300)
        #expect(json["unit"] as? String == "bit/s")
        #expect(json["times"] as? [Int] == [1_795_413_000, 1_795_413_300])
        #expect(json["groups"] as? Int == 5)
        #expect(json["shown"] as? Int == 2)
        #expect(json["exact"] as? Bool == true)
        #expect(json["assumedSampling"] as? Double == 0.25)
        let series = try #require(json["series"] as? [[String: Any]])
        #expect(series.map { $0["kind"] as? String } == ["value", "unknown", "other"])
        #expect(series.map { $0["labels"] as? [String] } == [["AS13335"], ["unknown"], ["Other"]])
        #expect(series.map { $0["key"] as? [String] } == [["13335"], ["0"], []])
        #expect(series[0]["values"] as? [Double] == [160, 0])
        #expect(series[0]["total"] as? Int == 6000)
        #expect(series[0]["share"] as? Double == 0.6)
        #expect(series[0]["direction"] is NSNull)
        let statistics = try #require(json["statistics"] as? [String: Any])
        #expect(statistics["rows"] as? Int == 12)
        #expect(statistics["elapsed"] as? Double == 0.5)
        #expect(statistics["source"] as? String == "flows_raw")
        #expect(statistics["resolution"] as? Int == 1)
        #expect((json["sql"] as? String)?.contains("(Proto = 6) AND (SrcPort > 1023)") == true)
    }

    @Test func graphWithoutDimensionsIsOneScan() async throws {
        let store = FakeStore { _ in
            FakeStore.numbers([
                ("t", [1_795_413_000]), ("r", [1]), ("direction", [0]), ("amount", [75]), ("flows", [1]),
                ("assumed", [0]),
            ])
        }
        let json = try await Harness(store: store).send("/api/v1/graph?from=-10m&bucket=300&split=direction").json()
        #expect(store.asked.count == 1)
        #expect(json["groups"] as? Int == 1)
        let series = try #require(json["series"] as? [[String: Any]])
        #expect(series[0]["direction"] as? String == "out")
        #expect(series[0]["labels"] as? [String] == ["Total"])
    }

    @Test func anEmptyStoreGivesAnEmptyGraph() async throws {
        let store = FakeStore { sql in
            FakeStore.numbers(
                (sql.contains(" AS r,")
                    ? ["t", "r", "direction", "amount", "flows", "assumed"]
                    : [
                        "k0", "bytes", "packets", "flows", "groups", "all_bytes", "all_packets", "all_flows",
                        "all_assumed",
                    ])
                    .map { ($0, []) }
            )
        }
        for path in ["/api/v1/graph?dimensions=SrcAS", "/api/v1/graph"] {
            let json = try await Harness(store: store).send(path).json()
            #expect((json["series"] as? [Any])?.isEmpty == true)
            #expect((json["times"] as? [Int])?.isEmpty == false)
            #expect(json["groups"] as? Int == 0)
        }
        let top = try await Harness(store: store).send("/api/v1/top?dimensions=SrcAS").json()
        #expect((top["rows"] as? [Any])?.isEmpty == true)
    }

    @Test func top() async throws {
        let json = try await Harness(store: Self.store).send("/api/v1/top?from=-10m&dimensions=SrcAS&limit=2").json()
        let rows = try #require(json["rows"] as? [[String: Any]])
        #expect(rows.map { $0["kind"] as? String } == ["value", "unknown", "other"])
        #expect(rows.map { $0["bytes"] as? Int } == [6000, 3000, 1000])
        #expect(rows[0]["rate"] as? Double == 80)
        #expect((json["total"] as? [String: Any])?["flows"] as? Int == 12)
        #expect(json["groups"] as? Int == 5)
    }

    @Test func theTableThatAnswersIsTold() async throws {
        let path = "/api/v1/top?from=-7d&dimensions=SrcAS&limit=2"
        let summed = try await Harness(store: Self.store).send(path).json()
        let statistics = try #require(summed["statistics"] as? [String: Any])
        #expect(statistics["source"] as? String == "flows_1h_transits")
        #expect(statistics["resolution"] as? Int == 3600)
        #expect((summed["sql"] as? String)?.contains("netmeta.flows_1h_transits") == true)
        let raw = try await Harness(store: Self.store).send(path + "&detail=raw").json()
        #expect((raw["statistics"] as? [String: Any])?["source"] as? String == "flows_raw")
        #expect((raw["sql"] as? String)?.contains("flows_1h_transits") == false)
    }

    @Test(arguments: [
        ("graph?dimensions=SrcAZ", "dimensions"), ("graph?from=soon", "from"), ("graph?to=-", "to"),
        ("graph?from=now&to=-1h", "from"), ("graph?filter=SrcAS", "filter"), ("graph?unit=byte", "unit"),
        ("graph?limit=0", "limit"), ("graph?limit=101", "limit"), ("graph?limit=x", "limit"),
        ("graph?bucket=0", "bucket"), ("graph?zone=Nowhere/None", "zone"), ("values?zone=../../etc/passwd", "zone"),
        ("graph?bucket=-5", "bucket"), ("graph?from=-30d&bucket=1", "bucket"), ("graph?direction=up", "direction"),
        ("graph?by=median", "by"), ("graph?spread=yes", "spread"), ("graph?reverse=1", "reverse"),
        ("graph?split=direction&reverse=on", "reverse"), ("graph?previous=0", "previous"),
        ("values?column=SrcAS", "column"),
        ("values?unit=byte/packet", "unit"), ("values?from=-1h&bucket=1", "bucket"),
        ("values?dimensions=SrcAS", "dimensions"),
        ("graph?detail=most", "detail"), ("graph?split=yes", "split"),
        ("graph?colour=red", "colour"),
        ("graph?limit=1&limit=2", "limit"), ("top?split=direction", "split"), ("flows?before=x", "before"),
        ("flows?limit=1001", "limit"), ("flows?dimensions=SrcAS", "dimensions"), ("query", "sql"),
    ])
    func badParametersAreNamed(uri: String, parameter: String) async throws {
        let store = FakeStore { _ in QueryResult(columns: [], rowCount: 0, elapsed: 0) }
        let answer = try await Harness(store: store).send("/api/v1/" + uri)
        #expect(answer.status == 400)
        let error = try answer.error()
        #expect(error["code"] as? String == "bad_request")
        #expect(error["parameter"] as? String == parameter)
        #expect((error["message"] as? String)?.isEmpty == false)
        #expect(store.asked.isEmpty)
    }

    @Test func filterErrorsHaveAPlace() async throws {
        let error = try await Harness().send("/api/v1/graph?filter=SrcAZ+%3D+1").error()
        #expect(error["position"] as? Int == 0)
        #expect(error["length"] as? Int == 5)
        #expect(error["suggestion"] as? String == "SrcAS")
        #expect(try await Harness().send("/api/v1/graph?filter=%zz").status == 400)
    }

    @Test(arguments: [
        (0, 503, "store_unavailable"), (159, 504, "timeout"), (394, 499, "cancelled"), (241, 422, "too_much"),
        (396, 422, "too_much"), (427, 400, "bad_request"), (60, 500, "query_failed"),
    ])
    func storeErrorsHaveAStatus(code: Int, status: Int, name: String) async throws {
        let store = FakeStore { _ in throw StoreError(code: code, message: "Code: \(code)") }
        let answer = try await Harness(store: store).send("/api/v1/top?dimensions=SrcAS")
        #expect(answer.status == status)
        #expect(try answer.error()["code"] as? String == name)
    }

    @Test func anAnswerThatDoesNotFitIsAnError() async throws {
        let store = FakeStore { _ in FakeStore.numbers([("k0", [1])]) }
        let answer = try await Harness(store: store).send("/api/v1/top?dimensions=SrcAS")
        #expect(answer.status == 500)
        #expect(try answer.error()["code"] as? String == "internal")
    }
}
