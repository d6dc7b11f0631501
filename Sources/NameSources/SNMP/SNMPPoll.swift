import NetTypes

/// One poll of one agent: discovers its engine where needed, then asks question after question.
///
/// Of use on the one thread that asks; it ends with ``close()``.
struct SNMPPoll {
    let address: IPAddress
    /// Its number in the schedule.
    let number: Int
    private let settings: SNMPAgentSettings
    private let deadline: Double
    private(set) var session: SNMPSession
    private var walk = SNMPWalk()
    private var isDiscovering: Bool
    /// Questions that were sent.
    private(set) var questions: UInt64 = 1

    /// Seconds that one agent may take; slow ones with 10,000 interfaces need half of it.
    private static let patience = 120.0

    enum Outcome {
        case open
        case done(SNMPDevice)
        case failed(SNMPProblem)
    }

    /// Sends the first question.
    init(
        _ address: IPAddress,
        _ settings: SNMPAgentSettings,
        number: Int,
        now: Double
    ) throws(SNMPProblem) {
        self.address = address
        self.settings = settings
        self.number = number
        deadline = now + Self.patience
        isDiscovering = settings.version == .users
        session = try SNMPSession(address, settings, engine: [])
        if isDiscovering {
            session.discover()
        } else if case .ask(let question) = walk.start() {
            session.ask(question)
        }
    }

    /// Ends it.
    func close() { session.close() }

    /// Goes on as far as it can without waiting.
    mutating func proceed(now: Double) -> Outcome {
        guard now < deadline else { return .failed(.endless) }
        switch session.state {
        case .waiting: return .open
        case .silence: return .failed(settings.version == .users && !isDiscovering ? .silenceAfterDiscovery : .silence)
        case .unreachable: return .failed(.unreachable(port: settings.port))
        case .failed: return .failed(.rubbish)
        case .report(_, let engine) where isDiscovering:
            // RFC 3411 section 5: SnmpEngineID has 5 to 32 octets.
            guard (5...32).contains(engine.count) else { return .failed(.rubbish) }
            return restart(engine)
        case .report(let variables, _): return .failed(Self.problem(variables))
        case .answer where isDiscovering: return .failed(.rubbish)
        case .answer(let status, let variables):
            switch walk.take(status: status, variables) {
            case .ask(let question):
                questions += 1
                session.ask(question)
                return .open
            case .done(let device): return .done(device)
            case .failed(let problem): return .failed(problem)
            }
        }
    }

    /// Opens the session that knows the engine, in place of the one that found it out.
    private mutating func restart(_ engine: [UInt8]) -> Outcome {
        do throws(SNMPProblem) {
            let new = try SNMPSession(address, settings, engine: engine)
            session.close()
            session = new
        } catch {
            return .failed(error)
        }
        isDiscovering = false
        questions += 1
        if case .ask(let question) = walk.start() { session.ask(question) }
        return .open
    }

    /// What a report says (RFC 3414 section 5: usmStats).
    private static func problem(_ variables: [SNMPVariable]) -> SNMPProblem {
        let usmStats: [UInt64] = [1, 3, 6, 1, 6, 3, 15, 1, 1]
        guard let name = variables.first?.identifier, name.starts(with: usmStats), name.count > usmStats.count else {
            return .rubbish
        }
        switch name[usmStats.count] {
        case 1: return .unsupportedLevel
        case 3: return .unknownUser
        case 5: return .wrongPassword
        case 6: return .decryption
        case let number: return .report(number)
        }
    }
}
