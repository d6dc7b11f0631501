import CNetSNMP
import NetTypes

/// A session with one agent in the library; of use on the one thread that asks.
///
/// It ends with ``close()``.
struct SNMPSession {
    private let session: OpaquePointer

    /// What became of the question.
    enum State {
        case waiting
        case answer(status: Int, [SNMPVariable])
        /// An engine told who it is, or what it has against the question.
        case report([SNMPVariable], engine: [UInt8])
        case silence
        case unreachable
        case failed
    }

    /// Seconds for each of two attempts.
    static let patience = 1.5
    /// Variables that are looked at in one answer.
    private static let mostVariables = 128
    /// Sub-identifiers of which a name may have (RFC 2578 section 3.5).
    private static let mostSubidentifiers = 128
    /// Octets of a value that are looked at: more than any text that is kept.
    private static let mostOctets = 256

    /// - Parameter engine: the agent's; empty in version 2c, and for the session that discovers it.
    init(_ address: IPAddress, _ settings: SNMPAgentSettings, engine: [UInt8]) throws(SNMPProblem) {
        let peer = address.isV4 ? "udp:\(address):\(settings.port)" : "udp6:[\(address)]:\(settings.port)"
        let community = settings.version == .community ? Array((settings.community?.value ?? "").utf8) : []
        var problem = [CChar](repeating: 0, count: 256)
        let texts = [
            peer, settings.user, settings.authentication?.proto.library, settings.authentication?.password.value,
            settings.privacy?.proto.library, settings.privacy?.password.value,
        ]
        let opened = withTexts(texts) { texts in
            community.withUnsafeBufferPointer { community in
                engine.withUnsafeBufferPointer { engine in
                    var target = netmeta_snmp_target()
                    target.peer = texts[0]
                    target.timeout_microseconds = Int(Self.patience * 1_000_000)
                    target.retries = 1
                    if settings.version == .community {
                        target.community = community.baseAddress
                        target.community_length = community.count
                    }
                    target.user = texts[1]
                    target.authentication = texts[2]
                    target.authentication_password = texts[3]
                    target.privacy = texts[4]
                    target.privacy_password = texts[5]
                    target.engine = engine.baseAddress
                    target.engine_length = engine.count
                    return netmeta_snmp_open(&target, &problem, problem.count)
                }
            }
        }
        guard let opened else {
            throw .library(String(decoding: problem.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self))
        }
        session = opened
    }

    /// Ends it; the library forgets the engine and the user's keys.
    func close() { netmeta_snmp_close(session) }

    /// Sends a question.
    func ask(_ question: SNMPWalk.Question) {
        switch question {
        case .get(let name): _ = netmeta_snmp_send(session, Int32(netmeta_snmp_get), name, name.count, 0)
        case .bulk(let name, let repetitions):
            _ = netmeta_snmp_send(session, Int32(netmeta_snmp_bulk), name, name.count, repetitions)
        }
    }

    /// Asks who the engine is (RFC 3414 section 4).
    func discover() { _ = netmeta_snmp_send(session, Int32(netmeta_snmp_discover), nil, 0, 0) }

    /// Waits for one of the sessions, `wake` or the time.
    static func wait(_ sessions: [SNMPSession], wake: Int32, seconds: Double) {
        let pointers = sessions.map { Optional($0.session) }
        netmeta_snmp_wait(pointers, pointers.count, wake, Int32(min(max(0, seconds), 60) * 1000))
    }

    /// What became of the question.
    var state: State {
        switch Int(netmeta_snmp_state(session)) {
        case netmeta_snmp_idle, netmeta_snmp_waiting: return .waiting
        case netmeta_snmp_answered:
            return .answer(status: netmeta_snmp_error_status(session), variables)
        case netmeta_snmp_reported:
            var engine = [UInt8](repeating: 0, count: 32)
            let length = netmeta_snmp_engine(session, &engine, engine.count)
            return .report(variables, engine: Array(engine.prefix(length)))
        case netmeta_snmp_silent: return .silence
        case netmeta_snmp_unreachable: return .unreachable
        default: return .failed
        }
    }

    private var variables: [SNMPVariable] {
        var room = [netmeta_snmp_variable](repeating: netmeta_snmp_variable(), count: Self.mostVariables)
        let count = netmeta_snmp_variables(session, &room, room.count)
        return room.prefix(count).map { variable in
            let identifier = UnsafeBufferPointer(
                start: variable.oid,
                count: variable.oid == nil ? 0 : min(variable.oid_length, Self.mostSubidentifiers)
            )
            let octets = UnsafeBufferPointer(
                start: variable.bytes,
                count: variable.bytes == nil ? 0 : min(variable.length, Self.mostOctets)
            )
            return SNMPVariable(identifier: Array(identifier), value: Self.value(variable.type, octets))
        }
    }

    /// A value by its tag (RFC 3416 section 3); the library keeps numbers as C's long.
    private static func value(_ tag: UInt8, _ octets: UnsafeBufferPointer<UInt8>) -> SNMPVariable.Value {
        switch tag {
        case 0x04: return .text(Array(octets))
        // INTEGER, Counter32, Gauge32, TimeTicks.
        case 0x02, 0x41, 0x42, 0x43:
            guard octets.count >= MemoryLayout<Int>.size else { return .other }
            let number = UnsafeRawBufferPointer(octets).loadUnaligned(as: Int.self)
            return number >= 0 ? .number(UInt64(number)) : .other
        // NULL, noSuchObject, noSuchInstance, endOfMibView.
        case 0x05, 0x80, 0x81, 0x82: return .absent
        default: return .other
        }
    }
}

/// Texts as C's, while `body` runs; nil stays nil.
private func withTexts<Result>(_ texts: [String?], _ body: ([UnsafePointer<CChar>?]) -> Result) -> Result {
    func pass(_ rest: ArraySlice<String?>, _ done: [UnsafePointer<CChar>?]) -> Result {
        guard let next = rest.first else { return body(done) }
        guard let next else { return pass(rest.dropFirst(), done + [nil]) }
        return next.withCString { pass(rest.dropFirst(), done + [$0]) }
    }
    return pass(texts[...], [])
}

extension SNMPAgentSettings.Authentication {
    /// The library's word.
    fileprivate var library: String {
        switch self {
        case .md5: "MD5"
        case .sha: "SHA"
        case .sha224: "SHA-224"
        case .sha256: "SHA-256"
        case .sha384: "SHA-384"
        case .sha512: "SHA-512"
        }
    }
}

extension SNMPAgentSettings.Privacy {
    /// The library's word.
    fileprivate var library: String {
        switch self {
        case .des: "DES"
        case .aes: "AES"
        case .aes192: "AES-192"
        case .aes256: "AES-256"
        }
    }
}

/// The library itself.
enum SNMPLibrary {
    /// Loads it; nil, or why it can't be used.
    static func load() -> String? { netmeta_snmp_load().map { String(cString: $0) } }
}
