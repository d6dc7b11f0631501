import Enrichment
import Foundation

/// Where the AS map and the names of ASes come from.
struct ASMapConfiguration: Sendable, Equatable {
    /// Routes and places, the most trusted first.
    var routes: [EnrichmentLocation] = []
    /// Places alone, the most trusted first; they count before those of ``routes``.
    var places: [EnrichmentLocation] = []
    /// Names of ASes, the most trusted first.
    var names: [EnrichmentLocation] = []
    /// Whose AS numbers count.
    var order = ASOrder.exporterFirst
    /// All that the map is made of: places first, which say nothing of ASes.
    var sources: [EnrichmentLocation] { places + routes }

    /// How long what was fetched from an URL is taken for new.
    var refreshHours = 24
    /// A file in PEM with the authorities that servers are trusted by; nil for the system's.
    var certificates: String?

    /// Its keys, in the section `enrichment`.
    static let keys: [ConfigurationKey] = [
        ConfigurationKey(
            "enrichment",
            "asMap",
            \.enrichment.asMap.routes,
            .locations,
            reloadable: true,
            """
            Files or URLs that tell which AS an address belongs to: MRT dumps of routing tables, MaxMind DBs, lines \
            prefix,asn,country,city,name. The first that knows an address counts. See Docs/asmap.md.
            """
        ),
        ConfigurationKey(
            "enrichment",
            "geo",
            \.enrichment.asMap.places,
            .places,
            reloadable: true,
            """
            Files or URLs that tell the country and the city of an address: MaxMind DBs such as GeoLite2-City and \
            IPinfo's, lines prefix,asn,country,city,name. The first that knows an address counts, and then those of \
            asMap. See Docs/asmap.md.
            """
        ),
        ConfigurationKey(
            "enrichment",
            "asNames",
            \.enrichment.asMap.names,
            .locations,
            reloadable: true,
            """
            Files or URLs with the names of ASes: RIPE's asnames.txt, autnums.html, lines asn,name,country. The first \
            that knows an AS counts, and enrichment.autnums before all.
            """
        ),
        ConfigurationKey(
            "enrichment",
            "asFrom",
            \.enrichment.asMap.order,
            .choice,
            reloadable: true,
            """
            Whose AS numbers count: exporter-first those of the exporter, and where they are 0 those of its routes \
            (enrichment.bmp), then the map's; bmp-first begins with the routes, map-first with the map.
            """
        ),
        ConfigurationKey(
            "enrichment",
            "asRefreshHours",
            \.enrichment.asMap.refreshHours,
            .integer("a number of hours such as 24", in: 1...720),
            reloadable: true,
            "How often URLs are asked whether there is something new; files are looked at every minute."
        ),
        ConfigurationKey(
            "enrichment",
            "certificates",
            \.enrichment.asMap.certificates,
            .optionalPath("a file such as /etc/netmeta/authority.pem"),
            reloadable: true,
            """
            The authorities, in PEM, that the servers of asMap, geo and asNames with https are trusted by; off takes \
            the system's.
            """
        ),
    ]
}

/// A file, or an URL that is fetched to one.
struct EnrichmentLocation: Hashable, Sendable {
    /// As it is written in the configuration.
    let text: String
    /// Whether only places are taken of it.
    var isPlaces = false

    /// Tells it from the same location in another list.
    var id: String { (isPlaces ? Self.placesMark : "") + text }

    private static let placesMark = "places of "

    /// The location of an ``id``, for logs and answers.
    static func shown(_ id: String) -> String {
        EnrichmentLocation(text: id.hasPrefix(placesMark) ? String(id.dropFirst(placesMark.count)) : id).shown
    }

    /// Whether it has to be fetched.
    var isRemote: Bool { text.hasPrefix("https://") || text.hasPrefix("http://") }

    /// For logs and answers: what stands behind a question mark may be a key.
    var shown: String { isRemote ? String(text.prefix { $0 != "?" }) : text }

    /// Locations that one list may have.
    static let most = 32
}

extension ValueFormat<[EnrichmentLocation]> {
    /// Files and URLs.
    static var locations: Self {
        let list = ValueFormat.list(
            "a file such as /var/lib/routes/rib.mrt.bz2, an URL such as https://example.net/asnames.txt, or a list",
            parse: { text throws(ValueProblem) in try readLocation(text) },
            text: { (location: EnrichmentLocation) in yamlText(location.text) }
        )
        return Self(
            expected: list.expected,
            shape: .list,
            parse: { raw throws(ValueProblem) in
                let locations = try list.parse(raw)
                guard locations.count <= EnrichmentLocation.most else {
                    throw ValueProblem("\(locations.count) sources are more than \(EnrichmentLocation.most)")
                }
                if let twice = locations.first(where: { one in locations.count { $0 == one } > 1 }) {
                    throw ValueProblem("\(twice.shown) is there twice; leave one out")
                }
                return locations
            },
            text: list.text
        )
    }
}

extension ValueFormat<[EnrichmentLocation]> {
    /// Files and URLs of which only places are taken.
    static var places: Self {
        let locations = Self.locations
        return Self(
            expected: locations.expected,
            shape: locations.shape,
            parse: { raw throws(ValueProblem) in
                try locations.parse(raw).map { EnrichmentLocation(text: $0.text, isPlaces: true) }
            },
            text: locations.text
        )
    }
}

private func readLocation(_ text: String) throws(ValueProblem) -> EnrichmentLocation? {
    guard !text.isEmpty, text.utf8.count <= 1024, text.unicodeScalars.allSatisfy({ $0.value >= 0x20 }) else {
        return nil
    }
    guard let scheme = text.range(of: "://").map({ text[..<$0.lowerBound] }) else {
        return EnrichmentLocation(text: text)
    }
    guard scheme == "https" || scheme == "http" else {
        throw ValueProblem("'\(scheme)://' can't be fetched; use https://, http://, or a file's path")
    }
    guard let parts = URLComponents(string: text), let host = parts.host, !host.isEmpty else {
        throw ValueProblem("'\(text)' is no URL; it needs a host such as https://example.net/rib.bz2")
    }
    guard parts.user == nil, parts.password == nil else {
        throw ValueProblem("an URL with a user's name or password is shown in logs; fetch it to a file and name that")
    }
    return EnrichmentLocation(text: text)
}
