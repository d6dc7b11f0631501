import ArgumentParser

/// `netmeta deploy`: what service managers, clusters and Grafana need to run NetMeta.
struct Deploy: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Print or write what systemd, Kubernetes, containers and Grafana need.",
        discussion: """
            Changes nothing on the machine: files are printed, or written below --output. Docs/deploy.md says how each \
            is put to use.
            """,
        subcommands: [Systemd.self, Docker.self, Kubernetes.self, Grafana.self]
    )

    /// Where the files go.
    struct OutputOptions: ParsableArguments {
        @Option(help: "A folder to write the files into; without one they are printed.")
        var output: String?

        @Flag(help: "Write files anew that say something else.")
        var replace = false

        func give(_ files: [DeployFile]) throws {
            guard let output else { return print(DeployFile.printed(files), terminator: "") }
            let written = try DeployFile.write(files, below: output, replacing: replace)
            for path in written { print(path) }
            if written.isEmpty { print("nothing to write: all \(files.count) files are as they should be") }
        }
    }

    /// `netmeta deploy systemd`: a hardened unit, its user and the kernel's settings.
    struct Systemd: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "A hardened unit, its user, and kernel settings for receiving at speed.",
            discussion: "`netmeta deploy systemd --output /` puts all in place; then `systemctl enable --now netmeta`."
        )

        @Option(help: "Where the program is.")
        var binary = "/usr/local/bin/netmeta"

        @Flag(help: "Also allow what port mirrors, NFLOG and conntrack need (CAP_NET_ADMIN, CAP_NET_RAW).")
        var hostSources = false

        @OptionGroup
        var output: OutputOptions

        func run() throws {
            guard binary.hasPrefix("/"), !binary.contains(where: \.isWhitespace) else {
                throw UsageError("--binary: give a whole path without spaces, such as /usr/local/bin/netmeta")
            }
            try output.give(SystemdFiles(binary: binary, hostSources: hostSources).files)
        }
    }

    /// `netmeta deploy docker`: a Containerfile and a compose file.
    struct Docker: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "A Containerfile and a compose file.",
            discussion: "Write them into a checkout, then `docker compose up --build`."
        )

        @OptionGroup
        var output: OutputOptions

        func run() throws { try output.give(DockerFiles.files) }
    }

    /// `netmeta deploy kubernetes`: manifests for `kubectl apply -f -`.
    struct Kubernetes: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Manifests for Kubernetes.",
            discussion: """
                `netmeta deploy kubernetes --image IMAGE | kubectl apply -f -` for one server with its own store; with \
                --roles collectors, stores and a console by themselves, Kafka between them and ClickHouse behind, by \
                the operators Strimzi and Altinity's.
                """
        )

        @Option(help: "The image, such as registry.example/netmeta:1.0.")
        var image: String

        @Option(help: "The namespace, which is made.")
        var namespace = "netmeta"

        @Option(help: "The host name of an Ingress for the console; without one there is none.")
        var host: String?

        @Option(help: "Room for flows on the volume.")
        var storage = "200Gi"

        @Option(help: "Memory of the container.")
        var memory = "4Gi"

        @Flag(help: "A manifest for each role, and resources for the operators of Kafka and ClickHouse.")
        var roles = false

        @Option(help: "With --roles: collectors.")
        var collectors = 3

        @Option(help: "With --roles: stores, which share the topic's partitions.")
        var stores = 2

        @Option(help: "With --roles: Kafka's brokers.")
        var brokers = 3

        @Option(help: "With --roles: copies of the rows; above 1 with Keeper and tables made by hand.")
        var replicas = 1

        @Option(
            help: """
                With --roles: a collector on each node besides, which reads the node's own connections (conntrack), \
                frames (mirror) or logged packets (nflog); may be given several times.
                """
        )
        var nodes: [SourceKind] = []

        @OptionGroup
        var output: OutputOptions

        func run() throws {
            let parts = try KubernetesParts(image: image, namespace: namespace, memory: memory)
            let base = try KubernetesFiles(parts, host: host, storage: storage)
            guard roles else {
                guard nodes.isEmpty else {
                    throw UsageError("--nodes: what nodes see goes to Kafka, so give --roles, too")
                }
                return try output.give(base.files)
            }
            let numbers = KubernetesRoles.Numbers(
                collectors: collectors,
                stores: stores,
                brokers: brokers,
                replicas: replicas
            )
            let roles = try KubernetesRoles(base, numbers, nodes: nodes.isEmpty ? nil : KubernetesNodes(nodes))
            try output.give(roles.files)
        }
    }

    /// `netmeta deploy grafana`: dashboards, data sources and alert rules.
    struct Grafana: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Dashboards, data sources and alert rules for Grafana and Prometheus.",
            discussion: """
                `netmeta deploy grafana --output /` puts the files where Debian's grafana reads them; the data source \
                is the plug-in grafana-clickhouse-datasource, sankeys need netsage-sankey-panel.
                """
        )

        @Option(help: "The SQL endpoint as Grafana reaches it, HOST:PORT.")
        var sql = "127.0.0.1:8123"

        @Option(help: "Prometheus as Grafana reaches it.")
        var prometheus = "http://127.0.0.1:9090"

        @Option(help: "The console as readers of the dashboards reach it.")
        var console = "http://127.0.0.1:8080"

        @OptionGroup
        var output: OutputOptions

        func run() throws {
            try output.give(try GrafanaFiles(sql: sql, prometheus: prometheus, console: console).files)
        }
    }
}
