/// What the map from addresses to ASes is at the moment.
public struct ASMapReport: Hashable, Sendable {
    /// IPv4 routes of the map in use.
    public var routesV4 = 0
    /// IPv6 routes of the map in use.
    public var routesV6 = 0
    /// ASes that have names.
    public var names = 0
    /// When the map in use was put in place, in Unix seconds; nil when there is none.
    public var loaded: UInt64?
    /// Maps that were put in place since the start.
    public var replacements: UInt64 = 0
    /// New maps that weren't taken since the start.
    public var refusals: UInt64 = 0
    /// Why what is configured is not all in use, for people; nil when it is.
    public var problem: String?
    /// Where it comes from.
    public var sources: [Source] = []

    /// A file or an URL.
    public struct Source: Hashable, Sendable {
        /// The file or the URL.
        public var location: String
        /// `places`, `routes` or `names`.
        public var kind: String
        /// When the file was last changed, or the copy of what was fetched, in Unix seconds; nil when there is none.
        public var changed: UInt64?
        /// Routes or names that were in it when it was last read; nil when it wasn't since the start.
        public var entries: Int?
        /// When it was last found to be there, in Unix seconds; nil when it wasn't yet.
        public var checked: UInt64?
        /// What was wrong the last time; nil when nothing was.
        public var problem: String?

        /// Describes a source.
        public init(
            location: String,
            kind: String,
            changed: UInt64? = nil,
            entries: Int? = nil,
            checked: UInt64? = nil,
            problem: String? = nil
        ) {
            self.location = location
            self.kind = kind
            self.changed = changed
            self.entries = entries
            self.checked = checked
            self.problem = problem
        }
    }

    /// No map.
    public init() {}
}

extension ASMapReport {
    /// The figures for Prometheus.
    public var metrics: [MetricFamily] {
        [
            MetricFamily(
                "netmeta_asmap_routes",
                .gauge,
                help: "Routes of the map from addresses to ASes that is in use.",
                samples: [
                    .init(labels: [.init("family", "ipv4")], value: Double(routesV4)),
                    .init(labels: [.init("family", "ipv6")], value: Double(routesV6)),
                ]
            ),
            MetricFamily("netmeta_asmap_names", .gauge, help: "ASes that have names.", value: Double(names)),
            MetricFamily(
                "netmeta_asmap_loaded_timestamp_seconds",
                .gauge,
                help: "When the map in use was put in place, in Unix seconds; 0 when there is none.",
                value: Double(loaded ?? 0)
            ),
            MetricFamily(
                "netmeta_asmap_replacements_total",
                .counter,
                help: "Maps that were put in place.",
                value: Double(replacements)
            ),
            MetricFamily(
                "netmeta_asmap_refusals_total",
                .counter,
                help: "New maps that were not taken; the old one stayed.",
                value: Double(refusals)
            ),
            MetricFamily(
                "netmeta_asmap_failed_sources",
                .gauge,
                help: "Sources that could not be fetched or read the last time.",
                value: Double(sources.count { $0.problem != nil })
            ),
        ]
    }
}
