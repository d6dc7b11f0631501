import FlowQuery
import FlowStore
import Foundation
import HTTPTypes
import Hummingbird

/// Who may ask what, and the routes by which people say who they are.
extension WebAPI {
    /// Answers a request if whoever makes it may ask that.
    func admit(_ endpoint: Endpoint, _ request: Request, _ context: WebContext) async throws -> Response {
        var api = self
        api.facts = RequestFacts(request, peer: context.peer, isTLS: options.certificate != nil)
        api.facts.isInflux = endpoint == .influx || endpoint == .influxRoot
        api.facts.isFirehose = endpoint == .firehose
        if endpoint == .pubSub {
            api.facts.statement = api.facts.bearer.flatMap { $0.split(separator: ".").count == 3 ? $0 : nil }
            api.facts.queryToken = request.uri.queryParameters["token"].map { String($0) }
        }
        do {
            // A statement of Google's may stand in for a token: the route looks at it, and for a token where it doesn't.
            if api.facts.statement == nil, let role = endpoint.role(for: request.method) {
                api.caller = try access.caller(api.facts, needing: role)
            }
            return try await api.answer(endpoint, request)
        } catch let refusal as AccessRefusal {
            // A login tells itself who tried.
            if endpoint != .login { access.note(refusal, api.facts, "\(request.method) \(endpoint.rawValue)") }
            return try .refusal(refusal)
        }
    }

    /// The console's files are everybody's; its page sends whom nobody knows to the login.
    func page(_ request: Request, _ context: WebContext) async throws -> Response {
        if StaticFiles.safePath(request.uri.path) == "index.html", !access.isOpen {
            let facts = RequestFacts(request, peer: context.peer, isTLS: options.certificate != nil)
            guard (try? access.caller(facts)) != nil else {
                let query = request.uri.query.map { "?\($0)" } ?? ""
                let next = query.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? ""
                return Response(
                    status: .seeOther,
                    headers: [
                        .location: "./login.html" + (next.isEmpty ? "" : "?next=\(next)"), .cacheControl: "no-store",
                    ]
                )
            }
        }
        return try await files.answer(request)
    }

    // MARK: - Routes

    /// What a client sends to log in.
    private struct Login: Decodable {
        var user: String
        var password: String
    }

    func login(_ request: Request) async throws -> Response {
        let bytes = try await request.body.collect(upTo: 4 << 10)
        guard let login = try? JSONDecoder().decode(Login.self, from: Data(bytes.readableBytesView)),
            login.password.utf8.count <= PasswordHash.mostBytes
        else { throw QueryError("expected JSON: {\"user\": \"...\", \"password\": \"...\"}") }
        guard !access.isOpen else {
            throw QueryError("nobody has to log in here: the section auth of the configuration names no users")
        }
        do {
            let (caller, cookie) = try await access.login(user: login.user, password: login.password, facts)
            access.note(.login, by: caller, "")
            var answer = Response.json(bytes: sessionBody(caller, ends: clock() + access.settings.sessionSeconds))
            answer.headers[.setCookie] = cookie
            return answer
        } catch {
            // What isn't a user's name may be a password in the wrong field.
            let name = access.settings.users[login.user] == nil ? "an unknown user" : login.user
            access.note(error, as: .loginFailed, facts, name)
            throw error
        }
    }

    func logout() async throws -> Response {
        guard facts.isFromOurPage != false else {
            throw AccessRefusal(reason: .crossSite, message: "pages of other sites may not log anybody out")
        }
        if let caller = try? access.caller(facts), caller.proof == .session { access.note(.logout, by: caller, "") }
        var answer = Response.json(bytes: sessionBody(nil, ends: nil))
        answer.headers[.setCookie] = await access.logout(facts)
        return answer
    }

    /// Who asks; everybody may ask that.
    func session() -> Response {
        let caller = try? access.caller(facts)
        return .json(bytes: sessionBody(caller, ends: caller?.proof == .session ? access.session(facts)?.ends : nil))
    }

    private func sessionBody(_ caller: Caller?, ends: UInt64?) -> [UInt8] {
        var json = JSONWriter()
        json.object { json in
            json.member("open") { json in json.value(.bool(access.isOpen)) }
            json.member("passwords") { json in json.value(.bool(access.settings.hasPasswords)) }
            json.member("user") { json in json.optional(caller.flatMap { $0.name.isEmpty ? nil : $0.name }) }
            json.member("role") { json in json.optional(caller?.role.rawValue) }
            json.member("by") { json in json.optional(caller?.proof.rawValue) }
            json.member("ends") { json in
                if let ends { json.number(ends) } else { json.null() }
            }
        }
        return json.bytes
    }

    func auditLog(_ parameters: Parameters) throws -> Response {
        let limit = try parameters.integer("limit", default: 100)
        guard (1...AuditLog.most).contains(limit) else {
            throw QueryError("a limit is between 1 and \(AuditLog.most)", parameter: "limit")
        }
        var json = JSONWriter()
        json.object { json in
            json.member("events") { json in
                json.array(access.audit.newest(limit)) { json, event in
                    json.object { json in
                        json.member("time") { json in json.number(event.time) }
                        json.member("kind") { json in json.string(event.kind.rawValue) }
                        json.member("user") { json in json.string(event.user) }
                        json.member("role") { json in json.optional(event.role?.rawValue) }
                        json.member("address") { json in json.string(event.address) }
                        json.member("detail") { json in json.string(event.detail) }
                        json.member("leftOut") { json in json.number(event.leftOut) }
                    }
                }
            }
        }
        return .json(bytes: json.bytes)
    }
}

extension Endpoint {
    /// The role that a request needs; nil lets everybody ask.
    func role(for method: HTTPRequest.Method) -> Role? {
        switch self {
        // Probes of orchestrators learn nothing but a word; who logs in isn't known before.
        case .alive, .ready, .login, .logout, .session: nil
        case .imports: .editor
        case .fastNetMon, .influx, .influxRoot, .firehose, .pubSub: .editor
        case .views, .events: method == .get || method == .head ? .viewer : .editor
        case .audit: .admin
        default: .viewer
        }
    }
}

extension Response {
    /// 401, 403 or 429 in words.
    static func refusal(_ refusal: AccessRefusal) throws -> Response {
        let status: HTTPResponse.Status =
            switch refusal.reason {
            case .unauthorized: .unauthorized
            case .forbidden, .crossSite: .forbidden
            case .tooManyTries: .tooManyRequests
            }
        var answer = try Response.json(ErrorBody(refusal.reason.rawValue, refusal.message), status: status)
        if status == .unauthorized { answer.headers[.wwwAuthenticate] = "Bearer" }
        if let seconds = refusal.retryAfter { answer.headers[.retryAfter] = String(seconds) }
        return answer
    }
}
