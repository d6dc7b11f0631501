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
    /// Who signed that it is pushed, which is checked; nil without a statement.
    public var signer: PushSigner?
    /// Whether it came with a token of this server's, or none is needed.
    public var hasToken: Bool
}

/// Whom a subscription authenticates as (documentation of Pub/Sub, "Authentication for push subscriptions").
public struct PushSigner: Hashable, Sendable {
    /// The address of the service account.
    public var account: String
    /// Whom the statement is for.
    public var audience: String

    /// Names both.
    public init(account: String, audience: String) {
        self.account = account
        self.audience = audience
    }
}

/// The route that Pub/Sub pushes to. It takes any status of success for an acknowledgement, and sends a message again
/// that is answered otherwise.
extension WebAPI {
    func pubSub(_ request: Request) async throws -> Response {
        guard let imports else { throw HTTPError(.notFound) }
        _ = try Parameters(request, allowed: .pubSub)
        do {
            // Before anything of the body is read.
            let signer = try await signer(imports)
            if signer != nil, facts.queryToken != nil { _ = try access.caller(facts, needing: .editor) }
            var delivery = try await pushed(request)
            delivery.signer = signer
            delivery.hasToken = signer == nil || facts.queryToken != nil || access.isOpen
            try await imports.take(delivery)
            return Response(status: .noContent)
        } catch let refusal as AccessRefusal {
            throw refusal
        } catch let refusal as ImportRefusal where refusal.code == .notSigned {
            throw AccessRefusal(reason: .unauthorized, message: refusal.message)
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

    /// Who Google says pushes; nil when it says nothing, or nothing that counts to whom may push anyway.
    private func signer(_ imports: any CaptureImporter) async throws(ImportRefusal) -> PushSigner? {
        guard let statement = facts.statement else { return nil }
        do throws(ImportRefusal) {
            return try await imports.verify(statement: statement)
        } catch {
            guard error.code == .notSigned, (try? access.caller(facts, needing: .editor)) != nil else { throw error }
            return nil
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
            attributes: push.message.attributes ?? [:],
            hasToken: false
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
