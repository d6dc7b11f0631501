import NetTypes

/// All routes that a router has told, of all its sessions.
///
/// Routes outlive what told them: when a peer or the session goes, they stay
/// for a while, so that a flap doesn't take names away from traffic. When
/// the peer comes back, its new routes take the place of the old ones one by
/// one, and what it didn't tell again goes at the End-of-RIB (RFC 4724).
public struct RouterRIB: Sendable {
    /// Views of peers at once, those included whose routes are only held.
    public static let mostSlots = 16_384

    private var v4 = RIBTable<UInt32>()
    private var v6 = RIBTable<UInt128>()
    private var attributes = AttributeTable()
    private var slots: [Slot] = []
    /// The places of slots that are in use, by what they are of.
    private var places: [Source: UInt16] = [:]
    private var freeSlots: [UInt16] = []
    /// Slots whose routes have to go at the next ``expire(at:hold:)``.
    private var condemned: Set<UInt16> = []
    /// What was made last.
    private var made: RouterTable?

    /// What a slot is of.
    private struct Source: Hashable {
        var session: Int
        var peer: BMPPeer
        var view: BMPView
    }

    /// The routes of one view of one peer of one session.
    private struct Slot {
        var source: Source
        /// Since when its routes are only held, in seconds; nil while its session and its peer are up.
        var heldSince: UInt32?
        /// The slot that has taken its place, whose End-of-RIB ends it.
        var successor: UInt16?
        /// Whether it has taken another one's place.
        var isSuccessor = false
    }

    /// A router that has told nothing.
    public init() {}

    // MARK: - Figures

    /// Prefixes of each family.
    public var prefixes: AddressMap.RouteCounts { .init(v4: v4.prefixes, v6: v6.prefixes) }
    /// Routes: a prefix counts once for each view of each peer that has it.
    public var routes: Int { v4.count + v6.count }
    /// Views whose routes are only held.
    public var heldViews: Int { slots.count { $0.heldSince != nil } }
    /// About what all of it takes, with the tables that are made of it.
    public var bytes: Int { v4.bytes + v6.bytes + attributes.bytes }
    /// Whether ``makeTable()`` would give another table.
    public var isChanged: Bool { v4.isChanged || v6.isChanged }
    /// Whether there is nothing to forget.
    public var isEmpty: Bool { routes == 0 }

    // MARK: - Changes

    /// Takes over what a session tells.
    ///
    /// - Parameters:
    ///   - session: tells sessions apart; never used again for another one.
    ///   - now: in seconds, by any clock.
    ///   - most: bytes up to which routes are taken.
    /// - Returns: routes that there was no room for.
    public mutating func apply(
        _ action: BMPAction,
        session: Int,
        at now: UInt32,
        most: Int
    ) -> Int {
        switch action {
        case .peerUp(let peer), .peerDown(let peer):
            // Who comes up without having gone begins anew, too.
            for view in BMPView.allCases { retire(Source(session: session, peer: peer, view: view), now) }
            return 0
        case .routes(let peer, let view, let update):
            return apply(update, Source(session: session, peer: peer, view: view), now, most)
        case .initiation, .termination, .skipped:
            return 0
        }
    }

    /// Notes that a session has ended.
    public mutating func end(session: Int, at now: UInt32) {
        for source in places.keys where source.session == session { retire(source, now) }
    }

    /// Forgets routes that have been held for so many seconds.
    public mutating func expire(at now: UInt32, hold: UInt32) {
        for place in slots.indices {
            // The difference, so that the clock may pass its end.
            guard let since = slots[place].heldSince, now &- since >= hold else { continue }
            condemned.insert(UInt16(place))
        }
        guard !condemned.isEmpty else { return }
        var attributes = attributes
        self.attributes = AttributeTable()
        let gone = condemned
        v4.removeAll {
            gone.contains($0.slot)
        } _: {
            attributes.release($0)
        }
        v6.removeAll {
            gone.contains($0.slot)
        } _: {
            attributes.release($0)
        }
        self.attributes = attributes
        for place in slots.indices {
            if let successor = slots[place].successor, gone.contains(successor) { slots[place].successor = nil }
        }
        for place in gone {
            slots[Int(place)].heldSince = nil
            slots[Int(place)].successor = nil
            freeSlots.append(place)
        }
        condemned.removeAll()
    }

    /// Holds a source's routes from now on, and makes room for those that it will tell again.
    private mutating func retire(_ source: Source, _ now: UInt32) {
        guard let place = places.removeValue(forKey: source) else { return }
        slots[Int(place)].heldSince = now
        v4.noteAllChanged()
        v6.noteAllChanged()
    }

    /// The slot of a source; nil when there are too many.
    private mutating func slot(of source: Source, _ now: UInt32) -> UInt16? {
        if let known = places[source] { return known }
        let new: UInt16
        if let place = freeSlots.popLast() {
            new = place
            slots[Int(place)] = Slot(source: source)
        } else {
            guard slots.count < Self.mostSlots else { return nil }
            new = UInt16(slots.count)
            slots.append(Slot(source: source))
        }
        places[source] = new
        let free = Set(freeSlots)
        for place in slots.indices where place != Int(new) && !free.contains(UInt16(place)) {
            guard slots[place].source.peer == source.peer, slots[place].source.view == source.view else { continue }
            // Another session of the same router that is still there is one that nobody has missed yet.
            if slots[place].heldSince == nil {
                places[slots[place].source] = nil
                slots[place].heldSince = now
            }
            slots[place].successor = new
            slots[Int(new)].isSuccessor = true
        }
        return new
    }

    private mutating func apply(_ update: BGPUpdate, _ source: Source, _ now: UInt32, _ most: Int) -> Int {
        guard let slot = slot(of: source, now) else { return update.announced.count }
        for route in update.withdrawn { withdraw(route, slot) }
        var refused = 0
        for route in update.announced where !announce(route, update.attributes[route.attributes], slot, most) {
            refused += 1
        }
        if update.endOfRIB != nil { endOfRIB(slot, update.endOfRIB) }
        return refused
    }

    private mutating func announce(_ route: BGPRoute, _ set: RouteAttributes, _ slot: UInt16, _ most: Int) -> Bool {
        guard bytes < most else {
            // What was known of it is wrong now.
            withdraw(route, slot)
            return false
        }
        removePredecessors(route, slot)
        let number = attributes.retain(set)
        let path = RIBPath(attributes: number, identifier: route.path, next: RIBPath.none, slot: slot)
        let before: UInt32? =
            switch route.family {
            case .v4: v4.put(RIBPrefix(v4: route.prefix), path)
            case .v6: v6.put(RIBPrefix(v6: route.prefix), path)
            }
        if let before { attributes.release(before) }
        return true
    }

    private mutating func withdraw(_ route: BGPRoute, _ slot: UInt16) {
        removePredecessors(route, slot)
        remove(route) { $0.slot == slot && $0.identifier == route.path }
    }

    /// Takes out what the same view of the same peer had told before it went.
    private mutating func removePredecessors(_ route: BGPRoute, _ slot: UInt16) {
        guard slots[Int(slot)].isSuccessor else { return }
        let slots = slots
        remove(route) { slots[Int($0.slot)].successor == slot }
    }

    private mutating func remove(_ route: BGPRoute, where isGone: (RIBPath) -> Bool) {
        switch route.family {
        case .v4: v4.remove(RIBPrefix(v4: route.prefix), where: isGone) { attributes.release($0) }
        case .v6: v6.remove(RIBPrefix(v6: route.prefix), where: isGone) { attributes.release($0) }
        }
    }

    /// All has been told again: what is left of before is gone.
    private mutating func endOfRIB(_ slot: UInt16, _ family: BGPFamily?) {
        guard slots[Int(slot)].isSuccessor else { return }
        let slots = slots
        switch family {
        case .v4:
            v4.removeAll {
                slots[Int($0.slot)].successor == slot
            } _: {
                attributes.release($0)
            }
        case .v6:
            v6.removeAll {
                slots[Int($0.slot)].successor == slot
            } _: {
                attributes.release($0)
            }
        case nil: break
        }
    }

    // MARK: - The table

    /// Makes a table of the best routes; what hasn't changed since the last one is taken from there.
    public mutating func makeTable() -> RouterTable {
        let isNewV4 = v4.isChanged
        let isNewV6 = v6.isChanged
        if let made, !isNewV4, !isNewV6 { return made }
        let ranks = slots.map { RouteOrder.Rank($0.source.view, isHeld: $0.heldSince != nil, $0.source.peer.address) }
        let order = RouteOrder(attributes: attributes.sets, ranks: ranks)
        if isNewV4 { v4.settle(isBetter: order.isBetter) }
        if isNewV6 { v6.settle(isBetter: order.isBetter) }
        let table = RouterTable(
            v4: isNewV4 ? IntervalTable(routes: v4.settled) : made?.v4 ?? IntervalTable(),
            v6: isNewV6 ? IntervalTable(routes: v6.settled) : made?.v6 ?? IntervalTable(),
            attributes: attributes.sets
        )
        made = table
        return table
    }
}

extension RIBPrefix<UInt32> {
    fileprivate init(v4 prefix: Prefix) {
        self.init(first: prefix.first.v4, length: UInt8(truncatingIfNeeded: prefix.bits - 96))
    }
}

extension RIBPrefix<UInt128> {
    fileprivate init(v6 prefix: Prefix) {
        self.init(
            first: UInt128(prefix.first.high) << 64 | UInt128(prefix.first.low),
            length: UInt8(truncatingIfNeeded: prefix.bits)
        )
    }
}
