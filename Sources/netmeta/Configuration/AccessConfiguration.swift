import NameSources
import NetTypes
import WebAPI

/// Who may use console and API.
struct AccessConfiguration: Sendable, Equatable {
    /// People, by name.
    var users: [String: User] = [:]
    /// Programs, by name.
    var tokens: [String: Token] = [:]
    /// Proxies that have asked who somebody is.
    var proxies = Proxies()
    /// From a login to the end of its session.
    var sessionHours = 12

    /// A person.
    struct User: Sendable, Equatable {
        var role = Role.viewer
        /// The text of a ``PasswordHash``.
        var password: Secret?
    }

    /// A program.
    struct Token: Sendable, Equatable {
        var role = Role.viewer
        /// The digest of a ``BearerToken``.
        var hash: Secret?
    }

    /// Proxies that have asked who somebody is.
    struct Proxies: Sendable, Equatable {
        var from: [Prefix] = []
        var userHeader = ""
        var roleHeader = ""
        var roles: [String: Role] = [:]
        var role = StandardRole.viewer
    }

    /// The role of somebody of whom nothing is said.
    enum StandardRole: String, Sendable, CaseIterable {
        case none, viewer, editor, admin
    }
}

extension AccessSettings {
    /// Who may ask, as a configuration says.
    init(_ configuration: Configuration) {
        self.init()
        let auth = configuration.auth
        users = auth.users.mapValues { user in
            User(role: user.role, password: user.password.flatMap { PasswordHash($0.value) })
        }
        tokens = auth.tokens.compactMapValues { token in
            token.hash.map { Token(role: token.role, digest: $0.value) }
        }
        proxies.from = auth.proxies.from
        proxies.userHeader = auth.proxies.userHeader.isEmpty ? nil : auth.proxies.userHeader
        proxies.roleHeader = auth.proxies.roleHeader.isEmpty ? nil : auth.proxies.roleHeader
        proxies.roles = auth.proxies.roles
        proxies.role = Role(rawValue: auth.proxies.role.rawValue)
        sessionSeconds = UInt64(auth.sessionHours) * 3600
    }
}

// MARK: - Keys

extension AccessConfiguration {
    /// Its keys.
    static let keys: [ConfigurationKey] = [
        ConfigurationKey(
            "auth",
            "users",
            \.auth.users,
            .map(
                "a map such as {alice: {role: admin, password: {file: /etc/netmeta/alice}}}",
                names: .callerName,
                values: .settings(AccessConfiguration.userSettings, default: User())
            ),
            reloadable: true,
            "People who log in. `netmeta user hash NAME` asks for a password and prints the line."
        ),
        ConfigurationKey(
            "auth",
            "tokens",
            \.auth.tokens,
            .map("a map such as {prometheus: {role: viewer, hash: HASH}}", names: .callerName, values: .accessToken),
            reloadable: true,
            """
            Programs, which send the header Authorization: Bearer TOKEN. `netmeta user token NAME` makes a token and \
            prints the line.
            """
        ),
        ConfigurationKey(
            "auth",
            "proxies",
            \.auth.proxies,
            .accessProxies,
            reloadable: true,
            """
            Proxies in front of the console that have asked who somebody is, and say so in headers. From anywhere else \
            these headers are not looked at.
            """
        ),
        ConfigurationKey(
            "auth",
            "sessionHours",
            \.auth.sessionHours,
            .integer("a number of hours such as 12", in: 1...720),
            reloadable: true,
            "How long a login holds; logins from before a change keep the end that they have."
        ),
    ]

    fileprivate static let userSettings: [Setting<User>] = [
        Setting("role", \.role, .choice, "What they may do: read, also save and import, or all."),
        Setting(
            "password",
            \.password,
            .checkedSecret("what `netmeta user hash` prints (a password itself is not taken)") {
                PasswordHash($0) != nil
            },
            "The hash of their password; without one they come through a proxy only."
        ),
    ]

    fileprivate static let tokenSettings: [Setting<Token>] = [
        Setting("role", \.role, .choice, "What it may do: read, also save and import, or all."),
        Setting(
            "hash",
            \.hash,
            .checkedSecret("the hash that `netmeta user token` prints (a token itself is not taken)") {
                BearerToken.isDigest($0)
            },
            "The hash of the token."
        ),
    ]

    fileprivate static let proxySettings: [Setting<Proxies>] = [
        Setting("from", \.from, .prefixes, "The proxies' addresses, as their connections come from."),
        Setting(
            "userHeader",
            \.userHeader,
            .headerName,
            "The header with the user's name, such as X-Forwarded-User; without one only X-Forwarded-For is believed."
        ),
        Setting(
            "roleHeader",
            \.roleHeader,
            .headerName,
            "The header with a role or with groups, such as X-Forwarded-Groups; the highest role that it tells counts."
        ),
        Setting(
            "roles",
            \.roles,
            .map("a map such as {netops: editor}", names: .text("a group such as netops"), values: .choice),
            "What groups in that header mean, besides the roles' own names."
        ),
        Setting(
            "role",
            \.role,
            .choice,
            "The role of users of whom neither that header nor auth.users tells one; none refuses them."
        ),
    ]
}

// MARK: - Formats

extension ValueFormat<String> {
    /// The name of a user or a token.
    fileprivate static var callerName: Self {
        .single(
            "a name of 1 to 64 letters, digits and . _ - @ +",
            parse: { Caller.isName($0) ? $0 : nil },
            text: yamlText
        )
    }

    /// The name of a header (RFC 9110 section 5.1), or nothing.
    fileprivate static var headerName: Self {
        .single(
            "the name of a header such as X-Forwarded-User",
            parse: { text throws(ValueProblem) in
                let isName =
                    text.utf8.count <= 64
                    && text.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-") }
                return isName ? text : nil
            },
            text: { $0.isEmpty ? "\"\"" : yamlText($0) }
        )
    }
}

extension ValueFormat<Secret?> {
    /// A secret, or the file that it is in, that has a form of its own.
    fileprivate static func checkedSecret(
        _ expected: String,
        _ isFine: @escaping @Sendable (String) -> Bool
    ) -> Self {
        let secrets = optionalSecret(least: 1)
        return ValueFormat(
            expected: "\(expected), or {file: PATH} for one in a file",
            shape: .map,
            parse: { raw throws(ValueProblem) in
                guard let secret = try secrets.parse(raw), isFine(secret.value) else {
                    throw ValueProblem("expected \(expected)")
                }
                return secret
            },
            text: secrets.text
        )
    }
}

extension ValueFormat<AccessConfiguration.Token> {
    /// A token, which has a hash.
    fileprivate static var accessToken: Self {
        let settings = ValueFormat.settings(AccessConfiguration.tokenSettings, default: AccessConfiguration.Token())
        return ValueFormat(
            expected: settings.expected,
            shape: .map,
            parse: { raw throws(ValueProblem) in
                let token = try settings.parse(raw)
                guard token.hash != nil else {
                    throw ValueProblem("expected a hash; `netmeta user token NAME` makes a token and prints its line")
                }
                return token
            },
            text: settings.text,
            members: settings.members
        )
    }
}

extension ValueFormat<AccessConfiguration.Proxies> {
    /// Proxies, whose addresses are stated when they are believed.
    fileprivate static var accessProxies: Self {
        let settings = ValueFormat.settings(AccessConfiguration.proxySettings, default: AccessConfiguration.Proxies())
        return ValueFormat(
            expected: "\(settings.expected) such as {from: 192.0.2.1, userHeader: X-Forwarded-User}",
            shape: .map,
            parse: { raw throws(ValueProblem) in
                let value = try settings.parse(raw)
                let isSaid = !value.userHeader.isEmpty || !value.roleHeader.isEmpty
                if isSaid, value.from.isEmpty {
                    throw ValueProblem("headers need from: the proxies' addresses, such as {from: 192.0.2.1}")
                }
                if let all = value.from.first(where: { $0.bits == 0 || ($0.isV4 && $0.length == 0) }) {
                    throw ValueProblem("from has \(all): anybody could say to be anybody; state the proxies' addresses")
                }
                if value.userHeader.isEmpty, !value.roleHeader.isEmpty || !value.roles.isEmpty {
                    throw ValueProblem("roles need userHeader: the header with the user's name")
                }
                return value
            },
            text: settings.text,
            members: settings.members
        )
    }
}

extension ValueFormat<String?> {
    /// The path of a file, or `off` for none.
    static func optionalPath(_ expected: String) -> Self {
        .single(
            "\(expected), or off",
            parse: { text throws(ValueProblem) in
                text.isEmpty ? nil : .some(["off", "false"].contains(text) ? nil : text)
            },
            text: { $0.map(yamlText) ?? "off" }
        )
    }
}

// MARK: - Together

extension Configuration {
    /// Where other machines could ask without saying who they are.
    private var exposed: [(key: String, endpoint: IPEndpoint, usual: String)] {
        guard AccessSettings(self).isOpen else { return [] }
        var places = [(key: "console.listen", endpoint: console.listen, usual: "127.0.0.1:8080")]
        if let sql = console.sql { places.append((key: "console.sql", endpoint: sql, usual: "127.0.0.1:8123")) }
        return places.filter { !$0.endpoint.address.isLoopback }
    }

    /// Whether other machines could ask without saying who they are.
    var isExposed: Bool { !exposed.isEmpty }

    /// What doesn't fit together, by the key whose value has to change.
    var conflicts: [(key: String, problem: String)] {
        var result: [(key: String, problem: String)] = []
        for place in exposed {
            result.append(
                (
                    place.key,
                    "\(place.endpoint) can be reached from other machines, which needs authentication: `netmeta user "
                        + "hash NAME` prints a line for auth.users; or listen on loopback, such as \(place.usual)"
                )
            )
        }
        if (console.tlsCertificate == nil) != (console.tlsKey == nil) {
            let (there, missing) = console.tlsKey == nil ? ("tlsCertificate", "tlsKey") : ("tlsKey", "tlsCertificate")
            result.append(("console.\(there)", "it needs console.\(missing) as well"))
        }
        result += kafka.conflicts
        if store.kind == .clickhouse, store.servers.isEmpty {
            result.append(("store.kind", "clickhouse needs store.servers, such as [http://127.0.0.1:8123]"))
        }
        if store.kind == .clickhouse, retention.size != nil {
            result.append(
                (
                    "retention.size",
                    "servers keep their own disks in order: leave it at unlimited with store.kind clickhouse"
                )
            )
        }
        if let both = auth.users.keys.filter({ auth.tokens[$0] != nil }).min() {
            result.append(("auth.tokens", "\(both) is a user, too; give the token another name"))
        }
        return result
    }
}
