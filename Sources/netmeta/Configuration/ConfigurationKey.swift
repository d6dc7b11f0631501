import FlowDecoders
import NameSources
import NetTypes

/// One key of the configuration: its name, what it means, how it is read and
/// how it is written.
///
/// Reading files and the environment, `config default`, `config show` and
/// Docs/configuration.md all go by ``all``, so that none can know a key that
/// the others don't.
struct ConfigurationKey: Sendable {
    let section: String
    /// Whether a running server takes a new value over.
    let isReloadable: Bool
    /// The value within the configuration.
    let setting: Setting<Configuration>

    /// Empty for a section that is one value, such as a map.
    var name: String { setting.name }

    /// `store.memory`.
    var path: String { name.isEmpty ? section : "\(section).\(name)" }

    /// `NETMETA_STORE_BATCH_ROWS`; the form without the inner underscore is read, too.
    var environmentName: String {
        let words = name.map { $0.isUppercase ? "_\($0)" : $0.uppercased() }.joined()
        return "NETMETA_\(section.uppercased())" + (name.isEmpty ? "" : "_\(words)")
    }

    init<Value: Equatable & Sendable>(
        _ section: String,
        _ name: String,
        _ property: any WritableKeyPath<Configuration, Value> & Sendable,
        _ format: ValueFormat<Value>,
        reloadable: Bool = false,
        _ documentation: String
    ) {
        self.section = section
        self.isReloadable = reloadable
        setting = Setting(name, property, format, documentation)
    }
}

/// A section with its sentence.
struct ConfigurationSection: Sendable {
    let name: String
    let documentation: String

    static let all: [ConfigurationSection] = [
        .init(name: "listeners", documentation: "Where flows come in."),
        .init(
            name: "sources",
            documentation: "What is read of the flows that come in, of this host, what is fetched and what is measured."
        ),
        .init(
            name: "samplers",
            documentation: "Single exporters: how their flows are read, and what things are called."
        ),
        .init(name: "enrichment", documentation: "What flows get on their way to the store, see Docs/names.md."),
        .init(name: "store", documentation: "Where rows are kept: the embedded ClickHouse, or servers."),
        .init(name: "kafka", documentation: "The queue between collectors and stores, see Docs/kafka.md."),
        .init(name: "retention", documentation: "How long rows are kept."),
        .init(name: "console", documentation: "The web console and the API."),
        .init(name: "auth", documentation: "Who may use console, API and metrics, see Docs/auth.md."),
        .init(name: "log", documentation: "The log on standard error."),
    ]

    /// The keys in it; one without a name when the section is itself a value.
    var keys: [ConfigurationKey] { ConfigurationKey.all.filter { $0.section == name } }

    /// The key of a section that is itself a value.
    var ownKey: ConfigurationKey? { keys.first { $0.name.isEmpty } }
}

// MARK: - The table

extension ConfigurationKey {
    static let all =
        table + ofHost + NameKeys.all + ASMapConfiguration.keys
        + [
            BMPConfiguration.key, BMPConfiguration.tablesKey, AWSSourceConfiguration.key, GCSSourceConfiguration.key,
            PubSubSourceConfiguration.key, ScamperConfiguration.key,
        ]
        + KafkaConfiguration.keys + AccessConfiguration.keys

    private static let table: [ConfigurationKey] = [
        ConfigurationKey(
            "listeners",
            "netflow",
            \.listeners.netflow,
            .endpoints,
            """
            UDP ports for NetFlow v5 and v9; IPFIX and sFlow are recognised here, too. A port alone listens on all \
            addresses, port 0 lets the system choose one, off listens nowhere.
            """
        ),
        ConfigurationKey(
            "listeners",
            "ipfix",
            \.listeners.ipfix,
            .endpoints,
            "Ports for IPFIX, UDP and TCP each; written as for netflow."
        ),
        ConfigurationKey(
            "listeners",
            "sflow",
            \.listeners.sflow,
            .endpoints,
            "UDP ports for sFlow; written as for netflow."
        ),
        ConfigurationKey(
            "listeners",
            "allow",
            \.listeners.allow,
            .prefixes,
            reloadable: true,
            "Prefixes that flows may come from; an empty list allows all. Datagrams from elsewhere are counted."
        ),
        ConfigurationKey(
            "listeners",
            "receiveBuffer",
            \.listeners.receiveBuffer,
            .size(in: 65_536...2_147_483_647),
            "What the kernel holds for each socket while the program is busy."
        ),
        ConfigurationKey(
            "sources",
            "elements",
            \.sources.elements,
            .map(
                "a map such as {35632/118: ApplicationId, 0/40005: Strings.event}",
                names: .element,
                values: .elementTarget
            ),
            reloadable: true,
            """
            Information elements that NetMeta doesn't know, by enterprise and number (enterprise 0 for NetFlow v9), and \
            where their values go: to a column, or as text into the column Strings.
            """
        ),
        ConfigurationKey(
            "samplers",
            "",
            \.samplers,
            .map(
                "a map such as {192.0.2.0/24: {samplingRate: 1000}}",
                names: .prefix,
                values: .settings(SamplerSettings.all, default: SamplerConfiguration())
            ),
            reloadable: true,
            """
            Settings by the exporter's address (the agent's in sFlow) or prefix; where several prefixes hold an \
            address, the longest counts. New ones count for what is received after them.
            """
        ),
        ConfigurationKey(
            "enrichment",
            "localNetworks",
            \.enrichment.localNetworks,
            .localNetworks,
            reloadable: true,
            """
            The prefixes that are yours: from them follow Locality (in, out, internal, transit) and, for exporters \
            without isIncomingFlow rules, Incoming.
            """
        ),
        ConfigurationKey(
            "enrichment",
            "autnums",
            \.enrichment.autnums,
            .map(
                "a map such as {64500: {name: Example Networks, country: DE}}",
                names: .autonomousSystem,
                values: .autonomousSystemName
            ),
            reloadable: true,
            "What autonomous systems are called, whatever other sources say."
        ),
        ConfigurationKey(
            "enrichment",
            "resolver",
            \.enrichment.resolver,
            .resolver,
            reloadable: true,
            """
            Name servers that are asked what the addresses in the console's answers, and those with most traffic, are \
            called. They learn which these are; without servers nobody is asked.
            """
        ),
        ConfigurationKey(
            "enrichment",
            "snmp",
            \.enrichment.snmp.prefixes,
            .map(
                "a map such as {192.0.2.0/24: {community: {file: /etc/netmeta/community}}}",
                names: .prefix,
                values: .snmpAgent
            ),
            reloadable: true,
            """
            Exporters, by address or prefix, whose SNMP agents are asked what they and their interfaces are called; of \
            several prefixes the longest counts. Communities and users are sent to no others. See Docs/names.md.
            """
        ),
        ConfigurationKey(
            "store",
            "kind",
            \.store.kind,
            .choice,
            """
            Who keeps the rows: the engine in this process, or the ClickHouse servers in store.servers, see \
            Docs/clickhouse.md. The data folder holds the spool, sessions and the like in any case.
            """
        ),
        ConfigurationKey(
            "store",
            "servers",
            \.store.servers,
            .serverURLs,
            """
            ClickHouse servers that stand for one store: the first that answers is asked, and the next when it is away. \
            With store.kind clickhouse.
            """
        ),
        ConfigurationKey(
            "store",
            "user",
            \.store.user,
            .anyText("a user such as netmeta, or nothing for the server's usual one"),
            "Who asks the servers; it makes tables, inserts and reads."
        ),
        ConfigurationKey(
            "store",
            "password",
            \.store.password,
            .optionalSecret(least: 1, takesNone: true),
            "Its password."
        ),
        ConfigurationKey(
            "store",
            "certificates",
            \.store.certificates,
            .optionalPath("a file such as /etc/netmeta/authority.pem"),
            "The authorities, in PEM, that servers with https are trusted by; off takes the system's."
        ),
        ConfigurationKey(
            "store",
            "data",
            \.store.data,
            .text("a folder such as /var/lib/netmeta"),
            "The folder that holds the rows; relative to where the program was started."
        ),
        ConfigurationKey(
            "store",
            "library",
            \.store.library,
            .optionalText("the path of a library such as /usr/local/lib/libchdb.so, or auto"),
            "The chDB library; auto looks in the usual places."
        ),
        ConfigurationKey(
            "store",
            "profile",
            \.store.profile,
            .choice,
            """
            Which machine the defaults of store.memory, store.batchRows and listeners.receiveBuffer are for: standard \
            for 8 GB, small for 2 GB (700MB, 50000, 16MiB). Docs/memory.md says what the program takes then.
            """
        ),
        ConfigurationKey(
            "store",
            "memory",
            \.store.memory,
            .size(in: 268_435_456...1_099_511_627_776),
            "The most memory that the store may use; one question may use a fifth of it."
        ),
        ConfigurationKey(
            "store",
            "batchRows",
            \.store.batchRows,
            .integer("a number of rows such as 1000000", in: 1_000...1_000_000),
            "Rows that are handed to the store at once."
        ),
        ConfigurationKey(
            "store",
            "flushSeconds",
            \.store.flush,
            .seconds(in: .milliseconds(100)...(.seconds(60))),
            "The longest that a row waits for a batch to fill."
        ),
        ConfigurationKey(
            "store",
            "spool",
            \.store.spool,
            .size(in: 0...1_099_511_627_776),
            """
            The most that the folder spool below the data folder may hold: batches that the store doesn't take now. \
            When it is full its oldest batches are lost, and counted; with 0 receivers wait instead.
            """
        ),
        ConfigurationKey(
            "store",
            "fsync",
            \.store.fsync,
            .truth,
            """
            Whether rows are on the disk when they count as stored, so that a power failure costs none of them; \
            otherwise the kernel writes them within half a minute.
            """
        ),
        ConfigurationKey(
            "retention",
            "days",
            \.retention.days,
            .integer("a number of days such as 7", in: 1...36_500),
            reloadable: true,
            "Rows older than this are deleted."
        ),
        ConfigurationKey(
            "retention",
            "size",
            \.retention.size,
            .optionalSize(in: 10_000_000...1_000_000_000_000_000_000, none: "unlimited"),
            reloadable: true,
            """
            What all tables may take on the disk together. Beyond it the oldest rows go, raw rows before rollups, \
            in pieces of at most a sixteenth.
            """
        ),
        ConfigurationKey(
            "retention",
            "freeSpace",
            \.retention.freeSpace,
            .optionalSize(in: 0...1_000_000_000_000_000_000, none: "auto"),
            reloadable: true,
            """
            What stays free on the disk; when it is less, the oldest rows go, whoever filled it. auto is 5 % of the \
            disk, at least 1 GB and at most 10 GB.
            """
        ),
        ConfigurationKey(
            "console",
            "listen",
            \.console.listen,
            .consoleEndpoint,
            """
            Where console, API and metrics listen. Beyond loopback it takes users, tokens or proxies in the section \
            auth, and should have tlsCertificate and tlsKey.
            """
        ),
        ConfigurationKey(
            "console",
            "sql",
            \.console.sql,
            .optionalConsoleEndpoint,
            """
            Where ClickHouse's HTTP interface listens, read-only, see Docs/sql.md; off listens nowhere. Beyond loopback \
            it takes users, tokens or proxies in the section auth, and uses tlsCertificate and tlsKey, too. When another \
            program has the usual port, the server goes on without it and says so.
            """
        ),
        ConfigurationKey(
            "console",
            "hosts",
            \.console.hosts,
            .hostNames,
            reloadable: true,
            "Host names, beside localhost and addresses, under which browsers may reach the console."
        ),
        ConfigurationKey(
            "console",
            "tlsCertificate",
            \.console.tlsCertificate,
            .optionalPath("a file such as /etc/netmeta/fullchain.pem"),
            """
            The certificate for https in PEM, the server's own first. SIGHUP reads it again, and it is looked at every \
            hour.
            """
        ),
        ConfigurationKey(
            "console",
            "tlsKey",
            \.console.tlsKey,
            .optionalPath("a file such as /etc/netmeta/privkey.pem"),
            "The key of the certificate in PEM, without a password."
        ),
        ConfigurationKey(
            "console",
            "keepAnswersSeconds",
            \.console.keepAnswers,
            .seconds(in: .zero...(.seconds(60))),
            reloadable: true,
            """
            How long an answer about flows is given to others who ask the same, so that many viewers of a page are one \
            query; 0 asks the store each time.
            """
        ),
        ConfigurationKey(
            "log",
            "level",
            \.log.level,
            .choice,
            reloadable: true,
            "The least serious messages that are written."
        ),
    ]

    /// The key of that path.
    static func named(_ path: String) -> ConfigurationKey? {
        all.first { $0.path == path }
    }
}
