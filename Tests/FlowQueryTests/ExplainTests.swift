import FlowQuery
import FlowSchema
import NetTypes
import Testing

struct ExplainTests {
    /// Traffic that a test makes up, and what the engine would answer about it.
    struct Toy {
        struct Row {
            var second: UInt64
            var source: UInt32
            var target: UInt32
            var port: UInt64 = 443
            var proto: UInt64 = 6
            var bytes: UInt64 = 1000

            func has(_ value: ExplainValue) -> Bool {
                zip(value.subject.dimensions, value.values).allSatisfy { dimension, key in
                    switch dimension.column {
                    case .srcAddr: key == Self.key(source, isNetwork: value.subject.isNetwork)
                    case .dstAddr: key == Self.key(target, isNetwork: value.subject.isNetwork)
                    case .proto: key == .number(proto)
                    default: key == .number(port)
                    }
                }
            }

            static func key(_ host: UInt32, isNetwork: Bool = false) -> KeyValue {
                .address(IPAddress(v4: 0x0A00_0000 + (isNetwork ? host & ~255 : host)))
            }
        }

        static let start: UInt64 = 1_800_000_000
        static let seconds: UInt64 = 600
        var rows: [Row] = []
        private var random = SeededRandom(seed: 5)

        /// 60 hosts beside each other, which talk to each other for twice ten minutes.
        init() {
            for second in 0..<2 * Self.seconds {
                for _ in 0..<20 { add(second, source: host(), target: host(), bytes: 500 + random.next() % 1000) }
            }
        }

        mutating func host() -> UInt32 { UInt32(1 + random.next() % 60) * 300 }

        mutating func add(
            _ second: UInt64,
            source: UInt32,
            target: UInt32,
            port: UInt64 = 443,
            proto: UInt64 = 6,
            bytes: UInt64 = 1000
        ) {
            rows.append(
                Row(second: Self.start + second, source: source, target: target, port: port, proto: proto, bytes: bytes)
            )
        }

        func answer(limit: Int = 8, only seconds: UInt64 = Toy.seconds) throws -> ExplainAnswer {
            let border = Self.start + Self.seconds
            let query = try ExplainQuery(
                Question(range: try TimeRange(from: border, to: border + seconds)),
                unit: .bits,
                limit: limit
            )
            let seen = rows.filter { $0.second >= border - seconds && $0.second < border + seconds }
            func slice(_ row: Row) -> UInt64 {
                let width = (seconds + 11) / 12
                let count = (seconds + width - 1) / width
                return row.second >= border
                    ? count + (row.second - border) / width : (row.second - (border - seconds)) / width
            }
            let totals = query.totals(
                seen.map { (slice($0), Traffic(bytes: $0.bytes, packets: 1, flows: 1), 0) }
            )
            let scan = ExplainScan(query, totals)
            let columns: [FlowColumn] = [.srcAddr, .dstAddr, .dstPort]
            let subjects = scan.subjects(Array(repeating: true, count: ExplainScan.presenceCount)).flatMap { $0 }
                .filter { columns.contains($0.column) }
            let candidates = scan.candidates(scan.values(values(seen, subjects, border, seconds), of: subjects))
            let overlaps = seen.map { row in
                ExplainOverlap(
                    mask: candidates.values.enumerated().reduce(0) { $0 | (row.has($1.1) ? 1 << UInt64($1.0) : 0) },
                    slice: Int(slice(row)),
                    amount: Double(row.bytes),
                    squares: Double(row.bytes * row.bytes)
                )
            }
            return scan.answer(candidates, overlaps)
        }

        /// Keys in the order of the subjects: k0 source, k1 target, k2 protocol, k3 port, k4 and k5 the networks.
        private func values(
            _ rows: [Row],
            _ subjects: [ExplainSubject],
            _ border: UInt64,
            _ seconds: UInt64
        ) -> [ExplainScan.ValueRow] {
            struct Key: Hashable {
                var missing: UInt64
                var values: [KeyValue]
            }
            var sums: [Key: [UInt64]] = [:]
            for row in rows {
                let keys = [
                    Row.key(row.source), Row.key(row.target), .number(row.proto), .number(row.port),
                    Row.key(row.source, isNetwork: true), Row.key(row.target, isNetwork: true),
                ]
                let place = row.second >= border ? 2 : row.second < border - seconds / 2 ? 0 : 1
                for (own, missing) in [
                    ([0], 0b01_1111), ([1], 0b10_1111), ([2, 3], 0b11_0011), ([4], 0b11_1101), ([5], 0b11_1110),
                    ([3], 0b11_1011),
                ]
                    as [([Int], UInt64)]
                {
                    let values = keys.enumerated().map { own.contains($0) ? $1 : KeyValue.number(0) }
                    sums[Key(missing: missing, values: values), default: [0, 0, 0]][place] += row.bytes
                }
            }
            return sums.map { ExplainScan.ValueRow(missing: $0.missing, keys: $0.values, sums: $1) }
        }
    }

    @Test func withoutAChangeThereIsNoCause() throws {
        let answer = try Toy().answer()
        #expect(answer.causes.isEmpty)
        #expect(answer.values.isEmpty)
        #expect(!answer.isReal)
        #expect(answer.before > 0 && abs(answer.after / answer.before - 1) < 0.05)
    }

    @Test("what merely went along with an attack is explained away, and its shares add up")
    func attack() throws {
        var toy = Toy()
        for second in 600..<1200 {
            for _ in 0..<10 { toy.add(UInt64(second), source: 90_000 + toy.host(), target: 7777, port: 53) }
        }
        let answer = try toy.answer()
        let cause = try #require(answer.causes.first)
        #expect(answer.causes.count == 1)
        #expect(cause.filter.description == "DstAddr = 10.0.30.97")
        #expect(abs(cause.change.share - 1) < 0.1)
        #expect(cause.change.before == 0 && abs(cause.change.after - 80_000) < 1)
        #expect(answer.isReal)
        // The port is the attack's alone, and named with it; the network of the victim goes without saying.
        #expect(cause.along.map(\.filter.description) == ["Proto = TCP and DstPort = 53"])
        #expect(abs(answer.rest.after / answer.rest.before - 1) < 0.05)
        // All values that changed are told as well, and overlap.
        #expect(answer.values.reduce(0) { $0 + $1.change.share } > 1.5)
    }

    @Test func anAttackOnANetworkIsTheNetwork() throws {
        var toy = Toy()
        for second in 600..<1200 {
            for _ in 0..<20 { toy.add(UInt64(second), source: toy.host(), target: 0xA000 + toy.host() % 256) }
        }
        let answer = try toy.answer()
        #expect(answer.causes.first?.filter.description == "DstAddr << 10.0.160.0/24")
        #expect(answer.causes.count == 1)
    }

    @Test func aHostThatDoubledIsNamedAtEitherEnd() throws {
        var toy = Toy()
        let host: UInt32 = 1500
        for row in toy.rows where row.second >= Toy.start + 600 && (row.source == host || row.target == host) {
            toy.rows += [row]
        }
        let answer = try toy.answer()
        let cause = try #require(answer.causes.first)
        #expect(cause.isEither)
        #expect(cause.filter.description == "Addr = 10.0.5.220")
        #expect(abs(cause.change.after / cause.change.before - 2) < 0.3)
        #expect(answer.causes.count == 1)
    }

    @Test("a port that doubled over two protocols is one cause, and of one protocol it is named with it")
    func port() throws {
        for protocols in [[6, 17], [6]] as [[UInt64]] {
            var toy = Toy()
            // Ports by the dozen, a fifth of the traffic over UDP.
            for index in toy.rows.indices {
                toy.rows[index].port = UInt64(index % 12)
                toy.rows[index].proto = index % 5 == 0 ? 17 : 6
            }
            for row in toy.rows where row.second >= Toy.start + 600 && row.port == 7 && protocols.contains(row.proto) {
                toy.rows += [row]
            }
            let answer = try toy.answer()
            #expect(
                answer.causes.map(\.filter.description)
                    == [protocols.count == 2 ? "DstPort = 7" : "Proto = TCP and DstPort = 7"]
            )
            #expect(answer.causes.allSatisfy { $0.change.share > 0.85 && $0.change.share <= 1 })
        }
    }

    @Test("no share is above the whole, though what remains of a value may change by more than all of it did")
    func shares() throws {
        var toy = Toy()
        // A network that lost one customer and, with all its others, gained half of that again.
        for second in 0..<1200 as Range<UInt64> {
            for _ in 0..<(second < 600 ? 20 : 0) { toy.add(second, source: toy.host(), target: 40_001) }
            for _ in 0..<(second < 600 ? 4 : 34) {
                toy.add(second, source: toy.host(), target: 39_936 + 70 + toy.host() / 300)
            }
        }
        let answer = try toy.answer()
        #expect(answer.causes.count > 1)
        #expect(answer.causes.map(\.change.share).max() == 1)
        #expect(answer.values.allSatisfy { $0.change.share <= 1 })
    }

    @Test("two busy hosts that begin to talk to each other are named together")
    func pair() throws {
        var toy = Toy()
        for second in 600..<1200 {
            for _ in 0..<3 { toy.add(UInt64(second), source: 900, target: 1200) }
        }
        // Both have other traffic, far more than this.
        for second in 0..<1200 {
            for _ in 0..<10 {
                toy.add(UInt64(second), source: 900, target: toy.host())
                toy.add(UInt64(second), source: toy.host(), target: 1200)
            }
        }
        let cause = try #require(try toy.answer().causes.first)
        #expect(cause.parts.count == 2)
        #expect(cause.filter.description == "SrcAddr = 10.0.3.132 and DstAddr = 10.0.4.176")
    }

    @Test("traffic that moved is told by what it left and where it went, though all together is the same")
    func moved() throws {
        var toy = Toy()
        for second in 0..<1200 {
            for _ in 0..<10 { toy.add(UInt64(second), source: toy.host(), target: second < 600 ? 40_000 : 50_000) }
        }
        let answer = try toy.answer()
        #expect(!answer.isReal)
        #expect(
            Set(answer.causes.map(\.filter.description)) == ["DstAddr = 10.0.156.64", "DstAddr = 10.0.195.80"]
        )
        #expect(answer.causes.allSatisfy { $0.change.share > 0.9 })
        #expect(answer.causes.contains { $0.change.after == 0 })
    }

    @Test("growth of all alike has no cause, though it is a change")
    func growth() throws {
        var toy = Toy()
        for index in toy.rows.indices where toy.rows[index].second >= Toy.start + 600 { toy.rows[index].bytes *= 2 }
        let answer = try toy.answer()
        #expect(answer.causes.isEmpty)
        #expect(answer.isReal)
        #expect(abs(answer.after / answer.before - 2) < 0.1)
    }

    @Test("one large flow is chance, many are a cause")
    func chance() throws {
        var toy = Toy()
        toy.add(900, source: 80_000, target: 80_001, bytes: 3_000_000)
        #expect(try toy.answer().causes.isEmpty)
        toy = Toy()
        for second in 0..<60 as Range<UInt64> {
            toy.add(600 + second * 10, source: 80_000, target: 80_001, bytes: 50_000)
        }
        #expect(try toy.answer().causes.first?.parts.contains { $0.texts == ["10.1.56.128"] } == true)
    }

    @Test func theLimitCutsTheCauses() throws {
        var toy = Toy()
        for second in 600..<1200 {
            for target in 0..<4 as Range<UInt32> {
                toy.add(UInt64(second), source: toy.host(), target: 70_000 + target * 1000, bytes: 4000)
            }
        }
        #expect(try toy.answer().causes.count == 4)
        #expect(try toy.answer(limit: 2).causes.count == 2)
    }

    @Test("a few seconds can be explained")
    func short() throws {
        var toy = Toy()
        for _ in 0..<200 { toy.add(600, source: toy.host(), target: 7777) }
        #expect(try toy.answer(only: 2).causes.first?.filter.description == "DstAddr = 10.0.30.97")
    }

    @Test func nothingGivesNothing() throws {
        var toy = Toy()
        toy.rows = []
        let answer = try toy.answer()
        #expect(answer.causes.isEmpty && answer.before == 0 && answer.after == 0 && answer.difference == 0)
    }

    @Test("whole seconds are sampled evenly, and their number is known")
    func sampling() throws {
        let query = try ExplainQuery(Question(range: try TimeRange(from: 1_800_003_600, to: 1_800_090_000)))
        let totals = query.totals([(0, Traffic(bytes: 1, packets: 1, flows: 50_000_000), 0)])
        let scan = ExplainScan(query, totals)
        #expect(scan.slices.every == 25)
        for seconds in scan.slices.seconds { #expect(abs(Double(seconds) / 288 - 1) < 0.02) }
        #expect(
            scan.overlapSQL([]).text.contains(
                "bitAnd(toUInt64(toUInt32(TimeReceived)) * 2654435769, 4294967295) < 171798691"
            )
        )
        // What is only looked for is looked for in fewer.
        #expect(scan.presenceSQL.text.contains("< 42949672"))
        // What is read is counted as the engine counts it.
        let chosen = (query.question.range.from..<query.question.range.to).count {
            $0 * 2_654_435_769 & 0xFFFF_FFFF < 171_798_691
        }
        #expect(scan.slices.seconds.dropFirst(12).reduce(0, +) == UInt64(chosen))
        // The sums are those of every second.
        #expect(!query.totalsSQL.text.contains("bitAnd"))
    }

    @Test("every subject's values make a filter that the language reads")
    func filters() throws {
        let query = try ExplainQuery(Question(range: try TimeRange(from: 600, to: 1200)))
        let scan = ExplainScan(query, query.totals([]))
        let stored = scan.subjects(Array(repeating: true, count: ExplainScan.presenceCount)).flatMap { $0 }
        let classes = scan.classes(["InterfaceClasses_source", "Cities_source", "SamplerConfig_source"])
        #expect(classes.map(\.count) == [3, 3, 1, 1])
        let subjects = stored + classes.flatMap { $0 }
        #expect(subjects.count > 60)
        for subject in subjects {
            for number in [0, 1, 6, 255] as [UInt64] {
                let values = subject.dimensions.map { dimension -> KeyValue in
                    switch dimension.column.field.kind {
                    case .address: .address(number == 0 ? .unspecified : IPAddress(192, 0, 2, 1))
                    case .text: .text(number == 0 ? "" : "edge \"\(number)\"")
                    case .boundary: .text(number == 0 ? "undefined" : "external")
                    default: .number(number)
                    }
                }
                let filter = ExplainValue(subject, values).filter
                #expect(try Filter.parse(filter.description) == filter, "\(filter)")
            }
        }
        let none = scan.subjects(Array(repeating: false, count: ExplainScan.presenceCount)).flatMap { $0 }
        #expect(Set(none.map(\.column)).isSuperset(of: [.srcAddr, .dstPort, .inIf, .dstAS]))
        #expect(!none.map(\.column).contains(.ipTTL))
    }

    @Test func whatCannotBeComparedIsRefused() throws {
        let question = Question(range: try TimeRange(from: 10_000, to: 10_600))
        #expect(try ExplainQuery(question).reference == TimeRange(from: 9400, to: 10_000))
        #expect(try ExplainQuery(question, reference: TimeRange(from: 10_600, to: 10_700)).reference.from == 10_600)
        for reference in [try TimeRange(from: 9000, to: 10_001), try TimeRange(from: 10_599, to: 12_000)] {
            #expect(throws: QueryError.self) { try ExplainQuery(question, reference: reference) }
        }
        #expect(throws: QueryError.self) { try ExplainQuery(question, limit: 0) }
        #expect(throws: QueryError.self) { try ExplainQuery(question, limit: 21) }
        let long = Question(range: try TimeRange(from: 10_000_000, to: 10_000_000 + 32 * 86400))
        #expect(throws: QueryError.self) { try ExplainQuery(long) }
        let old = Question(range: try TimeRange(from: 0, to: 600))
        #expect(throws: QueryError.self) { try ExplainQuery(old) }
    }
}
