import Enrichment
import NetTypes

/// Where routers may tell their routes, and what becomes of them.
struct BMPConfiguration: Sendable, Equatable {
    /// Where it listens; nothing listens when it is empty. Of several only one can be.
    var listen: [IPEndpoint] = []
    /// Who may tell, whose flows the routes are for, and so on.
    var settings = BMPSettings()

    /// Its key, in the section `enrichment`.
    static let key = ConfigurationKey(
        "enrichment",
        "bmp",
        \.enrichment.bmp,
        .bmp,
        reloadable: true,
        """
        Routers that tell their routes by BMP (RFC 7854): flows of theirs get next hops, ASes and prefix lengths from \
        their own tables, where they tell none. See Docs/bmp.md.
        """
    )

    /// The key of routers whose tables are in files, in the same section.
    static let tablesKey = ConfigurationKey(
        "enrichment",
        "routerTables",
        \.enrichment.routerTables,
        .map(
            "a map such as {192.0.2.1: /var/lib/netmeta-routes/edge1.mrt}",
            names: .address,
            values: .text("a file such as /var/lib/netmeta-routes/edge1.mrt")
        ),
        reloadable: true,
        """
        Dumps of routers' own tables (MRT, RFC 6396), by the address that the router exports flows from: they are \
        used as routes told by BMP are, for exporters that tell none. See Docs/bmp.md.
        """
    )
}

extension ValueFormat<BMPConfiguration> {
    /// A listener, who may connect to it, and what routes are used for.
    static var bmp: Self {
        let settings = ValueFormat.settings(
            [
                Setting(
                    "listen",
                    \.listen,
                    .endpoints,
                    "The TCP port that routers connect to, such as 11019; written as for listeners.netflow."
                ),
                Setting(
                    "allow",
                    \.settings.allow,
                    .prefixes,
                    "Prefixes that routers may connect from; nobody else may. BMP knows no authentication."
                ),
                Setting(
                    "routers",
                    \.settings.exporters,
                    .map(
                        "a map such as {192.0.2.1: [198.51.100.1, \"2001:db8::1\"]}",
                        names: .address,
                        values: .addresses
                    ),
                    """
                    Exporters' addresses by the address that their router connects from, where they aren't the same.
                    """
                ),
                Setting(
                    "collect",
                    \.settings.details,
                    .routeDetails,
                    "Columns besides NextHop, AS numbers and prefix lengths: as-path, communities, bgp-next-hop."
                ),
                Setting(
                    "holdSeconds",
                    \.settings.holdSeconds,
                    .wholeSeconds(upTo: 86_400),
                    "How long routes are kept after their peer, or the router's session, has gone."
                ),
                Setting(
                    "memory",
                    \.settings.memory,
                    .size(in: 1_000_000...1_000_000_000_000),
                    "The most that the routes of all routers may take; one router may take half of it."
                ),
            ],
            default: BMPConfiguration()
        )
        return ValueFormat(
            expected: "\(settings.expected) such as {listen: 11019, allow: [192.0.2.0/24]}",
            shape: .map,
            parse: { raw throws(ValueProblem) in
                let value = try settings.parse(raw)
                guard value.listen.count < 2 else {
                    throw ValueProblem("listen has \(value.listen.count) addresses, and can have one")
                }
                if !value.listen.isEmpty, value.settings.allow.isEmpty {
                    throw ValueProblem(
                        "listen needs allow: the routers' addresses, such as {listen: 11019, allow: [192.0.2.0/24]}"
                    )
                }
                return value
            },
            text: settings.text,
            members: settings.members
        )
    }
}

extension ValueFormat<[IPAddress]> {
    /// Addresses.
    static var addresses: Self {
        .list(
            "an address such as 192.0.2.1 or 2001:db8::1, or a list of them",
            parse: { text throws(ValueProblem) in IPAddress(text) },
            text: { yamlText($0.description) }
        )
    }
}

extension ValueFormat<Set<RouteDetail>> {
    /// Words for columns.
    static var routeDetails: Self {
        let words = ValueFormat<[RouteDetail]>.list(
            "as-path, communities, bgp-next-hop, or a list of these",
            parse: { text throws(ValueProblem) in RouteDetail(rawValue: text.lowercased()) },
            text: { (detail: RouteDetail) in yamlText(detail.rawValue) }
        )
        return ValueFormat(
            expected: words.expected,
            shape: .list,
            parse: { raw throws(ValueProblem) in Set(try words.parse(raw)) },
            text: { words.text($0.sorted { $0.rawValue < $1.rawValue }) }
        )
    }
}
