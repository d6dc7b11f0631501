import NetTypes
import Telemetry

/// The exporters, or one of them with the names that it told.
struct ExportersBody: Encodable {
    var exporters: [ExporterBody]

    /// - Parameter address: asks for one exporter and its names; nil for all without names, which can be many.
    init(_ reports: [ExporterReport], address: IPAddress? = nil) {
        exporters = reports.filter { address == nil || $0.address == address }.sorted { $0.address < $1.address }
            .map { ExporterBody($0, withNames: address != nil) }
    }
}

struct ExporterBody: Encodable {
    var address: String
    var name: Nullable<String>
    /// Why it can give no flows as things are; null when nothing is known to be in the way.
    var problem: Nullable<String>
    var protocols: [String]
    var lastSeen: UInt64
    var datagrams: UInt64
    var flows: UInt64
    var flowsPerSecond: Double
    var bitsPerSecond: Double
    var sequenceGaps: UInt64
    var sequenceRestarts: UInt64
    var agentDrops: UInt64
    var sampling: Sampling
    var settings: Settings
    var clock: Clock
    var templates: Templates
    var sets: Sets
    var records: Records
    var memory: Memory
    var malformed: [String: UInt64]
    var statistics: [String: UInt64]
    var named: Named
    /// null where the agent isn't asked.
    var snmp: Nullable<SNMP>
    /// The router whose routes fill its flows.
    var router: Nullable<BMPBody.Router>
    /// Left out where all exporters are listed.
    var names: Names?

    struct Sampling: Encodable {
        var rate: UInt32
        var source: String
    }

    struct Settings: Encodable {
        var samplingRate: Nullable<UInt32>
        var tunnel: String
        var templates: String
        var holdForRate: UInt32
    }

    struct Clock: Encodable {
        var offset: Nullable<Int64>
        var wrongDatagrams: UInt64
    }

    struct Templates: Encodable {
        var known: Int
        var missing: Int
    }

    struct Sets: Encodable {
        var waiting: Int
        var parked: UInt64
        var held: UInt64
        var withoutTemplate: UInt64
        var unknown: UInt64
    }

    struct Records: Encodable {
        var flow: UInt64
        var options: UInt64
        var events: UInt64
        var counters: UInt64
        var rejected: UInt64
        var skipped: UInt64
        var lostTexts: UInt64
    }

    struct Memory: Encodable {
        var bytes: Int
        var refused: UInt64
    }

    /// How many of each have a name.
    struct Named: Encodable {
        var interfaces: Int
        var vrfs: Int
        var applications: Int
        var samplers: Int
    }

    struct Names: Encodable {
        var interfaces: [Entry]
        var vrfs: [Entry]
        var applications: [Entry]
        var samplers: [Entry]
    }

    struct SNMP: Encodable {
        var version: String
        var asked: Nullable<UInt64>
        var answered: Nullable<UInt64>
        var problem: Nullable<String>
        var name: Nullable<String>
        /// How many it has told of.
        var interfaces: Int
    }

    /// A number and its name.
    struct Entry: Encodable {
        /// Text, since the numbers of applications have 64 bits, which JavaScript's don't.
        var id: String
        var name: String
        /// Of interfaces in bit/s; left out where nobody told.
        var speed: UInt64?
    }
}

extension ExporterBody {
    init(_ report: ExporterReport, withNames: Bool) {
        address = report.address.description
        name = Nullable(report.name)
        problem = Nullable(report.problem)
        protocols = report.protocols
        lastSeen = report.lastSeen
        datagrams = report.datagrams
        flows = report.flows
        flowsPerSecond = report.flowsPerSecond
        bitsPerSecond = report.bitsPerSecond
        sequenceGaps = report.sequenceGaps
        sequenceRestarts = report.sequenceRestarts
        agentDrops = report.agentDrops
        sampling = Sampling(rate: report.samplingRate, source: report.samplingSource)
        settings = Settings(
            samplingRate: Nullable(report.settings.samplingRate),
            tunnel: report.settings.tunnel,
            templates: report.settings.templates,
            holdForRate: report.settings.holdForRate
        )
        clock = Clock(offset: Nullable(report.clock.offset), wrongDatagrams: report.clock.wrongDatagrams)
        templates = Templates(known: report.templatesKnown, missing: report.templatesMissing)
        sets = Sets(report.sets)
        records = Records(report.records)
        memory = Memory(bytes: report.memory.bytes, refused: report.memory.refused)
        malformed = report.malformed
        statistics = report.statistics
        named = Named(
            interfaces: report.names.interfaces.count,
            vrfs: report.names.vrfs.count,
            applications: report.names.applications.count,
            samplers: report.names.samplers.count
        )
        snmp = Nullable(report.snmp.map(SNMP.init))
        router = Nullable(report.router.map(BMPBody.Router.init))
        names = withNames ? Names(report.names, speeds: report.snmp?.speeds ?? [:]) : nil
    }
}

extension ExporterBody.SNMP {
    init(_ report: ExporterReport.SNMP) {
        version = report.version
        asked = Nullable(report.asked)
        answered = Nullable(report.answered)
        problem = Nullable(report.problem)
        name = Nullable(report.name)
        interfaces = report.interfaces.count
    }
}

extension ExporterBody.Sets {
    init(_ sets: ExporterReport.Sets) {
        waiting = sets.waiting
        parked = sets.parked
        held = sets.held
        withoutTemplate = sets.withoutTemplate
        unknown = sets.unknown
    }
}

extension ExporterBody.Records {
    init(_ records: ExporterReport.Records) {
        flow = records.flow
        options = records.options
        events = records.events
        counters = records.counters
        rejected = records.rejected
        skipped = records.skipped
        lostTexts = records.lostTexts
    }
}

extension ExporterBody.Names {
    init(_ names: ExporterReport.Names, speeds: [UInt32: UInt64]) {
        interfaces = names.interfaces.sorted { $0.key < $1.key }.map { index, name in
            ExporterBody.Entry(id: String(index), name: name, speed: speeds[index])
        }
        vrfs = Self.sorted(names.vrfs)
        applications = Self.sorted(names.applications)
        samplers = Self.sorted(names.samplers)
    }

    private static func sorted(_ names: [some FixedWidthInteger: String]) -> [ExporterBody.Entry] {
        names.sorted { $0.key < $1.key }.map { ExporterBody.Entry(id: String($0.key), name: $0.value) }
    }
}
