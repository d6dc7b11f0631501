import FlowQuery
import FlowSchema
import NetTypes

/// Filters as the parser could have made them.
struct RandomFilter {
    var random: SeededRandom

    mutating func filter(depth: Int = 4) -> Filter {
        switch depth == 0 ? 9 : Int.random(in: 0...9, using: &random) {
        case 0, 1: .and(parts(depth))
        case 2, 3: .or(parts(depth))
        case 4: .not(filter(depth: depth - 1))
        default: .match(match())
        }
    }

    private mutating func parts(_ depth: Int) -> [Filter] {
        (0..<Int.random(in: 2...4, using: &random)).map { _ in filter(depth: depth - 1) }
    }

    private mutating func match() -> Filter.Match {
        let columns = FlowColumn.queryable.filter(\.isComparable).map(Filter.Subject.column)
        let subjects = columns + Filter.Pair.allCases.map(Filter.Subject.either)
        let subject = subjects[Int.random(in: 0..<subjects.count, using: &random)]
        let kind = subject.field.kind
        let isNegated = Bool.random(using: &random)
        let isOrdered = [.time, .counter, .number, .asn, .port, .interface].contains(kind)
        let hasText = ![.time, .direction, .incoming, .tcpFlags].contains(kind)
        switch Int.random(in: 0...6, using: &random) {
        case 0 where isOrdered:
            let number = number(subject)
            let tests: [Filter.Test] = [.less(number), .atMost(number), .greater(number), .atLeast(number)]
            return .init(subject, tests.randomElement(using: &random) ?? .less(number))
        case 1:
            let values = (0..<Int.random(in: 1...5, using: &random)).map { _ in value(subject, inList: true) }
            return .init(subject, isNegated: isNegated, .oneOf(values))
        case 2 where isOrdered:
            let ends = [number(subject), number(subject)].sorted()
            return .init(subject, isNegated: isNegated, .between(.number(ends[0]), .number(ends[1])))
        case 2 where kind == .address:
            let ends = [address(), address()].sorted()
            return .init(subject, isNegated: isNegated, .between(.address(ends[0]), .address(ends[1])))
        case 3 where kind == .address: return .init(subject, isNegated: isNegated, .within(prefix()))
        case 4 where hasText: return .init(subject, isNegated: isNegated, pattern(Filter.Test.matches))
        case 5 where hasText: return .init(subject, isNegated: isNegated, pattern(Filter.Test.like))
        case 6 where kind == .tcpFlags:
            return .init(subject, isNegated: isNegated, .has(.random(in: 1...255, using: &random)))
        default: return .init(subject, isNegated: isNegated, .equals(value(subject)))
        }
    }

    private mutating func value(_ subject: Filter.Subject, inList: Bool = false) -> Filter.Value {
        let kind = subject.field.kind
        let hasUnknown = ![.time, .counter, .number, .tcpFlags].contains(kind)
        if hasUnknown, Int.random(in: 0...4, using: &random) == 0 { return .unknown }
        if let known = SomeNames.all.last(where: { $0.column == subject.columns[0] }),
            Int.random(in: 0...4, using: &random) == 0
        {
            return .named(known.value)
        }
        if kind == .text { return .text(string()) }
        if kind == .boundary { return .text(InterfaceBoundary.allCases.randomElement(using: &random)?.name ?? "") }
        guard kind == .address else { return .number(number(subject)) }
        return inList && Bool.random(using: &random) ? .prefix(prefix()) : .address(address())
    }

    private mutating func number(_ subject: Filter.Subject) -> UInt64 {
        let most: UInt64 =
            switch subject.columns[0].storage {
            case .uint8: 0xFF
            case .uint16: 0xFFFF
            case .uint32: 0xFFFF_FFFF
            case .uint64, .bytes16, .variable: subject.field.kind == .mac ? 0xFFFF_FFFF_FFFF : .max
            }
        return Bool.random(using: &random)
            ? .random(in: 0...min(most, 300), using: &random) : .random(in: 0...most, using: &random)
    }

    private mutating func address() -> IPAddress {
        Bool.random(using: &random)
            ? IPAddress(v4: .random(in: 0 ... .max, using: &random))
            : IPAddress(high: .random(in: 0 ... .max, using: &random), low: .random(in: 0...2, using: &random))
    }

    private mutating func prefix() -> Prefix {
        let address = address()
        return Prefix(address, bits: .random(in: address.isV4 ? 96...127 : 0...127, using: &random))
    }

    /// A pattern that the engine could compile: of strange strings only some are.
    private mutating func pattern(_ test: (String) -> Filter.Test) -> Filter.Test {
        for _ in 0..<8 {
            let test = test(string())
            let filter = Filter.match(.init(.column(.srcPort), test))
            if (try? Filter.parse(filter.description)) != nil { return test }
        }
        return test("^8.*%")
    }

    /// Strings full of what could break out of a literal.
    mutating func string() -> String {
        let pieces = [
            "'", "\\", "\"", "`", "\n", "\0", "\t", ";", "--", "/*", "*/", "#", "$$", "{a:String}", "a", "%", "_", "ä",
            "🙂",
            ")", "' OR 1 = 1 --", "\\'", "\u{2019}", "\r", "\u{1}", "é",
        ]
        return (0..<Int.random(in: 0...8, using: &random)).map { _ in pieces.randomElement(using: &random) ?? "" }
            .joined()
    }
}
