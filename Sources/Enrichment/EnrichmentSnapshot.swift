import NetTypes
import Synchronization

/// All that enrichment looks things up in, made once and never changed: a
/// batch uses one snapshot whole.
public final class EnrichmentSnapshot: Sendable {
    /// What it was made from.
    public let settings: EnrichmentSettings
    /// The map from addresses to ASes; nil when there is none.
    public let map: AddressMap?
    /// The routes of routers; nil when nobody told any.
    public let routes: RouterTables?
    /// Fills AS numbers from the map.
    let fill: ASFill?
    /// Where interfaces lead.
    public let boundaries: InterfaceBoundaries
    /// Fills next hops and more from the routes.
    let routeFill: RouteFill?
    /// The networks that are ours.
    let local: AddressSet
    /// The samplers that something is to be done for, the longest prefixes first.
    let samplers: [Sampler]
    /// Whether any sampler has rules, or is anonymised.
    let hasSamplers: Bool

    /// What is done with the rows of the samplers in a prefix.
    struct Sampler: Sendable {
        let prefix: Prefix
        let rules: [CompiledRule]
        let mask: AddressMask?
    }

    /// Prepares look-ups.
    public init(
        _ settings: EnrichmentSettings,
        map: AddressMap? = nil,
        boundaries: InterfaceBoundaries = InterfaceBoundaries(),
        routes: RouterTables? = nil
    ) {
        self.settings = settings
        self.map = map
        self.boundaries = boundaries
        self.routes = routes
        fill = map.map { ASFill($0, settings.asOrder) }
        routeFill = routes.flatMap { RouteFill($0, settings.asOrder) }
        local = AddressSet(settings.localNetworks)
        samplers = settings.samplers.sorted { ($0.key.bits, $1.key) > ($1.key.bits, $0.key) }.map { prefix, sampler in
            Sampler(
                prefix: prefix,
                rules: sampler.isIncomingFlow.map(CompiledRule.init),
                mask: sampler.anonymization.map(AddressMask.init)
            )
        }
        hasSamplers = samplers.contains { !$0.rules.isEmpty || $0.mask != nil }
    }

    /// The same look-ups with another map, other boundaries and other routes.
    private init(
        _ other: EnrichmentSnapshot,
        map: AddressMap?,
        boundaries: InterfaceBoundaries,
        routes: RouterTables?
    ) {
        settings = other.settings
        self.map = map
        self.boundaries = boundaries
        self.routes = routes
        fill = map.map { ASFill($0, other.settings.asOrder) }
        routeFill = routes.flatMap { RouteFill($0, other.settings.asOrder) }
        local = other.local
        samplers = other.samplers
        hasSamplers = other.hasSamplers
    }

    /// The same look-ups with another map, or none.
    func with(map: AddressMap?) -> EnrichmentSnapshot {
        EnrichmentSnapshot(self, map: map, boundaries: boundaries, routes: routes)
    }

    /// The same look-ups with other boundaries.
    func with(boundaries: InterfaceBoundaries) -> EnrichmentSnapshot {
        EnrichmentSnapshot(self, map: map, boundaries: boundaries, routes: routes)
    }

    /// The same look-ups with other routes, or none.
    func with(routes: RouterTables?) -> EnrichmentSnapshot {
        EnrichmentSnapshot(self, map: map, boundaries: boundaries, routes: routes)
    }

    /// Which of ``samplers`` counts for a sampler; nil for none.
    func place(of sampler: IPAddress) -> Int? {
        samplers.firstIndex { $0.prefix.contains(sampler) }
    }
}

/// The snapshot of now, which threads take at the beginning of each batch.
public final class EnrichmentSource: Sendable {
    private let snapshot: Mutex<EnrichmentSnapshot>

    /// Begins with what the settings say.
    public init(
        _ settings: EnrichmentSettings = EnrichmentSettings(),
        map: AddressMap? = nil,
        boundaries: InterfaceBoundaries = InterfaceBoundaries(),
        routes: RouterTables? = nil
    ) {
        snapshot = Mutex(EnrichmentSnapshot(settings, map: map, boundaries: boundaries, routes: routes))
    }

    /// The snapshot of now.
    public var current: EnrichmentSnapshot { snapshot.withLock { $0 } }

    /// Puts a new snapshot in place for the batches that are handed over from now on.
    public func replace(with new: EnrichmentSnapshot) { snapshot.withLock { $0 = new } }

    /// The same for settings alone; map, boundaries and routes stay.
    public func replace(settings: EnrichmentSettings) {
        let new = EnrichmentSnapshot(settings)
        snapshot.withLock { $0 = new.with(map: $0.map).with(boundaries: $0.boundaries).with(routes: $0.routes) }
    }

    /// The same for the map alone.
    public func replace(map: AddressMap?) { snapshot.withLock { $0 = $0.with(map: map) } }

    /// The same for the boundaries alone.
    public func replace(boundaries: InterfaceBoundaries) {
        snapshot.withLock { $0 = $0.with(boundaries: boundaries) }
    }

    /// The same for the routes alone.
    public func replace(routes: RouterTables?) { snapshot.withLock { $0 = $0.with(routes: routes) } }
}
