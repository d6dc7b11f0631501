import Glibc
import Yams

/// Where a value came from.
enum ValueOrigin: Sendable, Equatable, CustomStringConvertible {
    case `default`
    case file(path: String, line: Int)
    case environment(String)
    /// The default of ``Configuration/Store/profile``.
    case profile(String)

    var description: String {
        switch self {
        case .default: "default"
        case .file(let path, let line): "\(path):\(line)"
        case .environment(let name): "environment \(name)"
        case .profile(let name): "profile \(name)"
        }
    }
}

/// A configuration with the origin of each of its values.
struct LoadedConfiguration: Sendable {
    var configuration = Configuration()
    /// By path (`store.memory`); a key without an entry has its default.
    var origins: [String: ValueOrigin] = [:]
    /// The file that was read, if there was one.
    var file: String?

    /// Where the value of a key came from.
    func origin(of key: ConfigurationKey) -> ValueOrigin { origins[key.path] ?? .default }
}

/// All that is wrong with a configuration, one line each.
struct ConfigurationProblems: Error, Sendable, CustomStringConvertible {
    let lines: [String]

    var description: String { lines.joined(separator: "\n") }
}

/// Reads the configuration: defaults, then the file, then the environment.
struct ConfigurationLoader {
    /// Files that are read when none is named, the first that exists.
    static let usualFiles = ["netmeta.yaml", "/etc/netmeta/netmeta.yaml"]

    private var loaded = LoadedConfiguration()
    private var problems: [String] = []
    /// Where the values of keys stand, for what is wrong with several of them together.
    private var places: [String: String] = [:]
    /// Keys whose values are wrong by themselves.
    private var failed: Set<String> = []

    private init() {}

    /// Loads the file named, or the first of ``usualFiles``, or none.
    ///
    /// - Throws: ``ConfigurationProblems`` with all of them at once.
    static func load(
        file: String?,
        environment: [String: String] = processEnvironment()
    ) throws(ConfigurationProblems) -> LoadedConfiguration {
        let path = file ?? usualFiles.first { access($0, F_OK) == 0 }
        guard let path else { return try load(yaml: nil, file: "", environment: environment) }
        let text: String
        do {
            text = try readText(path)
        } catch {
            throw ConfigurationProblems(lines: [error.description])
        }
        return try load(yaml: text, file: path, environment: environment)
    }

    /// Loads from text that is already there; `file` is its name in messages.
    static func load(
        yaml: String?,
        file: String,
        environment: [String: String]
    ) throws(ConfigurationProblems) -> LoadedConfiguration {
        var loader = ConfigurationLoader()
        if let yaml {
            loader.loaded.file = file
            loader.read(yaml: yaml, file: file)
        }
        loader.read(environment: environment)
        loader.applyProfile()
        loader.checkTogether()
        guard loader.problems.isEmpty else { throw ConfigurationProblems(lines: loader.problems) }
        return loader.loaded
    }

    /// Gives keys that nobody set the defaults of the profile.
    private mutating func applyProfile() {
        let profile = loaded.configuration.store.profile
        let defaults = Configuration.defaults(profile)
        for key in ConfigurationKey.all where loaded.origins[key.path] == nil {
            let text = key.setting.text(defaults)
            guard text != key.setting.text(loaded.configuration) else { continue }
            do throws(ValueProblem) {
                try key.setting.set(.text(text), &loaded.configuration)
                loaded.origins[key.path] = .profile(profile.rawValue)
            } catch {
                problems.append("store.profile: \(key.path): \(error.message)")
            }
        }
    }

    /// What is wrong with several values together; told when each of them is right by itself.
    private mutating func checkTogether() {
        guard !failed.contains(where: { $0.hasPrefix("auth.") || $0.hasPrefix("console.tls") }) else { return }
        for (key, problem) in loaded.configuration.conflicts {
            problems.append((places[key].map { "\($0): " } ?? "") + problem)
        }
    }

    /// The variables of this process that begin with `NETMETA_`.
    static func processEnvironment() -> [String: String] {
        var result: [String: String] = [:]
        var next = environ
        while let entry = next.pointee {
            let parts = String(cString: entry).split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            if parts.count == 2, parts[0].hasPrefix("NETMETA_") { result[String(parts[0])] = String(parts[1]) }
            next += 1
        }
        return result
    }
}

// MARK: - The file

extension ConfigurationLoader {
    private mutating func read(yaml: String, file: String) {
        let root: Node?
        do {
            root = try Yams.compose(yaml: yaml)
        } catch let error as YamlError {
            problems += Self.lines(of: error, yaml: yaml, file: file)
            return
        } catch {
            problems.append("\(file): \(error)")
            return
        }
        guard let root, !root.isNull else { return }
        guard let mapping = root.mapping else {
            let names = ConfigurationSection.all.map(\.name).joined(separator: ", ")
            let found = Self.rawValue(root).kind
            problems.append("\(Self.place(root, file)): expected sections (\(names)), found \(found)")
            return
        }
        for (key, value) in mapping { read(section: key, value: value, file: file) }
    }

    private mutating func read(section key: Node, value: Node, file: String) {
        let name = key.scalar?.string ?? ""
        guard let section = ConfigurationSection.all.first(where: { $0.name == name }) else {
            let sections = ConfigurationSection.all.map(\.name)
            var line = "\(Self.place(key, file)): unknown section '\(name)'"
            if let near = nearest(to: name, among: sections) {
                line += "; did you mean '\(near)'?"
            } else if let home = Self.section(withKey: name) {
                line += "; did you mean '\(name)' in the section '\(home)'?"
            } else {
                line += "; there are \(sections.joined(separator: ", "))"
            }
            problems.append(line)
            return
        }
        // A section whose keys are all commented out is no value at all.
        guard !value.isNull else { return }
        if let key = section.ownKey {
            set(key, to: value, file: file)
            return
        }
        guard let mapping = value.mapping else {
            let names = section.keys.map(\.name).joined(separator: ", ")
            let found = Self.rawValue(value).kind
            problems.append("\(Self.place(value, file)): expected keys of '\(name)' (\(names)), found \(found)")
            return
        }
        for (key, value) in mapping { read(key: key, value: value, section: section, file: file) }
    }

    private mutating func read(key node: Node, value: Node, section: ConfigurationSection, file: String) {
        let name = node.scalar?.string ?? ""
        guard let key = section.keys.first(where: { $0.name == name }) else {
            var line = "\(Self.place(node, file)): unknown key '\(section.name).\(name)'"
            if let near = nearest(to: name, among: section.keys.map(\.name)) {
                line += "; did you mean '\(near)'?"
            } else if let home = Self.section(withKey: name) {
                line += "; did you mean '\(name)' in the section '\(home)'?"
            } else {
                line += "; there are \(section.keys.map(\.name).joined(separator: ", "))"
            }
            problems.append(line)
            return
        }
        set(key, to: value, under: node, file: file)
    }

    /// - Parameter node: the key's name, which stands for an empty value's place.
    private mutating func set(_ key: ConfigurationKey, to value: Node, under node: Node? = nil, file: String) {
        let place = value.mark ?? node?.mark
        do throws(ValueProblem) {
            try key.setting.set(Self.rawValue(value), &loaded.configuration)
            loaded.origins[key.path] = .file(path: file, line: (node?.mark ?? value.mark)?.line ?? 1)
            places[key.path] = "\(place.map { "\(file):\(TextPlace($0))" } ?? file): \(key.path)"
        } catch {
            failed.insert(key.path)
            for detail in error.details {
                let path = ([key.path] + detail.path).joined(separator: ".")
                let start = (detail.place ?? place.map(TextPlace.init)).map { "\(file):\($0)" } ?? file
                problems.append("\(start): \(path): \(detail.message)")
            }
        }
    }

    /// The section that has a key of that name.
    private static func section(withKey name: String) -> String? {
        ConfigurationKey.all.first { !name.isEmpty && $0.name == name }?.section
    }

    private static func rawValue(_ node: Node) -> RawValue {
        if node.isNull { return .nothing }
        if let scalar = node.scalar { return .text(scalar.string) }
        if let mapping = node.mapping {
            return .map(
                mapping.map { key, value in
                    RawValue.Entry(
                        name: key.scalar?.string ?? "",
                        namePlace: key.mark.map(TextPlace.init),
                        value: rawValue(value),
                        valuePlace: value.mark.map(TextPlace.init)
                    )
                }
            )
        }
        let elements = Array(node.sequence ?? [])
        let texts = elements.compactMap { $0.isNull ? nil : $0.scalar?.string }
        guard texts.count < elements.count else { return .list(texts) }
        return .items(elements.map { RawValue.Item(value: rawValue($0), place: $0.mark.map(TextPlace.init)) })
    }

    private static func place(_ node: Node, _ file: String) -> String {
        guard let mark = node.mark else { return file }
        return "\(file):\(mark.line):\(mark.column)"
    }

    /// What the YAML parser reports, in the same form as our own problems.
    private static func lines(of error: YamlError, yaml: String, file: String) -> [String] {
        switch error {
        case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
            .composer(_, let problem, let mark, _):
            return ["\(file):\(mark.line):\(mark.column): not valid YAML: \(problem)"]
        case .duplicatedKeysInMapping(let duplicates, let context):
            return duplicates.sorted().map { key in
                let place =
                    secondPlace(of: key, yaml: yaml, from: context.mark.line)
                    ?? secondPlace(of: key, yaml: yaml, from: 1) ?? "\(context.mark.line)"
                return "\(file):\(place): the key '\(key)' occurs twice"
            }
        default:
            return ["\(file): not valid YAML: \(error)"]
        }
    }
}

extension ConfigurationLoader {
    /// Line and column of the second of two keys in block style. The parser
    /// tells only where the first duplicated key of all stands, `start`.
    private static func secondPlace(of key: String, yaml: String, from start: Int) -> String? {
        let lines = yaml.split(separator: "\n", omittingEmptySubsequences: false)
        var first: Int?
        for (index, line) in lines.enumerated().dropFirst(max(start - 1, 0)) {
            let indent = line.prefix { $0 == " " }.count
            guard line.dropFirst(indent).hasPrefix("\(key):") else { continue }
            if first == indent { return "\(index + 1):\(indent + 1)" }
            first = first ?? indent
        }
        return nil
    }
}

extension TextPlace {
    fileprivate init(_ mark: Mark) {
        self.init(line: mark.line, column: mark.column)
    }
}

extension Node {
    /// Whether nothing stands there, or `~` or `null`.
    fileprivate var isNull: Bool {
        guard let scalar, scalar.style == .any || scalar.style == .plain else { return false }
        return ["", "~", "null", "Null", "NULL"].contains(scalar.string)
    }
}

// MARK: - The environment

extension ConfigurationLoader {
    private mutating func read(environment: [String: String]) {
        var sources: [String: String] = [:]
        for (name, value) in environment.sorted(by: { $0.key < $1.key }) {
            // Only names of our sections: other programs around us may use the prefix.
            guard let section = ConfigurationSection.all.first(where: { Self.isVariable(name, of: $0) }) else {
                continue
            }
            guard let key = section.keys.first(where: { Self.folded($0.environmentName) == Self.folded(name) }) else {
                var line = "\(name): there is no such setting"
                if let near = nearest(to: name, among: section.keys.map(\.environmentName)) {
                    line += "; did you mean \(near)?"
                }
                problems.append(line)
                continue
            }
            if let other = sources.updateValue(name, forKey: key.path) {
                problems.append("\(name): \(other) sets the same value")
                continue
            }
            set(key, from: name, value: value)
        }
    }

    private mutating func set(_ key: ConfigurationKey, from name: String, value: String) {
        do throws(ValueProblem) {
            try key.setting.set(Self.rawValue(value, key.setting.shape), &loaded.configuration)
            loaded.origins[key.path] = .environment(name)
            places[key.path] = name
        } catch {
            failed.insert(key.path)
            for detail in error.details {
                let path = detail.path.isEmpty ? "" : detail.path.joined(separator: ".") + ": "
                problems.append("\(name): \(path)\(detail.message)")
            }
        }
    }

    /// The text of a variable: lists have commas, maps are YAML on one line.
    private static func rawValue(_ text: String, _ shape: ValueShape) throws(ValueProblem) -> RawValue {
        switch shape {
        case .single: return .text(trimmed(text[...]))
        case .list:
            let elements = text.split(separator: ",", omittingEmptySubsequences: false).map { trimmed($0) }
            return text.isEmpty ? .list([]) : elements.count == 1 ? .text(elements[0]) : .list(elements)
        case .map:
            do {
                return try Yams.compose(yaml: text).map(rawValue) ?? .nothing
            } catch YamlError.duplicatedKeysInMapping(let duplicates, _) {
                throw ValueProblem("the key '\(duplicates.sorted().joined(separator: "', '"))' occurs twice")
            } catch {
                throw ValueProblem("not YAML on one line, such as {192.0.2.1: {samplingRate: 1000}}")
            }
        }
    }

    private static func isVariable(_ name: String, of section: ConfigurationSection) -> Bool {
        let start = "NETMETA_\(section.name.uppercased())"
        return name.hasPrefix(start + "_") || (section.ownKey != nil && name == start)
    }

    private static func folded(_ name: String) -> String { name.replacing("_", with: "") }

    private static func trimmed(_ text: Substring) -> String {
        var text = text.drop { $0 == " " || $0 == "\t" }
        while let last = text.last, last == " " || last == "\t" { text.removeLast() }
        return String(text)
    }
}
