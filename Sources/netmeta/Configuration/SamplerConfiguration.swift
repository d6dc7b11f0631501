import Enrichment
import FlowDecoders
import NetTypes
import Telemetry

/// What the configuration says of an exporter, for each stage that asks.
struct SamplerConfiguration: Sendable, Equatable {
    /// How its flows are read.
    var decoding = ExporterSettings()
    /// What is done with its rows.
    var enrichment = SamplerEnrichment()
    /// What it and its interfaces, VLANs and hosts are called.
    var names = SamplerNames()
}

/// What can be set for an exporter, or for those within a prefix.
enum SamplerSettings {
    static let all: [Setting<SamplerConfiguration>] = [
        Setting("description", \.names.description, .optionalName, "What the exporter is called."),
        Setting(
            "samplingRate",
            \.decoding.samplingRate,
            .samplingRate,
            "One of so many packets was observed, whatever the exporter says; auto believes the exporter."
        ),
        Setting(
            "tunnel",
            \.decoding.tunnel,
            .choice,
            """
            Which packet of a tunnel the addresses and ports are of: the outer, with the inner in the Encap columns, \
            or the inner.
            """
        ),
        Setting(
            "templates",
            \.decoding.templates,
            .choice,
            """
            Which templates decode data over UDP: that of its own port (port), the newest of any port (exporter), or \
            that of its own port and else another port's while all ports agree (automatic).
            """
        ),
        Setting(
            "holdForRate",
            \.decoding.holdForRate,
            .wholeSeconds(upTo: 600),
            """
            How long flows wait for options data that tell the sampling rate, at most 10 minutes; 0 stores them at \
            once with the rate unknown.
            """
        ),
        Setting(
            "anonymizeAddresses",
            \.enrichment.anonymization,
            .anonymization,
            """
            Whether flows lose the host part of their addresses before anybody sees them, and the texts that may hold \
            one; true keeps 24 bits of IPv4 and 64 of IPv6.
            """
        ),
        Setting(
            "isIncomingFlow",
            \.enrichment.isIncomingFlow,
            .incomingRules,
            """
            When a flow counts as incoming: rules of which one is enough, and of each of them all conditions must \
            hold. Without rules enrichment.localNetworks decide, or else FlowDirection.
            """
        ),
        Setting(
            "interface",
            \.names.interfaces,
            .descriptions("a map such as {17: {description: uplink}}", names: .number("an interface's SNMP index")),
            "What its interfaces are called, by SNMP index."
        ),
        Setting(
            "vlan",
            \.names.vlans,
            .descriptions("a map such as {100: {description: guests}}", names: .number("a VLAN's number")),
            "What VLANs are called in its flows."
        ),
        Setting(
            "host",
            \.names.hosts,
            .descriptions("a map such as {192.0.2.1: {description: web}}", names: .address),
            "What hosts are called in its flows."
        ),
    ]
}

// MARK: - For the stages

extension EnrichmentSettings {
    /// What a configuration says of rows on their way to the store.
    init(_ configuration: Configuration) {
        self.init()
        localNetworks = configuration.enrichment.localNetworks
        samplers = configuration.samplers.mapValues(\.enrichment)
        asOrder = configuration.enrichment.asMap.order
    }
}

extension NameBook {
    /// The names that a configuration gives.
    init(_ configuration: Configuration) {
        self.init()
        samplers = configuration.samplers.mapValues(\.names)
        autnums = configuration.enrichment.autnums
    }
}
