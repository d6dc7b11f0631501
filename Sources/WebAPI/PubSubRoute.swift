import FlowQuery
public import Foundation
import HTTPTypes
import Hummingbird

/// A message that Google Cloud Pub/Sub pushes (documentation of Pub/Sub, "Receive messages by push").
public struct PubSubDelivery: Sendable, Equatable {
    /// `projects/PROJECT/subscriptions/NAME`.
    public var subscription: String
    /// The message's id: the same when it is pushed again.
    public var id: String
    /// What it holds; nil when it has attributes only.
    public var data: Data?
    /// Names and values that came with it.
    public var attributes: [String: String]
}

/// The route that Pub/Sub pushes to. It takes any status of success for an acknowledgement, and sends a message again
/// that is answered otherwise.
extension WebAPI {
    func pubSub(_ request: Request) async throws -> Response {
        guard let imports else { throw HTTPError(.notFound) }
        _ = try Parameters(request, allowed: .pubSub)
        do {
            try await imports.take(try await pushed(request))
            return Response(status: .noContent)
        } catch let refusal as ImportRefusal {
            return try .json(ErrorBody(refusal.code.rawValue, refusal.message), status: refusal.status)
        } catch let error as HTTPError {
            let most = "the body has more than \(Self.mostDeliveryBytes >> 20) MB"
            return try .json(ErrorBody(ImportRefusal.Code.tooLarge.rawValue, most), status: error.status)
        } catch {
            let message = "not stored: \(error)"
            return try .json(ErrorBody(ImportRefusal.Code.failed.rawValue, message), status: .serviceUnavailable)
        }
    }

    private func pushed(_ request: Request) async throws -> PubSubDelivery {
        let body = try await request.body.collect(upTo: Self.mostDeliveryBytes)
        let push: Push
        do {
            push = try JSONDecoder().decode(Push.self, from: Data(body.readableBytesView))
        } catch {
            throw ImportRefusal(
                .badOption,
                "the body is no push message with subscription, message.messageId and data in base64; "
                    + "switch payload unwrapping of the subscription off"
            )
        }
        return PubSubDelivery(
            subscription: push.subscription,
            id: push.message.messageId,
            data: push.message.data,
            attributes: push.message.attributes ?? [:]
        )
    }

    private struct Push: Decodable {
        var message: Message
        var subscription: String

        struct Message: Decodable {
            var data: Data?
            var attributes: [String: String]?
            var messageId: String
        }
    }
}
