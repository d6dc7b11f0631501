public import FlowSchema
public import NetTypes

/// Rows of `traces`, `trace_hops`, `trace_links` and `pings` from the objects of a file.
///
/// Lists and cycles come before what belongs to them, so that objects are
/// given in the order of the file. An AS of 0 is one that isn't known.
public struct WartsRows {
    /// Rows of `traces`.
    public private(set) var traces = TableRows(.traces)
    /// Rows of `trace_hops`.
    public private(set) var hops = TableRows(.traceHops)
    /// Rows of `trace_links`.
    public private(set) var links = TableRows(.traceLinks)
    /// Rows of `pings`.
    public private(set) var pings = TableRows(.pings)
    private var lists: [UInt32: WartsList] = [:]
    private var cycles: [UInt32: WartsCycle] = [:]

    /// Lists and cycles that a file may have; scamper writes a few.
    private static let mostNames = 4096
    /// Microseconds of a round trip; more is a clock that was set.
    private static let longest: UInt32 = 3_600_000_000

    /// Begins with the start of a file.
    public init() {}

    /// Rows that were made since ``removeRows()``.
    public var count: Int { traces.count + hops.count + links.count + pings.count }

    /// Forgets rows, not the names that later objects refer to.
    public mutating func removeRows() {
        traces.removeAll()
        hops.removeAll()
        links.removeAll()
        pings.removeAll()
    }

    /// Forgets the names: another file begins.
    public mutating func beginFile() {
        lists.removeAll()
        cycles.removeAll()
    }

    /// Takes an object.
    ///
    /// - Parameters:
    ///   - isNew: whether rows are made of it; names are remembered either way.
    ///   - asn: the AS that an address belongs to.
    /// - Returns: whether it is one that rows are made of.
    @discardableResult
    public mutating func add(_ object: WartsObject, isNew: Bool = true, asn: (IPAddress) -> UInt32) -> Bool {
        switch object {
        case .list(let list):
            if lists.count < Self.mostNames { lists[list.fileID] = list }
            return false
        case .cycleStart(let cycle):
            if cycles.count < Self.mostNames { cycles[cycle.fileID] = cycle }
            return false
        case .trace(let trace):
            if isNew { add(trace, asn) }
            return true
        case .ping(let ping):
            if isNew { add(ping, asn) }
            return true
        case .tracelb(let trace):
            if isNew { add(trace, asn) }
            return true
        case .cycleStop, .dealias, .address, .skipped: return false
        }
    }

    // MARK: - Traces

    private mutating func add(_ trace: WartsTrace, _ asn: (IPAddress) -> UInt32) {
        let monitor = monitor(trace.listFileID, trace.cycleFileID)
        let destination = trace.destination ?? .unspecified
        let method = WartsNames.trace(trace.type)
        let time = UInt64(trace.start.seconds)
        let id = Self.id(monitor, trace.source, destination, trace.start, method, trace.ports.source)
        let path = TracePath(trace.hops, source: trace.source, asn: asn)
        let last = trace.hops.first { $0.address == destination }
        traces.append(
            .number(id),
            .number(time),
            .text(monitor),
            .text(lists[trace.listFileID]?.name ?? ""),
            .number(UInt64(cycles[trace.cycleFileID]?.id ?? 0)),
            .text(method),
            .address(trace.source ?? .unspecified),
            .address(destination),
            .number(UInt64(trace.ports.source)),
            .number(UInt64(trace.ports.destination)),
            .text(WartsNames.stop(trace.stopReason)),
            .number(UInt64(trace.stopData)),
            .number(UInt64(trace.hopCount)),
            .number(UInt64(trace.firstHop)),
            .number(UInt64(trace.attempts)),
            .flag(last != nil || trace.stopReason == 1),
            .number(UInt64(Self.roundTrip(last?.rtt ?? 0))),
            .number(UInt64(trace.hops.count)),
            .number(path.hash),
            .number(UInt64(asn(destination))),
            .numbers(path.ases)
        )
        for hop in trace.hops {
            let address = hop.address ?? .unspecified
            hops.append(
                .number(id),
                .number(time),
                .text(monitor),
                .address(destination),
                .number(UInt64(hop.ttl)),
                .number(UInt64(hop.probeID)),
                .address(address),
                .number(UInt64(Self.roundTrip(hop.rtt))),
                .number(UInt64(hop.replyTTL ?? 0)),
                .number(UInt64(hop.icmpType ?? 255)),
                .number(UInt64(hop.icmpCode ?? 0)),
                .number(UInt64(hop.probeSize)),
                .number(UInt64(hop.replySize)),
                .number(UInt64(hop.quotedTTL)),
                .numbers(hop.labels),
                .number(UInt64(asn(address)))
            )
        }
    }

    // MARK: - Parallel ways

    private mutating func add(_ trace: WartsTracelb, _ asn: (IPAddress) -> UInt32) {
        let monitor = monitor(trace.listFileID, trace.cycleFileID)
        let destination = trace.destination ?? .unspecified
        let method = WartsNames.tracelb(trace.type)
        let port = trace.type == 2 ? 0 : trace.sourcePort
        let id = Self.id(monitor, trace.source, destination, trace.start, "tracelb " + method, port)
        for step in trace.steps {
            let from = step.node.address ?? .unspecified
            for (place, answers) in step.hops.enumerated() {
                for answer in answers {
                    let address = answer.address ?? .unspecified
                    let answered = answer.address == nil ? [] : answer.probes
                    let times = answered.compactMap { probe in
                        probe.replies.first.map { $0.received.microseconds(since: probe.sent) }
                    }
                    let least = UInt32(clamping: times.min() ?? 0)
                    let ttl = answered.first?.ttl ?? 0
                    let labels = answered.first?.replies.first?.labels ?? []
                    links.append(
                        .number(id),
                        .number(UInt64(trace.start.seconds)),
                        .text(monitor),
                        .text(lists[trace.listFileID]?.name ?? ""),
                        .number(UInt64(cycles[trace.cycleFileID]?.id ?? 0)),
                        .text(method),
                        .address(trace.source ?? .unspecified),
                        .address(destination),
                        .number(UInt64(trace.nodeCount)),
                        .number(UInt64(trace.linkCount)),
                        .address(from),
                        .number(UInt64(min(place + 1, 255))),
                        .number(UInt64(ttl)),
                        .address(address),
                        .number(UInt64(answered.count)),
                        .number(UInt64(Self.roundTrip(least))),
                        .numbers(labels),
                        .number(UInt64(asn(from))),
                        .number(UInt64(asn(address)))
                    )
                }
            }
        }
    }

    // MARK: - Pings

    private mutating func add(_ ping: WartsPing, _ asn: (IPAddress) -> UInt32) {
        let monitor = monitor(ping.listFileID, ping.cycleFileID)
        let destination = ping.destination ?? .unspecified
        let method = WartsNames.ping(ping.method)
        let summary = WartsPingSummary(ping, of: ping.echoes)
        pings.append(
            .number(Self.id(monitor, ping.source, destination, ping.start, method, ping.isICMP ? 0 : ping.sourcePort)),
            .number(UInt64(ping.start.seconds)),
            .text(monitor),
            .text(lists[ping.listFileID]?.name ?? ""),
            .number(UInt64(cycles[ping.cycleFileID]?.id ?? 0)),
            .text(method),
            .address(ping.source ?? .unspecified),
            .address(destination),
            .text(WartsNames.pingStop(ping.stopReason)),
            .number(UInt64(ping.probeSize)),
            .number(UInt64(ping.sent)),
            .number(UInt64(summary.received)),
            .number(UInt64(Self.roundTrip(summary.least))),
            .number(UInt64(Self.roundTrip(UInt32(summary.mean.rounded())))),
            .number(UInt64(Self.roundTrip(summary.most))),
            .number(UInt64(Self.roundTrip(UInt32(min(summary.deviation.rounded(), 4e9))))),
            .number(UInt64(asn(destination)))
        )
    }

    // MARK: - What both have

    /// Who probed: what the list says, or else the host that the cycle began on.
    private func monitor(_ list: UInt32, _ cycle: UInt32) -> String {
        lists[list]?.monitor ?? cycles[cycle]?.hostname ?? ""
    }

    private static func roundTrip(_ microseconds: UInt32) -> UInt32 { microseconds > longest ? 0 : microseconds }

    /// The same for the same measurement, wherever it is read from.
    private static func id(
        _ monitor: String,
        _ source: IPAddress?,
        _ destination: IPAddress,
        _ start: WartsTime,
        _ method: String,
        _ port: UInt16
    ) -> UInt64 {
        var hash = FNV1a()
        for text in [monitor, method] {
            hash.add(text.utf8)
            // No text has this byte: it ends there.
            hash.add(0xFF as UInt8)
        }
        for address in [source ?? .unspecified, destination] {
            hash.add(address.high)
            hash.add(address.low)
        }
        hash.add(UInt64(start.seconds) << 32 | UInt64(start.microseconds))
        hash.add(UInt64(port))
        return hash.value
    }
}

/// What stands for a trace's way: the first answer at each TTL.
private struct TracePath {
    var hash: UInt64
    /// Without repetitions and unknown ones, the source's first.
    var ases: [UInt32] = []

    init(_ hops: [WartsHop], source: IPAddress?, asn: (IPAddress) -> UInt32) {
        var first: [UInt8: IPAddress] = [:]
        for hop in hops where first[hop.ttl] == nil { first[hop.ttl] = hop.address }
        var fnv = FNV1a()
        let way = first.sorted { $0.key < $1.key }
        for (ttl, address) in way {
            fnv.add(UInt64(ttl))
            fnv.add(address.high)
            fnv.add(address.low)
        }
        hash = fnv.value
        for address in [source].compactMap({ $0 }) + way.map(\.value) {
            let number = asn(address)
            if number != 0, ases.last != number { ases.append(number) }
        }
    }
}
