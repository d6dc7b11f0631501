public import NetTypes

/// One exporter since the start of the process.
public struct ExporterReport: Hashable, Sendable {
    /// Its address.
    public var address: IPAddress
    /// Its name, if somebody told.
    public var name: String?
    /// What it speaks: `IPFIX`, `NETFLOW_V9`.
    public var protocols: [String]
    /// When the last datagram came, in Unix seconds.
    public var lastSeen: UInt64
    /// Datagrams received.
    public var datagrams: UInt64
    /// Rows that became of them.
    public var flows: UInt64
    /// Rows a second over the last minute.
    public var flowsPerSecond: Double
    /// Traffic over the last minute, scaled by the sampling rate.
    public var bitsPerSecond: Double
    /// Datagrams (or records, as the protocol counts) that the sequence numbers say are missing.
    public var sequenceGaps: UInt64
    /// One of so many packets is observed.
    public var samplingRate: UInt32
    /// Who told so: `record`, `options`, `configuration` or `unknown`.
    public var samplingSource: String
    /// What the configuration says of it.
    public var settings: Settings
    /// Templates that are known.
    public var templatesKnown: Int
    /// Template numbers that data came for without a template.
    public var templatesMissing: Int
    /// Data that breaks its protocol, by reason.
    public var malformed: [String: UInt64]

    /// What the configuration says of an exporter.
    public struct Settings: Hashable, Sendable {
        /// The sampling rate that is taken, whatever the exporter tells; nil believes the exporter.
        public var samplingRate: UInt32?
        /// Which packet of a tunnel counts: `outer` or `inner`.
        public var tunnel: String
        /// Which templates decode its data: `automatic`, `port` or `exporter`.
        public var templates: String
        /// Seconds that flows wait for options data that tell the rate.
        public var holdForRate: UInt32

        /// Describes settings; the defaults are those of an exporter that isn't configured.
        public init(
            samplingRate: UInt32? = nil,
            tunnel: String = "outer",
            templates: String = "automatic",
            holdForRate: UInt32 = 0
        ) {
            self.samplingRate = samplingRate
            self.tunnel = tunnel
            self.templates = templates
            self.holdForRate = holdForRate
        }
    }

    /// Gathers a report.
    public init(
        address: IPAddress,
        name: String? = nil,
        protocols: [String] = [],
        lastSeen: UInt64,
        datagrams: UInt64 = 0,
        flows: UInt64 = 0,
        flowsPerSecond: Double = 0,
        bitsPerSecond: Double = 0,
        sequenceGaps: UInt64 = 0,
        samplingRate: UInt32 = 1,
        samplingSource: String = "unknown",
        settings: Settings = Settings(),
        templatesKnown: Int = 0,
        templatesMissing: Int = 0,
        malformed: [String: UInt64] = [:]
    ) {
        self.address = address
        self.name = name
        self.protocols = protocols
        self.lastSeen = lastSeen
        self.datagrams = datagrams
        self.flows = flows
        self.flowsPerSecond = flowsPerSecond
        self.bitsPerSecond = bitsPerSecond
        self.sequenceGaps = sequenceGaps
        self.samplingRate = samplingRate
        self.samplingSource = samplingSource
        self.settings = settings
        self.templatesKnown = templatesKnown
        self.templatesMissing = templatesMissing
        self.malformed = malformed
    }
}
