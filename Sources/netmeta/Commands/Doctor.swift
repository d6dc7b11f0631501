import ArgumentParser
import FlowStore
import Foundation

/// `netmeta doctor`: looks at everything that keeps flows from coming in whole, and says what to do.
struct Doctor: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Check ports, buffers, permissions, clock, disk, memory, exporters and losses; say what to do.",
        discussion: """
            One line a check, ok, warn or fail, and below it what to do. With a server on the data folder it also asks \
            the server what was lost and why, and which exporters are silent, lack templates or a sampling rate. \
            Changes nothing. Exit code 0 when nothing fails, 1 otherwise.
            """
    )

    @OptionGroup
    var folder: FolderOptions

    @Flag(help: "Print JSON: status, and checks with check, grade, message and remedy.")
    var json = false

    func run() async throws {
        let configuration = try folder.load()
        let diagnosis = Diagnosis(findings: await findings(configuration))
        let text = try json ? diagnosis.json() : diagnosis.text
        print(text, terminator: "")
        fflush(nil)
        if diagnosis.hasFailed { throw ExitCode(1) }
    }

    private func findings(_ configuration: Configuration) async -> [Finding] {
        let data = configuration.store.data
        let holder = FolderLock.holder(folder: data)
        let host = HostChecks(configuration: configuration, isServed: holder != nil).findings()
        guard let holder else {
            let start = "netmeta serve --data \(data)" + (folder.file.map { " --config \($0)" } ?? "")
            return host + SourceChecks(configuration: configuration).findings()
                + PortChecks(configuration: configuration).findings()
                + [.ok("server", "none runs on \(data); start it with: \(start)")]
        }
        guard let api = holder.api else {
            return host + [
                .warn("server", "process \(holder.process) is still starting", do: "try again in a moment")
            ]
        }
        return host + (await ServerChecks(configuration: configuration, process: holder.process, api: api).findings())
    }
}
