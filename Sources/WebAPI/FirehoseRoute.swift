import Foundation
import HTTPTypes
import Hummingbird

/// A request of Amazon Data Firehose (developer guide, "HTTP endpoint delivery request and response specifications").
public struct FirehoseDelivery: Sendable, Equatable {
    /// The same when Firehose sends the request again.
    public var id: String
    /// What the stream's owner sets in it, by name.
    public var attributes: [String: String]
    /// The body: JSON with the records.
    public var body: [UInt8]
}

/// The route that Firehose delivers to. Its answers have the form that Firehose asks for: it sends anything again
/// that isn't answered by 200 and the request's id.
extension WebAPI {
    /// Bytes of a request's body, inflated. Firehose's largest buffer would make four times as many.
    static let mostDeliveryBytes = 16 << 20

    func firehose(_ request: Request) async throws -> Response {
        guard let imports else { throw HTTPError(.notFound) }
        let name = request.headers.firehose("Request-Id") ?? ""
        do {
            let delivery = try await delivery(request, name)
            try await imports.take(delivery)
            return try answer(delivery.id)
        } catch let refusal as ImportRefusal {
            return try answer(name, refusal.message, status: refusal.status)
        } catch let error as HTTPError {
            return try answer(name, "the body has more than \(Self.mostDeliveryBytes >> 20) MB", status: error.status)
        } catch {
            return try answer(name, "not stored: \(error)", status: .serviceUnavailable)
        }
    }

    private struct Identity: Decodable {
        var requestId: String
    }

    private func delivery(_ request: Request, _ name: String) async throws -> FirehoseDelivery {
        var body = [UInt8]((try await request.body.collect(upTo: Self.mostDeliveryBytes)).readableBytesView)
        if request.headers[.contentEncoding]?.lowercased() == "gzip" {
            guard let inflated = Gzip.inflate(body, most: Self.mostDeliveryBytes) else {
                throw ImportRefusal(.badOption, "the body is no gzip, or more than \(Self.mostDeliveryBytes >> 20) MB")
            }
            body = inflated
        }
        guard let identity = try? JSONDecoder().decode(Identity.self, from: Data(body)), !identity.requestId.isEmpty
        else { throw ImportRefusal(.badOption, "the body is no JSON with a requestId") }
        guard name.isEmpty || name == identity.requestId else {
            throw ImportRefusal(.badOption, "X-Amz-Firehose-Request-Id is not the body's requestId")
        }
        return FirehoseDelivery(id: identity.requestId, attributes: Self.attributes(request), body: body)
    }

    /// What stands in X-Amz-Firehose-Common-Attributes.
    private static func attributes(_ request: Request) -> [String: String] {
        struct Common: Decodable {
            var commonAttributes: [String: String]
        }
        guard let text = request.headers.firehose("Common-Attributes") else { return [:] }
        return (try? JSONDecoder().decode(Common.self, from: Data(text.utf8)))?.commonAttributes ?? [:]
    }

    private struct Answer: Encodable {
        var requestId: String
        /// Milliseconds since 1970 UTC.
        var timestamp: UInt64
        var errorMessage: String?
    }

    private func answer(
        _ id: String,
        _ problem: String? = nil,
        status: HTTPResponse.Status = .ok
    ) throws -> Response {
        try .json(Answer(requestId: id, timestamp: clock() * 1000, errorMessage: problem), status: status)
    }
}

extension HTTPFields {
    /// The field X-Amz-Firehose- and a word.
    func firehose(_ word: String) -> String? { HTTPField.Name("X-Amz-Firehose-\(word)").flatMap { self[$0] } }
}
