/// Which topic flows go to or come from, and how brokers are reached.
public struct KafkaSettings: Sendable, Equatable {
    /// Where brokers are: host and port.
    public var brokers: [String] = []
    /// The topic.
    public var topic = "flow-messages"
    /// What its messages are, for those that consume them.
    public var format = Format.flows
    /// The group that consumers of one store belong to.
    public var group = "netmeta"
    /// The partitions that are consumed, and no others; empty: those that the group gives.
    public var partitions: [Int32] = []
    /// How messages are compressed.
    public var compression = Compression.lz4
    /// The most flows of one message.
    public var flowsPerMessage = 1
    /// Whether connections are encrypted.
    public var tls = false
    /// Files in PEM: who signed the brokers' certificates (nil: the system's authorities), and what we show.
    public var tlsAuthority: String?
    /// The client's certificate.
    public var tlsCertificate: String?
    /// Its key.
    public var tlsKey: String?
    /// How brokers learn who we are.
    public var sasl = Mechanism.off
    /// The user.
    public var user = ""
    /// The user's password.
    public var password: String?
    /// The library's file; nil: the usual one.
    public var library: String?
    /// The library's own settings, by their names there.
    public var librarySettings: [String: String] = [:]
    /// Bytes that messages take which couldn't be read.
    public var asideBytes = 10_000_000

    /// The defaults.
    public init() {}

    /// Kinds of messages.
    public enum Format: String, Sendable, CaseIterable {
        /// FlowMessage, as collectors and goflow2 write it.
        case flows
        /// FastNetMon's traffic export.
        case fastNetMon = "fastnetmon"
    }

    /// Kafka's compressions.
    public enum Compression: String, Sendable, CaseIterable {
        case none, gzip, snappy, lz4, zstd
    }

    /// SASL's mechanisms.
    public enum Mechanism: String, Sendable, CaseIterable {
        case off
        case plain
        case scramSHA256 = "scram-sha-256"
        case scramSHA512 = "scram-sha-512"
    }

    /// The library's settings that what is promised rests on; nobody may change them.
    public static let fixed: Set<String> = [
        "acks", "request.required.acks", "auto.commit.enable", "auto.commit.interval.ms", "bootstrap.servers",
        "client.id", "compression.codec", "compression.type", "delivery.timeout.ms", "enable.auto.commit",
        "enable.auto.offset.store", "enable.gapless.guarantee", "enable.idempotence", "enable.partition.eof",
        "group.id",
        "isolation.level", "message.send.max.retries", "message.timeout.ms", "metadata.broker.list",
        "partition.assignment.strategy", "partitioner", "plugin.library.paths", "retries", "sasl.mechanism",
        "sasl.mechanisms", "sasl.oauthbearer.client.secret", "sasl.password", "sasl.username", "security.protocol",
        "ssl.key.password", "ssl.key.pem", "ssl.keystore.password", "transactional.id",
    ]
}

extension KafkaSettings {
    /// What producers and consumers have in common, as the library calls it.
    private var common: [(String, String)] {
        var options = [
            ("bootstrap.servers", brokers.joined(separator: ",")), ("client.id", "netmeta"),
            ("socket.keepalive.enable", "true"), ("reconnect.backoff.max.ms", "2000"),
            ("topic.metadata.refresh.interval.ms", "30000"), ("log_level", "0"),
        ]
        let isNamed = sasl != .off
        let security = tls ? (isNamed ? "sasl_ssl" : "ssl") : (isNamed ? "sasl_plaintext" : "plaintext")
        options.append(("security.protocol", security))
        if tls {
            if let tlsAuthority { options.append(("ssl.ca.location", tlsAuthority)) }
            if let tlsCertificate { options.append(("ssl.certificate.location", tlsCertificate)) }
            if let tlsKey { options.append(("ssl.key.location", tlsKey)) }
        }
        if isNamed {
            options += [
                ("sasl.mechanisms", sasl.rawValue.uppercased()), ("sasl.username", user),
                ("sasl.password", password ?? ""),
            ]
        }
        return options
    }

    /// A producer's settings.
    ///
    /// Nothing that was handed over times out: a message that may have reached a broker is sent again under its
    /// sequence number until the broker says that it has it once.
    var producer: [(String, String)] {
        common + [
            ("enable.idempotence", "true"), ("acks", "all"), ("message.timeout.ms", "0"),
            ("compression.codec", compression.rawValue), ("partitioner", "murmur2_random"), ("linger.ms", "20"),
            ("queue.buffering.max.messages", "1000000"), ("queue.buffering.max.kbytes", "262144"),
        ] + librarySettings.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }

    /// A consumer's settings.
    ///
    /// What is noted as dealt with is what the store has. Unfinished transactions of other producers stay out of sight.
    var consumer: [(String, String)] {
        common + [
            ("group.id", group), ("enable.auto.commit", "false"), ("enable.auto.offset.store", "false"),
            ("auto.offset.reset", "earliest"), ("isolation.level", "read_committed"),
            ("partition.assignment.strategy", "range,roundrobin"), ("enable.partition.eof", "false"),
            // What waits in the library's memory, all partitions together and each.
            ("queued.max.messages.kbytes", "65536"), ("fetch.max.bytes", "33554432"), ("fetch.wait.max.ms", "100"),
        ] + librarySettings.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }
}
