import Enrichment
import NetTypes

// Formats of patterns for names, and of rules that sort things into classes.

extension ValueFormat<[TextPattern]> {
    /// Patterns for names.
    static var patterns: Self {
        .list(
            "a pattern for names such as \"Transit: *\", or a list of them",
            parse: { text throws(ValueProblem) in TextPattern(text) },
            text: { yamlText($0.text) }
        )
    }
}

extension ValueFormat<[ExporterMatch]> {
    /// Addresses, prefixes, and patterns for names.
    static var exporterMatches: Self {
        .list(
            "an address, a prefix, a pattern for names such as edge-*, or a list of these",
            parse: { text throws(ValueProblem) in
                // With a slash or colons it is meant as a prefix, and bits behind its length are a slip.
                if IPAddress(text) != nil || Prefix(text) != nil {
                    return .address(try ValueFormat<Prefix>.prefix.parse(.text(text)))
                }
                return TextPattern(text).map(ExporterMatch.name)
            },
            text: { match in
                switch match {
                case .address(let prefix): ValueFormat<Prefix>.prefix.text(prefix)
                case .name(let pattern): yamlText(pattern.text)
                }
            }
        )
    }
}

extension ValueFormat<BoundaryPatterns> {
    /// Patterns for both sides.
    static var boundary: Self {
        .settings(
            [
                Setting("external", \.external, .patterns, "Names of interfaces that lead out of the network."),
                Setting("internal", \.internal, .patterns, "Names of interfaces that lead into it."),
            ],
            default: BoundaryPatterns()
        )
    }
}

extension ValueFormat<String?> {
    /// The value of a class; none is written as an empty text.
    static func classValue(_ example: String) -> Self {
        .single(
            "a text of at most \(ClassField.mostBytes) bytes such as \(example)",
            parse: { text throws(ValueProblem) in ClassField.isValue(text) ? .some(text) : nil },
            text: { yamlText($0 ?? "") }
        )
    }
}

extension ValueFormat<[ClassRule]> {
    /// A list of rules.
    static var classRules: Self {
        let rule = ValueFormat<ClassRule>.classRule
        let expected =
            "a list of rules such as [{exporter: \"edge-*\", role: edge}, {interface: \"IX *\", provider: $1}]"
        return ValueFormat(
            expected: expected,
            // In the environment it is YAML, too: a rule has commas of its own.
            shape: .map,
            parse: { raw throws(ValueProblem) in
                let items: [RawValue.Item]
                switch raw {
                case .items(let all): items = all
                case .list(let texts) where texts.isEmpty: items = []
                case .nothing: items = []
                case .map: items = [RawValue.Item(value: raw)]
                case .text, .list: throw ValueProblem("expected \(expected), found \(raw.kind)")
                }
                guard items.count <= ClassRule.most else {
                    throw ValueProblem("\(items.count) rules are more than \(ClassRule.most)")
                }
                var rules: [ClassRule] = []
                var problems: [ValueProblem] = []
                for (index, item) in items.enumerated() {
                    do throws(ValueProblem) {
                        rules.append(try rule.parse(item.value))
                    } catch {
                        problems.append(
                            error.within(.init(name: "\(index + 1)", value: item.value, valuePlace: item.place))
                        )
                    }
                }
                guard problems.isEmpty else { throw ValueProblem(problems) }
                return rules
            },
            text: { rules in "[" + rules.map(rule.text).joined(separator: ", ") + "]" },
            members: rule.members
        )
    }
}

extension ValueFormat<ClassRule> {
    /// What a rule is about, and what it says.
    fileprivate static var classRule: Self {
        let settings = ValueFormat.settings(
            [
                Setting("exporter", \.exporters, .exporterMatches, "The exporters, by address, prefix or name."),
                Setting("interface", \.interfaces, .patterns, "The interfaces, by their names and descriptions."),
                Setting("prefix", \.prefixes, .prefixes, "The networks."),
                Setting("name", \.values[.name], .classValue("\"Example Ltd\""), "What networks are called."),
                Setting("group", \.values[.group], .classValue("backbone"), "A group of exporters."),
                Setting("role", \.values[.role], .classValue("edge"), "What exporters or networks are for."),
                Setting("site", \.values[.site], .classValue("fra1"), "Where exporters or networks are."),
                Setting("region", \.values[.region], .classValue("eu"), "The region that the site is in."),
                Setting("tenant", \.values[.tenant], .classValue("acme"), "Whose exporters or networks they are."),
                Setting("provider", \.values[.provider], .classValue("$1"), "Who is at the other end of interfaces."),
                Setting("connectivity", \.values[.connectivity], .classValue("transit"), "What interfaces are for."),
            ],
            default: ClassRule()
        )
        return ValueFormat(
            expected: settings.expected,
            shape: .map,
            parse: { raw throws(ValueProblem) in
                let rule = try settings.parse(raw)
                if let problem = problem(rule) { throw ValueProblem(problem) }
                return rule
            },
            text: settings.text,
            members: settings.members
        )
    }

    private static func problem(_ rule: ClassRule) -> String? {
        if !rule.prefixes.isEmpty, !rule.exporters.isEmpty || !rule.interfaces.isEmpty {
            return "a rule about a prefix has neither exporter nor interface; make two rules of it"
        }
        let fields = rule.subject.fields
        let words = fields.map(\.rawValue).joined(separator: ", ")
        let subject = rule.subject == .network ? "prefix" : rule.subject.rawValue
        if rule.values.isEmpty { return "the rule says nothing of the \(subject); give it one of \(words)" }
        guard let wrong = ClassField.allCases.first(where: { rule.values[$0] != nil && !fields.contains($0) }) else {
            return nil
        }
        return "a rule about an \(subject) can't say '\(wrong.rawValue)'; there are \(words)"
            .replacing("an prefix", with: "a prefix")
    }
}

/// The keys of lists and rules about names, in the section `enrichment`.
enum NameKeys {
    static let all: [ConfigurationKey] = [
        ConfigurationKey(
            "enrichment",
            "names",
            \.enrichment.nameFiles,
            .paths,
            reloadable: true,
            """
            Files with names of exporters, interfaces, VLANs, hosts, ASes and prefixes, and with their classes: lines \
            below a head such as kind,sampler,id,name,role (Docs/names.md). The first that knows something counts, \
            and what the configuration says before all. Lists in the folder names of the data folder come after these.
            """
        ),
        ConfigurationKey(
            "enrichment",
            "boundary",
            \.enrichment.boundary,
            .boundary,
            reloadable: true,
            """
            Which interfaces lead out of the network and which into it, by patterns for their names and \
            descriptions: InIfBoundary and OutIfBoundary, and Incoming where neither rules nor localNetworks tell.
            """
        ),
        ConfigurationKey(
            "enrichment",
            "classes",
            \.enrichment.classes,
            .classRules,
            reloadable: true,
            """
            Rules that sort exporters, interfaces and prefixes into groups, roles, sites, regions, tenants, providers \
            and kinds of connectivity. For each of these the first rule counts that fits and says it.
            """
        ),
    ]
}

extension ValueFormat<[String]> {
    /// Paths of files.
    static var paths: Self {
        let list = ValueFormat.list(
            "a file such as /etc/netmeta/names.csv, or a list of them",
            parse: { text throws(ValueProblem) in
                guard !text.contains("://") else {
                    throw ValueProblem("'\(text)' isn't a file; fetch it to one and name that")
                }
                return !text.isEmpty && text.utf8.count <= 1024 ? text : nil
            },
            text: { (path: String) in yamlText(path) }
        )
        return Self(
            expected: list.expected,
            shape: .list,
            parse: { raw throws(ValueProblem) in
                let paths = try list.parse(raw)
                guard paths.count <= 32 else { throw ValueProblem("\(paths.count) files are more than 32") }
                guard Set(paths).count == paths.count else { throw ValueProblem("a file is there twice") }
                return paths
            },
            text: list.text
        )
    }
}
