import FlowDecoders
import FlowSchema
import Telemetry
import WireFormat

// From what decoders know of an exporter to what people are told.

extension ExporterReport {
    /// What is known of an exporter since the start; rates over time are for the caller to fill in.
    init(_ exporter: ExporterSnapshot, settings: ExporterSettings) {
        self.init(address: exporter.address, name: exporter.name, lastSeen: UInt64(exporter.lastSeen))
        let counters = exporter.counters
        problem = exporter.problem
        protocols = exporter.types.map(\.name)
        datagrams = counters.datagrams
        flows = counters.flows
        decoded = counters.decodedDatagrams
        rejectedDatagrams = counters.rejectedDatagrams.byName
        missingDatagrams = exporter.missingDatagrams
        missingRecords = exporter.missingRecords
        sequenceRestarts = exporter.sequenceRestarts
        agentDrops = exporter.agentDrops
        // A configured rate is in force from the moment it is read, also before the next flow.
        samplingRate = settings.samplingRate ?? exporter.samplingRate ?? 1
        samplingSource = (settings.samplingRate == nil ? exporter.samplingSource : .configuration).name
        self.settings = Settings(settings)
        clock.offset = exporter.clockOffset
        clock.wrongDatagrams = counters.wrongClocks
        templatesKnown = exporter.templates
        templatesMissing = exporter.missingTemplates
        sets = Sets(exporter)
        records = Records(counters)
        memory.bytes = exporter.stateBytes
        memory.refused = exporter.refusedState
        malformed = counters.malformed.byName
        for (statistic, value) in exporter.statistics { statistics[statistic.name] = value }
        names = Names(exporter)
    }
}

extension ExporterReport.Names {
    /// What an exporter told.
    init(_ exporter: ExporterSnapshot) {
        self.init()
        interfaces = exporter.names.interfaces
        vrfs = exporter.names.vrfs
        applications = exporter.names.applications
        samplers = exporter.names.samplers
        self.exporter = exporter.name
    }
}

extension ExporterReport {
    /// Takes over what its SNMP agent told, which counts before what it told in flow data.
    mutating func take(_ agent: SNMP) {
        snmp = agent
        name = agent.name ?? name
        if names.interfaces.isEmpty {
            names.interfaces = agent.interfaces
        } else {
            names.interfaces.merge(agent.interfaces) { $1 }
        }
    }

    /// Takes over the names that people gave, which count before all others.
    mutating func take(_ given: SamplerNames) {
        name = given.description ?? name
        names.interfaces.merge(given.interfaces) { $1 }
    }
}

extension ErrorCounts {
    /// The errors that happened, by their published names.
    var byName: [String: UInt64] {
        nonZero.reduce(into: [:]) { $0[$1.error.rawValue] = $1.count }
    }
}

extension ExporterReport.Settings {
    fileprivate init(_ settings: ExporterSettings) {
        self.init()
        samplingRate = settings.samplingRate
        tunnel = settings.tunnel.rawValue
        templates = settings.templates.rawValue
        holdForRate = settings.holdForRate
    }
}

extension ExporterReport.Sets {
    fileprivate init(_ exporter: ExporterSnapshot) {
        self.init()
        waiting = exporter.waitingSets
        parked = exporter.counters.parkedSets
        held = exporter.counters.heldSets
        withoutTemplate = exporter.counters.unknownTemplateSets
        unknown = exporter.counters.unknownSets
    }
}

extension ExporterReport.Records {
    fileprivate init(_ counters: DecodeCounters) {
        self.init()
        flow = counters.records
        options = counters.optionsRecords
        events = counters.eventRecords
        self.counters = counters.counterSamples
        rejected = counters.rejectedRecords
        skipped = counters.skippedRecords
        lostTexts = counters.lostTexts
    }
}

extension ExporterSnapshot {
    func merged(with other: ExporterSnapshot) -> ExporterSnapshot {
        let (newer, older) = lastSeen >= other.lastSeen ? (self, other) : (other, self)
        var result = newer
        result.types = Set(types).union(other.types).sorted { $0.rawValue < $1.rawValue }
        result.counters.add(older.counters)
        // What exporters say can be of any size.
        result.scaledBytes &+= older.scaledBytes
        result.missingDatagrams += older.missingDatagrams
        result.missingRecords += older.missingRecords
        result.sequenceRestarts += older.sequenceRestarts
        result.sequenceSinceLastRun += older.sequenceSinceLastRun
        result.agentDrops += older.agentDrops
        result.templates += older.templates
        result.missingTemplates += older.missingTemplates
        result.names.merge(older.names)
        result.statistics.add(older.statistics)
        result.refusedState += older.refusedState
        result.stateBytes += older.stateBytes
        result.waitingSets += older.waitingSets
        result.name = newer.name ?? older.name
        result.problem = newer.problem ?? older.problem
        result.clockOffset = newer.clockOffset ?? older.clockOffset
        return result
    }
}
