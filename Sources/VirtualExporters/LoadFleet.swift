import NetTypes

/// Which protocols a load consists of.
public enum LoadProtocol: String, CaseIterable, Sendable {
    /// NetFlow v5.
    case v5
    /// NetFlow v9.
    case v9
    /// IPFIX.
    case ipfix
    /// sFlow v5.
    case sflow
    /// All of them, from many exporters with different templates.
    case mixed
}

/// Exporters that send as fast as they are asked to, for load tests.
public struct LoadFleet: Sendable {
    /// The exporters; number them by their place here.
    public private(set) var exporters: [any VirtualExporter]
    private let traffic: LoadTraffic
    private let records: Int?
    private var datagrams: UInt64 = 0
    private var flows: UInt64 = 0
    /// Kept between datagrams so that none allocates.
    private var scratch: [FlowRecord] = []

    private static let interfaces: UInt32 = 8
    /// Bytes that the largest datagram of either kind may need.
    private static let datagramLimit = 65_507
    /// One datagram in so many holds IPv6 flows, where the protocol can.
    private static let v6Interval: UInt64 = 8

    /// Exporters of a single-protocol load unless told otherwise.
    public static let usualExporters = 8
    /// Exporters of a mixed load unless told otherwise: 16 of each protocol.
    public static let mixedExporters = 64
    /// The most records a datagram may be given: 200 of the widest fit into 65,507 bytes.
    public static let maximumRecords = 200

    /// Makes the exporters.
    ///
    /// - Parameters:
    ///   - protocol: what they speak.
    ///   - count: how many; nil for the usual number. A mixed load has at least 50.
    ///   - records: flow records a datagram; nil for what is usual. v5 holds 30 at most.
    ///   - distinct: how many different flows there are.
    ///   - seed: the same seed gives the same flows.
    ///   - now: milliseconds since 1970.
    public init(
        protocol: LoadProtocol,
        count: Int? = nil,
        records: Int? = nil,
        distinct: UInt64 = 1_000_000,
        seed: UInt64 = 1,
        now: UInt64
    ) {
        let isMixed = `protocol` == .mixed
        let number = max(count ?? (isMixed ? Self.mixedExporters : Self.usualExporters), isMixed ? 50 : 1)
        self.records = records.map { min(max($0, 1), Self.maximumRecords) }
        traffic = LoadTraffic(distinct: distinct, seed: seed)
        exporters = (0..<number).map { Self.exporter($0, of: `protocol`, seed: seed, now: now) }
    }

    private static func exporter(_ index: Int, of kind: LoadProtocol, seed: UInt64, now: UInt64) -> any VirtualExporter
    {
        let kinds: [LoadProtocol] = [.v5, .v9, .ipfix, .sflow]
        let isMixed = kind == .mixed
        var profile = profile(index, seed: seed, now: now)
        let layouts = TemplateLayout.allCases
        let layout = isMixed ? layouts[index / kinds.count % layouts.count] : .router
        if isMixed { profile.firstTemplate = UInt16(256 + index / kinds.count % 8 * 10) }
        return switch isMixed ? kinds[index % kinds.count] : kind {
        case .v5: NetFlow5Exporter(profile: profile)
        case .v9: TemplateExporter(version: .v9, profile: profile, layout: layout)
        case .ipfix: TemplateExporter(version: .ipfix, profile: profile, layout: layout)
        case .sflow, .mixed: SFlowExporter(profile: profile, localAS: isMixed && index % 8 == 7 ? 64_500 : nil)
        }
    }

    private static func profile(_ index: Int, seed: UInt64, now: UInt64) -> ExporterProfile {
        // Up between an hour and 30 days.
        let uptime = 3_600_000 + mix(seed ^ UInt64(index)) % 2_588_400_000
        return ExporterProfile(
            name: "load-\(index)",
            address: IPAddress(127, 1, UInt8(truncatingIfNeeded: index / 250), UInt8(1 + index % 250)),
            domain: UInt32(index + 1),
            samplingRate: [1, 100, 1000, 1024][index % 4],
            bootTime: now - min(uptime, now),
            interfaces: (1...interfaces).map {
                .init(index: $0, name: "et-0/0/\($0)", description: "load-\(index) port \($0)")
            }
        )
    }

    /// Writes the templates and options of an exporter.
    public mutating func announce(exporter index: Int, now: UInt64, into writer: inout DatagramWriter) {
        exporters[index].announce(now: now, into: &writer)
    }

    /// Writes up to `count` datagrams with flows of one exporter, fewer when
    /// the writer is full, and says what they hold.
    public mutating func export(
        exporter index: Int,
        datagrams count: Int,
        now: UInt64,
        into writer: inout DatagramWriter
    ) -> FlowTotals {
        var totals = FlowTotals()
        let exporter = exporters[index]
        let carriesIPv6 = exporter.carriesIPv6
        var perDatagram = records ?? exporter.usualRecords
        if !carriesIPv6 { perDatagram = min(perDatagram, NetFlow5Exporter.maximumRecords) }
        let isSampled = exporter is SFlowExporter
        for _ in 0..<count where writer.hasRoom(for: Self.datagramLimit) {
            scratch.removeAll(keepingCapacity: true)
            for offset in 0..<UInt64(perDatagram) {
                // sFlow samples mix families; NetFlow's caches are exported one family at a time.
                let isV4 =
                    !carriesIPv6
                    || (isSampled ? (flows + offset) % 5 < 3 : datagrams % Self.v6Interval != Self.v6Interval - 1)
                scratch.append(
                    traffic.flow(flows + offset, isV4: isV4, interfaces: Self.interfaces, now: now)
                )
            }
            totals += exporters[index].export(scratch, now: now, into: &writer)
            datagrams += 1
            flows += UInt64(perDatagram)
        }
        return totals
    }
}
