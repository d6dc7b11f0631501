import NameSources
import Pipeline

/// The queue between collectors and stores.
struct KafkaConfiguration: Sendable, Equatable {
    /// All but the secret.
    var settings = KafkaSettings()
    var password: Secret?

    /// What producers and consumers are opened with.
    var complete: KafkaSettings {
        var result = settings
        result.password = password?.value
        return result
    }

    /// What doesn't fit together, by the key whose value has to change.
    var conflicts: [(key: String, problem: String)] {
        var result: [(key: String, problem: String)] = []
        if settings.sasl != .off, settings.user.isEmpty || password == nil {
            result.append(("kafka.sasl", "\(settings.sasl.rawValue) needs kafka.user and kafka.password as well"))
        }
        if (settings.tlsCertificate == nil) != (settings.tlsKey == nil) {
            let names = settings.tlsKey == nil ? ("tlsCertificate", "tlsKey") : ("tlsKey", "tlsCertificate")
            result.append(("kafka.\(names.0)", "it needs kafka.\(names.1) as well"))
        }
        let files = [settings.tlsAuthority, settings.tlsCertificate, settings.tlsKey]
        if !settings.tls, files.contains(where: { $0 != nil }) {
            result.append(("kafka.tls", "certificates are for encrypted connections: it has to be true"))
        }
        return result
    }

    /// Its keys, in the section `kafka`.
    static let keys: [ConfigurationKey] = [
        ConfigurationKey(
            "kafka",
            "brokers",
            \.kafka.settings.brokers,
            .brokers,
            "Some of the brokers, by host and port; they tell of the others. Port 9092 may be left out."
        ),
        ConfigurationKey(
            "kafka",
            "topic",
            \.kafka.settings.topic,
            .topic("a topic such as flow-messages"),
            "The topic that collectors write and stores read. Make it before with as many partitions as you want."
        ),
        ConfigurationKey(
            "kafka",
            "format",
            \.kafka.settings.format,
            .choice,
            """
            What the messages are that a store reads: flows (FlowMessage, as collectors write it) or fastnetmon (the \
            traffic export of FastNetMon, protobuf or JSON). Collectors write flows.
            """
        ),
        ConfigurationKey(
            "kafka",
            "group",
            \.kafka.settings.group,
            .topic("a group such as netmeta"),
            """
            The consumer group of the stores. Stores of one group share the partitions among them; stores of different \
            groups get all flows each.
            """
        ),
        ConfigurationKey(
            "kafka",
            "partitions",
            \.kafka.settings.partitions,
            .partitions,
            """
            The partitions that this store reads and no others, whoever else is in the group; an empty list takes those \
            that the group gives.
            """
        ),
        ConfigurationKey(
            "kafka",
            "flowsPerMessage",
            \.kafka.settings.flowsPerMessage,
            .integer("a number of flows such as 100", in: 1...10_000),
            """
            The most flows that collectors put into one message. 1 is what every consumer of goflow2's messages reads; \
            more cost brokers and stores less.
            """
        ),
        ConfigurationKey(
            "kafka",
            "compression",
            \.kafka.settings.compression,
            .choice,
            "How collectors compress messages."
        ),
        ConfigurationKey(
            "kafka",
            "tls",
            \.kafka.settings.tls,
            .truth,
            "Whether connections to brokers are encrypted, and brokers show a certificate for their name."
        ),
        ConfigurationKey(
            "kafka",
            "tlsAuthority",
            \.kafka.settings.tlsAuthority,
            .optionalPath("a file such as /etc/netmeta/kafka-ca.pem"),
            "Who signs brokers' certificates, in PEM; off trusts those that the system does."
        ),
        ConfigurationKey(
            "kafka",
            "tlsCertificate",
            \.kafka.settings.tlsCertificate,
            .optionalPath("a file such as /etc/netmeta/kafka.pem"),
            "The certificate that brokers are shown, in PEM, where they ask for one."
        ),
        ConfigurationKey(
            "kafka",
            "tlsKey",
            \.kafka.settings.tlsKey,
            .optionalPath("a file such as /etc/netmeta/kafka-key.pem"),
            "The key of the certificate in PEM, without a password."
        ),
        ConfigurationKey(
            "kafka",
            "sasl",
            \.kafka.settings.sasl,
            .choice,
            "How brokers are told user and password. Without tls, plain tells them everybody on the way."
        ),
        ConfigurationKey(
            "kafka",
            "user",
            \.kafka.settings.user,
            .anyText("a user's name such as netmeta"),
            "The user for sasl."
        ),
        ConfigurationKey(
            "kafka",
            "password",
            \.kafka.password,
            .optionalSecret(least: 1, takesNone: true),
            "The user's password, or {file: PATH} for one in a file."
        ),
        ConfigurationKey(
            "kafka",
            "asideSize",
            \.kafka.settings.asideBytes,
            .size(in: 0...1_000_000_000_000),
            """
            What the file kafka-aside.ndjson in the data folder may take: messages that a store couldn't read. Beyond \
            it they are only counted.
            """
        ),
        ConfigurationKey(
            "kafka",
            "library",
            \.kafka.settings.library,
            .optionalText("the path of a library such as /usr/local/lib/librdkafka.so.1, or auto"),
            "The librdkafka library; auto takes that of Debian's package librdkafka1."
        ),
        ConfigurationKey(
            "kafka",
            "settings",
            \.kafka.settings.librarySettings,
            .map(
                "a map such as {session.timeout.ms: 10000}",
                names: .librarySetting,
                values: .text("a value")
            ),
            """
            Settings of librdkafka by their names there, for what has no key here. Those that delivery rests on can't \
            be set, and secrets don't belong here.
            """
        ),
    ]
}

extension ValueFormat<[String]> {
    /// Hosts with ports.
    fileprivate static var brokers: Self {
        .list(
            "a broker such as kafka.example.net:9092, or a list of them",
            parse: { text throws(ValueProblem) in
                let host =
                    text.split(separator: ":").last.flatMap { UInt16($0) } == nil || text.hasSuffix("]") ? text : nil
                let isFine =
                    !text.isEmpty && text.utf8.count <= 260
                    && text.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "-._:[]".contains($0)) }
                guard isFine else { return nil }
                return host == nil ? text : text + ":9092"
            },
            text: yamlText
        )
    }
}

extension ValueFormat<[Int32]> {
    /// Numbers of partitions.
    fileprivate static var partitions: Self {
        .list(
            "a partition such as 0, or a list of them",
            parse: { text throws(ValueProblem) in Int32(text).flatMap { $0 >= 0 ? $0 : nil } },
            text: { String($0) }
        )
    }
}

extension ValueFormat<String> {
    /// What may be the name of a topic or a group.
    fileprivate static func topic(_ expected: String) -> Self {
        .single(
            expected,
            parse: { text throws(ValueProblem) in
                let isName =
                    (1...249).contains(text.utf8.count) && text != "." && text != ".."
                    && text.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "._-".contains($0)) }
                return isName ? text : nil
            },
            text: yamlText
        )
    }

    /// Any text, the empty one included.
    static func anyText(_ expected: String) -> Self {
        .single(expected, parse: { text throws(ValueProblem) in text }, text: yamlText)
    }

    /// The name of a setting of the library that may be changed.
    fileprivate static var librarySetting: Self {
        .single(
            "the name of a setting of librdkafka such as session.timeout.ms",
            parse: { text throws(ValueProblem) in
                guard !text.isEmpty,
                    text.allSatisfy({ $0.isASCII && ($0.isLowercase || $0.isNumber || "._".contains($0)) })
                else { return nil }
                guard !KafkaSettings.fixed.contains(text) else {
                    throw ValueProblem("\(text) can't be set here: what NetMeta promises rests on it, or it has a key")
                }
                return text
            },
            text: yamlText
        )
    }
}
