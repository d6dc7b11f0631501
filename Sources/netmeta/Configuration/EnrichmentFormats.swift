import Enrichment
import NetTypes
import Telemetry

// Formats of names, of rules for the direction, and of anonymisation.

// MARK: - Names

extension ValueFormat<String?> {
    /// A name of any words; none is written as an empty text.
    static var optionalName: Self {
        .single(
            "a name such as \"core router, Frankfurt\"",
            parse: { text throws(ValueProblem) in text.isEmpty ? .some(nil) : try readName(text) },
            text: { yamlText($0 ?? "") }
        )
    }
}

extension ValueFormat<UInt32> {
    /// A number of 32 bits that names something.
    static func number(_ what: String) -> Self {
        .single("\(what) such as 17", parse: { UInt32($0) }, text: { String($0) })
    }

    /// An AS number, with or without the letters.
    static var autonomousSystem: Self {
        .single(
            "an AS number such as 64500",
            parse: { text in UInt32(text.uppercased().hasPrefix("AS") ? text.dropFirst(2) : text[...]) },
            text: { String($0) }
        )
    }
}

extension ValueFormat<IPAddress> {
    /// A single address.
    static var address: Self {
        .single(
            "an address such as 192.0.2.1 or 2001:db8::1",
            parse: { IPAddress($0) },
            text: { yamlText($0.description) }
        )
    }
}

extension ValueFormat {
    /// A map from numbers or addresses to their descriptions, as NetMeta has it: `{17: {description: uplink}}`. A
    /// name may stand there by itself.
    static func descriptions<Name: Hashable & Comparable & Sendable>(
        _ example: String,
        names: ValueFormat<Name>
    ) -> ValueFormat where Value == [Name: String] {
        .map(
            example,
            names: names,
            values: ValueFormat<String>(
                expected: "{description: NAME}",
                shape: .map,
                parse: { raw throws(ValueProblem) in
                    if case .text(let text) = raw { return try readName(text) }
                    let described = try ValueFormat<String>.settings(
                        [Setting("description", \.self, .text("a name"), "The name.")],
                        default: ""
                    ).parse(raw)
                    guard !described.isEmpty else { throw ValueProblem("expected {description: NAME}") }
                    return try readName(described)
                },
                text: { "{description: \(yamlText($0))}" }
            )
        )
    }
}

extension ValueFormat<AutonomousSystemName> {
    /// `{name: Example, country: DE}`, or a name by itself.
    static var autonomousSystemName: Self {
        let settings = ValueFormat.settings(
            [
                Setting("name", \.name, .text("a name such as \"Example Networks\""), "What it is called."),
                Setting("country", \.country, .country, "The country it is registered in."),
            ],
            default: AutonomousSystemName(name: "")
        )
        return ValueFormat(
            expected: settings.expected,
            shape: .map,
            parse: { raw throws(ValueProblem) in
                if case .text(let text) = raw { return AutonomousSystemName(name: try readName(text)) }
                let system = try settings.parse(raw)
                guard !system.name.isEmpty else { throw ValueProblem("expected a name: {name: NAME, country: XX}") }
                _ = try readName(system.name)
                return system
            },
            text: settings.text,
            members: settings.members
        )
    }
}

extension ValueFormat<String> {
    /// A country's code.
    static var country: Self {
        .single(
            "a country's code of two letters such as DE",
            parse: { text in
                let isCode = text.isEmpty || text.utf8.count == 2 && text.allSatisfy { $0.isASCII && $0.isLetter }
                return isCode ? text.uppercased() : nil
            },
            // Quotes, since NO is a country.
            text: { "\"\($0)\"" }
        )
    }
}

/// Bytes that a name may have: it is repeated in answers.
private let mostNameBytes = 256

private func readName(_ text: String) throws(ValueProblem) -> String {
    guard !text.isEmpty else { throw ValueProblem("expected a name, found nothing") }
    guard text.utf8.count <= mostNameBytes else { throw ValueProblem("a name has at most \(mostNameBytes) bytes") }
    guard text.unicodeScalars.allSatisfy({ $0.value >= 0x20 && $0.value != 0x7F }) else {
        throw ValueProblem("a name has no control characters")
    }
    return text
}

// MARK: - Anonymisation

extension ValueFormat<Anonymization?> {
    /// Yes, no, or how many bits are kept.
    static var anonymization: Self {
        let lengths = ValueFormat<Anonymization>.settings(
            [
                Setting("ipv4", \.v4Bits, .integer("a number of bits such as 24", in: 0...32), "Bits of IPv4 kept."),
                Setting("ipv6", \.v6Bits, .integer("a number of bits such as 64", in: 0...128), "Bits of IPv6 kept."),
            ],
            default: Anonymization()
        )
        let expected = "true, false, or how many bits are kept such as {ipv4: 20, ipv6: 48}"
        return ValueFormat(
            expected: expected,
            parse: { raw throws(ValueProblem) in
                switch raw {
                case .map: return try lengths.parse(raw)
                case .text(let text):
                    guard let isOn = try? ValueFormat<Bool>.truth.parse(raw) else {
                        throw ValueProblem("expected \(expected), found '\(text)'")
                    }
                    return isOn ? Anonymization() : nil
                case .list, .items, .nothing: throw ValueProblem("expected \(expected), found \(raw.kind)")
                }
            },
            text: { $0.map { $0 == Anonymization() ? "true" : lengths.text($0) } ?? "false" }
        )
    }
}

// MARK: - Direction

extension ValueFormat<[Prefix]> {
    /// Prefixes, not more than a query can hold.
    static var localNetworks: Self {
        let prefixes = Self.prefixes
        return Self(
            expected: prefixes.expected,
            shape: .list,
            parse: { raw throws(ValueProblem) in
                let networks = try prefixes.parse(raw)
                let most = EnrichmentSettings.mostLocalNetworks
                guard networks.count <= most else {
                    throw ValueProblem(
                        "\(networks.count) prefixes are more than \(most): write those that lie together as one"
                    )
                }
                return networks
            },
            text: prefixes.text
        )
    }
}

extension ValueFormat<[IncomingRule]> {
    /// A list of maps from columns to what they must be.
    static var incomingRules: Self {
        let expected = "a list of rules such as [{SrcAS: 64500}, {DstAddrInRange: \"192.0.2.0/24\", FlowDirection: 0}]"
        return ValueFormat(
            expected: expected,
            shape: .list,
            parse: { raw throws(ValueProblem) in
                let items: [RawValue.Item]
                switch raw {
                case .items(let all): items = all
                case .list(let texts) where texts.isEmpty: items = []
                case .map: items = [RawValue.Item(value: raw)]
                case .text, .list, .nothing: throw ValueProblem("expected \(expected), found \(raw.kind)")
                }
                var rules: [IncomingRule] = []
                var problems: [ValueProblem] = []
                for (index, item) in items.enumerated() {
                    do throws(ValueProblem) {
                        rules.append(try readRule(item.value, expected: expected))
                    } catch {
                        problems.append(
                            error.within(.init(name: "\(index + 1)", value: item.value, valuePlace: item.place))
                        )
                    }
                }
                guard problems.isEmpty else { throw ValueProblem(problems) }
                return rules
            },
            text: { rules in
                let texts = rules.map { rule in "{" + rule.conditions.map(\.yaml).joined(separator: ", ") + "}" }
                return "[" + texts.joined(separator: ", ") + "]"
            }
        )
    }
}

private func readRule(_ raw: RawValue, expected: String) throws(ValueProblem) -> IncomingRule {
    guard case .map(let entries) = raw else { throw ValueProblem("expected \(expected), found \(raw.kind)") }
    var conditions: [IncomingCondition] = []
    var problems: [ValueProblem] = []
    for entry in entries {
        do throws(ValueProblem) {
            conditions.append(try readCondition(entry))
        } catch {
            problems.append(error)
        }
    }
    guard problems.isEmpty else { throw ValueProblem(problems) }
    guard !conditions.isEmpty else { throw ValueProblem("a rule without conditions would hold for every flow") }
    return IncomingRule(conditions)
}

private func readCondition(_ entry: RawValue.Entry) throws(ValueProblem) -> IncomingCondition {
    let name = entry.name
    let within = "InRange"
    do throws(ValueProblem) {
        if let subject = IncomingCondition.AddressSubject(rawValue: name) {
            return .address(subject, Prefix(try ValueFormat<IPAddress>.address.parse(entry.value), bits: 128))
        }
        if name.hasSuffix(within),
            let subject = IncomingCondition.AddressSubject(rawValue: String(name.dropLast(within.count)))
        {
            return .address(subject, try ValueFormat<Prefix>.prefix.parse(entry.value))
        }
        switch IncomingCondition.NumberSubject(rawValue: name) {
        case .flowDirection?:
            let direction = try ValueFormat<Int>.integer("0 for ingress, 1 for egress", in: 0...255).parse(entry.value)
            return .number(.flowDirection, UInt32(direction))
        case let subject?: return .number(subject, try ValueFormat<UInt32>.autonomousSystem.parse(entry.value))
        case nil: break
        }
    } catch {
        throw error.within(entry)
    }
    let addresses = IncomingCondition.AddressSubject.allCases.map(\.rawValue)
    let names = addresses + addresses.map { $0 + within } + IncomingCondition.NumberSubject.allCases.map(\.rawValue)
    let hint = nearest(to: name, among: names).map { "did you mean '\($0)'?" }
    throw ValueProblem(
        "no rule can ask for '\(name)'; \(hint ?? "there are \(names.joined(separator: ", "))")",
        at: entry.namePlace
    )
}

extension IncomingCondition {
    fileprivate var yaml: String {
        switch self {
        case .address(let subject, let prefix) where prefix.bits == 128:
            "\(subject.rawValue): \(yamlText(prefix.first.description))"
        case .address(let subject, let prefix): "\(subject.rawValue)InRange: \(yamlText(prefix.description))"
        case .number(let subject, let value): "\(subject.rawValue): \(value)"
        }
    }
}
