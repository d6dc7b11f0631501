import FlowStore
import Foundation
import Hummingbird
import LinuxCapture
import Logging
import NetTypes
import ServiceLifecycle
import Telemetry
import WebAPI

/// Console and API as a service of the server.
struct WebService {
    private let api: WebAPI
    private let endpoint: IPEndpoint
    private let logger: Logger

    init(
        configuration: Configuration,
        store: any FlowStore,
        status: any StatusSource,
        imports: any CaptureImporter,
        hosts: any HostNameSource,
        logger: Logger
    ) {
        endpoint = configuration.console.listen
        api = WebAPI(
            store: store,
            status: status,
            imports: imports,
            hosts: hosts,
            options: WebAPI.Options(
                version: NetMeta.version,
                webRoot: Self.webRoot,
                docsRoot: Self.docsRoot,
                listeners: [endpoint],
                names: configuration.console.hosts
            )
        )
        var quiet = logger
        quiet.logLevel = .warning
        self.logger = quiet
    }

    /// Puts new settings into force.
    func reload(_ configuration: Configuration) { api.setNames(configuration.console.hosts) }

    /// Finds out whether the port can be had before anything else is started.
    ///
    /// - Throws: ``Failure`` in words for the operator.
    func probe() throws {
        do throws(SocketError) {
            try TCPPort.probe(endpoint)
        } catch {
            throw Failure("\(error.description); console.listen sets another address")
        }
    }

    /// The HTTP server; calls `onReady` once it takes connections.
    func service(onReady: @escaping @Sendable () -> Void) -> some ApplicationProtocol {
        api.makeApplication(listeningOn: endpoint, logger: logger) { _ in onReady() }
    }

    /// The folder with the console's files: NETMETA_WEB, beside the
    /// installation, or the Web folder of the checkout that the binary was built in.
    private static var webRoot: String? {
        if let path = ProcessInfo.processInfo.environment["NETMETA_WEB"] { return path }
        let binary = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
        var folder = binary.deletingLastPathComponent()
        let installed = folder.deletingLastPathComponent().appendingPathComponent("share/netmeta/web")
        var candidates = [installed.path]
        while folder.path != "/" {
            candidates.append(folder.appendingPathComponent("Web").path)
            folder.deleteLastPathComponent()
        }
        return candidates.first { FileManager.default.fileExists(atPath: $0 + "/index.html") }
    }

    /// The folder with the manual: NETMETA_DOCS, or beside the console's files.
    private static var docsRoot: String? {
        if let path = ProcessInfo.processInfo.environment["NETMETA_DOCS"] { return path }
        guard let webRoot else { return nil }
        let parent = URL(fileURLWithPath: webRoot).deletingLastPathComponent()
        return ["docs", "Docs"].map { parent.appendingPathComponent($0).path }.first {
            FileManager.default.fileExists(atPath: $0 + "/console.md")
        }
    }
}
