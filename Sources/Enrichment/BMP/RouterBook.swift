public import NetTypes

/// The routes of all routers, by the address that each connects from.
///
/// It knows no socket and no clock: sessions' actions in, tables out.
public struct RouterBook: Sendable {
    /// Routers at once, those included whose routes are only held.
    public static let mostRouters = 256

    /// What is configured.
    public var settings: BMPSettings {
        didSet { if settings != oldValue { isReordered = true } }
    }
    private var routers: [IPAddress: Entry] = [:]
    private var nextSession = 0
    private var skips: [BMPSkip: UInt64] = [:]
    /// Whether tables belong to other exporters than before, or routers have gone.
    private var isReordered = false

    private struct Entry {
        var rib = RouterRIB()
        var router: Router
    }

    /// One router.
    public struct Router: Sendable {
        /// Where it connects from.
        public var address: IPAddress
        /// What it calls itself.
        public var name = ""
        /// How it describes itself.
        public var description = ""
        /// Its open sessions.
        public var sessions = 0
        /// Prefixes that there are routes to.
        public var prefixes = AddressMap.RouteCounts()
        /// Routes: a prefix counts once for each view of each peer.
        public var routes = 0
        /// Views of peers whose routes are only held.
        public var heldViews = 0
        /// Routes that there was no memory for.
        public var refused: UInt64 = 0
        /// About what its routes take.
        public var bytes = 0
        /// Whose flows they are for.
        public var exporters: [IPAddress] = []
    }

    /// A book without routers.
    public init(_ settings: BMPSettings = BMPSettings()) {
        self.settings = settings
    }

    // MARK: - Sessions

    /// Takes a session in.
    ///
    /// - Returns: what it is called by; nil when there are too many routers.
    public mutating func begin(from router: IPAddress) -> Int? {
        guard routers[router] != nil || routers.count < Self.mostRouters else { return nil }
        routers[router, default: Entry(router: Router(address: router))].router.sessions += 1
        nextSession += 1
        return nextSession
    }

    /// Takes over what a session tells.
    ///
    /// - Parameter now: in seconds, by any clock.
    public mutating func apply(_ action: BMPAction, session: Int, of router: IPAddress, at now: UInt32) {
        switch action {
        case .skipped(let reason, let count): skips[reason, default: 0] += UInt64(count)
        case .initiation(let name, let description):
            routers[router]?.router.name = name
            routers[router]?.router.description = description
        case .peerUp, .peerDown, .routes:
            let own = routers[router]?.rib.bytes ?? 0
            let most = min(settings.memory / 2, own + max(0, settings.memory - bytes))
            let refused = routers[router]?.rib.apply(action, session: session, at: now, most: most) ?? 0
            guard refused > 0 else { return }
            routers[router]?.router.refused += UInt64(refused)
            skips[.noMemory, default: 0] += UInt64(refused)
        case .termination: break
        }
    }

    /// Notes that a session has ended.
    public mutating func end(session: Int, of router: IPAddress, at now: UInt32) {
        routers[router]?.router.sessions -= 1
        routers[router]?.rib.end(session: session, at: now)
        forget(router)
    }

    /// Forgets what is held for too long.
    public mutating func expire(at now: UInt32) {
        for router in Array(routers.keys) {
            routers[router]?.rib.expire(at: now, hold: settings.holdSeconds)
            forget(router)
        }
    }

    /// Forgets a router that has neither sessions nor routes.
    private mutating func forget(_ router: IPAddress) {
        guard let entry = routers[router], entry.router.sessions == 0, entry.rib.isEmpty else { return }
        routers[router] = nil
        isReordered = true
    }

    // MARK: - Figures

    /// About what all routes take.
    public var bytes: Int { routers.values.reduce(0) { $0 + $1.rib.bytes } }

    /// What wasn't used.
    public var skipped: [BMPSkip: UInt64] { skips }

    /// The routers in order.
    public var all: [Router] {
        routers.values.map { entry in
            var router = entry.router
            (router.prefixes, router.routes, router.bytes) = (entry.rib.prefixes, entry.rib.routes, entry.rib.bytes)
            router.heldViews = entry.rib.heldViews
            router.exporters = exporters(of: router.address)
            return router
        }.sorted { $0.address < $1.address }
    }

    private func exporters(of router: IPAddress) -> [IPAddress] { settings.exporters[router] ?? [router] }

    // MARK: - Tables

    /// Whether ``makeTables()`` would give others.
    public var isChanged: Bool { isReordered || routers.values.contains { $0.rib.isChanged } }

    /// Makes the tables of routers whose routes have changed; those of others stay.
    public mutating func makeTables() -> RouterTables {
        isReordered = false
        var tables = RouterTables(details: settings.details)
        // In order, so that of two routers for one exporter it is always the same one.
        for router in routers.keys.sorted() {
            guard let table = routers[router]?.rib.makeTable() else { continue }
            for exporter in exporters(of: router) where tables.tables[exporter] == nil {
                tables.tables[exporter] = table
            }
        }
        return tables
    }
}
