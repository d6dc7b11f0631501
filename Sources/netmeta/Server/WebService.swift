import FlowDecoders
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
    private let access: AccessControl
    private let certificate: ServerCertificate?
    private let endpoint: IPEndpoint
    private let sql: SQLServer?
    private let logger: Logger
    /// The server's own, which tells more than requests that fail.
    private let notices: Logger

    init(
        configuration: Configuration,
        store: any TableStore & FormattingStore,
        status: any StatusSource,
        imports: any CaptureImporter,
        hosts: any HostNameSource,
        logger: Logger
    ) throws {
        endpoint = configuration.console.listen
        do {
            certificate = try ServerCertificate(configuration.console)
        } catch {
            throw Failure(error.description)
        }
        access = AccessControl(
            AccessSettings(configuration),
            folder: configuration.store.data,
            port: endpoint.port,
            logger: logger,
            isLocal: { imports.accepts(token: $0) }
        )
        notices = logger
        var api = WebAPI(
            store: store,
            status: status,
            imports: imports,
            hosts: hosts,
            events: EventBook(store: store),
            access: access,
            views: SavedViews(folder: configuration.store.data, logger: logger),
            options: WebAPI.Options(
                version: NetMeta.version,
                webRoot: Self.webRoot,
                docsRoot: Self.docsRoot,
                listeners: [endpoint],
                names: configuration.console.hosts,
                certificate: certificate,
                origins: .decoders,
                keepAnswers: configuration.console.keepAnswers
            )
        )
        if let listener = try Self.sqlEndpoint(configuration.console, logger) {
            let tally = SQLTally()
            api.sqlTally = tally
            sql = SQLServer(
                api: api,
                store: store,
                options: SQLServer.Options(listener: listener, certificate: certificate),
                tally: tally
            )
        } else {
            sql = nil
        }
        self.api = api
        var quiet = logger
        quiet.logLevel = .warning
        self.logger = quiet
    }

    /// Where the SQL endpoint is to listen; nil where it isn't wanted, or where its usual port is another program's, as
    /// on a machine with a ClickHouse server.
    private static func sqlEndpoint(_ console: Configuration.Console, _ logger: Logger) throws -> IPEndpoint? {
        guard let endpoint = console.sql else { return nil }
        do throws(SocketError) {
            try TCPPort.probe(endpoint)
            return endpoint
        } catch {
            guard endpoint == Configuration.Console.usualSQL else {
                throw Failure("\(error.description); console.sql sets another address")
            }
            logger.warning(
                "the SQL endpoint is off: another program has its port; console.sql sets another one, or off",
                metadata: ["reason": "\(error.description)"]
            )
            return nil
        }
    }

    /// Puts new settings into force.
    func reload(_ configuration: Configuration) {
        api.setNames(configuration.console.hosts)
        api.setKeepAnswers(configuration.console.keepAnswers)
        let settings = AccessSettings(configuration)
        // A new console.listen counts from the next start on: until then this one has to stay closed.
        let isLocal = endpoint.address.isLoopback && (sql?.options.listener.address.isLoopback ?? true)
        guard isLocal || !settings.isOpen else {
            notices.error(
                "the section auth stays as it was until the next start: without it everybody could use the console",
                metadata: ["listening": "\(endpoint)"]
            )
            return
        }
        access.set(settings)
    }

    /// Reads the certificate again; says what is new, and what is wrong.
    func renewCertificate() {
        guard let certificate else { return }
        do {
            guard try certificate.renew() else { return }
            notices.notice("a new certificate is in force", metadata: ["ends": "\(certificate.ends)"])
            warnOfEnd()
        } catch {
            notices.error("the old certificate stays in force", metadata: ["reason": "\(error)"])
        }
    }

    /// Where people and commands of this machine reach it.
    var address: (shown: String, local: String) {
        let scheme = certificate == nil ? "http" : "https"
        var local = endpoint
        if local.address.isUnspecified { local.address = IPAddress(127, 0, 0, 1) }
        return ("\(scheme)://\(endpoint)", certificate == nil ? "\(local)" : "\(scheme)://\(local)")
    }

    /// Waits until what people did is noted.
    func flush() { access.flush() }

    /// Says what should not stay as it is.
    func warn() {
        if !endpoint.address.isLoopback, certificate == nil {
            notices.warning(
                """
                console.listen can be reached from other machines without encryption, and passwords and tokens read on \
                their way; set console.tlsCertificate and console.tlsKey, or let a proxy with https be the only one \
                that reaches it
                """,
                metadata: ["listening": "\(endpoint)"]
            )
        }
        warnOfEnd()
    }

    private func warnOfEnd() {
        guard let certificate, certificate.ends < Date(timeIntervalSinceNow: 14 * 86_400) else { return }
        notices.warning(
            "the certificate ends soon, or has ended; put a new one in its place and send SIGHUP",
            metadata: ["file": "\(certificate.certificate)", "ends": "\(certificate.ends)"]
        )
    }

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

    /// The HTTP server; calls `onReady` once it and the SQL endpoint take connections.
    func service(onReady: @escaping @Sendable () -> Void) -> some ApplicationProtocol {
        api.makeApplication(listeningOn: endpoint, logger: logger) { [sql, sqlListens] _ in
            if sql != nil { await sqlListens.wait() }
            onReady()
        }
    }

    /// The SQL endpoint; nil where there is none.
    func sqlService() -> (any Service)? {
        sql.map { sql in
            SQLService(application: sql.makeApplication(logger: logger) { [sqlListens] _ in sqlListens.open() })
        }
    }

    /// Where the SQL endpoint listens, as people write it.
    var sqlAddress: String? {
        sql.map { "\(certificate == nil ? "http" : "https")://\($0.options.listener)" }
    }

    private let sqlListens = Latch()

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

extension ServerCertificate {
    /// The certificate that a configuration names; nil when it names none.
    fileprivate convenience init?(_ console: Configuration.Console) throws(CertificateProblem) {
        guard let certificate = console.tlsCertificate, let key = console.tlsKey else { return nil }
        try self.init(certificate: certificate, key: key)
    }
}

/// The SQL endpoint among the server's services.
private struct SQLService<Server: ApplicationProtocol>: Service {
    let application: Server

    func run() async throws { try await application.run() }
}

/// Something that happens once, and can be waited for.
private final class Latch: Sendable {
    private let stream: AsyncStream<Void>
    private let source: AsyncStream<Void>.Continuation

    init() { (stream, source) = AsyncStream.makeStream() }

    func open() { source.finish() }

    /// By one at a time.
    func wait() async { for await _ in stream {} }
}
