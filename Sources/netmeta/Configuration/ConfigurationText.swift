/// The configuration as text for people, rendered from the key table.
enum ConfigurationText {
    /// A file with every key, its meaning, default and variable; all values
    /// are commented out, so that it changes nothing until edited.
    static func defaultFile() -> String {
        let defaults = Configuration()
        var lines = [
            "# Configuration of netmeta. Every key is optional; what is commented out shows the default.",
            "# The environment overrides the file: the variable stands behind each key.",
        ]
        for section in ConfigurationSection.all {
            lines += ["", "# \(section.documentation)"]
            if section.ownKey == nil { lines.append("\(section.name):") }
            for key in section.keys {
                let indent = key.name.isEmpty ? "" : "  "
                let words = paragraphs(key).flatMap { wrapped($0, width: 76) }
                lines += words.map { "\(indent)# \($0)" }
                let name = key.name.isEmpty ? section.name : key.name
                lines.append("\(indent)#\(name): \(key.setting.text(defaults))  # \(key.environmentName)")
            }
        }
        return lines.joined(separator: "\n") + "\n"
    }

    /// The values in force, and where each came from.
    static func effective(_ loaded: LoadedConfiguration) -> String {
        var lines: [String] = []
        for section in ConfigurationSection.all {
            if section.ownKey == nil { lines.append("\(section.name):") }
            for key in section.keys {
                let name = key.name.isEmpty ? section.name : "  \(key.name)"
                let origin = "  # \(loaded.origin(of: key))"
                let entries = key.setting.entries(loaded.configuration)
                if entries.isEmpty {
                    lines.append("\(name): \(key.setting.text(loaded.configuration))\(origin)")
                } else {
                    lines.append("\(name):\(origin)")
                    lines += entries.map { "\(key.name.isEmpty ? "  " : "    ")\($0)" }
                }
            }
        }
        return lines.joined(separator: "\n") + "\n"
    }

    /// Docs/configuration.md.
    static func markdown() -> String {
        let defaults = Configuration()
        var lines = [
            "<!-- Rendered by `netmeta config default --as markdown`; edit Sources/netmeta/Configuration instead. -->",
            "# Configuration",
            "",
            "One YAML file, named with `--config`, or else `netmeta.yaml` in the current folder or",
            "`/etc/netmeta/netmeta.yaml`. Every key is optional. Environment variables override the file; lists are",
            "written there with commas, `NETMETA_LISTENERS_NETFLOW=2055,9995`, and maps as YAML on one line,",
            "`NETMETA_SAMPLERS={192.0.2.0/24: {samplingRate: 1000}}`.",
            "",
            "`netmeta config check` tests a file, `config show` prints the values in force and where each came from,",
            "`config default` prints a file to start from. An unknown key, a wrong value or a key that occurs twice is",
            "an error; all errors are reported at once.",
        ]
        for section in ConfigurationSection.all {
            lines += ["", "## \(section.name)", "", section.documentation, ""]
            lines += ["| key | default | variable | takes effect |", "|---|---|---|---|"]
            for key in section.keys {
                let effect = key.isReloadable ? "on reload" : "on restart"
                let name = key.name.isEmpty ? section.name : key.name
                lines.append("| `\(name)` | `\(key.setting.text(defaults))` | `\(key.environmentName)` | \(effect) |")
            }
            for key in section.keys {
                let setting = key.setting
                let name = key.name.isEmpty ? section.name : key.name
                lines += ["", "**\(name)**: \(setting.documentation) Expected: \(setting.expected)."]
                guard !setting.members.isEmpty else { continue }
                lines += ["", "| setting | default | meaning |", "|---|---|---|"]
                for member in setting.members {
                    let meaning = "\(member.documentation) Expected: \(member.expected)."
                    lines.append("| `\(member.name)` | `\(member.standard)` | \(meaning) |")
                }
            }
        }
        return lines.joined(separator: "\n") + "\n"
    }

    /// What a key means, what is expected, and the same of the settings of its entries.
    private static func paragraphs(_ key: ConfigurationKey) -> [String] {
        let setting = key.setting
        return [setting.documentation, "Expected: \(setting.expected)."]
            + setting.members.map {
                "\($0.name) (default \($0.standard)): \($0.documentation) Expected: \($0.expected)."
            }
    }

    private static func wrapped(_ text: String, width: Int) -> [String] {
        var lines: [String] = []
        for word in text.split(separator: " ") {
            if let last = lines.last, last.count + word.count < width {
                lines[lines.count - 1] = last + " " + word
            } else {
                lines.append(String(word))
            }
        }
        return lines
    }
}
