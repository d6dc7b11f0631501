import ArgumentParser
import Foundation

/// `netmeta serve`: everything in one process, or one part of it.
struct Serve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Receive flows, store them, and answer questions.",
        discussion: """
            Listens for NetFlow v5/v9 and IPFIX on 2055/udp, IPFIX on 4739/udp and tcp and sFlow on 6343/udp, any of \
            them on any of these UDP ports, and serves the console and the API at http://127.0.0.1:8080. Prints a line per \
            listener and `ready`. SIGTERM and Ctrl-C store what has arrived and end it; SIGHUP and a change of the \
            configuration file reload what can be reloaded.
            """
    )

    @OptionGroup
    var folder: FolderOptions

    @Option(
        name: .customLong("source"),
        help: """
            Reads this host's own traffic, too: conntrack (connections), nflog (packets that the firewall logs to \
            group 5) or mirror (frames of the interfaces with default routes); may be given several times.
            """
    )
    var sources: [SourceKind] = []

    @Option(
        help: """
            all: everything in this process. collector: takes flows and hands them to Kafka (kafka.brokers). store: takes \
            them from there, stores them and answers. console: answers over a data folder that no other process uses.
            """
    )
    var role = ServerRole.all

    func run() async throws {
        if role == .collector {
            try await CollectorServer(options: folder, sources: sources).run()
        } else {
            try await Server(options: folder, sources: sources, role: role).run()
        }
    }
}
