public import FlowStore
import HTTPTypes
public import Hummingbird
public import Logging
import NIOCore
public import NetTypes
import Synchronization
public import Telemetry

/// ClickHouse's HTTP interface, read-only, over the store.
///
/// Who may ask, what was asked and which questions run it shares with the console, whose ``WebAPI`` it is made of.
public struct SQLServer: Sendable {
    let api: WebAPI
    let store: any FormattingStore
    /// What was set.
    public let options: Options
    let tally: SQLTally
    /// Statements that run or wait.
    let places: Slots
    /// The engine's version and time zone, once they were asked for.
    let engine = EngineFacts()

    /// What may be set.
    public struct Options: Sendable {
        /// Where people reach it: they decide which `Host` is answered.
        public var listener: IPEndpoint
        /// Seconds that one statement may take.
        public var seconds: Int
        /// Statements that may run or wait; beyond them they are refused.
        public var statements: Int
        /// What connections are encrypted with; nil doesn't.
        public var certificate: ServerCertificate?

        /// Sets options.
        public init(
            listener: IPEndpoint,
            seconds: Int = 60,
            statements: Int = 48,
            certificate: ServerCertificate? = nil
        ) {
            self.listener = listener
            self.seconds = seconds
            self.statements = statements
            self.certificate = certificate
        }
    }

    /// Prepares it; nothing is opened.
    ///
    /// - Parameters:
    ///   - api: with whom it shares access, names of hosts and running questions.
    ///   - store: where statements run.
    ///   - tally: what it counts in.
    public init(api: WebAPI, store: any FormattingStore, options: Options, tally: SQLTally = SQLTally()) {
        self.api = api
        self.store = store
        self.options = options
        self.tally = tally
        places = Slots(options.statements)
    }

    /// All routes.
    public func makeRouter() -> Router<SQLContext> {
        let router = Router(context: SQLContext.self)
        router.add(middleware: SecurityHeaders())
        router.get("/") { request, context in await answer(request, context) }
        router.post("/") { request, context in await answer(request, context) }
        router.get("/ping") { request, _ in guarded(request) { .text("Ok.\n") } }
        router.get("/replicas_status") { request, _ in guarded(request) { .text("Ok.\n") } }
        router.get("**") { request, _ in guarded(request) { nowhere(request) } }
        router.post("**") { request, _ in guarded(request) { nowhere(request) } }
        return router
    }

    /// The server, ready to be run as a service; calls `onReady` with the port once connections are taken.
    public func makeApplication(
        logger: Logger,
        onReady: @escaping @Sendable (Int) async -> Void = { _ in }
    ) -> some ApplicationProtocol {
        let endpoint = options.listener
        return Application(
            router: makeRouter(),
            server: .http1(.init(idleTimeout: .seconds(120)), certificate: options.certificate),
            configuration: ApplicationConfiguration(
                address: .hostname("\(endpoint.address)", port: Int(endpoint.port)),
                serverName: "netmeta"
            ),
            onServerRunning: { channel in await onReady(channel.localAddress?.port ?? Int(endpoint.port)) },
            logger: logger
        )
    }

    /// Answers only who reached the server by one of its names, and no page of another site.
    private func guarded(_ request: Request, _ body: () -> Response) -> Response {
        if let problem = problem(request) {
            tally.count(.unauthorized)
            return .text(SQLException(516, problem).text(version: "-"), status: .forbidden)
        }
        return body()
    }

    /// Why a request gets no answer, whoever makes it.
    func problem(_ request: Request) -> String? {
        let policy = HostPolicy(listeners: [options.listener], names: api.hostNames)
        guard let authority = request.head.authority, policy.allows(authority: authority) else {
            return "the server isn't known by the name in Host; console.hosts sets further names"
        }
        if let origin = request.headers[.origin], !policy.allows(origin: origin) {
            return "pages of other sites may not ask"
        }
        if request.headers[.secFetchSite] == "cross-site" { return "pages of other sites may not ask" }
        return nil
    }

    private func nowhere(_ request: Request) -> Response {
        .text(
            "There is no handle \(request.uri.path.prefix(100).filter { $0.isASCII }). Use / for statements and /ping for "
                + "health checks; the console listens at another port.\n",
            status: .notFound
        )
    }
}

/// The context of a request, with its connection.
public struct SQLContext: RequestContext {
    /// What Hummingbird keeps.
    public var coreContext: CoreRequestContextStorage
    /// The connection; closed channels of tests are none.
    let channel: (any Channel)?
    /// The other end of the connection.
    let peer: IPAddress?

    /// Takes the address from the connection.
    public init(source: ApplicationRequestContextSource) {
        coreContext = .init(source: source)
        let web = WebContext(source: source)
        peer = web.peer
        // Without an address it is a test's, which has no socket.
        channel = source.channel.remoteAddress == nil ? nil : source.channel
    }
}

/// What the endpoint has done.
public final class SQLTally: Sendable {
    /// How requests end.
    enum Outcome: String, CaseIterable {
        case answered, refused, failed, cancelled, unauthorized, busy
    }

    private struct State {
        var outcomes: [Outcome: UInt64] = [:]
        var bytes: UInt64 = 0
        var running = 0
    }

    private let state = Mutex(State())

    /// Counts from zero.
    public init() {}

    func count(_ outcome: Outcome) { state.withLock { $0.outcomes[outcome, default: 0] += 1 } }
    func add(bytes: Int) { state.withLock { $0.bytes += UInt64(bytes) } }
    func begin() { state.withLock { $0.running += 1 } }
    func end() { state.withLock { $0.running -= 1 } }

    /// For `/metrics`.
    public var metrics: [MetricFamily] {
        let now = state.withLock { $0 }
        return [
            MetricFamily(
                "netmeta_sql_requests_total",
                .counter,
                help: "Requests to the SQL endpoint by how they ended.",
                samples: Outcome.allCases.map { outcome in
                    .init(labels: [.init("outcome", outcome.rawValue)], value: Double(now.outcomes[outcome] ?? 0))
                }
            ),
            MetricFamily(
                "netmeta_sql_answer_bytes_total",
                .counter,
                help: "Bytes of answers of the SQL endpoint, as they were sent.",
                value: Double(now.bytes)
            ),
            MetricFamily(
                "netmeta_sql_running",
                .gauge,
                help: "Statements of the SQL endpoint that run or wait.",
                value: Double(now.running)
            ),
        ]
    }
}

/// What is told of the engine in every answer.
final class EngineFacts: Sendable {
    private let facts = Mutex<(version: String, timezone: String)?>(nil)

    /// Asks once; while the store is away, nothing is remembered.
    func get(_ store: any FlowStore) async -> (version: String, timezone: String) {
        if let known = facts.withLock({ $0 }) { return known }
        let result = try? await store.query("SELECT version() AS v, timezone() AS t", limits: QueryLimits(seconds: 10))
        guard case .string(let version)? = result?["v"]?.values.first,
            case .string(let timezone)? = result?["t"]?.values.first
        else { return ("-", "UTC") }
        facts.withLock { $0 = (version, timezone) }
        return (version, timezone)
    }
}
