import FlowQuery
import FlowStore
import Foundation
import HTTPTypes
import Hummingbird
import NIOPosix

/// The routes of saved views.
extension WebAPI {
    /// What a client sends to save a view, or to change it; what is left out of a change stays.
    private struct Body: Decodable {
        var name: String?
        var query: String?
        var shared: Bool?
    }

    func savedViews(_ request: Request) async throws -> Response {
        let parameters = try Parameters(request, allowed: .views)
        switch request.method {
        case .post: return try await saveView(request, parameters)
        case .put: return try await changeView(request, parameters)
        case .delete: return try await deleteView(request, parameters)
        default: break
        }
        guard let id = parameters["view"] else {
            let seen = views.all.filter(sees).sorted { ($0.name.lowercased(), $0.id) < ($1.name.lowercased(), $1.id) }
            var json = JSONWriter()
            json.object { json in
                json.member("views") { json in json.array(seen) { json, view in json.view(view, owns(view)) } }
            }
            return tagged(json.bytes, request)
        }
        return answer(try await existing(id), request)
    }

    // MARK: - Changes

    private func saveView(_ request: Request, _ parameters: Parameters) async throws -> Response {
        guard parameters["view"] == nil else {
            throw QueryError("a new view gets its id from the server; PUT changes one", parameter: "view")
        }
        let body = try await body(of: request)
        let now = clock()
        let view = SavedView(
            id: SavedViews.newID(),
            name: try Self.name(body.name),
            query: try Self.query(body.query),
            owner: caller.owner,
            shared: body.shared ?? false,
            created: now,
            updated: now
        )
        try await change { views in
            let own = views.values.count { $0.owner == view.owner }
            guard own < SavedViews.mostOfOwner, views.count < SavedViews.most else {
                throw QueryError("there are \(own) views of yours, \(views.count) in all; delete some first")
            }
            views[view.id] = view
        }
        access.note(.viewSaved, by: caller, "\(view.id) \(view.name)")
        return answer(view, request)
    }

    private func changeView(_ request: Request, _ parameters: Parameters) async throws -> Response {
        let id = try await changeable(request, parameters).id
        let body = try await body(of: request)
        let name = try body.name.map { try Self.name($0) }
        let query = try body.query.map { try Self.query($0) }
        let now = clock()
        let condition = request.headers[.ifMatch]
        let owner = caller
        let view = try await change { views in
            guard var view = views[id] else { throw HTTPError(.notFound) }
            // Looked at once more, since somebody else may have been quicker.
            try owner.check(condition, view)
            view.name = name ?? view.name
            view.query = query ?? view.query
            view.shared = body.shared ?? view.shared
            view.updated = now
            views[id] = view
            return view
        }
        access.note(.viewChanged, by: caller, "\(view.id) \(view.name)")
        return answer(view, request)
    }

    private func deleteView(_ request: Request, _ parameters: Parameters) async throws -> Response {
        let view = try await changeable(request, parameters)
        let condition = request.headers[.ifMatch]
        let owner = caller
        try await change { views in
            guard let now = views[view.id] else { throw HTTPError(.notFound) }
            try owner.check(condition, now)
            views[view.id] = nil
        }
        access.note(.viewDeleted, by: caller, "\(view.id) \(view.name)")
        var json = JSONWriter()
        json.object { json in json.member("deleted") { json in json.string(view.id) } }
        return .json(bytes: json.bytes)
    }

    /// The view that a change is about.
    private func changeable(_ request: Request, _ parameters: Parameters) async throws -> SavedView {
        guard let id = parameters["view"] else { throw QueryError("say which view", parameter: "view") }
        let view = try await existing(id)
        guard owns(view) else {
            throw AccessRefusal(
                reason: .forbidden,
                message: "this view is somebody else's; save it under a name of your own"
            )
        }
        return view
    }

    private func existing(_ id: String) async throws -> SavedView {
        guard let view = views.view(id), sees(view) else { throw HTTPError(.notFound) }
        return view
    }

    private func change<Result: Sendable>(
        _ body: @escaping @Sendable (inout [String: SavedView]) throws -> Result
    ) async throws -> Result {
        // Writing blocks, which the concurrent pool must not.
        try await NIOThreadPool.singleton.runIfActive { [views] in try views.change(body) }
    }

    // MARK: - Whose views

    private func sees(_ view: SavedView) -> Bool { view.shared || owns(view) }

    /// Views from before anybody had to say who they are belong to all.
    private func owns(_ view: SavedView) -> Bool {
        caller.proof == .open || view.owner.isEmpty || view.owner == caller.owner || caller.role == .admin
    }

    // MARK: - In and out

    private func body(of request: Request) async throws -> Body {
        let bytes = try await request.body.collect(upTo: 16 << 10)
        do {
            return try JSONDecoder().decode(Body.self, from: Data(bytes.readableBytesView))
        } catch {
            throw QueryError(
                "expected JSON such as {\"name\": \"Uplink\", \"query\": \"?p=explore\", \"shared\": true}"
            )
        }
    }

    private static func name(_ text: String?) throws -> String {
        let name = (text ?? "").split(whereSeparator: \.isWhitespace).joined(separator: " ")
        guard (1...SavedViews.longestName).contains(name.count), name.utf8.count <= 4 * SavedViews.longestName,
            name.unicodeScalars.allSatisfy({ $0.properties.generalCategory != .control })
        else {
            throw QueryError("a view has a name of 1 to \(SavedViews.longestName) letters", parameter: "name")
        }
        return name
    }

    private static func query(_ text: String?) throws -> String {
        let query = text ?? ""
        let isQuery =
            query.utf8.count <= SavedViews.longestQuery && (query.isEmpty || query.hasPrefix("?"))
            && query.utf8.allSatisfy { (0x21...0x7E).contains($0) }
        guard isQuery else {
            throw QueryError(
                "a view's query is what stands in the console's address behind the path: ?p=explore&d=SrcAS",
                parameter: "query"
            )
        }
        return query
    }

    private func answer(_ view: SavedView, _ request: Request) -> Response {
        var json = JSONWriter()
        json.view(view, owns(view))
        var answer = tagged(json.bytes, request)
        answer.headers[.eTag] = view.tag
        if request.method == .get, request.headers[.ifNoneMatch] == view.tag {
            return Response(status: .notModified, headers: [.eTag: view.tag])
        }
        return answer
    }

    /// An answer that costs a few headers when it is still the same.
    private func tagged(_ bytes: [UInt8], _ request: Request) -> Response {
        let tag = "\"" + BearerToken.digest(String(decoding: bytes, as: UTF8.self)).prefix(16) + "\""
        if request.method == .get, request.headers[.ifNoneMatch] == tag {
            return Response(status: .notModified, headers: [.eTag: tag])
        }
        var answer = Response.json(bytes: bytes)
        answer.headers[.eTag] = tag
        // Kept by the browser, which asks each time whether it still holds.
        answer.headers[.cacheControl] = "private, no-cache"
        return answer
    }
}

extension Caller {
    /// Whose views and questions these are. A token may have the name of a person.
    var owner: String { proof == .token ? "token \(name)" : name }

    /// Whether a change is for the view as it is now (RFC 9110 section 13.1.1).
    fileprivate func check(_ condition: String?, _ view: SavedView) throws {
        guard let condition, condition != "*", condition != view.tag else { return }
        throw HTTPError(.preconditionFailed)
    }
}

extension SavedView {
    /// Differs when the view does.
    fileprivate var tag: String {
        let all = [id, name, query, shared ? "1" : "0", String(updated)].joined(separator: "\n")
        return "\"" + BearerToken.digest(all).prefix(16) + "\""
    }
}

extension JSONWriter {
    /// - Parameter isOwn: whether who asks may change it.
    fileprivate mutating func view(_ view: SavedView, _ isOwn: Bool) {
        object { json in
            json.member("id") { json in json.string(view.id) }
            json.member("name") { json in json.string(view.name) }
            json.member("query") { json in json.string(view.query) }
            json.member("owner") { json in json.string(view.owner) }
            json.member("shared") { json in json.value(.bool(view.shared)) }
            json.member("mayChange") { json in json.value(.bool(isOwn)) }
            json.member("created") { json in json.number(view.created) }
            json.member("updated") { json in json.number(view.updated) }
        }
    }
}
