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
            lines += ["", "# \(section.documentation)", "\(section.name):"]
            for key in section.keys {
                lines += wrapped(key.documentation, width: 76).map { "  # \($0)" }
                lines += wrapped("Expected: \(key.expected).", width: 76).map { "  # \($0)" }
                lines.append("  #\(key.name): \(key.text(defaults))  # \(key.environmentName)")
            }
        }
        return lines.joined(separator: "\n") + "\n"
    }

    /// The values in force, and where each came from.
    static func effective(_ loaded: LoadedConfiguration) -> String {
        var lines: [String] = []
        for section in ConfigurationSection.all {
            lines.append("\(section.name):")
            for key in section.keys {
                lines.append("  \(key.name): \(key.text(loaded.configuration))  # \(loaded.origin(of: key))")
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
            "written there with commas: `NETMETA_LISTENERS_NETFLOW=2055,9995`.",
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
                lines.append("| `\(key.name)` | `\(key.text(defaults))` | `\(key.environmentName)` | \(effect) |")
            }
            for key in section.keys {
                lines += ["", "**\(key.name)**: \(key.documentation) Expected: \(key.expected)."]
            }
        }
        return lines.joined(separator: "\n") + "\n"
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
