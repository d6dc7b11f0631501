import FlowSchema
public import NetTypes

/// Which exporters a rule is about.
public enum ExporterMatch: Hashable, Sendable {
    /// Those with an address within the prefix.
    case address(Prefix)
    /// Those with such a name.
    case name(TextPattern)
}

/// One rule that sorts exporters, interfaces or networks into classes.
///
/// A rule with ``prefixes`` is about networks, one with ``interfaces`` about
/// interfaces (of some exporters only, where ``exporters`` says so), and all
/// others are about exporters. For each field the first rule counts that fits
/// and has a value for it.
public struct ClassRule: Hashable, Sendable {
    /// One of these has to fit; empty: any exporter.
    public var exporters: [ExporterMatch] = []
    /// One of an interface's texts has to fit one of these.
    public var interfaces: [TextPattern] = []
    /// The networks.
    public var prefixes: [Prefix] = []
    /// What is said of them; `$1` to `$9` stand for what the stars of the pattern that fits stand for.
    public var values: [ClassField: String] = [:]

    /// A rule that says nothing.
    public init() {}

    /// What it is about.
    public var subject: ClassField.Subject {
        !prefixes.isEmpty ? .network : !interfaces.isEmpty ? .interface : .exporter
    }

    /// Rules that there may be.
    public static let most = 1000
}

/// Which interfaces lead outside, and which inside, by their names.
public struct BoundaryPatterns: Hashable, Sendable {
    /// Names of interfaces that lead outside; they count before ``internal``.
    public var external: [TextPattern] = []
    /// Names of those that lead inside.
    public var `internal`: [TextPattern] = []

    /// No patterns.
    public init() {}

    /// Whether there are none.
    public var isEmpty: Bool { external.isEmpty && `internal`.isEmpty }

    /// Where an interface with these names leads.
    func boundary(of texts: [String]) -> InterfaceBoundary {
        func fits(_ patterns: [TextPattern]) -> Bool {
            patterns.contains { pattern in texts.contains { pattern.match($0) != nil } }
        }
        return fits(external) ? .external : fits(`internal`) ? .internal : .undefined
    }
}

extension ClassRule {
    /// What the rule's value for a field is for an exporter; nil when it doesn't fit or says nothing of the field.
    func value(_ field: ClassField, exporter: Prefix, names: [String]) -> String? {
        guard subject == .exporter, let value = values[field], let captures = match(exporter, names) else { return nil }
        return Self.fill(value, captures)
    }

    /// The same for an interface.
    func value(_ field: ClassField, exporter: Prefix, names: [String], interface: [String]) -> String? {
        guard subject == .interface, let value = values[field], match(exporter, names) != nil else { return nil }
        for pattern in interfaces {
            for text in interface {
                if let captures = pattern.match(text) { return Self.fill(value, captures) }
            }
        }
        return nil
    }

    /// The same for a network.
    func value(_ field: ClassField, network: Prefix) -> String? {
        guard subject == .network, let value = values[field] else { return nil }
        return prefixes.contains { $0.bits <= network.bits && $0.contains(network.first) } ? value : nil
    }

    /// The captures of the first match that fits; none where any exporter does or an address is what fits.
    private func match(_ exporter: Prefix, _ names: [String]) -> [String]? {
        if exporters.isEmpty { return [] }
        for match in exporters {
            switch match {
            case .address(let prefix):
                if prefix.bits <= exporter.bits, prefix.contains(exporter.first) { return [] }
            case .name(let pattern):
                for name in names {
                    if let captures = pattern.match(name) { return captures }
                }
            }
        }
        return nil
    }

    /// Puts captures in place; a dollar before anything but 1 to 9 is a dollar. Nil when nothing is left.
    private static func fill(_ value: String, _ captures: [String]) -> String? {
        guard value.contains("$") else { return value }
        var result = ""
        var rest = value[...]
        while let dollar = rest.firstIndex(of: "$") {
            result += rest[..<dollar]
            rest = rest[rest.index(after: dollar)...]
            guard let digit = rest.first.flatMap(\.wholeNumberValue), (1...9).contains(digit) else {
                result += "$"
                continue
            }
            rest = rest.dropFirst()
            if captures.indices.contains(digit - 1) { result += captures[digit - 1] }
        }
        result += rest
        // Of a name that an exporter sent, only what can be a value.
        let text = String(
            String.UnicodeScalarView(result.unicodeScalars.filter { $0.value >= 0x20 && $0.value != 0x7F })
        )
        return ClassField.isValue(text) ? text : nil
    }
}
