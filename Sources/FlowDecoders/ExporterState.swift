public import FlowSchema
public import NetTypes

/// What one receiver knows of one exporter: templates, sampling, sequence numbers, counts.
final class ExporterState {
    let address: IPAddress
    /// What the configuration says of it.
    var settings = ExporterSettings()
    /// Whether times are put right when the exporter's clock is far off.
    var correctsClock = true
    var templates = TemplateStore()
    var domains: [UInt32: Domain] = [:]
    var counters = DecodeCounters()
    var protocols: Set<FlowType> = []
    var lastSeen: UInt32 = 0
    var sampling: SamplingRate?
    /// Bytes times sampling rate of all rows.
    var scaledBytes: UInt64 = 0
    /// The last message's export time minus its arrival, in seconds; nil before the first.
    var clockOffset: Int64?
    private var sequences: [SequenceKey: SequenceTracker] = [:]
    /// Samples that sFlow agents say they dropped.
    var agentDrops: UInt64 = 0
    /// Data sets without a template, most of all since the exporter started to send.
    var missingTemplates: Set<TemplateStore.Key> = []

    /// An observation domain's options data.
    struct Domain {
        var sampling = SamplingTable()
        var names = ExporterNames()
        /// When the exporter's uptime began, in milliseconds since 1970; nil when nobody told.
        var initMilliseconds: UInt64?
        /// What the exporter says of itself.
        var statistics: [ExporterStatistic: UInt64] = [:]
    }

    /// What sequence numbers are counted by.
    struct SequenceKey: Hashable {
        var type: FlowType
        var port: UInt16
        var domain: UInt32
    }

    /// Observation domains kept per exporter.
    static let mostDomains = 256
    /// Sequences followed per exporter.
    static let mostSequences = 1024
    /// Missing templates remembered per exporter.
    static let mostMissing = 256

    /// Data sets that wait for their template.
    var parked: ParkingLot

    init(address: IPAddress, budget: ParkingBudget) {
        self.address = address
        parked = ParkingLot(budget: budget)
    }

    /// Follows a sequence; beyond the bound nothing is followed.
    func note(_ key: SequenceKey, sequence: UInt32, count: UInt32?) {
        guard sequences.count < Self.mostSequences || sequences[key] != nil else { return }
        sequences[key, default: SequenceTracker()].note(sequence, count: count)
    }

    /// The sampling table for records of a domain: its own, or another's when
    /// only one domain announced any (route processors announce for line cards).
    func samplingTable(_ domain: UInt32) -> SamplingTable? {
        if let own = domains[domain] { return own.sampling }
        return domains.count == 1 ? domains.first?.value.sampling : nil
    }

    /// Changes a domain's state, within the bound.
    func withDomain(_ domain: UInt32, _ body: (inout Domain) -> Void) {
        guard domains.count < Self.mostDomains || domains[domain] != nil else { return }
        body(&domains[domain, default: Domain()])
    }

    /// The state as others see it.
    var snapshot: ExporterSnapshot {
        ExporterSnapshot(
            address: address,
            types: protocols.sorted { $0.rawValue < $1.rawValue },
            lastSeen: lastSeen,
            counters: counters,
            scaledBytes: scaledBytes,
            sequenceMissing: sequences.values.reduce(0) { $0 + $1.missing },
            sequenceRestarts: sequences.values.reduce(0) { $0 + $1.restarts },
            agentDrops: agentDrops,
            samplingRate: sampling?.rate,
            samplingSource: sampling?.source ?? .unknown,
            templates: templates.count,
            missingTemplates: missingTemplates.count,
            names: domains.values.reduce(into: ExporterNames()) { $0.merge($1.names) },
            statistics: domains.values.reduce(into: [:]) { $0.merge($1.statistics) { $0 &+ $1 } },
            clockOffset: clockOffset,
            waitingSets: parked.count
        )
    }
}

/// A copy of what is known of an exporter, for metrics and the console.
public struct ExporterSnapshot: Sendable {
    /// The address that it sends from.
    public var address: IPAddress
    /// The protocols that it was seen to speak.
    public var types: [FlowType]
    /// When the last datagram came, in seconds since 1970 UTC.
    public var lastSeen: UInt32
    /// What its datagrams came to.
    public var counters: DecodeCounters
    /// Bytes times sampling rate of all its rows.
    public var scaledBytes: UInt64
    /// Units that its sequence numbers say were lost before they reached us: an estimate.
    public var sequenceMissing: UInt64
    /// How often its sequence numbers started again.
    public var sequenceRestarts: UInt64
    /// Samples that an sFlow agent says it dropped.
    public var agentDrops: UInt64
    /// The rate of its last flows; nil before the first.
    public var samplingRate: UInt32?
    /// Who told it.
    public var samplingSource: SamplingSource
    /// Templates that are known.
    public var templates: Int
    /// Templates that data sets asked for in vain.
    public var missingTemplates: Int
    /// Names of its interfaces, VRFs, applications and samplers, as its options data told them.
    public var names: ExporterNames
    /// What it says of itself, the domains' figures added up.
    public var statistics: [ExporterStatistic: UInt64]
    /// How far its clock was ahead of ours, by its last message, in seconds; nil for sFlow, which has no date.
    public var clockOffset: Int64?
    /// Data sets that wait for a template or a sampling rate.
    public var waitingSets: Int
}
