import ArgumentParser
import Foundation

/// `netmeta serve`: everything in one process.
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

    func run() async throws {
        let configuration = try folder.load()
        let server = try Server(configuration: configuration, options: folder)
        try await server.run()
    }
}
