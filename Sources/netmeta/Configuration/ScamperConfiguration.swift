import NetTypes

/// Where scamper's files come from, and what scamper is to measure; neither by default.
struct ScamperConfiguration: Sendable, Equatable {
    /// A folder whose warts files are imported as they grow; nil watches none.
    var folder: String?
    /// The control socket of a scamper that runs already, which measures the targets then; nil starts one of our own.
    var attach: ScamperSocket?
    /// What is measured; nothing is when it is empty.
    var targets: [IPAddress] = []
    /// How traces probe.
    var method = Method.udpParis
    /// Echo requests to each target besides.
    var pings = 3
    /// Whether parallel ways are looked for besides.
    var parallel = false
    /// From the start of one round to that of the next.
    var every: Duration = .seconds(300)

    /// scamper's words for how a trace probes.
    enum Method: String, CaseIterable, Sendable {
        case udpParis = "udp-paris"
        case icmpParis = "icmp-paris"
        case udp
        case icmp
        case tcp
        case tcpAck = "tcp-ack"
    }

    /// Addresses that are measured in one round at most.
    static let mostTargets = 1000

    /// Its key, in the section `sources`.
    static let key = ConfigurationKey(
        "sources",
        "scamper",
        \.sources.scamper,
        .scamper,
        "Traceroutes and pings of scamper: a folder with its files, or what it is to measure. See Docs/traces.md."
    )
}

extension ValueFormat<ScamperConfiguration> {
    /// A folder, targets and how often they are measured.
    static var scamper: Self {
        let settings = ValueFormat.settings(
            [
                Setting(
                    "folder",
                    \.folder,
                    .folderOrOff,
                    "A folder whose files (.warts, .jsonl) are imported, also while they grow; off watches none."
                ),
                Setting(
                    "attach",
                    \.attach,
                    .scamperSocketOrOff,
                    "The control socket of a scamper that runs already and measures the targets; off starts one of our own."
                ),
                Setting(
                    "targets",
                    \.targets,
                    .addresses,
                    "Addresses that scamper traces and pings; without attach this needs the package scamper, and root."
                ),
                Setting("method", \.method, .choice, "How traces probe."),
                Setting(
                    "pings",
                    \.pings,
                    .integer("a number from 0 to 20", in: 0...20),
                    "Echo requests to each target in each round."
                ),
                Setting("parallel", \.parallel, .truth, "Look for parallel ways to each target besides (tracelb)."),
                Setting(
                    "every",
                    \.every,
                    .seconds(in: .seconds(10)...(.seconds(86_400))),
                    "From the start of one round to that of the next; a round that takes longer delays it."
                ),
            ],
            default: ScamperConfiguration()
        )
        return ValueFormat(
            expected: "\(settings.expected) such as {folder: /var/spool/scamper}",
            shape: .map,
            parse: { raw throws(ValueProblem) in
                let value = try settings.parse(raw)
                guard value.targets.count <= ScamperConfiguration.mostTargets else {
                    throw ValueProblem(
                        "\(value.targets.count) targets are more than \(ScamperConfiguration.mostTargets)"
                    )
                }
                guard value.attach == nil || !value.targets.isEmpty else {
                    throw ValueProblem("attach needs targets: scamper tells a client only what it asked for")
                }
                return value
            },
            text: settings.text,
            members: settings.members
        )
    }
}

extension ValueFormat<ScamperSocket?> {
    /// A control socket, or `off` for nil.
    fileprivate static var scamperSocketOrOff: Self {
        .single(
            "a path such as /run/scamper.sock, an address such as 127.0.0.1:31337, or off",
            parse: { text throws(ValueProblem) in
                if text == "off" { return .some(nil) }
                guard let socket = ScamperSocket(text) else { return nil }
                return .some(socket)
            },
            text: { $0.map { yamlText("\($0)") } ?? "off" }
        )
    }
}

extension ValueFormat<String?> {
    /// A folder's path, or `off` for nil.
    fileprivate static var folderOrOff: Self {
        .single(
            "a folder such as /var/spool/scamper, or off",
            parse: { text throws(ValueProblem) in text.isEmpty ? nil : .some(text == "off" ? nil : text) },
            text: { $0.map(yamlText) ?? "off" }
        )
    }
}
