import Enrichment
import FlowDecoders
import NameSources
import NetTypes
import Pipeline
import Telemetry

/// Everything that can be set, with defaults that need no file.
///
/// The sections follow the stages. Which keys there are, what they mean and
/// how they are written stands in ``ConfigurationKey/all``.
struct Configuration: Sendable, Equatable {
    var listeners = Listeners()
    var sources = Sources()
    /// What is known of exporters, by their address or prefix; of several the longest counts.
    var samplers: [Prefix: SamplerConfiguration] = [:]
    var enrichment = Enrichment()
    var store = Store()
    var kafka = KafkaConfiguration()
    var retention = Retention()
    var console = Console()
    var auth = AccessConfiguration()
    var log = Log()

    /// Where flows come in. An empty list means that nothing listens.
    struct Listeners: Sendable, Equatable {
        var netflow = [IPEndpoint(address: .unspecified, port: 2055)]
        var ipfix = [IPEndpoint(address: .unspecified, port: 4739)]
        var sflow = [IPEndpoint(address: .unspecified, port: 6343)]
        /// Empty: datagrams from anywhere are taken.
        var allow: [Prefix] = []
        /// Bytes.
        var receiveBuffer = 64 << 20
    }

    /// What flows tell.
    struct Sources: Sendable, Equatable {
        /// Information elements that the registry doesn't know, and where their values go.
        var elements: [ElementNumber: ElementMapping.Target] = [:]
        /// This host's own, by name.
        var conntrack: [String: ConntrackOptions] = [:]
        var nflog: [String: NFLogOptions] = [:]
        var mirror: [String: MirrorOptions] = [:]
        /// Buckets with AWS VPC flow logs, by their names.
        var aws: [String: AWSSourceConfiguration] = [:]
        /// Buckets with Google Cloud's VPC flow logs, by their names.
        var gcs: [String: GCSSourceConfiguration] = [:]
        /// Subscriptions that Google Cloud's VPC flow logs come by.
        var pubsub: [String: PubSubSourceConfiguration] = [:]
        /// What scamper measures.
        var scamper = ScamperConfiguration()
    }

    /// What rows get on their way to the store, and what numbers are called.
    struct Enrichment: Sendable, Equatable {
        /// The networks that are ours.
        var localNetworks: [Prefix] = []
        /// What autonomous systems are called, before all other sources.
        var autnums: [UInt32: AutonomousSystemName] = [:]
        /// Which AS an address belongs to, and what ASes are called.
        var asMap = ASMapConfiguration()
        /// Files with names and classes.
        var nameFiles: [String] = []
        /// Which interfaces lead out of the network.
        var boundary = BoundaryPatterns()
        /// Who and what belongs to which classes.
        var classes: [ClassRule] = []
        /// Which routers tell their routes.
        var bmp = BMPConfiguration()
        /// Dumps of routers' tables, by the exporter whose table it is.
        var routerTables: [IPAddress: String] = [:]
        /// Who is asked what addresses are called.
        var resolver = ResolverSettings()
        /// Whose SNMP agents are asked what they are called.
        var snmp = SNMPSettings()
    }

    /// Where rows are kept.
    struct Store: Sendable, Equatable {
        var kind = Kind.embedded
        /// URLs of ClickHouse servers.
        var servers: [String] = []
        var user = ""
        var password: Secret?
        /// A file in PEM.
        var certificates: String?
        var data = "./data"
        /// The chDB library; nil looks for it in the usual places.
        var library: String?
        var profile = Profile.standard
        /// Bytes.
        var memory = 4_000_000_000
        var batchRows = 1_000_000
        /// Rows at once of what waits to be read, such as files and topics: it fills any batch, and a larger one only
        /// takes more memory.
        var backlogRows: Int { min(batchRows, 500_000) }
        var flush = Duration.seconds(1)
        /// Bytes.
        var spool = 1_000_000_000
        var fsync = false

        /// Who keeps the rows.
        enum Kind: String, Sendable, CaseIterable {
            case embedded, clickhouse
        }

        /// The size of machine that the defaults of other keys are for.
        enum Profile: String, Sendable, CaseIterable {
            case standard, small
        }
    }

    /// How long rows are kept.
    struct Retention: Sendable, Equatable {
        var days = 7
        /// Bytes; nil: as many as the disk has.
        var size: Int?
        /// Bytes; nil: by the size of the disk.
        var freeSpace: Int?
    }

    /// Console and API.
    struct Console: Sendable, Equatable {
        var listen = IPEndpoint(address: IPAddress(127, 0, 0, 1), port: 8080)
        /// Where ClickHouse's HTTP interface listens; nil: nowhere.
        var sql: IPEndpoint? = Console.usualSQL
        /// Where ClickHouse's clients expect it.
        static let usualSQL = IPEndpoint(address: IPAddress(127, 0, 0, 1), port: 8123)
        /// Host names, beyond the addresses themselves, that requests may be for.
        var hosts: [String] = []
        /// Files in PEM; both or none.
        var tlsCertificate: String?
        var tlsKey: String?
        /// How long an answer is given to others who ask the same.
        var keepAnswers = Duration.seconds(1)
    }

    /// The log on stderr.
    struct Log: Sendable, Equatable {
        var level = Level.info

        enum Level: String, Sendable, CaseIterable {
            case trace, debug, info, notice, warning, error, critical
        }
    }
}

// MARK: - Profiles

extension Configuration {
    /// The defaults of a profile.
    static func defaults(_ profile: Store.Profile) -> Configuration {
        var result = Configuration()
        result.store.profile = profile
        guard profile == .small else { return result }
        result.listeners.receiveBuffer = 16 << 20
        result.store.memory = 700_000_000
        result.store.batchRows = 50_000
        return result
    }
}

// MARK: - Reload

extension Configuration {
    /// Which keys differ, by whether a running server can take them over.
    func changes(to new: Configuration) -> (reloadable: [String], needsRestart: [String]) {
        let changed = ConfigurationKey.all.filter { $0.setting.differs(self, new) }
        return (
            changed.filter(\.isReloadable).map(\.path),
            changed.filter { !$0.isReloadable }.map(\.path)
        )
    }
}
