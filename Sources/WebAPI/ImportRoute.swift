import FlowQuery
import FlowStore
import Foundation
import HTTPTypes
import Hummingbird
import NIOCore

/// The route that takes captures from the server's own machine.
extension WebAPI {
    /// Streams what becomes of the capture in the body, one JSON object a line.
    func importCapture(_ request: Request) async throws -> Response {
        guard let imports else { throw HTTPError(.notFound) }
        // Where nobody has to say who they are, it takes the server's own user.
        guard
            caller.proof != .open || RequestFacts(request, peer: nil, isTLS: false).bearer.map(imports.accepts) == true
        else {
            let message = "imports need the token that the server writes to local.token in its data folder"
            var answer = try Response.json(ErrorBody("unauthorized", message), status: .unauthorized)
            answer.headers[.wwwAuthenticate] = "Bearer"
            return answer
        }
        let parameters = try Parameters(request, allowed: .imports)
        guard let name = parameters["name"] else { throw QueryError("the capture needs a name", parameter: "name") }
        let options = try ImportOptions(parameters)
        access.note(.imported, by: caller, name)
        let length = request.headers[.contentLength].flatMap(Int.init)
        let events: AsyncStream<ImportEvent>
        do {
            events = try await imports.take(name: name, options: options, length: length, body: request.body)
        } catch let refusal as ImportRefusal {
            return try .json(ErrorBody(refusal.code.rawValue, refusal.message), status: refusal.status)
        }
        return Response(
            status: .ok,
            headers: [.contentType: "application/x-ndjson", .cacheControl: "no-store"],
            body: ResponseBody { writer in
                for await event in events { try await writer.write(ByteBuffer(string: event.line)) }
                try await writer.finish(nil)
            }
        )
    }

}

extension ImportRefusal {
    /// The status that says it.
    var status: HTTPResponse.Status {
        switch code {
        case .tooLarge: .contentTooLarge
        case .noRoom: HTTPResponse.Status(code: 507, reasonPhrase: "Insufficient Storage")
        case .busy, .stopping: .serviceUnavailable
        case .cutShort, .badOption: .badRequest
        case .unknownSource: .notFound
        case .notSigned: .unauthorized
        case .failed: .internalServerError
        }
    }
}

extension ImportEvent {
    /// The event as a line of JSON.
    fileprivate var line: String {
        if case .summary(let members) = self { return "{\"summary\":{\(members)}}\n" }
        var json = JSONWriter()
        json.object { json in
            switch self {
            case .waiting: json.member("waiting") { json in json.value(.bool(true)) }
            case .rows(let rows): json.member("rows") { json in json.number(rows) }
            case .warning(let text): json.member("warning") { json in json.string(text) }
            case .failure(let text): json.member("failure") { json in json.string(text) }
            case .summary: break
            }
        }
        return String(decoding: json.bytes, as: UTF8.self) + "\n"
    }
}
