import Hummingbird

/// Every route but the console's files; the router and the OpenAPI document are made from this list.
enum Endpoint: String, CaseIterable {
    case schema = "/api/v1/schema"
    case graph = "/api/v1/graph"
    case top = "/api/v1/top"
    case values = "/api/v1/values"
    case explain = "/api/v1/explain"
    case flows = "/api/v1/flows"
    case flow = "/api/v1/flows/row"
    case flowExport = "/api/v1/flows/export"
    case flowTail = "/api/v1/flows/tail"
    case complete = "/api/v1/filter/complete"
    case check = "/api/v1/filter/check"
    case exporters = "/api/v1/exporters"
    case health = "/api/v1/health"
    case losses = "/api/v1/health/losses"
    case query = "/api/v1/query"
    case questions = "/api/v1/questions"
    case cancel = "/api/v1/questions/cancel"
    case imports = "/api/v1/imports"
    case views = "/api/v1/views"
    case traces = "/api/v1/traces"
    case traceLinks = "/api/v1/traces/links"
    case events = "/api/v1/events"
    case fastNetMon = "/api/v1/events/fastnetmon"
    case influx = "/api/v1/influx/write"
    /// What FastNetMon writes to: it can be told a host and a port, and no path.
    case influxRoot = "/write"
    case firehose = "/api/v1/firehose"
    case pubSub = "/api/v1/pubsub"
    case login = "/api/v1/login"
    case logout = "/api/v1/logout"
    case session = "/api/v1/session"
    case audit = "/api/v1/audit"
    case docs = "/api/v1/docs"
    case openAPI = "/api/v1/openapi.json"
    case metrics = "/metrics"
    case alive = "/healthz"
    case ready = "/readyz"

    var routerPath: RouterPath { RouterPath(rawValue) }

    /// The methods besides HEAD, in lower case as OpenAPI writes them.
    var methods: [String] {
        switch self {
        case .query: ["get", "post"]
        case .imports, .cancel, .login, .logout, .fastNetMon, .influx, .influxRoot, .firehose, .pubSub: ["post"]
        case .views, .events: ["get", "post", "put", "delete"]
        default: ["get"]
        }
    }

    /// Whether all get the same answer who ask the same at about the same time: then it comes from ``SharedAnswers``.
    /// It must be an answer to GET that depends on nothing but the parameters and the time.
    var isShared: Bool {
        switch self {
        case .graph, .top, .values, .explain, .flows: true
        default: false
        }
    }

    /// Whether it wants the token that only the server's own user can read.
    var needsToken: Bool { self == .imports }

    /// The parameters in the query string; others are refused, so that a slip of the pen isn't ignored.
    var parameters: [String] {
        let shared = ["from", "to", "dimensions", "filter", "unit", "limit", "direction", "by", "detail", "id"]
        return switch self {
        case .graph: shared + ["bucket", "zone", "split", "spread", "reverse", "previous"]
        case .top: shared
        case .explain:
            ["from", "to", "referenceFrom", "referenceTo", "filter", "unit", "limit", "direction", "id"]
        case .values: ["column", "from", "to", "filter", "unit", "direction", "detail", "bucket", "zone", "id"]
        case .flows: ["from", "to", "filter", "direction", "columns", "sort", "limit", "before", "id"]
        case .flow: ["place", "id"]
        case .flowExport: ["from", "to", "filter", "direction", "columns", "sort", "limit", "format"]
        case .flowTail: ["filter", "columns", "limit", "seconds"]
        case .complete: ["text", "position"]
        case .check: ["text"]
        case .query: ["sql", "format", "id"]
        case .exporters: ["address"]
        case .imports: ["name", "kind", "layout", "reporter", "samplingRate", "sampler"]
        case .cancel: ["id"]
        case .views: ["view"]
        case .audit: ["limit"]
        case .traces, .traceLinks: ["from", "to", "monitor", "destination", "id"]
        case .events: ["from", "to", "kind", "subject", "limit", "event"]
        case .fastNetMon: ["ip", "side", "power", "action"]
        case .influx, .influxRoot: ["db", "rp", "precision", "u", "p"]
        case .pubSub: ["token"]
        default: []
        }
    }
}
