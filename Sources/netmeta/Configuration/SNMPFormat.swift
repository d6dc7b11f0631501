import NameSources
import NetTypes

extension ValueFormat<SNMPAgentSettings> {
    /// How agents are asked, with what that needs.
    static var snmpAgent: Self {
        let settings = ValueFormat.settings(SNMPAgentSettings.all, default: SNMPAgentSettings())
        return ValueFormat(
            expected: settings.expected,
            shape: .map,
            parse: { raw throws(ValueProblem) in
                // What stands there may be the community.
                guard case .map = raw else { throw ValueProblem("expected settings such as {community: WORD}") }
                let agent = try settings.parse(raw)
                switch agent.version {
                case .community where agent.community == nil:
                    throw ValueProblem("expected a community, or version 3 with a user")
                case .community where !agent.user.isEmpty || agent.authentication != nil || agent.privacy != nil:
                    throw ValueProblem("user, authentication and privacy are of version 3; add version: 3")
                case .users where agent.user.isEmpty: throw ValueProblem("version 3 needs a user")
                case .users where agent.community != nil:
                    throw ValueProblem("a community is of version 2c; leave it out or add version: 2c")
                case .users where agent.privacy != nil && agent.authentication == nil:
                    throw ValueProblem("privacy needs authentication (RFC 3414 section 1.4.1)")
                case .community, .users, .off: return agent
                }
            },
            text: settings.text,
            members: settings.members
        )
    }
}

extension SNMPAgentSettings {
    /// Its keys.
    fileprivate static let all: [Setting<SNMPAgentSettings>] = [
        Setting("version", \.version, .choice, "The version of SNMP that the agent speaks; off asks nobody."),
        Setting("community", \.community, .optionalSecret(least: 1), "The community of version 2c."),
        Setting(
            "user",
            \.user,
            .single(
                "a user's name such as netmeta, of at most 32 bytes",
                parse: { $0.utf8.count <= 32 && $0.unicodeScalars.allSatisfy { $0.value >= 0x20 } ? $0 : nil },
                text: { yamlText($0) }
            ),
            "The user of version 3."
        ),
        Setting(
            "authentication",
            \.authentication,
            .key("{protocol: sha256, password: {file: /etc/netmeta/snmp-authentication}}", default: .sha256),
            "How messages of version 3 prove who sent them."
        ),
        Setting(
            "privacy",
            \.privacy,
            .key("{protocol: aes, password: {file: /etc/netmeta/snmp-privacy}}", default: .aes),
            "How messages of version 3 are hidden from others."
        ),
        Setting("port", \.port, .port, "The agent's UDP port."),
        Setting(
            "interval",
            \.interval,
            .pollInterval,
            "The time from one poll to the next; a new exporter is asked at once."
        ),
    ]
}

extension ValueFormat {
    /// A protocol and the password for it.
    fileprivate static func key<Protocol>(_ example: String, default standard: Protocol) -> ValueFormat
    where
        Protocol: RawRepresentable & CaseIterable & Hashable & Sendable,
        Protocol.RawValue == String,
        Value == SNMPAgentSettings.Key<Protocol>?
    {
        typealias Key = SNMPAgentSettings.Key<Protocol>
        typealias Parts = KeyParts<Protocol>
        let words = Protocol.allCases.map(\.rawValue)
        let parts = ValueFormat<Parts>.settings(
            [
                Setting("protocol", \.proto, .choice, "The protocol."),
                // RFC 3414 section 11.2.
                Setting("password", \.password, .optionalSecret(least: 8), "The password."),
            ],
            default: Parts(proto: standard, password: nil)
        )
        return ValueFormat(
            expected: "\(example); protocols are \(words.joined(separator: ", "))",
            shape: .map,
            parse: { raw throws(ValueProblem) in
                if case .map(let entries) = raw, entries.isEmpty { return nil }
                // What stands there may be the password.
                guard case .map = raw else { throw ValueProblem("expected \(example)") }
                let found = try parts.parse(raw)
                guard let password = found.password else { throw ValueProblem("expected a password in it") }
                return Key(found.proto, password: password)
            },
            text: { key in
                key.map { "{protocol: \($0.proto.rawValue), password: \(secretText($0.password))}" } ?? "{}"
            }
        )
    }
}

/// A protocol and its password while they are read.
private struct KeyParts<Protocol: Hashable & Sendable>: Hashable, Sendable {
    var proto: Protocol
    var password: Secret?
}

extension ValueFormat<Secret?> {
    /// A secret, or the file that it is in, of which the last line's end is left out. It is never repeated: not in
    /// what is written, and not in what is said to be wrong with it.
    ///
    /// - Parameters:
    ///   - least: the bytes that it has at least.
    ///   - takesNone: whether an empty text means that there is none, as the default is printed.
    static func optionalSecret(least: Int, takesNone: Bool = false) -> Self {
        let expected = "a text of \(least) to 128 bytes, or {file: PATH} for one in a file"
        return ValueFormat(
            expected: expected,
            shape: .map,
            parse: { raw throws(ValueProblem) in
                switch raw {
                case .text("") where takesNone: return nil
                case .text(let text):
                    guard text != Secret.placeholder else {
                        throw ValueProblem("\(Secret.placeholder) only stands for a secret where it is shown")
                    }
                    return try checked(Secret(text), least, expected)
                case .map(let entries):
                    guard entries.count == 1, let entry = entries.first, entry.name == "file",
                        case .text(let path) = entry.value
                    else { throw ValueProblem("expected \(expected)") }
                    let content: String
                    do throws(FileProblem) {
                        content = try readText(path)
                    } catch {
                        throw ValueProblem(error.description)
                    }
                    let line = content.hasSuffix("\n") ? String(content.dropLast()) : content
                    return try checked(
                        Secret(line, file: path),
                        least,
                        "\(path) to hold a text of \(least) to 128 bytes"
                    )
                case .list, .items, .nothing: throw ValueProblem("expected \(expected)")
                }
            },
            text: { $0.map(secretText) ?? "\"\"" }
        )
    }

    private static func checked(_ secret: Secret, _ least: Int, _ expected: String) throws(ValueProblem) -> Secret {
        let isFine =
            (least...128).contains(secret.value.utf8.count)
            && secret.value.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7F }
        guard isFine else { throw ValueProblem("expected \(expected), without control characters") }
        return secret
    }
}

/// A secret as it is shown: where it is, or that there is one.
private func secretText(_ secret: Secret) -> String {
    secret.file.map { "{file: \(yamlText($0))}" } ?? yamlText(Secret.placeholder)
}

extension ValueFormat<UInt16> {
    fileprivate static var port: Self {
        .single("a port such as 161", parse: { UInt16($0).flatMap { $0 > 0 ? $0 : nil } }, text: { String($0) })
    }
}

extension ValueFormat<UInt32> {
    /// Seconds; often enough to see a new interface soon, and seldom enough not to be a burden.
    fileprivate static var pollInterval: Self {
        let seconds = wholeSeconds(upTo: 86_400)
        return ValueFormat(
            expected: seconds.expected,
            parse: { raw throws(ValueProblem) in
                let value = try seconds.parse(raw)
                guard value >= 30 else { throw ValueProblem("agents are asked every 30 seconds at most") }
                return value
            },
            text: seconds.text
        )
    }
}
