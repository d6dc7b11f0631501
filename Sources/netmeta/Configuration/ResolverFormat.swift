import NameSources
import NetTypes

extension ValueFormat<ResolverSettings> {
    /// Servers, servers for prefixes, and a rate.
    static var resolver: Self {
        let settings = ValueFormat.settings(
            [
                Setting(
                    "servers",
                    \.servers,
                    .nameServers,
                    "Resolvers for public addresses, in the order in which they are tried."
                ),
                Setting(
                    "zones",
                    \.zones,
                    .map("a map such as {10.0.0.0/8: [10.0.0.53]}", names: .prefix, values: .nameServers),
                    """
                    Servers for the addresses within a prefix. Private addresses are asked for where a private \
                    prefix stands here, and nowhere else.
                    """
                ),
                Setting(
                    "queriesPerSecond",
                    \.queriesPerSecond,
                    .integer("a number such as 20", in: 1...1000),
                    "The most messages to all servers in a second."
                ),
                Setting(
                    "talkers",
                    \.talkers,
                    .integer("a number such as 100", in: 0...1000),
                    """
                    For how many of the addresses with most traffic of the last minute names are learnt although \
                    nobody looks at them; 0 asks for none but those in answers.
                    """
                ),
            ],
            default: ResolverSettings()
        )
        return ValueFormat(
            expected: "\(settings.expected) such as {servers: [192.0.2.53], zones: {10.0.0.0/8: [10.0.0.53]}}",
            shape: .map,
            parse: settings.parse,
            text: settings.text,
            members: settings.members
        )
    }
}

extension ValueFormat<[IPEndpoint]> {
    /// Addresses of name servers, with or without a port.
    static var nameServers: Self {
        .list(
            "an address such as 192.0.2.53, an address with a port such as \"[2001:db8::53]:5353\", or a list of these",
            parse: { text throws(ValueProblem) in
                let server = IPAddress(text).map { IPEndpoint(address: $0, port: dnsPort) } ?? IPEndpoint(text)
                guard let server else { return nil }
                guard !server.address.isUnspecified, server.port != 0 else {
                    throw ValueProblem("\(text) is no server's address")
                }
                return server
            },
            text: { yamlText($0.port == dnsPort ? $0.address.description : $0.description) }
        )
    }
}

/// RFC 1035 section 4.2.
private let dnsPort: UInt16 = 53
