import ArgumentParser

/// `netmeta config`: tests, prints and explains the configuration.
struct ConfigCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "config",
        abstract: "Check, show or start a configuration.",
        subcommands: [Check.self, Default.self, Show.self]
    )

    /// `netmeta config check`: one line for each problem, or `ok`.
    struct Check: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Test a configuration file and the environment: one line for each problem, or ok."
        )

        @Argument(help: "The file (default: the one that serve would read).")
        var file: String?

        func run() throws {
            do {
                _ = try ConfigurationLoader.load(file: file)
            } catch {
                throw Failure(error.description)
            }
            print("ok")
        }
    }

    /// `netmeta config default`: a file to start from.
    struct Default: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print a file with every key, what it means and its default."
        )

        enum Format: String, ExpressibleByArgument, CaseIterable {
            case yaml, markdown
        }

        @Option(name: .customLong("as"), help: "yaml or markdown.")
        var format = Format.yaml

        func run() {
            let text = format == .yaml ? ConfigurationText.defaultFile() : ConfigurationText.markdown()
            print(text, terminator: "")
        }
    }

    /// `netmeta config show`: the values in force.
    struct Show: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print the values in force as YAML, and where each came from."
        )

        @Option(help: "The file (default: the one that serve would read).")
        var config: String?

        func run() throws {
            let loaded: LoadedConfiguration
            do {
                loaded = try ConfigurationLoader.load(file: config)
            } catch {
                throw Failure(error.description)
            }
            print(ConfigurationText.effective(loaded), terminator: "")
        }
    }
}
