public import NetTypes

/// What routers tell of their routes (BMP, RFC 7854).
public struct BMPReport: Hashable, Sendable {
    /// Where it listens.
    public var endpoint: IPEndpoint
    /// Sessions that are open.
    public var sessions: UInt64 = 0
    /// Sessions that began since the start.
    public var sessionsBegun: UInt64 = 0
    /// Connections that weren't taken, by reason: `not_allowed`, `too_many`.
    public var refused: [String: UInt64] = [:]
    /// Sessions that were ended by this side, by reason.
    public var ended: [String: UInt64] = [:]
    /// Messages that were read.
    public var messages: UInt64 = 0
    /// What wasn't used of them, by reason.
    public var skipped: [String: UInt64] = [:]
    /// Peers of all sessions that are up.
    public var peers = 0
    /// About what all routes take.
    public var bytes = 0
    /// Bytes that they may take.
    public var mostBytes = 0
    /// Tables for look-ups that were made since the start.
    public var builds: UInt64 = 0
    /// Seconds that making them took.
    public var buildSeconds = 0.0
    /// Seconds that making the last one took.
    public var lastBuildSeconds = 0.0
    /// The routers.
    public var routers: [Router] = []
    /// Why nothing listens any more; nil when it does.
    public var failure: String?

    /// One router.
    public struct Router: Hashable, Sendable {
        /// Where it connects from.
        public var address: IPAddress
        /// What it calls itself.
        public var name: String
        /// How it describes itself.
        public var description: String
        /// Its open sessions.
        public var sessions: Int
        /// IPv4 prefixes that there are routes to.
        public var prefixesV4: Int
        /// IPv6 prefixes.
        public var prefixesV6: Int
        /// Routes: a prefix counts once for each view of each peer.
        public var routes: Int
        /// Views of peers that have gone, and whose routes are held.
        public var heldViews: Int
        /// Routes that there was no memory for.
        public var refused: UInt64
        /// About what its routes take.
        public var bytes: Int
        /// Whose flows they are for.
        public var exporters: [IPAddress]

        /// Describes a router.
        public init(
            address: IPAddress,
            name: String = "",
            description: String = "",
            sessions: Int = 0,
            prefixesV4: Int = 0,
            prefixesV6: Int = 0,
            routes: Int = 0,
            heldViews: Int = 0,
            refused: UInt64 = 0,
            bytes: Int = 0,
            exporters: [IPAddress] = []
        ) {
            self.address = address
            self.name = name
            self.description = description
            self.sessions = sessions
            self.prefixesV4 = prefixesV4
            self.prefixesV6 = prefixesV6
            self.routes = routes
            self.heldViews = heldViews
            self.refused = refused
            self.bytes = bytes
            self.exporters = exporters
        }
    }

    /// Nothing has come yet.
    public init(endpoint: IPEndpoint) {
        self.endpoint = endpoint
    }

    /// What is wrong, for people; nil when nothing is.
    public var problem: String? {
        if let failure { return failure }
        let lacking = routers.filter { $0.refused > 0 }
        guard !lacking.isEmpty else { return nil }
        let names = lacking.prefix(3).map { $0.address.description }.joined(separator: ", ")
        return "routes of \(names)\(lacking.count > 3 ? " and others" : "") were left out for want of memory; "
            + "raise enrichment.bmp.memory, then have them tell their routes again"
    }
}

extension BMPReport {
    /// The figures for Prometheus.
    public var metrics: [MetricFamily] {
        func reasons(_ counts: [String: UInt64]) -> [MetricFamily.Sample] {
            counts.sorted { $0.key < $1.key }.map { .init(labels: [.init("reason", $0)], value: Double($1)) }
        }
        func perRouter(_ value: (Router) -> Double) -> [MetricFamily.Sample] {
            routers.map { .init(labels: [.init("router", $0.address.description)], value: value($0)) }
        }
        return [
            MetricFamily("netmeta_bmp_sessions", .gauge, help: "BMP sessions that are open.", value: Double(sessions)),
            MetricFamily(
                "netmeta_bmp_sessions_total",
                .counter,
                help: "BMP sessions that began.",
                value: Double(sessionsBegun)
            ),
            MetricFamily(
                "netmeta_bmp_sessions_refused_total",
                .counter,
                help: "Connections to the BMP listener that were not taken, by reason.",
                samples: reasons(refused)
            ),
            MetricFamily(
                "netmeta_bmp_sessions_ended_total",
                .counter,
                help: "BMP sessions that were ended by this side, by reason.",
                samples: reasons(ended)
            ),
            MetricFamily("netmeta_bmp_messages_total", .counter, help: "BMP messages read.", value: Double(messages)),
            MetricFamily(
                "netmeta_bmp_skipped_total",
                .counter,
                help: "Messages, parts or routes of BMP sessions that were not used, by reason.",
                samples: reasons(skipped)
            ),
            MetricFamily("netmeta_bmp_peers", .gauge, help: "BGP peers of routers that are up.", value: Double(peers)),
            MetricFamily(
                "netmeta_bmp_routes",
                .gauge,
                help: "Routes that a router has told: a prefix counts once for each view of each peer.",
                samples: perRouter { Double($0.routes) }
            ),
            MetricFamily(
                "netmeta_bmp_prefixes",
                .gauge,
                help: "Prefixes that there are routes to.",
                samples: routers.flatMap { router in
                    [("ipv4", router.prefixesV4), ("ipv6", router.prefixesV6)].map { family, count in
                        .init(
                            labels: [.init("router", router.address.description), .init("family", family)],
                            value: Double(count)
                        )
                    }
                }
            ),
            MetricFamily(
                "netmeta_bmp_routes_refused_total",
                .counter,
                help: "Routes that there was no memory for.",
                samples: perRouter { Double($0.refused) }
            ),
            MetricFamily(
                "netmeta_bmp_memory_bytes",
                .gauge,
                help: "About what the routes of all routers take.",
                value: Double(bytes)
            ),
            MetricFamily(
                "netmeta_bmp_memory_limit_bytes",
                .gauge,
                help: "What they may take (enrichment.bmp.memory).",
                value: Double(mostBytes)
            ),
            MetricFamily(
                "netmeta_bmp_table_builds_total",
                .counter,
                help: "Tables for look-ups that were made of routes.",
                value: Double(builds)
            ),
            MetricFamily(
                "netmeta_bmp_table_build_seconds_total",
                .counter,
                help: "Seconds that making them took.",
                value: buildSeconds
            ),
        ]
    }
}
