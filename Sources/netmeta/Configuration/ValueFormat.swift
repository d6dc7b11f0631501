import NetTypes

/// How values of a format are nested.
enum ValueShape: Sendable {
    case single
    case list
    case map
}

/// How values of one type are read and written.
struct ValueFormat<Value>: Sendable {
    /// What a value looks like, with an example.
    let expected: String
    /// How values are nested, which tells how the environment's text is cut.
    var shape = ValueShape.single
    let parse: @Sendable (RawValue) throws(ValueProblem) -> Value
    /// The value in YAML on one line, in a form that ``parse`` reads.
    let text: @Sendable (Value) -> String
    /// The entries of a map, each in YAML on one line; empty for what is no map.
    var entries: @Sendable (Value) -> [String] = { _ in [] }
    /// The settings of each entry of a map, for people.
    var members: [SettingSummary] = []

    /// A format of single values.
    static func single(
        _ expected: String,
        parse: @escaping @Sendable (String) throws(ValueProblem) -> Value?,
        text: @escaping @Sendable (Value) -> String
    ) -> ValueFormat {
        ValueFormat(
            expected: expected,
            parse: { raw throws(ValueProblem) in
                guard case .text(let string) = raw else {
                    throw ValueProblem("expected \(expected), found \(raw.kind)")
                }
                guard let value = try parse(string) else {
                    throw ValueProblem("expected \(expected), found '\(string)'")
                }
                return value
            },
            text: text
        )
    }

    /// A format of lists; one element may stand without brackets.
    static func list<Element>(
        _ expected: String,
        parse: @escaping @Sendable (String) throws(ValueProblem) -> Element?,
        text: @escaping @Sendable (Element) -> String
    ) -> ValueFormat where Value == [Element] {
        ValueFormat(
            expected: expected,
            shape: .list,
            parse: { raw throws(ValueProblem) in
                let strings: [String]
                switch raw {
                case .text(let text): strings = [text]
                case .list(let elements): strings = elements
                case .map, .items, .nothing: throw ValueProblem("expected \(expected), found \(raw.kind)")
                }
                var result: [Element] = []
                var problems: [String] = []
                for string in strings {
                    do throws(ValueProblem) {
                        if let element = try parse(string) {
                            result.append(element)
                        } else {
                            problems.append("expected \(expected), found '\(string)'")
                        }
                    } catch {
                        problems.append(error.message)
                    }
                }
                guard problems.isEmpty else { throw ValueProblem(problems.joined(separator: "; ")) }
                return result
            },
            text: { "[" + $0.map(text).joined(separator: ", ") + "]" }
        )
    }
}

/// Text that YAML reads back as the same text.
func yamlText(_ text: String) -> String {
    let isPlain =
        text.first.map { $0.isLetter || $0 == "/" || $0 == "." } ?? false
        && text.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "/._-".contains($0)) }
        && !["true", "false", "yes", "no", "on", "off", "null", "auto"].contains(text.lowercased())
    guard !isPlain else { return text }
    let escaped = text.map { character in
        switch character {
        case "\"": "\\\""
        case "\\": "\\\\"
        case "\n": "\\n"
        case "\t": "\\t"
        default: String(character)
        }
    }
    return "\"" + escaped.joined() + "\""
}

// MARK: - Addresses

extension ValueFormat<[IPEndpoint]> {
    /// Ports and addresses with ports; `off` for none.
    static var endpoints: Self {
        let list = Self.list(
            "a port such as 2055, an address with a port such as \"192.0.2.1:2055\", a list of these, or off",
            parse: readEndpoint,
            text: { $0.address == .unspecified ? "\($0.port)" : yamlText($0.description) }
        )
        return Self(
            expected: list.expected,
            shape: .list,
            parse: { raw throws(ValueProblem) in
                // YAML 1.1 programs may write the word off as false.
                if case .text(let text) = raw, ["off", "false"].contains(text) { return [] }
                return try list.parse(raw)
            },
            text: { $0.isEmpty ? "off" : list.text($0) }
        )
    }
}

extension ValueFormat<IPEndpoint> {
    /// An address with a port; a port alone is one on loopback.
    static var consoleEndpoint: Self {
        .single(
            "an address with a port such as 127.0.0.1:8080 or 0.0.0.0:8443",
            parse: { text throws(ValueProblem) in
                guard var endpoint = try readEndpoint(text) else { return nil }
                if isPort(text) { endpoint.address = IPAddress(127, 0, 0, 1) }
                return endpoint
            },
            text: { yamlText($0.description) }
        )
    }
}

extension ValueFormat<IPEndpoint?> {
    /// An address with a port, or `off` for nowhere; a port alone is one on loopback.
    static var optionalConsoleEndpoint: Self {
        let endpoint = ValueFormat<IPEndpoint>.consoleEndpoint
        return Self(
            expected: "an address with a port such as 127.0.0.1:8123, or off",
            shape: endpoint.shape,
            parse: { raw throws(ValueProblem) in
                // YAML 1.1 programs may write the word off as false.
                if case .text(let text) = raw, ["off", "false"].contains(text) { return nil }
                return try endpoint.parse(raw)
            },
            text: { $0.map(endpoint.text) ?? "off" }
        )
    }
}

private func isPort(_ text: String) -> Bool {
    !text.isEmpty && text.utf8.allSatisfy { (0x30...0x39).contains($0) }
}

private func readEndpoint(_ text: String) throws(ValueProblem) -> IPEndpoint? {
    let port = text.split(separator: ":", omittingEmptySubsequences: false).last.map(String.init) ?? ""
    if isPort(port), text == port || text == "*:\(port)" || IPAddress(text) == nil, UInt16(port) == nil {
        throw ValueProblem("port \(port) is not between 0 and 65535")
    }
    if text == port || text == "*:\(port)" {
        return UInt16(port).map { IPEndpoint(address: .unspecified, port: $0) }
    }
    return IPEndpoint(text)
}

extension ValueFormat<[Prefix]> {
    /// Prefixes and addresses.
    static var prefixes: Self {
        .list(
            "a prefix such as 192.0.2.0/24 or 2001:db8::/32, or a list of them",
            parse: readPrefix,
            text: { yamlText($0.description) }
        )
    }
}

extension ValueFormat<Prefix> {
    /// A prefix, or an address for itself alone.
    static var prefix: Self {
        .single(
            "an address or prefix such as 192.0.2.1 or 2001:db8::/32",
            parse: readPrefix,
            text: { yamlText($0.bits == 128 ? $0.first.description : $0.description) }
        )
    }
}

private func readPrefix(_ text: String) throws(ValueProblem) -> Prefix? {
    guard let prefix = Prefix(text) else { return nil }
    let written = text.split(separator: "/").first.flatMap { IPAddress(String($0)) }
    guard written == prefix.first else {
        throw ValueProblem("\(text) has bits behind its length; did you mean \(prefix)?")
    }
    return prefix
}

extension ValueFormat<[String]> {
    /// Names of hosts without ports.
    static var hostNames: Self {
        .list(
            "a host name such as netmeta.example.net, or a list of them",
            parse: { text throws(ValueProblem) in
                let isName =
                    !text.isEmpty && text.utf8.count <= 253
                    && text.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-" || $0 == ".") }
                return isName ? text.lowercased() : nil
            },
            text: yamlText
        )
    }
}

// MARK: - Text

extension ValueFormat<String> {
    /// Any text but the empty one.
    static func text(_ expected: String) -> Self {
        .single(expected, parse: { text throws(ValueProblem) in text.isEmpty ? nil : text }, text: yamlText)
    }
}

extension ValueFormat<String?> {
    /// Text, or `auto` for nil.
    static func optionalText(_ expected: String) -> Self {
        .single(
            expected,
            parse: { text throws(ValueProblem) in text.isEmpty ? nil : .some(text == "auto" ? nil : text) },
            text: { $0.map(yamlText) ?? "auto" }
        )
    }
}

extension ValueFormat where Value: RawRepresentable & CaseIterable & Sendable, Value.RawValue == String {
    /// One of the type's words.
    static var choice: Self {
        let words = Value.allCases.map(\.rawValue)
        return .single(
            "one of " + words.joined(separator: ", "),
            parse: { text throws(ValueProblem) in
                if let value = Value(rawValue: text.lowercased()) { return value }
                guard let near = nearest(to: text.lowercased(), among: words) else { return nil }
                throw ValueProblem("'\(text)' is none of \(words.joined(separator: ", ")); did you mean \(near)?")
            },
            text: \.rawValue
        )
    }
}

extension ValueFormat<Bool> {
    /// Yes or no.
    static var truth: Self {
        .single(
            "true or false",
            parse: { text in
                switch text.lowercased() {
                case "true", "on", "yes": true
                case "false", "off", "no": false
                default: nil
                }
            },
            text: { String($0) }
        )
    }
}

// MARK: - Numbers

extension ValueFormat<Int> {
    /// A whole number in a range.
    static func integer(_ expected: String, in range: ClosedRange<Int>) -> Self {
        .single(
            expected,
            parse: { text throws(ValueProblem) in
                guard let number = Int(text.replacing("_", with: "")) else { return nil }
                guard range.contains(number) else {
                    throw ValueProblem("\(text) is not between \(range.lowerBound) and \(range.upperBound)")
                }
                return number
            },
            text: { String($0) }
        )
    }

    /// A number of bytes, with or without a unit.
    static func size(in range: ClosedRange<Int>) -> Self {
        .single(
            "a size such as 512MB or 2GiB",
            parse: { text throws(ValueProblem) in
                guard let bytes = readSize(text) else { return nil }
                guard range.contains(bytes) else {
                    throw ValueProblem(
                        "\(text) is not between \(sizeText(range.lowerBound)) and \(sizeText(range.upperBound))"
                    )
                }
                return bytes
            },
            text: sizeText
        )
    }
}

extension ValueFormat<Int?> {
    /// A number of bytes as ``ValueFormat/size(in:)``, or a word for nil.
    static func optionalSize(in range: ClosedRange<Int>, none word: String) -> Self {
        let sizes = ValueFormat<Int>.size(in: range)
        return .single(
            "\(sizes.expected), or \(word)",
            parse: { text throws(ValueProblem) in
                if text == word { return .some(nil) }
                guard readSize(text) != nil else { return nil }
                return try sizes.parse(.text(text))
            },
            text: { $0.map(sizes.text) ?? word }
        )
    }
}

extension ValueFormat<Duration> {
    /// A number of seconds, or a number with ms, s or m.
    static func seconds(in range: ClosedRange<Duration>) -> Self {
        .single(
            "a number of seconds such as 1 or 0.5, or a time such as 500ms",
            parse: { text throws(ValueProblem) in
                guard let duration = readDuration(text) else { return nil }
                guard range.contains(duration) else {
                    let limits = "\(durationText(range.lowerBound)) and \(durationText(range.upperBound)) seconds"
                    throw ValueProblem("\(text) is not between \(limits)")
                }
                return duration
            },
            text: durationText
        )
    }
}

extension ValueFormat<UInt32?> {
    /// One of how many packets is observed, or `auto` for nil.
    static var samplingRate: Self {
        .single(
            "a number such as 1000 for one packet of 1000, or auto",
            parse: { text throws(ValueProblem) in
                if text == "auto" { return .some(nil) }
                guard let number = Int(text.replacing("_", with: "")) else { return nil }
                guard let rate = UInt32(exactly: number), rate > 0 else {
                    throw ValueProblem("\(text) is not between 1 and \(UInt32.max)")
                }
                return .some(rate)
            },
            text: { $0.map { String($0) } ?? "auto" }
        )
    }
}

extension ValueFormat<UInt32> {
    /// Whole seconds, written as ``ValueFormat/seconds(in:)``.
    static func wholeSeconds(upTo most: Int) -> Self {
        let durations = ValueFormat<Duration>.seconds(in: .zero...(.seconds(most)))
        let expected = "a number of seconds such as 90, or a time such as 2m"
        return .single(
            expected,
            parse: { text throws(ValueProblem) in
                guard readDuration(text) != nil else { return nil }
                let parts = try durations.parse(.text(text)).components
                guard parts.attoseconds == 0 else { throw ValueProblem("\(text) is no whole number of seconds") }
                return UInt32(parts.seconds)
            },
            text: { String($0) }
        )
    }
}

private let sizeUnits: [(name: String, bytes: Int)] = [
    ("KB", 1_000), ("MB", 1_000_000), ("GB", 1_000_000_000), ("TB", 1_000_000_000_000),
    ("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30), ("TiB", 1 << 40), ("B", 1), ("", 1),
]

private func readSize(_ text: String) -> Int? {
    let digits = text.prefix { $0.isASCII && ($0.isNumber || $0 == "." || $0 == "_") }
    let unit = text.dropFirst(digits.count).drop { $0 == " " }
    guard let factor = sizeUnits.first(where: { $0.name.lowercased() == unit.lowercased() })?.bytes,
        let number = Double(digits.replacing("_", with: "")), number.isFinite, number >= 0
    else { return nil }
    return Int(exactly: (number * Double(factor)).rounded())
}

/// The largest unit that divides the number evenly: `64MiB`, `2GB`, `1536`.
private func sizeText(_ bytes: Int) -> String {
    let fitting = sizeUnits.filter { $0.bytes > 1 && bytes >= $0.bytes && bytes % $0.bytes == 0 }
    guard let unit = fitting.max(by: { $0.bytes < $1.bytes }) else { return "\(bytes)" }
    return "\(bytes / unit.bytes)\(unit.name)"
}

private func readDuration(_ text: String) -> Duration? {
    let digits = text.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
    guard let number = Double(digits), number.isFinite, number < 1e9 else { return nil }
    let factor: Double
    switch text.dropFirst(digits.count).drop(while: { $0 == " " }) {
    case "", "s": factor = 1000
    case "ms": factor = 1
    case "m": factor = 60_000
    default: return nil
    }
    return .milliseconds(Int64((number * factor).rounded()))
}

private func durationText(_ duration: Duration) -> String {
    let parts = duration.components
    let milliseconds = parts.attoseconds / 1_000_000_000_000_000
    guard milliseconds != 0 else { return "\(parts.seconds)" }
    return "\(Double(parts.seconds) + Double(milliseconds) / 1000)"
}
