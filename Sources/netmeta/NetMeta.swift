import ArgumentParser
import Foundation

/// The one binary: `netmeta COMMAND`.
@main
struct NetMeta: AsyncParsableCommand {
    static let version = "0.1.0"

    static let configuration = CommandConfiguration(
        commandName: "netmeta",
        abstract: "Network observability in one program: flows in, answers out.",
        discussion: """
            `netmeta serve` takes in sFlow, NetFlow and IPFIX, keeps every flow in an embedded ClickHouse and shows \
            it at http://127.0.0.1:8080. `netmeta demo` sends it the traffic of a small provider.
            """,
        version: version,
        subcommands: [
            Serve.self, Decode.self, Import.self, Demo.self, Generate.self, Query.self, Top.self, Flows.self,
            Schema.self, Migrate.self, ASMapCommand.self, ConfigCommand.self, Doctor.self, UserCommand.self,
            Deploy.self,
        ]
    )

    /// Runs the command; 0 success, 1 it failed, 2 it was called wrongly.
    static func main() async {
        do {
            var command = try parseAsRoot()
            if var asynchronous = command as? any AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                try command.run()
            }
        } catch let error as UsageError {
            fail("netmeta: \(error.description)", code: 2)
        } catch let error as Failure {
            fail("netmeta: \(error.description)", code: 1)
        } catch {
            let code = exitCode(for: error)
            // Help and --version come as errors too, and belong on standard output.
            if code.isSuccess { exit(withError: error) }
            if let explicit = error as? ExitCode { Foundation.exit(explicit.rawValue) }
            fail(fullMessage(for: error), code: code == .validationFailure ? 2 : 1)
        }
    }

    private static func fail(_ message: String, code: Int32) -> Never {
        FileHandle.standardError.write(Data((message + "\n").utf8))
        Foundation.exit(code)
    }
}
