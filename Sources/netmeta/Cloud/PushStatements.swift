import CryptoExtras
import Foundation
import WebAPI

/// Checks what Google says of who pushes, for the subscriptions that want to know.
struct PushStatements: Sendable {
    /// By the subscription's name.
    private let wanted: [String: PushSigner]
    private let keys: GoogleKeys

    /// - Parameters:
    ///   - wanted: who has to sign what a subscription pushes, by its name.
    ///   - url: where the keys are.
    init(_ wanted: [String: PushSigner], keysAt url: String) {
        self.wanted = wanted
        keys = GoogleKeys(url: url)
    }

    /// Who signed a statement.
    ///
    /// - Throws: ``ImportRefusal`` of code `notSigned` when nobody did whom a subscription wants, or `failed` when the keys
    ///   can't be had.
    func verify(_ text: String) async throws(ImportRefusal) -> PushSigner {
        let found: _RSA.Signing.PublicKey?
        let statement: GoogleStatement
        do throws(Failure) {
            statement = try GoogleStatement(text)
            try statement.check(now: Date().timeIntervalSince1970)
            // Nobody else can have keys fetched.
            guard wanted.values.contains(statement.signer) else {
                throw Failure(
                    "its address (email) and audience (aud) are not the pushAccount and pushAudience of a subscription"
                )
            }
        } catch {
            throw ImportRefusal(.notSigned, "the statement in Authorization is not taken: \(error)")
        }
        do {
            found = try await keys.key(statement.keyID)
        } catch {
            throw ImportRefusal(.failed, "\(error)")
        }
        guard let key = found, statement.isSigned(by: key) else {
            throw ImportRefusal(.notSigned, "the statement in Authorization is not taken: Google hasn't signed it")
        }
        return statement.signer
    }

    /// Refuses a delivery to a subscription that wants another proof than came with it.
    func check(_ delivery: PubSubDelivery) throws(ImportRefusal) {
        guard let signer = wanted[delivery.subscription] else {
            guard delivery.hasToken else {
                throw ImportRefusal(
                    .notSigned,
                    "\(delivery.subscription) has no pushAccount: push with a token of auth.tokens in the URL"
                )
            }
            return
        }
        guard delivery.signer == signer else {
            throw ImportRefusal(
                .notSigned,
                "\(delivery.subscription) wants a statement of Google's for \(signer.account) to \(signer.audience): "
                    + "switch its authentication on"
            )
        }
    }
}
