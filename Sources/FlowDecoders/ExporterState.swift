public import FlowSchema
public import NetTypes

/// What one receiver knows of one exporter: templates, sampling, sequence numbers, counts.
final class ExporterState {
    let address: IPAddress
    /// What the configuration says of it.
    var settings = ExporterSettings() {
        didSet { forgetRecentTemplates() }
    }
    /// Whether times are put right when the exporter's clock is far off.
    var correctsClock = true
    var templates: TemplateStore
    private let budget: StateBudget
    /// What options data told and there was no room for.
    private(set) var refused: UInt64 = 0
    /// One thread owns an exporter's state: of what every datagram asks for,
    /// checking each access for a second one would be a good part of the cost.
    @exclusivity(unchecked)
    private var recentTemplates = RecentTemplates()
    var domains: [UInt32: Domain] = [:]
    /// What its datagrams came to; every set adds to it.
    var counters: DecodeCounters {
        _read { yield unsafe countersNow }
        _modify { yield unsafe &countersNow }
    }
    @exclusivity(unchecked)
    private var countersNow = DecodeCounters()
    var protocols = FlowTypes()
    var lastSeen: UInt32 = 0
    var sampling: SamplingRate?
    /// Bytes times sampling rate of all rows.
    var scaledBytes: UInt64 = 0
    /// The last message's export time minus its arrival, in seconds; nil before the first.
    var clockOffset: Int64?
    @exclusivity(unchecked)
    private var sequences = SequenceTrackers()
    /// Samples that sFlow agents say they dropped.
    var agentDrops: UInt64 = 0
    /// Data sets without a template, most of all since the exporter started to send.
    @exclusivity(unchecked)
    private var missingTemplates: Set<TemplateStore.Key> = []
    /// Whether any domain told anything.
    private(set) var hasDomains = false

    /// An observation domain's options data.
    struct Domain {
        var sampling = SamplingTable()
        var names = ExporterNames()
        /// When the exporter's uptime began, in milliseconds since 1970; nil when nobody told.
        var initMilliseconds: UInt64?
        /// What the exporter says of itself.
        var statistics: [ExporterStatistic: UInt64] = [:]

        /// A name of the most bytes that are kept of one.
        static let nameCost = StateBudget.Cost.name + 128

        /// What it takes beside ``StateBudget/Cost/domain``.
        var cost: Int { names.count * Self.nameCost + sampling.count * StateBudget.Cost.rate }

        mutating func learn(_ effect: OptionsDecoder.Effect) {
            switch effect {
            case .rate(let rate, let subject): sampling.learn(rate, for: subject)
            case .name(let subject, let name): names.learn(subject, name)
            case .initTime(let milliseconds): initMilliseconds = milliseconds
            case .statistic(let statistic, let value): statistics[statistic] = value
            }
        }
    }

    /// Observation domains kept per exporter.
    static let mostDomains = 256
    /// Missing templates remembered per exporter.
    static let mostMissing = 256

    /// Data sets that wait for their template.
    var parked: ParkingLot {
        _read { yield unsafe parkingLot }
        _modify { yield unsafe &parkingLot }
    }
    @exclusivity(unchecked)
    private var parkingLot: ParkingLot

    /// What flows counted before, of all exporters of the thread.
    let totals: FlowTotals

    init(address: IPAddress, budget: StateBudget, parking: ParkingBudget, totals: FlowTotals) {
        self.address = address
        self.budget = budget
        self.totals = totals
        templates = TemplateStore(budget: budget)
        unsafe parkingLot = ParkingLot(budget: parking)
    }

    /// Follows a sequence; beyond the bound nothing is followed.
    func note(_ key: SequenceTrackers.Key, sequence: UInt32, count: UInt32?) {
        unsafe sequences.note(key, sequence: sequence, count: count)
    }

    /// Goes on with the sequences of an earlier life of the process.
    func resume(_ marks: [SequenceMark]) {
        unsafe sequences.resume(marks)
    }

    /// The template of a data set; what is missing is remembered.
    ///
    /// It is there until the next one is asked for, taken in or forgotten.
    @inline(__always)
    func template(_ key: TemplateStore.Key, port: UInt16) -> Unmanaged<Template>? {
        if let recent = unsafe recentTemplates.template(key, port: port) { return unsafe recent }
        return unsafe lookUpTemplate(key, port: port)
    }

    @inline(never)
    private func lookUpTemplate(_ key: TemplateStore.Key, port: UInt16) -> Unmanaged<Template>? {
        guard let template = templates.template(key, port: port, scope: settings.templates, at: lastSeen) else {
            if unsafe missingTemplates.count < Self.mostMissing { unsafe missingTemplates.insert(key) }
            return nil
        }
        unsafe missingTemplates.remove(key)
        return unsafe recentTemplates.note(key, port: port, template)
    }

    /// To be called before a template is taken in or forgotten.
    func forgetRecentTemplates() {
        unsafe recentTemplates.clear()
    }

    /// The sampling table for records of a domain: its own, or another's when
    /// only one domain announced any (route processors announce for line cards).
    func samplingTable(_ domain: UInt32) -> SamplingTable? {
        if let own = domains[domain] { return own.sampling }
        return domains.count == 1 ? domains.first?.value.sampling : nil
    }

    /// The rate of records that say nothing of it themselves, if one holds for all of a domain's;
    /// nil when it depends on each record's interface.
    @inline(__always)
    func commonRate(_ domain: UInt32) -> SamplingRate? {
        if let configured = settings.samplingRate,
            let rate = SamplingRate(UInt64(configured), source: .configuration)
        {
            return rate
        }
        return hasDomains ? announcedRate(domain) : .unknown
    }

    @inline(never)
    private func announcedRate(_ domain: UInt32) -> SamplingRate? {
        guard let table = samplingTable(domain) else { return .unknown }
        guard !table.isPerInterface else { return nil }
        return table.common.flatMap { SamplingRate(UInt64($0), source: .options) } ?? .unknown
    }

    /// Takes in what options data told, within the bounds; what doesn't fit is counted.
    func learn(_ effect: OptionsDecoder.Effect, domain: UInt32) {
        guard domains[domain] != nil || (domains.count < Self.mostDomains && budget.take(StateBudget.Cost.domain))
        else { return refused += 1 }
        hasDomains = true
        // The dearest thing that can be told.
        guard budget.hasRoom(Domain.nameCost) else { return refused += 1 }
        let before = domains[domain]?.cost ?? 0
        domains[domain, default: Domain()].learn(effect)
        _ = budget.take((domains[domain]?.cost ?? 0) - before)
        if case .rate = effect { parked.mayRelease = true }
    }

    /// Forgets what nobody uses any more.
    func sweep(at now: UInt32) {
        forgetRecentTemplates()
        templates.sweep(at: now)
    }

    /// The names of all domains; those of a lone one without copying them, since they are published every second.
    private var names: ExporterNames {
        guard domains.count > 1 else { return domains.first?.value.names ?? ExporterNames() }
        return domains.values.reduce(into: ExporterNames()) { $0.merge($1.names) }
    }

    /// The state as others see it.
    var snapshot: ExporterSnapshot {
        let missing = unsafe sequences.missing
        return ExporterSnapshot(
            address: address,
            types: protocols.all,
            lastSeen: lastSeen,
            counters: counters,
            scaledBytes: scaledBytes,
            missingDatagrams: missing.datagrams,
            missingRecords: missing.records,
            sequenceRestarts: unsafe sequences.restarts,
            sequenceSinceLastRun: unsafe sequences.sinceLastRun,
            sequenceMarks: unsafe sequences.marks,
            agentDrops: agentDrops,
            samplingRate: sampling?.rate,
            samplingSource: sampling?.source ?? .unknown,
            templates: templates.count,
            missingTemplates: unsafe missingTemplates.count,
            names: names,
            statistics: domains.values.reduce(into: [:]) { $0.add($1.statistics) },
            clockOffset: clockOffset,
            waitingSets: parked.count,
            refusedState: refused + templates.refused,
            stateBytes: budget.bytes
        )
    }
}

/// A set of protocols: one bit each.
struct FlowTypes: OptionSet {
    var rawValue: UInt64 = 0

    /// Adds a protocol.
    mutating func insert(_ type: FlowType) {
        rawValue |= 1 &<< UInt64(type.rawValue)
    }

    /// The protocols in the order of their numbers.
    var all: [FlowType] {
        FlowType.allCases.filter { rawValue & 1 &<< UInt64($0.rawValue) != 0 }
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
    /// Datagrams that its sequence numbers say were lost before we read them: an estimate.
    public var missingDatagrams: UInt64
    /// The same of records, where the numbers count those.
    public var missingRecords: UInt64
    /// How often its sequence numbers started again.
    public var sequenceRestarts: UInt64
    /// Units between the last one that an earlier life of the process noted and the first that came to this one:
    /// what was lost between the two, at the most.
    public var sequenceSinceLastRun: UInt64
    /// Where its sequences are.
    public var sequenceMarks: [SequenceMark]
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
    /// What it says of itself, the domains' totals added up.
    public var statistics: [ExporterStatistic: UInt64]
    /// How far its clock was ahead of ours, by its last message, in seconds; nil for sFlow, which has no date.
    public var clockOffset: Int64?
    /// Data sets that wait for a template or a sampling rate.
    public var waitingSets: Int
    /// Templates, names and rates that there was no room for.
    public var refusedState: UInt64
    /// About what remembering it takes, in bytes.
    public var stateBytes: Int
    /// What it calls itself; nil where its protocol doesn't tell.
    public var name: String?
    /// Why a source of this host can give no flows as things are; nil for all others.
    public var problem: String?
}
