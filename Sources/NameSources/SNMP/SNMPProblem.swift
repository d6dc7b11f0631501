/// Why a poll of an agent gave nothing.
public enum SNMPProblem: Error, Hashable, Sendable {
    /// No answer to a community, or to the question for the engine.
    case silence
    /// The engine answered, and then nothing did.
    case silenceAfterDiscovery
    /// The port is closed, or there is no way.
    case unreachable(port: UInt16)
    /// A report of the security model (RFC 3414 section 3.2): unknownUserNames.
    case unknownUser
    /// wrongDigests.
    case wrongPassword
    /// unsupportedSecLevels.
    case unsupportedLevel
    /// decryptionErrors.
    case decryption
    /// notInTimeWindows, or another report.
    case report(UInt64)
    /// An error-status (RFC 3416 section 3).
    case status(Int)
    /// What comes is no answer.
    case rubbish
    /// Identifiers don't increase (RFC 3416 section 4.2.3).
    case notIncreasing
    /// It was asked for as long, or as often, as an agent may be.
    case endless
    /// It has more names than an agent may have.
    case tooMuch
    /// There is no room for the names of one more agent.
    case noRoom
    /// It answers and shows nothing that was asked for.
    case nothing
    /// The library can't be used, or opens no session.
    case library(String)

    /// One word for figures.
    public var word: String {
        switch self {
        case .silence, .silenceAfterDiscovery: "silence"
        case .unreachable: "unreachable"
        case .unknownUser, .wrongPassword, .unsupportedLevel, .decryption, .report: "security"
        case .status: "refused"
        case .rubbish: "rubbish"
        case .notIncreasing: "not_increasing"
        case .endless: "endless"
        case .tooMuch: "too_much"
        case .noRoom: "no_room"
        case .nothing: "nothing"
        case .library: "library"
        }
    }
}

extension SNMPProblem: CustomStringConvertible {
    /// What is wrong, and what helps.
    public var description: String {
        switch self {
        case .silence:
            "no answer: wrong community or not allowed by the agent, no agent there, or a firewall in between"
        case .silenceAfterDiscovery: "no answer to the user: wrong password or protocol of privacy, or a firewall"
        case .unreachable(let port): "nothing listens on UDP port \(port) there: start the agent, or set port"
        case .unknownUser: "the agent doesn't know the user: create it there, or set user"
        case .wrongPassword: "wrong password or protocol of authentication"
        case .unsupportedLevel:
            "the agent's user has other protocols: set authentication and privacy as they are there"
        case .decryption: "the agent can't decrypt: wrong password or protocol of privacy"
        case .report(let number): "the agent refuses: usmStats \(number), its clock or its restarts may be wrong"
        case .status(16), .status(6):
            "not allowed: let the agent's user or community read 1.3.6.1.2.1 (users may need privacy)"
        case .status(let number): "the agent answers with error-status \(number)"
        case .rubbish: "what it sends is no answer: is there an SNMP agent?"
        case .notIncreasing: "the agent's tables don't increase: its software is at fault"
        case .endless: "the agent's tables don't end within the limits: its software is at fault"
        case .tooMuch: "more names than one agent may have"
        case .noRoom: "no room for the names of one more agent"
        case .nothing: "the agent shows neither its name nor interfaces: let it show 1.3.6.1.2.1"
        case .library(let text): text
        }
    }
}
