public import NetTypes

/// What somebody may do; each role may do all that those before it may.
public enum Role: String, CaseIterable, Comparable, Sendable, Codable {
    /// Reads.
    case viewer
    /// Also keeps saved views and events, and imports captures.
    case editor
    /// Also reads the audit log, and cancels other people's questions.
    case admin

    /// Whether `a` may do less.
    public static func < (a: Role, b: Role) -> Bool { a.rank < b.rank }

    private var rank: Int { Self.allCases.firstIndex(of: self) ?? 0 }
}

/// Who asks, and how that is known.
public struct Caller: Sendable, Equatable {
    /// A user's or a token's name; empty where nobody has to say who they are.
    public var name: String
    /// What they may do.
    public var role: Role
    /// How that is known.
    public var proof: Proof
    /// Where they ask from: the client itself, where a trusted proxy tells it.
    public var address: IPAddress?

    /// How somebody is known.
    public enum Proof: String, Sendable {
        /// Nobody has to say who they are.
        case open
        /// By the cookie of a session, which began with a password.
        case session
        /// By a bearer token of the configuration.
        case token
        /// By the word of a trusted proxy.
        case proxy
        /// By the token in the data folder, which only the server's own user can read.
        case local
    }

    /// Everybody, where nobody has to say who they are: all is allowed.
    public static let anybody = Caller(name: "", role: .admin, proof: .open)

    /// Names a caller.
    public init(name: String, role: Role, proof: Proof, address: IPAddress? = nil) {
        self.name = name
        self.role = role
        self.proof = proof
        self.address = address
    }

    /// Whether a browser adds the proof by itself, so that another site's page could borrow it.
    var isAmbient: Bool { proof == .session || proof == .proxy }

    /// Whether a name can be one of a user or a token: 1 to 64 letters, digits and `. _ - @ +` of ASCII, so that it is
    /// safe in logs, headers and files as it is.
    public static func isName(_ text: String) -> Bool {
        (1...64).contains(text.utf8.count)
            && text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"):
                    true
                default: ".-_@+".utf8.contains(byte)
                }
            }
    }
}

/// Why a request gets no answer.
struct AccessRefusal: Error, Equatable {
    enum Reason: String {
        /// 401: who asks isn't known.
        case unauthorized
        /// 403: who asks may not do this.
        case forbidden
        /// 403: another site's page may have made the request.
        case crossSite = "cross_site"
        /// 429: too many tries; later.
        case tooManyTries = "too_many_tries"
    }

    var reason: Reason
    /// What is wrong and what to do.
    var message: String
    /// Seconds after which another try makes sense.
    var retryAfter: UInt64?
}
