import FlowQuery
import Foundation
import HTTPTypes
import Hummingbird
import NetTypes
import Telemetry
import Testing

@testable import WebAPI

struct StatusRouteTests {
    @Test func health() async throws {
        let json = try await Harness().send("/api/v1/health").json()
        #expect(json["status"] as? String == "ok")
        #expect(json["version"] as? String == "1.2.3")
        #expect(json["message"] is NSNull)
        #expect(json["lag"] as? Double == 1.5)
        let losses = try #require(json["losses"] as? [String: Any])
        // One sum over all units: 100 stored, 4 in flight, 16 lost, of which a rejected record is none.
        #expect(losses["received"] as? Int == 120)
        #expect(losses["stored"] as? Int == 100)
        #expect(losses["inFlight"] as? Int == 4)
        let lost = try #require(losses["lost"] as? [String: Any])
        #expect(lost["total"] as? Int == 16)
        let reasons = try #require(lost["reasons"] as? [String: Int])
        #expect(reasons["kernel_drop"] == 6)
        #expect(Set(reasons.keys) == Set(LossReason.allCases.filter { $0.unit != .records }.map(\.rawValue)))
        #expect((losses["datagrams"] as? [String: Any])?["arrived"] as? Int == 21)
        #expect((losses["rows"] as? [String: Any])?["written"] as? Int == 107)
        let listener = try #require((json["listeners"] as? [[String: String]])?.first)
        #expect(listener == ["protocol": "udp", "address": "[::]:2055", "purpose": "NetFlow, IPFIX"])
        let store = try #require(json["store"] as? [String: Any])
        #expect(store["oldest"] is NSNull)
        #expect(store["freeDiskBytes"] as? Int == 1 << 40)
        let retention = try #require(store["retention"] as? [String: Any])
        #expect(retention["budgetBytes"] as? Int == 200_000_000_000)
        #expect(retention["droppedRows"] as? [String: Int] == ["size": 12])
        #expect(retention["bytesPerRow"] is NSNull)
        #expect(retention["sentence"] as? String == "at this rate you keep 43 days, then retention.size is reached")
    }

    @Test func lossesAreApartByUnitAndStage() async throws {
        let json = try await Harness().send("/api/v1/health/losses").json()
        let datagrams = try #require(json["datagrams"] as? [String: Any])
        #expect(datagrams["arrived"] as? Int == 21)
        #expect(datagrams["decoded"] as? Int == 9)
        #expect((datagrams["lost"] as? [String: Any])?["total"] as? Int == 12)
        #expect(datagrams["holds"] as? Bool == true)
        let rows = try #require(json["rows"] as? [String: Any])
        #expect(rows["written"] as? Int == 107)
        #expect(rows["stored"] as? Int == 100)
        #expect(
            (rows["lost"] as? [String: Any])?["reasons"] as? [String: Int] == [
                "queue_full": 0, "spool_full": 0, "spool_broken": 0, "store_rejected": 3,
            ]
        )
        let inFlight = try #require(rows["inFlight"] as? [String: Any])
        #expect(inFlight["total"] as? Int == 4)
        #expect(inFlight["places"] as? [String: Int] == ["batch": 1, "queue": 3, "spool": 0, "insert": 0])
        #expect(rows["holds"] as? Bool == true)
        #expect((json["records"] as? [String: Any])?["holds"] as? Bool == true)
        #expect(json["at"] as? Int == Int(Harness.now))

        let stages = try #require(json["stages"] as? [[String: Any]])
        #expect(stages.map { $0["stage"] as? String } == LossStage.allCases.map(\.rawValue))
        let reasons = stages.flatMap { $0["lost"] as? [[String: Any]] ?? [] }
        #expect(reasons.count == LossReason.allCases.count)
        #expect(reasons.allSatisfy { ($0["explanation"] as? String)?.hasSuffix(".") == true })
        #expect(reasons.allSatisfy { ($0["remedy"] as? String)?.hasSuffix(".") == true })
        let malformed = reasons.first { $0["reason"] as? String == "malformed" }
        #expect(malformed?["count"] as? Int == 2)
        #expect(malformed?["kinds"] as? [String: Int] == ["badCount": 2])

        let listener = try #require((json["listeners"] as? [[String: Any]])?.first)
        #expect(listener["buffer"] as? [String: Int] == ["bytes": 4096, "asked": 65_536, "used": 1024, "drops": 6])
        #expect(listener["sessions"] is NSNull)
        let refused = try #require(json["refused"] as? [[String: Any]])
        #expect(refused.first?["address"] as? String == "198.51.100.7")
    }

    @Test func lossesListTheWorstExporters() async throws {
        var harness = Harness()
        harness.status.known = (0..<LossesBody.mostExporters + 5).map { number in
            var report = ExporterReport(address: IPAddress(v4: 0x0A00_0000 + UInt32(number)), lastSeen: 1)
            report.malformed = ["badCount": 3, "truncated": UInt64(number)]
            report.rejectedDatagrams = ["badCount": 2]
            report.missingDatagrams = 1
            return report
        }
        let json = try await harness.send("/api/v1/health/losses").json()
        let exporters = try #require(json["exporters"] as? [String: Any])
        #expect(exporters["total"] as? Int == LossesBody.mostExporters + 5)
        #expect(exporters["shown"] as? Int == LossesBody.mostExporters)
        let worst = try #require((exporters["list"] as? [[String: Any]])?.first)
        #expect(worst["address"] as? String == "10.0.0.104")
        // What was rejected whole isn't counted as a part again.
        #expect(
            worst["lost"] as? [String: Int]
                == ["malformed": 2, "malformed_set": 105, "no_template": 0, "rejected_record": 0]
        )
    }

    @Test func exporters() async throws {
        let json = try await Harness().send("/api/v1/exporters").json()
        let exporters = try #require(json["exporters"] as? [[String: Any]])
        #expect(exporters.map { $0["address"] as? String } == ["192.0.2.8", "192.0.2.9"])
        #expect(exporters[1]["name"] is NSNull)
        #expect((exporters[1]["sampling"] as? [String: Any])?["rate"] as? Int == 1024)
        #expect((exporters[1]["templates"] as? [String: Int]) == ["known": 2, "missing": 0])
        let settings = try #require(exporters[1]["settings"] as? [String: Any])
        #expect(settings["samplingRate"] is NSNull)
        #expect(settings["tunnel"] as? String == "outer")
        let configured = try #require(exporters[0]["settings"] as? [String: Any])
        #expect(configured["samplingRate"] as? Int == 50)
        #expect(configured["tunnel"] as? String == "inner")
        #expect(configured["templates"] as? String == "port")
        #expect(configured["holdForRate"] as? Int == 60)
        let clock = try #require(exporters[1]["clock"] as? [String: Any])
        #expect(clock["offset"] as? Int == -3600)
        #expect(clock["wrongDatagrams"] as? Int == 4)
        #expect((exporters[0]["clock"] as? [String: Any])?["offset"] is NSNull)
        #expect(
            exporters[1]["sets"] as? [String: Int]
                == ["waiting": 6, "parked": 7, "held": 8, "withoutTemplate": 9, "unknown": 10]
        )
        let records = [
            "flow": 111, "options": 12, "events": 13, "counters": 14, "rejected": 15, "skipped": 16, "lostTexts": 17,
        ]
        #expect(exporters[1]["records"] as? [String: Int] == records)
        #expect(exporters[1]["statistics"] as? [String: Int] == ["notSentFlowTotalCount": 18])
        #expect(exporters[1]["memory"] as? [String: Int] == ["bytes": 19, "refused": 20])
        #expect(exporters[1]["sequenceRestarts"] as? Int == 1)
        #expect(exporters[1]["agentDrops"] as? Int == 2)
        // Names can be many: their number is told, and they are where one exporter is asked for.
        let named = exporters[1]["named"] as? [String: Int]
        #expect(named == ["interfaces": 2, "vrfs": 1, "applications": 1, "samplers": 1])
        #expect(exporters[1]["names"] == nil)
    }

    @Test func oneExporterComesWithItsNames() async throws {
        let json = try await Harness().send("/api/v1/exporters?address=192.0.2.9").json()
        let exporters = try #require(json["exporters"] as? [[String: Any]])
        #expect(exporters.count == 1)
        let names = try #require(exporters[0]["names"] as? [String: [[String: String]]])
        #expect(names["interfaces"] == [["id": "9", "name": "xe-0/0/9"], ["id": "10", "name": "xe-0/0/10"]])
        #expect(names["vrfs"] == [["id": "3", "name": "blue"]])
        // More than a double can hold, so that numbers are text.
        #expect(names["applications"] == [["id": "18446744073709551615", "name": "big \"app\""]])
        #expect(names["samplers"]?.count == 1)
        let none = try await Harness().send("/api/v1/exporters?address=192.0.2.77").json()
        #expect((none["exporters"] as? [Any])?.isEmpty == true)
        let wrong = try await Harness().send("/api/v1/exporters?address=edge")
        #expect(wrong.status == 400)
        #expect(try wrong.error()["parameter"] as? String == "address")
    }

    @Test func theMapOfASes() async throws {
        var harness = Harness()
        #expect(try await harness.send("/api/v1/health").json()["asMap"] is NSNull)
        #expect(!(try await harness.send("/metrics").body.contains("asmap")))
        var report = ASMapReport()
        (report.routesV4, report.routesV6, report.names, report.loaded) = (1_000_000, 220_000, 5, 1_795_400_000)
        report.problem = "the old map stays"
        report.sources = [
            .init(location: "a.mrt", kind: "routes", changed: 1_795_300_000, entries: 77),
            .init(location: "b", kind: "names", problem: "gone"),
        ]
        harness.status.report.asMap = report
        let json = try #require(try await harness.send("/api/v1/health").json()["asMap"] as? [String: Any])
        #expect(json["routesV4"] as? Int == 1_000_000 && json["loaded"] as? Int == 1_795_400_000)
        #expect(json["problem"] as? String == "the old map stays")
        let sources = try #require(json["sources"] as? [[String: Any]])
        #expect(sources.map { $0["problem"] as? String } == [nil, "gone"] && sources[0]["checked"] is NSNull)
        #expect(sources[0]["changed"] as? Int == 1_795_300_000 && sources[0]["entries"] as? Int == 77)
        #expect(sources[1]["changed"] is NSNull && sources[1]["entries"] is NSNull)
        let lines = try await harness.send("/metrics").body.split(separator: "\n")
        #expect(lines.contains("netmeta_asmap_routes{family=\"ipv6\"} 220000"))
        #expect(lines.contains("netmeta_asmap_failed_sources 1"))
    }

    @Test func tablesOfRouters() async throws {
        var harness = Harness()
        #expect((try await harness.send("/api/v1/health").json()["routerTables"] as? [Any])?.isEmpty == true)
        #expect(!(try await harness.send("/metrics").body.contains("router_table")))
        var report = RouterTableReport(exporter: IPAddress(192, 0, 2, 1), file: "edge.mrt", changed: 7, prefixes: 1501)
        report.problem = "it is damaged or cut short"
        harness.status.report.routerTables = [report]
        let health = try await harness.send("/api/v1/health").json()
        let table = try #require((health["routerTables"] as? [[String: Any]])?.first)
        #expect(table["exporter"] as? String == "192.0.2.1" && table["file"] as? String == "edge.mrt")
        #expect(table["prefixes"] as? Int == 1501 && table["changed"] as? Int == 7 && table["loaded"] is NSNull)
        #expect(table["problem"] as? String == "it is damaged or cut short")
        let lines = try await harness.send("/metrics").body.split(separator: "\n")
        #expect(lines.contains("netmeta_router_table_prefixes{exporter=\"192.0.2.1\"} 1501"))
        #expect(lines.contains("netmeta_router_table_failed{exporter=\"192.0.2.1\"} 1"))
    }

    @Test func metricsOfExportersAreBounded() async throws {
        var harness = Harness()
        harness.status.known = (0..<ExporterMetrics.most + 7).map { number in
            var report = ExporterReport(address: IPAddress(v4: 0x0A00_0000 + UInt32(number)), lastSeen: 1)
            report.datagrams = UInt64(number)
            return report
        }
        let lines = try await harness.send("/metrics").body.split(separator: "\n")
        #expect(lines.contains("netmeta_exporters \(ExporterMetrics.most + 7)"))
        #expect(lines.contains("netmeta_exporters_without_metrics 7"))
        #expect(lines.count { $0.hasPrefix("netmeta_exporter_datagrams_total{") } == ExporterMetrics.most)
        // Those with least are left out.
        #expect(!lines.contains(#"netmeta_exporter_datagrams_total{exporter="10.0.0.6"} 6"#))
        #expect(lines.contains(#"netmeta_exporter_datagrams_total{exporter="10.0.0.7"} 7"#))
    }

    @Test func probes() async throws {
        #expect(try await Harness().send("/healthz").status == 200)
        #expect(try await Harness().send("/readyz").body == "ready\n")
        var harness = Harness()
        harness.status.report.isReady = false
        #expect(try await harness.send("/readyz").status == 503)
        #expect(try await harness.send("/healthz").status == 200)
        harness.status.report.status = .down
        #expect(try await harness.send("/healthz").status == 503)
    }

    @Test func metrics() async throws {
        let answer = try await Harness().send("/metrics")
        #expect(answer.headers[.contentType] == PrometheusText.mediaType)
        let lines = answer.body.split(separator: "\n").map(String.init)
        #expect(lines.contains("netmeta_rows_received_total 107"))
        #expect(lines.contains(#"netmeta_rows_lost_total{stage="store",reason="store_rejected"} 3"#))
        #expect(lines.contains(#"netmeta_rows_in_flight{stage="queue",place="queue"} 3"#))
        #expect(lines.contains("netmeta_datagrams_arrived_total 21"))
        #expect(lines.contains(#"netmeta_datagrams_lost_total{stage="socket",reason="kernel_drop"} 6"#))
        #expect(lines.contains(#"netmeta_sets_lost_total{stage="decoder",reason="no_template"} 1"#))
        #expect(lines.contains(#"netmeta_records_lost_total{stage="decoder",reason="rejected_record"} 5"#))
        #expect(lines.contains("netmeta_estimate_kernel_drop_rows 71"))
        #expect(lines.contains(#"netmeta_exporter_malformed_total{exporter="192.0.2.9",reason="truncated"} 1"#))
        #expect(lines.contains(#"netmeta_build_info{version="1.2.3"} 1"#))
        #expect(lines.contains(#"netmeta_exporter_clock_offset_seconds{exporter="192.0.2.9"} -3600"#))
        #expect(!lines.contains { $0.hasPrefix(#"netmeta_exporter_clock_offset_seconds{exporter="192.0.2.8"}"#) })
        #expect(lines.contains(#"netmeta_exporter_sampling_rate_unknown{exporter="192.0.2.8"} 1"#))
        #expect(lines.contains(#"netmeta_exporter_sampling_rate_unknown{exporter="192.0.2.9"} 0"#))
        let statistic = #"netmeta_exporter_statistic{exporter="192.0.2.9",element="notSentFlowTotalCount"} 18"#
        #expect(lines.contains(statistic))
        #expect(lines.contains("netmeta_ingest_lag_seconds 1.5"))
        #expect(lines.contains("netmeta_test_total 7"))
        // Every sample belongs to a family that HELP and TYPE announced, each once.
        var announced: Set<String> = []
        for line in lines {
            let words = line.split(separator: " ")
            if line.hasPrefix("# TYPE ") {
                #expect(announced.insert(String(words[2])).inserted)
            } else if !line.hasPrefix("#") {
                #expect(announced.contains(String(line.prefix { $0 != "{" && $0 != " " })))
            }
        }
    }

    @Test func prometheusText() {
        let family = MetricFamily(
            "a_total",
            .counter,
            help: "Two\nlines \\ and \"quotes\".",
            samples: [.init(labels: [.init("x", "a\"b\\c\nd")], value: 0.5), .init(value: .infinity)]
        )
        #expect(
            PrometheusText.render([family, MetricFamily("none", .gauge, help: "", samples: [])]) == #"""
                # HELP a_total Two\nlines \\ and "quotes".
                # TYPE a_total counter
                a_total{x="a\"b\\c\nd"} 0.5
                a_total +Inf

                """#
        )
    }

    @Test func schema() async throws {
        let json = try await Harness().send("/api/v1/schema").json()
        let columns = try #require(json["columns"] as? [[String: Any]])
        let source = try #require(columns.first { $0["name"] as? String == "SrcAddr" })
        #expect(source["mirror"] as? String == "DstAddr")
        #expect(source["dimension"] as? Bool == true)
        #expect(source["number"] as? Int == 6)
        #expect(source["kind"] as? String == "address")
        #expect(json["units"] as? [String] == TrafficUnit.allCases.map(\.rawValue))
        #expect(TrafficUnit.allCases.count == 7)
    }

    @Test func openAPIHasEveryRoute() async throws {
        let answer = try await Harness().send("/api/v1/openapi.json")
        let json = try answer.json()
        #expect(json["openapi"] as? String == "3.1.0")
        let paths = try #require(json["paths"] as? [String: [String: Any]])
        #expect(Set(paths.keys) == Set(Endpoint.allCases.map(\.rawValue)))
        let api = WebAPI(store: Harness().store, status: FakeStatus(), options: .init(version: "1"))
        let documented = paths.flatMap { path, methods in methods.keys.map { "\($0) \(path)" } }
        let registered = api.makeRouter().routes.map { "\($0.method.rawValue.lowercased()) \($0.path)" }
        // Those that serve files.
        let files = [" /", " /docs", "**"]
        #expect(Set(documented) == Set(registered.filter { route in !files.contains(where: route.hasSuffix) }))
        let graph = try #require(paths["/api/v1/graph"]?["get"] as? [String: Any])
        let parameters = try #require(graph["parameters"] as? [[String: Any]])
        #expect(parameters.map { $0["name"] as? String } == Endpoint.graph.parameters)
        #expect(parameters.allSatisfy { ($0["description"] as? String)?.isEmpty == false })
    }
}
