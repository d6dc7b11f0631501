public import NetTypes
import Synchronization

/// All that enrichment looks things up in, made once and never changed: a
/// batch uses one snapshot whole.
public final class EnrichmentSnapshot: Sendable {
    /// What it was made from.
    public let settings: EnrichmentSettings
    /// The map from addresses to ASes; nil when there is none.
    public let map: AddressMap?
    /// The routes that routers tell; nil when nobody told any.
    public let routes: RouterTables?
    /// The routes in dumps of routers' tables, for those that tell none; nil without dumps.
    public let dumps: RouterTables?
    /// The interfaces that SNMP agents know; nil when no agent is asked.
    let knownInterfaces: KnownInterfaces?
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
        routes: RouterTables? = nil,
        dumps: RouterTables? = nil
    ) {
        self.settings = settings
        self.map = map
        self.boundaries = boundaries
        self.routes = routes
        self.dumps = dumps
        knownInterfaces = nil
        fill = map.map { ASFill($0, settings.asOrder) }
        routeFill = RouterTables.joined(routes, dumps).flatMap { RouteFill($0, settings.asOrder) }
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

    /// What changes beside the settings.
    fileprivate struct Parts {
        var map: AddressMap?
        var boundaries: InterfaceBoundaries
        var routes: RouterTables?
        var dumps: RouterTables?
        var knownInterfaces: KnownInterfaces?
    }

    /// The parts of now.
    private var parts: Parts {
        Parts(map: map, boundaries: boundaries, routes: routes, dumps: dumps, knownInterfaces: knownInterfaces)
    }

    /// The same settings with other parts.
    private init(_ other: EnrichmentSnapshot, _ parts: Parts) {
        settings = other.settings
        map = parts.map
        boundaries = parts.boundaries
        routes = parts.routes
        dumps = parts.dumps
        knownInterfaces = parts.knownInterfaces
        fill = parts.map.map { ASFill($0, other.settings.asOrder) }
        routeFill = RouterTables.joined(parts.routes, parts.dumps).flatMap { RouteFill($0, other.settings.asOrder) }
        local = other.local
        samplers = other.samplers
        hasSamplers = other.hasSamplers
    }

    /// The same look-ups with some parts changed.
    fileprivate func with(_ change: (inout Parts) -> Void) -> EnrichmentSnapshot {
        var parts = parts
        change(&parts)
        return EnrichmentSnapshot(self, parts)
    }

    /// The look-ups of other settings with the parts of these.
    fileprivate func with(_ settings: EnrichmentSettings) -> EnrichmentSnapshot {
        EnrichmentSnapshot(EnrichmentSnapshot(settings), parts)
    }

    /// Which of ``samplers`` counts for a sampler; nil for none.
    func place(of sampler: IPAddress) -> Int? {
        samplers.firstIndex { $0.prefix.contains(sampler) }
    }
}

/// The snapshot of now, which threads take at the beginning of each batch.
public final class EnrichmentSource: Sendable {
    private let snapshot: Mutex<EnrichmentSnapshot>
    /// Exporters with flows over interfaces that their agents didn't tell.
    private let strangers = Mutex<Set<IPAddress>>([])

    /// Begins with what the settings say.
    public init(
        _ settings: EnrichmentSettings = EnrichmentSettings(),
        map: AddressMap? = nil,
        boundaries: InterfaceBoundaries = InterfaceBoundaries(),
        routes: RouterTables? = nil,
        dumps: RouterTables? = nil
    ) {
        snapshot = Mutex(
            EnrichmentSnapshot(settings, map: map, boundaries: boundaries, routes: routes, dumps: dumps)
        )
    }

    /// The snapshot of now.
    public var current: EnrichmentSnapshot { snapshot.withLock { $0 } }

    /// Puts a new snapshot in place for the batches that are handed over from now on.
    public func replace(with new: EnrichmentSnapshot) { snapshot.withLock { $0 = new } }

    /// The same for settings alone; all else stays.
    public func replace(settings: EnrichmentSettings) { snapshot.withLock { $0 = $0.with(settings) } }

    /// The same for the map alone.
    public func replace(map: AddressMap?) { snapshot.withLock { $0 = $0.with { $0.map = map } } }

    /// The same for the boundaries alone.
    public func replace(boundaries: InterfaceBoundaries) {
        snapshot.withLock { $0 = $0.with { $0.boundaries = boundaries } }
    }

    /// The same for the routes alone.
    public func replace(routes: RouterTables?) { snapshot.withLock { $0 = $0.with { $0.routes = routes } } }

    /// The same for the dumps of routers' tables alone.
    public func replace(dumps: RouterTables?) { snapshot.withLock { $0 = $0.with { $0.dumps = dumps } } }

    /// The same for the interfaces that SNMP agents know; nil when no agent is asked.
    public func replace(knownInterfaces: KnownInterfaces?) {
        snapshot.withLock { $0 = $0.with { $0.knownInterfaces = knownInterfaces } }
    }

    /// Notes exporters with flows over interfaces that their agents didn't tell.
    func note(strangers new: Set<IPAddress>) { strangers.withLock { $0.formUnion(new) } }

    /// The exporters of which flows came over interfaces that their agents didn't tell, since this was last asked.
    public func takeStrangers() -> Set<IPAddress> {
        strangers.withLock { found in
            defer { found = [] }
            return found
        }
    }
}
