import FlowQuery
import HTTPTypes
import Hummingbird
import NetTypes
import Synchronization

/// Which names a browser may have reached the server by.
///
/// A page of another site can make its name resolve to this machine (DNS
/// rebinding) and then reads what loopback answers. Its requests still carry
/// that name in Host, so names that aren't ours get no answer. Addresses
/// can't be rebound.
struct HostPolicy: Sendable {
    let listeners: [IPEndpoint]
    let names: Set<String>

    init(listeners: [IPEndpoint], names: [String]) {
        self.listeners = listeners
        self.names = Set(names.map { $0.lowercased() })
    }

    /// Whether requests for `host` or `host:port` are answered.
    func allows(authority: String) -> Bool {
        guard let host = Self.host(authority) else { return false }
        if host == "localhost" || names.contains(host) { return true }
        guard let address = IPAddress(host) else { return false }
        return address.isLoopback
            || listeners.contains { $0.address == address || ($0.address.isUnspecified && !address.isUnspecified) }
    }

    /// Whether a page of that origin may ask: only our own pages.
    func allows(origin: String) -> Bool {
        for scheme in ["http://", "https://"] where origin.hasPrefix(scheme) {
            return allows(authority: String(origin.dropFirst(scheme.count)))
        }
        return false
    }

    /// The host in lower case, without port; nil when it isn't one.
    private static func host(_ authority: String) -> String? {
        var host = authority.lowercased()[...]
        if host.hasPrefix("[") {
            guard let end = host.firstIndex(of: "]") else { return nil }
            let rest = host[host.index(after: end)...]
            guard rest.isEmpty || (rest.first == ":" && UInt16(rest.dropFirst()) != nil) else { return nil }
            host = host[...end]
        } else if let colon = host.lastIndex(of: ":") {
            guard UInt16(host[host.index(after: colon)...]) != nil else { return nil }
            host = host[..<colon]
        }
        if host.last == "." { host.removeLast() }
        return host.isEmpty ? nil : String(host)
    }
}

/// Names that people may use for the server, which may change while it runs.
final class HostNames: Sendable {
    private let names: Mutex<[String]>

    init(_ names: [String]) {
        self.names = Mutex(names)
    }

    var current: [String] { names.withLock { $0 } }

    func set(_ new: [String]) { names.withLock { $0 = new } }
}

/// Refuses methods that no route knows, and requests that come from other sites' pages.
struct RequestGuard: RouterMiddleware {
    let listeners: [IPEndpoint]
    let names: HostNames
    let access: AccessControl

    func handle(
        _ request: Request,
        context: WebContext,
        next: @concurrent (Request, WebContext) async throws -> Response
    ) async throws -> Response {
        let path = request.uri.path
        let allowed = Endpoint(rawValue: path)?.allowedMethods ?? [.get, .head]
        guard allowed.contains(request.method) else {
            var answer = try Response.json(
                ErrorBody("method_not_allowed", "this path doesn't know the method"),
                status: .methodNotAllowed
            )
            answer.headers[.allow] = allowed.map(\.rawValue).joined(separator: ", ")
            return answer
        }
        // Probes of orchestrators come by whatever address they know, and learn nothing.
        if path != Endpoint.alive.rawValue, path != Endpoint.ready.rawValue, let problem = problem(request) {
            let refusal = AccessRefusal(reason: .forbidden, message: problem)
            access.note(refusal, RequestFacts(request, peer: context.peer, isTLS: false), problem)
            return try .refusal(refusal)
        }
        return try await next(request, context)
    }

    private func problem(_ request: Request) -> String? {
        let policy = HostPolicy(listeners: listeners, names: names.current)
        guard let authority = request.head.authority, policy.allows(authority: authority) else {
            return "the server isn't known by the name in Host; console.hosts sets further names"
        }
        if let origin = request.headers[.origin], !policy.allows(origin: origin) {
            return "pages of other sites may not ask"
        }
        let isNavigation = request.headers[.secFetchMode] == "navigate" && request.method != .post
        if request.headers[.secFetchSite] == "cross-site", !isNavigation || request.uri.path.hasPrefix("/api/") {
            return "pages of other sites may not ask"
        }
        return nil
    }
}

/// Headers that keep a browser from doing more with an answer than we want.
struct SecurityHeaders<Context: RequestContext>: RouterMiddleware {
    /// Scripts and styles come from our files only.
    static var policy: String {
        [
            "default-src 'self'", "script-src 'self'", "style-src 'self'",
            "img-src 'self' data: blob:", "connect-src 'self'", "object-src 'none'", "base-uri 'none'",
            "form-action 'none'", "frame-ancestors 'none'",
        ].joined(separator: "; ")
    }

    func handle(
        _ request: Request,
        context: Context,
        next: @concurrent (Request, Context) async throws -> Response
    ) async throws -> Response {
        var response = try await next(request, context)
        response.headers[.contentSecurityPolicy] = Self.policy
        response.headers[.xContentTypeOptions] = "nosniff"
        for (name, value) in Self.others { response.headers[name] = value }
        return response
    }

    private static var others: [(HTTPField.Name, String)] {
        [
            ("referrer-policy", "no-referrer"), ("x-frame-options", "DENY"),
            ("cross-origin-opener-policy", "same-origin"), ("cross-origin-resource-policy", "same-origin"),
        ].compactMap { name, value in HTTPField.Name(name).map { ($0, value) } }
    }
}

extension Endpoint {
    /// The methods that requests may have.
    fileprivate var allowedMethods: [HTTPRequest.Method] {
        (methods.contains("get") ? [.get, .head] : [])
            + [.post, .put, .delete].filter { methods.contains($0.rawValue.lowercased()) }
    }
}

extension HTTPField.Name {
    static var secFetchSite: HTTPField.Name { HTTPField.Name("sec-fetch-site") ?? .origin }
    static var secFetchMode: HTTPField.Name { HTTPField.Name("sec-fetch-mode") ?? .origin }
}
