import Foundation
import HTTPTypes
public import Hummingbird
import NIOCore
import NetTypes

/// What tells who made a request.
struct RequestFacts: Sendable {
    var method: HTTPRequest.Method = .get
    /// Host, as the client wrote it.
    var authority: String?
    var headers: HTTPFields = [:]
    /// The other end of the connection.
    var peer: IPAddress?
    /// Whether the connection is encrypted.
    var isTLS = false
    /// Whether the route is one that InfluxDB's clients write to.
    var isInflux = false
    /// Whether the route is the one that Amazon Data Firehose delivers to.
    var isFirehose = false
    /// The token in the query, on the one route that takes it there: Pub/Sub can be told nothing but an URL.
    var queryToken: String?
    /// What Google signs of who pushes, on that route: a token of three parts in Authorization (RFC 7519).
    var statement: String?
}

extension RequestFacts {
    init(_ request: Request, peer: IPAddress?, isTLS: Bool) {
        self.init(
            method: request.method,
            authority: request.head.authority,
            headers: request.headers,
            peer: peer,
            isTLS: isTLS
        )
    }

    /// Whether the method changes nothing (RFC 9110 section 9.2.1).
    var isSafe: Bool { method == .get || method == .head }

    /// Whether there is a field that says who asks, understood or not.
    var showsProof: Bool {
        headers[.authorization] != nil || queryToken != nil || (isFirehose && headers.firehose("Access-Key") != nil)
    }

    /// What stands behind `Bearer` in Authorization (RFC 6750 section 2.1); nil when there is nothing like it.
    ///
    /// Where InfluxDB's clients write, also what they know: `Token`, or `Basic` with the token for a password. Where
    /// Firehose delivers, its access key. Where Pub/Sub pushes, the token in the query, before the statement of Google
    /// that may stand in Authorization.
    var bearer: String? {
        if let queryToken { return queryToken }
        if isFirehose, let key = headers.firehose("Access-Key") { return key }
        let words = (headers[.authorization] ?? "").split(separator: " ")
        guard words.count == 2 else { return nil }
        switch words[0].lowercased() {
        case "bearer": return String(words[1])
        case "token" where isInflux: return String(words[1])
        case "basic" where isInflux:
            let pair = Data(base64Encoded: String(words[1])).flatMap { String(validating: $0, as: UTF8.self) }
            return pair.flatMap { pair in pair.firstIndex(of: ":").map { String(pair[pair.index(after: $0)...]) } }
        default: return nil
        }
    }

    /// Whether the page that asked is ours; nil when the client is no browser and tells neither.
    ///
    /// Origin must be the very place that the request is for: another program on this machine, at another port, is
    /// the same site to a browser, and gets the cookie.
    var isFromOurPage: Bool? {
        if let origin = headers[.origin] {
            guard let authority else { return false }
            for (scheme, port) in [("http://", ":80"), ("https://", ":443")] where origin.hasPrefix(scheme) {
                let place = origin.dropFirst(scheme.count).lowercased()
                return Self.without(port, place) == Self.without(port, authority.lowercased())
            }
            return false
        }
        return headers[.secFetchSite].map { $0 == "same-origin" }
    }

    private static func without(_ port: String, _ place: String) -> String {
        place.hasSuffix(port) ? String(place.dropLast(port.count)) : place
    }

    /// Where the client is: the peer or, behind trusted proxies, whoever the first of them was asked by.
    func client(_ settings: AccessSettings) -> IPAddress? {
        guard settings.trusts(peer), let name = HTTPField.Name("x-forwarded-for") else { return peer }
        // Each proxy appends whom it was asked by: the last that isn't one of ours is known, those before it are hearsay.
        for hop in headers[values: name].joined(separator: ",").split(separator: ",").reversed() {
            guard let address = Self.address(hop) else { return peer }
            if !settings.trusts(address) { return address }
        }
        return peer
    }

    /// Whether the client's side of the connection is encrypted, as far as that is known.
    func isSecure(_ settings: AccessSettings) -> Bool {
        guard !isTLS, settings.trusts(peer), let name = HTTPField.Name("x-forwarded-proto") else { return isTLS }
        return headers[name]?.lowercased() == "https"
    }

    /// `192.0.2.1`, `192.0.2.1:80`, `2001:db8::1` or `[2001:db8::1]:80`.
    private static func address(_ hop: Substring) -> IPAddress? {
        let text = String(hop.filter { $0 != " " })
        return IPAddress(text) ?? IPEndpoint(text)?.address
            ?? IPAddress(String(text.drop { $0 == "[" }.prefix { $0 != "]" }))
    }
}

/// The context of a request, with the other end of its connection.
public struct WebContext: RequestContext {
    /// What Hummingbird keeps.
    public var coreContext: CoreRequestContextStorage
    /// The other end of the connection; nil in tests without one.
    let peer: IPAddress?

    /// Takes the address from the connection.
    public init(source: ApplicationRequestContextSource) {
        coreContext = .init(source: source)
        // A zone (RFC 4007) is no part of the address.
        peer = source.channel.remoteAddress?.ipAddress.flatMap { IPAddress(String($0.prefix { $0 != "%" })) }
    }
}
