/// Manifests of collectors, stores and a console of their own, with Kafka between them and ClickHouse behind, which two
/// operators run.
struct KubernetesRoles {
    /// How many there are of each.
    struct Numbers {
        var collectors: Int
        var stores: Int
        var brokers: Int
        /// Copies of the rows; more than one needs Keeper and replicated tables.
        var replicas: Int

        /// - Throws: ``UsageError`` for numbers that don't fit each other.
        func check() throws(UsageError) {
            for (name, number, most) in [
                ("collectors", collectors, 100), ("stores", stores, 100), ("brokers", brokers, 99),
                ("replicas", replicas, 9),
            ] {
                guard (1...most).contains(number) else { throw UsageError("--\(name): 1 to \(most)") }
            }
            guard brokers == 1 || brokers == 2 || !brokers.isMultiple(of: 2) else {
                throw UsageError("--brokers: an odd number, since the brokers vote")
            }
        }
    }

    let parts: KubernetesParts
    let host: String?
    let storage: String
    let numbers: Numbers
    /// What reads the nodes' own traffic, if anything does.
    let nodes: KubernetesNodes?

    /// - Throws: ``UsageError`` for numbers that don't fit each other.
    init(_ base: KubernetesFiles, _ numbers: Numbers, nodes: KubernetesNodes?) throws(UsageError) {
        try numbers.check()
        parts = base.parts
        host = base.host
        storage = base.storage
        self.numbers = numbers
        self.nodes = nodes
    }

    /// A file a part, in the order in which they are applied.
    var files: [DeployFile] {
        let space = parts.space(security: nodes == nil ? "restricted" : "privileged")
        var documents: [(String, [String])] = [
            ("1-namespace", [space, parts.settings(configuration, note: settingsNote)]),
            ("2-kafka", kafka),
            ("3-clickhouse", clickhouse),
            (
                "4-collector",
                [
                    collector.manifest(parts), parts.flows(of: "collector"), parts.service(of: "collector"),
                    parts.budget(of: "collector"),
                ]
            ),
            ("5-store", [store.manifest(parts), parts.service(of: "store"), parts.budget(of: "store")]),
            ("6-console", [console.manifest(parts), parts.service(of: "console")] + ingress),
            ("7-network", policies),
        ]
        if let nodes { documents.append(("8-nodes", [onNodes(nodes).manifest(parts)])) }
        return documents.map { DeployFile(path: "\($0.0).yaml", text: $0.1.joined(separator: "---\n")) }
    }

    private var ingress: [String] { host.map { [parts.ingress($0, to: "netmeta-console")] } ?? [] }

    // MARK: - Settings

    private var settingsNote: String {
        """
        # The same for every role. console.listen reaches beyond loopback, so that users are needed: `netmeta user hash
        # NAME` prints a line for auth.users; without one the servers say so and don't start.
        # The Secret netmeta-clickhouse is yours to make, before ClickHouse starts:
        #   kubectl -n \(parts.namespace) create secret generic netmeta-clickhouse --from-literal=password="$(openssl rand -hex 24)"

        """
    }

    private var configuration: String {
        // One server of the installation answers for all, or its replicas do.
        let servers = (0..<numbers.replicas).map { "\"http://chi-netmeta-netmeta-0-\($0):8123\"" }
        return """
            console:
              listen: "0.0.0.0:8080"
            auth:
              users: {}
            kafka:
              brokers: ["netmeta-kafka-bootstrap:9093"]
              topic: flow-messages
              group: netmeta
              flowsPerMessage: 100
              tls: true
              tlsAuthority: /etc/netmeta-kafka-ca/ca.crt
              sasl: scram-sha-512
              user: netmeta-flows
              password: {file: /etc/netmeta-kafka/password}
            store:
              kind: clickhouse
              servers: [\(servers.joined(separator: ", "))]
              user: netmeta
              password: {file: /etc/netmeta-clickhouse/password}
            """
    }

    // MARK: - Roles

    /// A volume each: what brokers don't take waits there.
    private var collector: KubernetesWorkload {
        role(
            "collector",
            .stateful(replicas: numbers.collectors, claim: "20Gi", isParallel: true),
            ports: KubernetesParts.flowPorts
        )
    }

    /// Nothing of its own: what isn't stored stays in the topic.
    private var store: KubernetesWorkload {
        var store = role("store", .deployment(replicas: numbers.stores), data: "emptyDir: {sizeLimit: 5Gi}")
        store.note = """
            # Of messages that nobody can read the pod keeps the newest only while it lives (kafka-aside.ndjson).

            """
        return store
    }

    /// One, with a volume: sessions, saved views and the audit log are there.
    private var console: KubernetesWorkload {
        role("console", .stateful(replicas: 1, claim: "1Gi", isParallel: false))
    }

    /// Collectors too, but of what their node sees.
    private func onNodes(_ nodes: KubernetesNodes) -> KubernetesWorkload {
        var workload = role("node", .daemon, data: KubernetesNodes.folder)
        workload.arguments = ["--role", "collector"]
        workload.isSpread = false
        workload.node = nodes
        workload.note = nodes.note
        return workload
    }

    private func role(
        _ role: String,
        _ kind: KubernetesWorkload.Kind,
        ports: [String] = [],
        data: String? = nil
    ) -> KubernetesWorkload {
        KubernetesWorkload(
            kind: kind,
            component: role,
            arguments: ["--role", role],
            ports: [KubernetesParts.consolePort] + ports,
            mounts: [
                .data(data), .settings, .secret("netmeta-flows", as: "kafka", at: "/etc/netmeta-kafka"),
                .secret("netmeta-cluster-ca-cert", as: "kafka-ca", at: "/etc/netmeta-kafka-ca"),
                .secret("netmeta-clickhouse", as: "clickhouse", at: "/etc/netmeta-clickhouse"), .temporary,
            ],
            isSpread: true
        )
    }

    private var policies: [String] {
        let note = """
            # Flows from anywhere to collectors; health, metrics and console from this namespace and from those of Ingress
            # controllers that wear the label. Kafka and ClickHouse have the policies of their operators.

            """
        return [
            parts.policy("netmeta-flows", for: "collector", [KubernetesParts.flowRule], note: note),
            parts.policy("netmeta-console", for: nil, [KubernetesParts.consoleRule]),
        ]
    }
}
