import FlowQuery
import FlowSchema
import FlowStore
import Foundation
import NetTypes
import Testing

extension EmbeddedStoreTests {
    /// What Grafana asks, on the real engine, with macros and variables replaced as Grafana and its plug-in replace them.
    @Suite struct GrafanaSQLTests {
        private static let start: UInt32 = 1_800_000_000

        @Test("every panel's SQL runs and its figures are those of the rows; variables choose flows")
        func panels() async throws {
            let folder = NSTemporaryDirectory() + "netmeta-grafana-\(UUID().uuidString)"
            defer { try? FileManager.default.removeItem(atPath: folder) }
            let store = try EmbeddedStoreTests().open(folder)
            defer { store.close() }
            try store.append(Self.rows(), token: "rows")
            try await directions(store)
            try await groups(store)
            try await relations(store)
            try await variables(store)
        }

        /// Twelve rows of 1000 bytes in 10 packets, one a second, sampled 1:100 but for the last, whose rate nobody told:
        /// eight came in, three went out, of the last nobody knows; four are UDP.
        private static func rows() -> FlowBatch {
            let batch = FlowBatch(capacity: 100)
            for row in UInt32(0)..<12 {
                let place = batch.reserve(1)
                batch.fill(.timeReceived, place, with: start + row)
                batch.fill(.timeFlowStart, place, with: start + row)
                batch.fill(.timeFlowEnd, place, with: start + row)
                batch.fill(.samplingRate, place, with: UInt32(row == 11 ? 0 : 100))
                batch.fill(.bytes, place, with: UInt64(1000))
                batch.fill(.packets, place, with: UInt64(10))
                batch.fill(.proto, place, with: UInt8(row < 4 ? 17 : 6))
                batch.fill(.eType, place, with: UInt16(0x0800))
                batch.fill(.tcpFlags, place, with: UInt8(row < 4 ? 0 : 0x12))
                batch.fill(.ipTTL, place, with: UInt8(64))
                batch.fill(.srcPort, place, with: UInt16(40_000 + row))
                batch.fill(.dstPort, place, with: UInt16(443))
                batch.fill(.srcAS, place, with: 64_500 + row % 2)
                batch.fill(.dstAS, place, with: UInt32(64_510))
                batch.fill(.inIf, place, with: UInt32(1))
                batch.fill(.outIf, place, with: UInt32(2))
                batch.fill(.vlanId, place, with: UInt16(7))
                batch.fill(.incoming, place, with: UInt8(row < 8 ? 1 : row < 11 ? 0 : 255))
                batch.fill(.srcAddr, place, with: AddressBytes(IPAddress(192, 0, 2, UInt8(row))))
                batch.fill(.dstAddr, place, with: AddressBytes(IPAddress(198, 51, 100, 7)))
                batch.fill(.nextHop, place, with: AddressBytes(IPAddress(203, 0, 113, 1)))
                batch.fill(.samplerAddress, place, with: AddressBytes(IPAddress(192, 0, 2, 99)))
            }
            batch.seal()
            return batch
        }

        /// What Grafana and the plug-in make of a text: a range of a minute in buckets of 10 s.
        private func expand(_ sql: SQLText, _ values: [GrafanaSQL.Variable: String] = [:]) -> String {
            var text = sql.text
            for variable in GrafanaSQL.Variable.allCases {
                let usual =
                    switch variable {
                    case .sampler, .interface: "'all'"
                    case .hostNames: "'yes'"
                    case .custom: "1 = 1"
                    default: "''"
                    }
                text = text.replacing("${\(variable.rawValue):sqlstring}", with: values[variable] ?? usual)
                text = text.replacing("${\(variable.rawValue):raw}", with: values[variable] ?? usual)
            }
            let from = Self.start - 20
            text = text.replacing(
                "$__timeFilter(TimeReceived)",
                with: "TimeReceived >= toDateTime(\(from)) AND TimeReceived <= toDateTime(\(from + 60))"
            )
            text = text.replacing(
                "$__timeInterval(TimeReceived)",
                with: "toStartOfInterval(toDateTime(TimeReceived), INTERVAL 10 second)"
            )
            text = text.replacing("$__interval_s", with: "10")
            #expect(!text.contains("$"), "not replaced: \(text)")
            return text
        }

        private func ask(
            _ store: EmbeddedStore,
            _ sql: SQLText,
            _ values: [GrafanaSQL.Variable: String] = [:]
        ) async throws -> QueryResult {
            try await store.query(expand(sql, values), limits: QueryLimits())
        }

        private func doubles(_ result: QueryResult, _ column: String) -> [Double] {
            (result[column]?.values ?? []).compactMap(\.number)
        }

        private func texts(_ result: QueryResult, _ column: String) -> [String] {
            (result[column]?.values ?? []).map { if case .string(let text) = $0 { text } else { "" } }
        }

        private func directions(_ store: EmbeddedStore) async throws {
            let answer = try await ask(store, GrafanaSQL.directions(.bits))
            var sums: [String: Double] = [:]
            for (series, value) in zip(texts(answer, "series"), doubles(answer, "value")) {
                sums[series, default: 0] += value * 10
            }
            // Bits: eight and three rows of 1000 bytes times 100, and one times 1.
            #expect(sums == ["in": 6_400_000, "out": -2_400_000, "direction unknown": 8000])
            let packets = try await ask(store, GrafanaSQL.directions(.packets))
            #expect(doubles(packets, "value").map { abs($0) * 10 }.reduce(0, +) == 11_010)
        }

        private func groups(_ store: EmbeddedStore) async throws {
            for panel in PanelTable.groups.flatMap(\.panels) {
                let answer = try await ask(store, GrafanaSQL.text(of: panel))
                #expect(answer.rowCount > 0, "\(panel.id) shows nothing")
                let rows: Double =
                    switch panel.direction {
                    case .in: 8
                    case .out: 3
                    case nil: panel.filter == nil ? 12 : 8
                    }
                switch panel.content {
                case .top:
                    #expect(doubles(answer, "Flows").reduce(0, +) == rows, "\(panel.id)")
                    let unsampled: Double = panel.direction == nil ? 1 : 0
                    let bytes = (rows - unsampled) * 100_000 + unsampled * 1000
                    #expect(doubles(answer, "Traffic").reduce(0, +) == bytes, "\(panel.id)")
                case .graph where panel.unit == .flows, .values:
                    #expect(doubles(answer, "value").reduce(0, +) * 10 == rows, "\(panel.id)")
                case .graph:
                    // The top 10 of twelve addresses and ports leave two out.
                    let shown = ["sources", "source-ports"].contains(panel.id) ? 10 : rows
                    let sampled = doubles(answer, "value").map { abs($0) * 10 / 8 }.reduce(0, +)
                    let exact = panel.direction != nil || shown == 10 ? shown * 100_000 : (shown - 1) * 100_000 + 1000
                    #expect(abs(sampled - exact) < 1, "\(panel.id): \(sampled)")
                }
            }
            let proto = try await ask(store, GrafanaSQL.text(of: PanelTable.groups[0].panels[0]))
            #expect(Set(texts(proto, "series")) == ["UDP in", "TCP in", "TCP out", "TCP direction unknown"])
            let flags = try #require(PanelTable.groups.flatMap(\.panels).first { $0.id == "flags" })
            #expect(texts(try await ask(store, GrafanaSQL.text(of: flags)), "series").contains("SYN ACK in"))
        }

        private func relations(_ store: EmbeddedStore) async throws {
            for relation in PanelTable.relations {
                let answer = try await ask(store, GrafanaSQL.text(of: relation))
                // What has no direction counts as inbound and as outbound.
                let known: Double = relation.without == .out ? 8 : relation.without == .in ? 3 : 11
                #expect(doubles(answer, "Bytes").reduce(0, +) == known * 100_000 + 1000, "\(relation.id)")
            }
        }

        private func variables(_ store: EmbeddedStore) async throws {
            func count(_ values: [GrafanaSQL.Variable: String]) async throws -> Double {
                doubles(try await ask(store, GrafanaSQL.count, values), "count()").first ?? -1
            }
            #expect(try await count([:]) == 12)
            let chosen: [(GrafanaSQL.Variable, String, Double)] = [
                (.sampler, "'192.0.2.99'", 12), (.sampler, "'192.0.2.98','192.0.2.99'", 12),
                (.sampler, "'192.0.2.98'", 0),
                (.interface, "'192.0.2.99 1'", 12), (.interface, "'192.0.2.99 3'", 0), (.source, "'192.0.2.3'", 1),
                (.source, "'2001:db8::1'", 0), (.destination, "'198.51.100.7'", 12), (.host, "'192.0.2.4'", 1),
                (.sourceNet, "'192.0.2.0/30'", 4), (.destinationNet, "'198.51.100.0/24'", 12),
                (.net, "'192.0.2.8/29'", 4),
                (.net, "'2001:db8::/32'", 0), (.nextHop, "'203.0.113.1'", 12), (.sourceAS, "'64501'", 6),
                (.destinationAS, "'64501'", 0), (.custom, "SrcPort = 40003", 1),
                // A quote as Grafana writes it: doubled.
                (.source, "''' OR 1 = 1 --'", 0),
            ]
            for (variable, value, rows) in chosen {
                #expect(try await count([variable: value]) == rows, "\(variable) \(value)")
            }
            for variable in GrafanaSQL.Variable.allCases {
                guard let list = variable.list else { continue }
                #expect(try await ask(store, list).rowCount > 0, "\(variable)")
            }
        }
    }
}
