import FlowQuery
import FlowSchema
import FlowStore
import Foundation
import NetTypes
import Testing

extension EmbeddedStoreTests {
    /// The SQL of filters and dimensions on the real engine, and every pattern and string that could break it.
    @Suite struct FilterEngineTests {
        @Test("filters select the rows that they say, on every column and with every operator")
        func engine() async throws {
            let folder = NSTemporaryDirectory() + "netmeta-filter-\(UUID().uuidString)"
            defer { try? FileManager.default.removeItem(atPath: folder) }
            let store = try EmbeddedStoreTests().open(folder)
            defer { store.close() }
            try store.append(Self.rows(), token: "rows")
            try await selects(store)
            try await everyOperator(store)
            try await everyDimension(store)
            try await strings(store)
            try await patterns(store)
        }

        /// Six rows: ports 1 to 6 to 443, the odd ones TCP with SYN, the even ones UDP; from 192.0.2.1 and so on, the
        /// last from 2001:db8::6; into interface 9 of 192.0.2.99, the last of another exporter.
        private static func rows() -> FlowBatch {
            let batch = FlowBatch(capacity: 100)
            for row in UInt16(1)...6 {
                let place = batch.reserve(1)
                batch.fill(.timeReceived, place, with: UInt32(1_800_000_000))
                batch.fill(.srcPort, place, with: row)
                batch.fill(.dstPort, place, with: UInt16(443))
                batch.fill(.proto, place, with: UInt8(row % 2 == 1 ? 6 : 17))
                batch.fill(.tcpFlags, place, with: UInt8(row % 2 == 1 ? 2 : 0))
                batch.fill(.srcAS, place, with: UInt32(row == 1 ? 0 : 64500 + UInt32(row)))
                batch.fill(.inIf, place, with: UInt32(9))
                batch.fill(.bytes, place, with: UInt64(row) * 1000)
                let v6 = IPAddress(high: 0x2001_0DB8_0000_0000, low: 6)
                let address = row == 6 ? v6 : IPAddress(192, 0, 2, UInt8(row))
                batch.fill(.srcAddr, place, with: AddressBytes(address))
                batch.fill(.dstAddr, place, with: AddressBytes(IPAddress(198, 51, 100, 7)))
                batch.fill(.samplerAddress, place, with: AddressBytes(IPAddress(192, 0, 2, row == 6 ? 98 : 99)))
            }
            batch.seal()
            return batch
        }

        /// What the server would know.
        private struct Names: FilterNames {
            func value(named name: String, in column: FlowColumn) -> NamedValue? {
                switch (name, column) {
                case ("uplink", .inIf), ("uplink", .outIf):
                    NamedValue(
                        name: name,
                        meaning: .ofExporters([.init(exporter: IPAddress(192, 0, 2, 99), number: 9)])
                    )
                case ("Example Networks", .srcAS), ("Example Networks", .dstAS):
                    NamedValue(name: name, meaning: .numbers([64502, 64503]))
                case ("edge router", .samplerAddress):
                    NamedValue(name: name, meaning: .addresses([IPAddress(192, 0, 2, 98)]))
                case ("xe-0/0/1", .inIf):
                    NamedValue(
                        name: name,
                        meaning: .ofExporters([.init(exporter: IPAddress(192, 0, 2, 97), number: 9)])
                    )
                default: nil
                }
            }

            func names(in column: FlowColumn, like text: String, limit: Int) -> [FilterName] { [] }
        }

        private func counts(_ filters: [Filter], _ store: EmbeddedStore) async throws -> [UInt64] {
            let sums: [SQLText] = filters.map { "countIf(\($0.sql))" }
            let sql: SQLText = "SELECT [\(sums, separator: ", ")] AS n FROM netmeta.flows_raw"
            let answer = try await store.query(sql.text, limits: QueryLimits())
            guard case .array(let counts) = answer["n"]?.values.first else { throw StoreError(message: "no counts") }
            return counts.compactMap(\.unsigned)
        }

        private func selects(_ store: EmbeddedStore) async throws {
            let expected: [(String, UInt64)] = [
                ("SrcPort = 1", 1), ("Port = 443", 6), ("Port != 443", 0), ("SrcPort != 1", 5),
                ("SrcPort in (1, 2, 77)", 2),
                ("SrcPort not in (1, 2)", 4), ("SrcPort between 2 and 4", 3), ("SrcPort not between 2 and 4", 3),
                ("SrcPort < 3", 2), ("SrcPort <= 3", 3), ("SrcPort > 3", 3), ("SrcPort >= 3", 4),
                ("Addr << 192.0.2.0/24", 5), ("SrcAddr !<< 192.0.2.0/24", 1), ("SrcAddr << 2001:db8::/32", 1),
                ("SrcAddr << ::/0", 6), ("SrcAddr << 0.0.0.0/0", 5), ("Addr in (192.0.2.4/31, 2001:db8::6)", 3),
                ("SrcAddr between 192.0.2.2 and 192.0.2.4", 3), ("SrcAS = unknown", 1),
                ("SrcAS in (unknown, 64502)", 2),
                ("AS = unknown", 6), ("AS != unknown", 0), ("TCPFlags has SYN", 3), ("TCPFlags has SYN+ACK", 0),
                ("TCPFlags not has SYN", 3), ("Proto = TCP and SrcPort > 1", 2),
                ("not (Proto = TCP or SrcPort = 2)", 2),
                (#"SrcPort ~ "^[12]$""#, 2), (#"SrcPort !~ "^[12]$""#, 4), (#"SrcAddr ~ "^192[.]0""#, 5),
                (#"SrcAddr like "2001:%""#, 1), (#"SrcAddr not like "192.0.2._""#, 1), (#"DstPort like "4_3""#, 6),
                ("InIf = uplink", 5), ("If = uplink", 5), ("If != uplink", 1), ("InIf in (uplink, 9)", 6),
                (#"SrcAS = "Example Networks""#, 2), (#"SamplerAddress = "edge router""#, 1),
                (#"SamplerAddress in ("edge router", 192.0.2.99)"#, 6), ("InIf = xe-0/0/1", 0),
                (#"TimeReceived = "2027-01-15T08:00:00Z""#, 6), ("TimeReceived > 1800000000", 0),
                ("Bytes >= 0x1770", 1),
                ("OutIf = unknown", 6), ("Country = unknown", 6), ("FlowType = unknown", 6), ("FlowType = 0", 6),
            ]
            let filters = try expected.map { try #require(try Filter.parse($0.0, names: Names())) }
            let found = try await counts(filters, store)
            for (index, (text, count)) in expected.enumerated() { #expect(found[index] == count, "\(text)") }
        }

        /// Every column and pair with every operator and a value of its kind: it runs, and its opposite has the other rows.
        private func everyOperator(_ store: EmbeddedStore) async throws {
            let names = FlowColumn.queryable.filter(\.isComparable).map(\.name) + Filter.Pair.allCases.map(\.rawValue)
            let values = [
                "1", "192.0.2.1", "00:11:22:33:44:55", "TCP", "IPv4", "yes", "ingress", "IPFIX", "options", "VXLAN",
                "DE",
                "external", "unknown", "\"a'\\\\\"",
            ]
            var filters: [Filter] = []
            var operators: Set<String> = []
            for name in names {
                for value in values {
                    for (operation, text) in [
                        ("=", "= \(value)"), ("!=", "!= \(value)"), ("<", "< \(value)"), ("<=", "<= \(value)"),
                        (">", "> \(value)"), (">=", ">= \(value)"), ("in", "in (\(value), \(value))"),
                        ("between", "between \(value) and \(value)"), ("~", "~ '^a\\d'"), ("like", "like '%_a'"),
                        ("<<", "<< 2001:db8::/33"), ("has", "has SYN+FIN"),
                    ] {
                        guard let filter = try? Filter.parse("\(name) \(text)"), !filters.contains(filter) else {
                            continue
                        }
                        filters += [filter, .not(filter)]
                        operators.insert(operation)
                    }
                }
            }
            #expect(operators.count == 12)
            for start in stride(from: 0, to: filters.count, by: 200) {
                let some = Array(filters[start..<min(filters.count, start + 200)])
                let found = try await counts(some, store)
                for index in stride(from: 0, to: some.count, by: 2) {
                    #expect(found[index] + found[index + 1] == 6, "\(some[index])")
                }
            }
        }

        /// What groups by each dimension, with filters of all sorts, runs.
        private func everyDimension(_ store: EmbeddedStore) async throws {
            let range = try TimeRange(from: 1_799_999_940, to: 1_800_000_060)
            for column in FlowColumn.queryable {
                guard let dimension = Dimension(column) else { continue }
                let filter = try Filter.parse("Port = 443 and \(column.name) not in (\(Self.value(column)))")
                let query = try TopQuery(Question(range: range, filter: filter), dimensions: [dimension], limit: 10)
                let answer = try await store.query(query.sql.text, limits: QueryLimits())
                #expect(answer["flows"]?.values.compactMap(\.unsigned).reduce(0, +) == 6, "\(column)")
            }
            let rows = try FlowsQuery(
                Question(range: range, filter: try Filter.parse("InIf = uplink", names: Names())),
                limit: 10
            )
            #expect(try await store.query(rows.sql.text, limits: QueryLimits()).rowCount == 5)
        }

        /// A value that no row has.
        private static func value(_ column: FlowColumn) -> String {
            switch column.field.kind {
            case .address: "203.0.113.1"
            case .mac: "00:11:22:33:44:55"
            case .text: "\"nobody\""
            case .boundary: "external"
            case .country: "DE"
            case .encapType, .locality, .flowType, .samplingSource: "3"
            default: "77"
            }
        }

        /// Strings come back as they were, whatever is in them: none leaves its quotes.
        private func strings(_ store: EmbeddedStore) async throws {
            var random = SplitMix(state: 21)
            let pieces = [
                "'", "\\", "\"", "`", "\n", "\0", "\t", "\r", ";", "--", "/*", "*/", "#", "$$", "{a:String}", "%", "_",
                "ä",
                "🙂", ")", "' OR 1 = 1 --", "\\'", "\u{2019}", "\u{1}", "''", "\\x41", "\\N", "\u{FEFF}", "x",
            ]
            let strings = (0..<400).map { _ in
                (0..<Int.random(in: 0...8, using: &random)).map { _ in pieces.randomElement(using: &random) ?? "" }
                    .joined()
            }
            let literals: [SQLText] = strings.map { "\(string: $0)" }
            let sql: SQLText = "SELECT arrayJoin([\(literals, separator: ", ")]) AS s"
            let answer = try await store.query(sql.text, limits: QueryLimits())
            #expect(answer["s"]?.values == strings.map(ResultValue.string))
            // The same within filters: none of them is equal to what a row has, and none is an error.
            let filters = strings.map { Filter.match(.init(.column(.exporterRole), .oneOf([.text($0 + "x")]))) }
            #expect(try await counts(filters, store).allSatisfy { $0 == 0 })
        }

        /// The parser refuses the patterns that the engine can't compile, and no others.
        private func patterns(_ store: EmbeddedStore) async throws {
            var random = SplitMix(state: 22)
            let pieces = [
                "a", "b", "(", ")", "(?:", "(?i)", "(?P<n>", "[", "]", "[^", "-", "|", "*", "+", "?", "{2}", "{2,1}",
                "{3,}", "{",
                "}", "{1001}", "{30}", "^", "$", ".", "\\d", "\\w", "\\b", "\\1", "\\y", "\\x41", "\\x{41}", "\\x",
                "\\012",
                "\\.",
                "\\pL", "\\p{Greek}", "\\p{", "[:alpha:]", "[[:alpha:]]", "[[:nix:]]", "ä", "\\Q", "\\E", "\\", "z-a",
                "a-z", "(?-i:", "(?",
                "\\A", "\\z", "\\Z", "\\C", "\\_", "\\-", ",", "(?<m>", "(?=", "(?<=",
            ]
            var outcomes: [Bool: Int] = [:]
            for _ in 0..<200 {
                let pattern = (0..<Int.random(in: 1...5, using: &random)).map { _ in
                    pieces.randomElement(using: &random) ?? ""
                }.joined()
                let test = Filter.match(.init(.column(.srcPort), .matches(pattern)))
                let isTaken = (try? Filter.parse(test.description)) != nil
                outcomes[isTaken, default: 0] += 1
                // Texts without special characters aren't compiled: the empty way before makes sure that all are.
                let sql: SQLText = "SELECT match(materialize('ab'), \(string: "(?:)|" + pattern))"
                do {
                    _ = try await store.query(sql.text, limits: QueryLimits())
                    #expect(isTaken, "the engine takes \(pattern)")
                } catch let error as StoreError {
                    #expect(error.code == 427 && !isTaken, "\(pattern): \(error)")
                }
            }
            #expect(outcomes.count == 2 && outcomes.values.allSatisfy { $0 > 30 })
        }

        private struct SplitMix: RandomNumberGenerator {
            var state: UInt64

            mutating func next() -> UInt64 {
                state &+= 0x9E37_79B9_7F4A_7C15
                var z = state
                z = (z ^ z >> 30) &* 0xBF58_476D_1CE4_E5B9
                z = (z ^ z >> 27) &* 0x94D0_49BB_1331_11EB
                return z ^ z >> 31
            }
        }
    }
}
