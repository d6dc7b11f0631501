import FlowQuery
public import FlowSchema
public import FlowStore
import HTTPTypes
public import Hummingbird
public import Logging
public import NetTypes
public import Telemetry

/// The API, the metrics and the console over HTTP.
///
/// It holds nothing but what it asks: the store for rows, the status source
/// for how things are.
public struct WebAPI: Sendable {
    /// Where rows are asked for.
    public let store: any FlowStore
    /// Who tells how the collector is doing.
    public let status: any StatusSource
    /// Who imports captures; nil takes none.
    public let imports: (any CaptureImporter)?
    /// Who knows names of hosts that nobody gave; nil knows none.
    public let hosts: (any HostNameSource)?
    /// The events of the store; nil has none.
    public let events: EventBook?
    /// What may be set.
    public let options: Options
    let clock: @Sendable () -> UInt64
    let files: StaticFiles
    let manual: Manual
    let running = RunningQuestions()
    let exports: Slots
    let tails: Slots
    let shared: SharedAnswers
    let seen = SeenValues()
    private let names: HostNames
    /// Who may ask.
    let access: AccessControl
    /// What people saved.
    let views: SavedViews
    /// What the SQL endpoint counts, for `/metrics`; nil where there is none.
    public var sqlTally: SQLTally?
    /// Who asks, in the copy that answers one request.
    var caller = Caller.anybody
    /// What tells who makes it.
    var facts = RequestFacts()

    /// What may be set; the defaults suit a collector on one's own machine.
    public struct Options: Sendable {
        /// The version of the running program.
        public var version: String
        /// The folder with the console's files; nil serves none.
        public var webRoot: String?
        /// The folder with the manual's pages; nil has none.
        public var docsRoot: String?
        /// Where people reach the server: they decide which `Host` is answered.
        public var listeners: [IPEndpoint]
        /// Names that people may use for the server besides `localhost`.
        public var names: [String]
        /// Bytes that the body of a request may have.
        public var bodyBytes: Int
        /// Seconds that one question to the store may take.
        public var querySeconds: Int
        /// Rows that an answer to people's SQL may have.
        public var sqlRows: Int
        /// What connections are encrypted with; nil doesn't.
        public var certificate: ServerCertificate?
        /// Downloads of flows that are served at a time.
        public var exports: Int
        /// Live tails that are served at a time; each asks the store once a second.
        public var tails: Int
        /// Which fields of which protocols columns are told in; nil says nothing of it.
        public var origins: FieldOrigins?
        /// How long an answer is given to others who ask the same; zero asks the store each time.
        public var keepAnswers: Duration

        /// Sets options.
        public init(
            version: String,
            webRoot: String? = nil,
            docsRoot: String? = nil,
            listeners: [IPEndpoint] = [],
            names: [String] = [],
            bodyBytes: Int = 1 << 20,
            querySeconds: Int = 30,
            sqlRows: Int = 100_000,
            certificate: ServerCertificate? = nil,
            exports: Int = 2,
            tails: Int = 8,
            origins: FieldOrigins? = nil,
            keepAnswers: Duration = .seconds(1)
        ) {
            self.version = version
            self.webRoot = webRoot
            self.docsRoot = docsRoot
            self.listeners = listeners
            self.names = names
            self.bodyBytes = bodyBytes
            self.querySeconds = querySeconds
            self.sqlRows = sqlRows
            self.certificate = certificate
            self.exports = exports
            self.tails = tails
            self.origins = origins
            self.keepAnswers = keepAnswers
        }
    }

    /// Prepares the API; nothing is opened.
    ///
    /// - Parameters:
    ///   - access: who may ask; by default everybody.
    ///   - views: what people saved.
    ///   - clock: gives Unix seconds; tests set it.
    public init(
        store: any FlowStore,
        status: any StatusSource,
        imports: (any CaptureImporter)? = nil,
        hosts: (any HostNameSource)? = nil,
        events: EventBook? = nil,
        access: AccessControl = AccessControl(),
        views: SavedViews = SavedViews(),
        options: Options,
        clock: @escaping @Sendable () -> UInt64 = UnixClock.now
    ) {
        self.store = store
        self.status = status
        self.imports = imports
        self.hosts = hosts
        self.events = events
        self.options = options
        self.clock = clock
        self.access = access
        self.views = views
        self.files = StaticFiles(root: options.webRoot)
        exports = Slots(options.exports)
        tails = Slots(options.tails)
        self.manual = Manual(root: options.docsRoot)
        names = HostNames(options.names)
        shared = SharedAnswers(keep: options.keepAnswers)
    }

    /// Changes the names that people may use for the server besides `localhost`, from the next request on.
    public func setNames(_ new: [String]) { names.set(new) }

    /// Changes how long an answer is given to others who ask the same, from the next request on.
    public func setKeepAnswers(_ new: Duration) { shared.set(keep: new) }

    /// The names of now.
    var hostNames: [String] { names.current }

    /// All routes behind their guards, outermost first: every answer gets the
    /// security headers, every error becomes JSON, and a request from
    /// elsewhere gets no further than the guard.
    public func makeRouter() -> Router<WebContext> {
        let router = Router(context: WebContext.self, options: .autoGenerateHeadEndpoints)
        router.add(middleware: SecurityHeaders())
        router.add(middleware: ErrorAnswers())
        router.add(middleware: RequestGuard(listeners: options.listeners, names: names, access: access))
        for endpoint in Endpoint.allCases {
            for method in endpoint.methods {
                guard let method = HTTPRequest.Method(rawValue: method.uppercased()) else { continue }
                router.on(endpoint.routerPath, method: method) { request, context in
                    try await admit(endpoint, request, context)
                }
            }
        }
        router.get("docs") { request, _ in try await manual.answer(request) }
        router.get("docs/**") { request, _ in try await manual.answer(request) }
        router.get("/") { request, context in try await page(request, context) }
        router.get("**") { request, context in try await page(request, context) }
        return router
    }

    /// The server, ready to be run as a service.
    ///
    /// - Parameters:
    ///   - endpoint: where to listen; port 0 takes a free one.
    ///   - logger: for the server's own messages.
    ///   - onReady: called with the port once connections are taken.
    public func makeApplication(
        listeningOn endpoint: IPEndpoint,
        logger: Logger,
        onReady: @escaping @Sendable (Int) async -> Void = { _ in }
    ) -> some ApplicationProtocol {
        Application(
            router: makeRouter(),
            // Slow and silent clients must not keep sockets for ever.
            server: .http1(.init(idleTimeout: .seconds(120)), certificate: options.certificate),
            configuration: ApplicationConfiguration(
                address: .hostname("\(endpoint.address)", port: Int(endpoint.port)),
                serverName: "netmeta"
            ),
            onServerRunning: { channel in await onReady(channel.localAddress?.port ?? Int(endpoint.port)) },
            logger: logger
        )
    }

    func answer(_ endpoint: Endpoint, _ request: Request) async throws -> Response {
        switch endpoint {
        case .schema: try .json(schemaBody())
        case .graph: try await ask(endpoint, request) { parameters in try .json(await graph(parameters)) }
        case .top: try await ask(endpoint, request) { parameters in try .json(await top(parameters)) }
        case .values: try await ask(endpoint, request) { parameters in try .json(await values(parameters)) }
        case .explain: try await ask(endpoint, request) { parameters in try .json(await explain(parameters)) }
        case .flows: try await ask(endpoint, request) { parameters in try await flows(parameters) }
        case .flow: try await ask(endpoint, request) { parameters in try await flow(parameters) }
        case .flowExport: try await export(named(Parameters(request, allowed: endpoint)))
        case .flowTail: try await tail(named(Parameters(request, allowed: endpoint)))
        case .complete: try await complete(Parameters(request, allowed: endpoint))
        case .check: try await check(Parameters(request, allowed: endpoint))
        case .query: try await ask(endpoint, request) { parameters in try await query(request, parameters) }
        case .questions: try await questionList()
        case .cancel: try cancel(Parameters(request, allowed: endpoint))
        case .exporters: try .json(await exporters(Parameters(request, allowed: endpoint)))
        case .health: try .json(HealthBody(await status.health(), version: options.version))
        case .losses:
            try .json(LossesBody(await status.health(), exporters: await status.exporters(), at: clock()))
        case .imports: try await importCapture(request)
        case .views: try await savedViews(request)
        case .traces: try await ask(endpoint, request) { parameters in try await traces(parameters) }
        case .traceLinks: try await ask(endpoint, request) { parameters in try await traceLinks(parameters) }
        case .events: try await eventList(request)
        case .fastNetMon: try await fastNetMon(request)
        case .influx, .influxRoot: try await influxWrite(request, endpoint)
        case .firehose: try await firehose(request)
        case .pubSub: try await pubSub(request)
        case .login: try await login(request)
        case .logout: try await logout()
        case .session: session()
        case .audit: try auditLog(Parameters(request, allowed: endpoint))
        case .docs: try .json(await manual.pages(version: options.version))
        case .openAPI: Response.text(OpenAPI.document(version: options.version), type: "application/json")
        case .metrics: Response.text(PrometheusText.render(await metricFamilies()), type: PrometheusText.mediaType)
        case .alive: try await alive()
        case .ready: try await ready()
        }
    }

    /// A question to the store, which can be watched and cancelled when it has an id, and whose answer others may get
    /// who ask the same.
    private func ask(
        _ endpoint: Endpoint,
        _ request: Request,
        _ answer: @escaping @Sendable (Parameters) async throws -> Response
    ) async throws -> Response {
        let parameters = try await named(Parameters(request, allowed: endpoint))
        let id = try parameters.questionID()
        guard endpoint.isShared else {
            return try await running.run(id, path: endpoint.rawValue, owner: caller.owner) {
                try await answer(parameters)
            }
        }
        let wantsOwn = request.wantsOwnAnswer
        let shared = try await running.run(id, path: endpoint.rawValue, owner: caller.owner) { [self] in
            guard !wantsOwn else { return try await self.shared.alone { try await answer(parameters) } }
            return try await self.shared.share(
                "\(endpoint.rawValue)?\(parameters.key)",
                question: id,
                onJoin: { leader in if let id, let leader { running.follow(id, leader) } }
            ) {
                try await answer(parameters)
            }
        }
        return shared.response(to: request, isKeepable: id == nil)
    }

    /// The parameters with the server's names, where the filter needs them.
    private func named(_ parameters: Parameters) async -> Parameters {
        guard parameters.needsNames else { return parameters }
        var parameters = parameters
        parameters.names = await knownNames()
        return parameters
    }

    /// What people and exporters call things.
    func knownNames() async -> KnownNames { KnownNames(await status.exporters(), await status.names()) }

    private func exporters(_ parameters: Parameters) async throws -> ExportersBody {
        guard let text = parameters["address"] else { return ExportersBody(await status.exporters()) }
        guard let address = IPAddress(text) else { throw QueryError("this is no address", parameter: "address") }
        return ExportersBody(await status.exporters(), address: address)
    }

    private func alive() async throws -> Response {
        let isDown = await status.health().status == .down
        return .text(isDown ? "down\n" : "ok\n", status: isDown ? .serviceUnavailable : .ok)
    }

    private func ready() async throws -> Response {
        let isReady = await status.health().isReady
        return .text(isReady ? "ready\n" : "not ready\n", status: isReady ? .ok : .serviceUnavailable)
    }
}
