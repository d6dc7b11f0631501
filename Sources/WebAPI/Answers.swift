import FlowQuery
import FlowStore
import Foundation
import HTTPTypes
import Hummingbird
import Logging
import NIOCore

extension Response {
    /// A JSON answer. Handlers run on the concurrent pool, so writing a big one holds up no connection.
    static func json(_ body: some Encodable, status: HTTPResponse.Status = .ok) throws -> Response {
        let encoder = JSONEncoder()
        // Sorted, so that the same answer is the same bytes.
        encoder.outputFormatting = [.withoutEscapingSlashes, .sortedKeys]
        return json(bytes: try encoder.encode(body), status: status)
    }

    static func json(bytes: some Sequence<UInt8> & Sendable, status: HTTPResponse.Status = .ok) -> Response {
        Response(
            status: status,
            headers: [.contentType: "application/json", .cacheControl: "no-store"],
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: bytes))
        )
    }

    static func text(
        _ text: String,
        status: HTTPResponse.Status = .ok,
        type: String = "text/plain; charset=utf-8"
    ) -> Response {
        Response(
            status: status,
            headers: [.contentType: type, .cacheControl: "no-store"],
            body: ResponseBody(byteBuffer: ByteBuffer(string: text))
        )
    }
}

/// What every error looks like: `{"error":{"code":...,"message":...}}`.
struct ErrorBody: Encodable, Hashable {
    var error: Details

    struct Details: Encodable, Hashable {
        /// For programs: `bad_request`, `timeout`, ...
        var code: String
        /// For people.
        var message: String
        var parameter: String?
        /// UTF-16 units from the start of the parameter's text.
        var position: Int?
        var length: Int?
        var suggestion: String?
    }

    init(_ code: String, _ message: String) {
        error = Details(code: code, message: message)
    }

    init(_ cause: QueryError) {
        error = Details(
            code: "bad_request",
            message: cause.message,
            parameter: cause.parameter,
            position: cause.position,
            length: cause.length,
            suggestion: cause.suggestion
        )
    }
}

/// Turns whatever a route throws into JSON with a fitting status.
struct ErrorAnswers<Context: RequestContext>: RouterMiddleware {
    func handle(
        _ request: Request,
        context: Context,
        next: @concurrent (Request, Context) async throws -> Response
    ) async throws -> Response {
        do {
            return try await next(request, context)
        } catch let error as QueryError {
            return try .json(ErrorBody(error), status: .badRequest)
        } catch let error as StoreError {
            return try Self.answer(error, isSQL: request.uri.path == Endpoint.query.rawValue)
        } catch let error as TooMany {
            return try .json(ErrorBody("too_many", error.message), status: .tooManyRequests)
        } catch let error as any HTTPResponseError {
            return try Self.answer(error.status)
        } catch is CancellationError {
            return try .json(ErrorBody("cancelled", "the server is stopping"), status: .serviceUnavailable)
        } catch {
            context.logger.error("request failed", metadata: ["path": "\(request.uri.path)", "error": "\(error)"])
            return try .json(ErrorBody("internal", "the server failed; its log says why"), status: .internalServerError)
        }
    }

    private static func answer(_ status: HTTPResponse.Status) throws -> Response {
        let (code, message) =
            switch status {
            case .notFound: ("not_found", "there is nothing at this path")
            case .contentTooLarge: ("too_large", "the body of the request is too large")
            case .preconditionFailed: ("changed", "it has changed meanwhile; read it again")
            case .methodNotAllowed: ("method_not_allowed", "this path doesn't know the method")
            default: (status.code < 500 ? "bad_request" : "internal", status.reasonPhrase)
            }
        return try .json(ErrorBody(code, message), status: status)
    }

    /// What makes a question cheaper.
    private static var narrower: String {
        "choose a shorter range, filter by exporter, interface or address, or group by fewer columns"
    }

    /// ClickHouse's error codes that people can do something about.
    private static func answer(_ error: StoreError, isSQL: Bool) throws -> Response {
        switch error.code {
        case 0: return try .json(ErrorBody("store_unavailable", error.message), status: .serviceUnavailable)
        // TIMEOUT_EXCEEDED
        case 159:
            return try .json(ErrorBody("timeout", "the question took too long: \(narrower)"), status: .gatewayTimeout)
        case StoreError.cancelled.code:
            return try .json(
                ErrorBody("cancelled", "the question was cancelled before its answer was ready"),
                status: .cancelled
            )
        // MEMORY_LIMIT_EXCEEDED
        case 241:
            return try .json(
                ErrorBody("too_much", "the question needs more memory than one may have (store.memory): \(narrower)"),
                status: .unprocessableContent
            )
        // TOO_MANY_ROWS_OR_BYTES
        case 396: return try .json(ErrorBody("too_much", "the answer has too many rows"), status: .unprocessableContent)
        // CANNOT_COMPILE_REGEXP, CANNOT_PARSE_ESCAPE_SEQUENCE: of a pattern in the filter.
        case 427, 25:
            let cause = QueryError(
                "a pattern can't be understood: \(error.message)",
                parameter: isSQL ? "sql" : "filter"
            )
            return try .json(ErrorBody(cause), status: .badRequest)
        default:
            guard isSQL else {
                return try .json(ErrorBody("query_failed", error.message), status: .internalServerError)
            }
            return try .json(ErrorBody(QueryError(error.message, parameter: "sql")), status: .badRequest)
        }
    }
}

extension HTTPResponse.Status {
    /// Who asked wants no answer any more; no RFC has a number for that, proxies write this one.
    fileprivate static var cancelled: Self { Self(code: 499, reasonPhrase: "Cancelled") }
}
