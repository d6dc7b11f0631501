public import NetTypes

/// One exporter since the start of the process.
public struct ExporterReport: Hashable, Sendable {
    /// Its address.
    public var address: IPAddress
    /// Its name, if somebody told.
    public var name: String?
    /// Why it can give no flows as things are, with what to do; nil when nothing is known to be in the way.
    public var problem: String?
    /// What it speaks: `IPFIX`, `NETFLOW_V9`.
    public var protocols: [String] = []
    /// When the last datagram came, in Unix seconds.
    public var lastSeen: UInt64
    /// Datagrams received.
    public var datagrams: UInt64 = 0
    /// Rows that became of them.
    public var flows: UInt64 = 0
    /// Rows a second over the last minute.
    public var flowsPerSecond = 0.0
    /// Traffic over the last minute, scaled by the sampling rate.
    public var bitsPerSecond = 0.0
    /// Those datagrams of which something could be read.
    public var decoded: UInt64 = 0
    /// Datagrams of which nothing could be read, by reason.
    public var rejectedDatagrams: [String: UInt64] = [:]
    /// Datagrams that the sequence numbers say are missing (NetFlow v9, sFlow).
    public var missingDatagrams: UInt64 = 0
    /// Records that the sequence numbers say are missing (NetFlow v5 and v7, IPFIX).
    public var missingRecords: UInt64 = 0
    /// How often its sequence numbers began anew, as they do when it restarts.
    public var sequenceRestarts: UInt64 = 0
    /// Samples that an sFlow agent says it dropped.
    public var agentDrops: UInt64 = 0
    /// One of so many packets is observed.
    public var samplingRate: UInt32 = 1
    /// Who told so: `record`, `options`, `configuration` or `unknown`.
    public var samplingSource = "unknown"
    /// What the configuration says of it.
    public var settings = Settings()
    /// Its clock.
    public var clock = Clock()
    /// Templates that are known.
    public var templatesKnown = 0
    /// Template numbers that data came for without a template.
    public var templatesMissing = 0
    /// Data that couldn't be read at once.
    public var sets = Sets()
    /// What became of its records.
    public var records = Records()
    /// What it makes us remember: templates, names, rates.
    public var memory = Memory()
    /// Data that breaks its protocol, by reason.
    public var malformed: [String: UInt64] = [:]
    /// What it says of itself in options data, by the names of IANA's elements.
    public var statistics: [String: UInt64] = [:]
    /// Names that it told in options data, and those that count before them.
    public var names = Names()
    /// What its SNMP agent told; nil when that isn't asked.
    public var snmp: SNMP?
    /// The router whose routes fill its flows; nil when none tells any.
    public var router: BMPReport.Router?

    /// Datagrams (or records, as the protocol counts) that the sequence numbers say are missing.
    public var sequenceGaps: UInt64 { missingDatagrams + missingRecords }

    /// What was lost of an exporter, in each reason's unit; the kernel doesn't tell whose datagrams it drops.
    public var lost: [LossReason: UInt64] {
        let whole = rejectedDatagrams.values.reduce(0, +)
        let malformed = malformed.values.reduce(0, +)
        return [
            .malformed: whole,
            .malformedSet: malformed > whole ? malformed - whole : 0,
            .noTemplate: sets.withoutTemplate,
            .rejectedRecord: records.rejected,
        ]
    }

    /// An exporter of which nothing more is known.
    public init(address: IPAddress, name: String? = nil, lastSeen: UInt64) {
        self.address = address
        self.name = name
        self.lastSeen = lastSeen
    }
}

extension ExporterReport {
    /// What the configuration says of an exporter.
    public struct Settings: Hashable, Sendable {
        /// The sampling rate that is taken, whatever the exporter tells; nil believes the exporter.
        public var samplingRate: UInt32?
        /// Which packet of a tunnel counts: `outer` or `inner`.
        public var tunnel = "outer"
        /// Which templates decode its data: `automatic`, `port` or `exporter`.
        public var templates = "automatic"
        /// Seconds that flows wait for options data that tell the rate.
        public var holdForRate: UInt32 = 0

        /// Those of an exporter that isn't configured.
        public init() {}
    }

    /// An exporter's clock, as its datagrams show it.
    public struct Clock: Hashable, Sendable {
        /// Seconds that it was ahead of ours when the last datagram came; nil where datagrams have no date.
        public var offset: Int64?
        /// Datagrams whose date was so far off that it wasn't believed.
        public var wrongDatagrams: UInt64 = 0

        /// A clock that nothing is known of.
        public init() {}
    }

    /// Data sets that couldn't be read at once, or at all.
    public struct Sets: Hashable, Sendable {
        /// Those that wait now, for a template or a sampling rate.
        public var waiting = 0
        /// Those that had to wait for their template.
        public var parked: UInt64 = 0
        /// Those that had to wait for the sampling rate.
        public var held: UInt64 = 0
        /// Those whose template never came.
        public var withoutTemplate: UInt64 = 0
        /// Those of ids that are reserved, or belong to another version.
        public var unknown: UInt64 = 0

        /// None.
        public init() {}
    }

    /// What became of records.
    public struct Records: Hashable, Sendable {
        /// Flow records read.
        public var flow: UInt64 = 0
        /// Records of options data.
        public var options: UInt64 = 0
        /// Events of firewalls and NAT that carry no traffic.
        public var events: UInt64 = 0
        /// Samples of interface counters.
        public var counters: UInt64 = 0
        /// Flow records that gave neither a row nor an event.
        public var rejected: UInt64 = 0
        /// sFlow records and samples of formats that tell no column.
        public var skipped: UInt64 = 0
        /// Texts that were cut or left out.
        public var lostTexts: UInt64 = 0

        /// None.
        public init() {}
    }

    /// What an exporter makes us remember.
    public struct Memory: Hashable, Sendable {
        /// About what that takes.
        public var bytes = 0
        /// Templates, names and rates that there was no room for.
        public var refused: UInt64 = 0

        /// Nothing.
        public init() {}
    }

    /// Names by number, by whoever counts most: the configuration, the SNMP agent, options data.
    public struct Names: Hashable, Sendable {
        /// What it calls itself; nil where its protocol doesn't tell.
        public var exporter: String?
        /// Interfaces by their SNMP index.
        public var interfaces: [UInt32: String] = [:]
        /// VRFs by their id.
        public var vrfs: [UInt32: String] = [:]
        /// Applications by the number in the column ApplicationId.
        public var applications: [UInt64: String] = [:]
        /// Samplers by their id.
        public var samplers: [UInt64: String] = [:]

        /// None.
        public init() {}
    }
}
