/// Manifests of one server with its own store.
struct KubernetesFiles {
    let parts: KubernetesParts
    let host: String?
    let storage: String

    /// - Throws: ``UsageError`` for a text that is none of what Kubernetes takes there.
    init(_ parts: KubernetesParts, host: String?, storage: String) throws(UsageError) {
        self.parts = parts
        self.host = if let host { try KubernetesParts.host(host) } else { nil }
        self.storage = try KubernetesParts.amount(storage, "storage")
    }

    var files: [DeployFile] {
        [DeployFile(path: "netmeta.yaml", text: documents.joined(separator: "---\n"))]
    }

    private var documents: [String] {
        [
            parts.space(), parts.settings(Self.configuration, note: Self.settingsNote), server.manifest(parts),
            parts.flows(of: nil), parts.service(of: nil), parts.budget(of: nil), policy,
        ] + (host.map { [parts.ingress($0, to: "netmeta")] } ?? [])
    }

    /// The console is reached through the Service, so that it listens beyond loopback and wants users.
    private static let settingsNote = """
        # console.listen reaches beyond loopback, so that users are needed: `netmeta user hash NAME` prints a line for
        # auth.users; without one the server says so and doesn't start.

        """

    private static let configuration = """
        console:
          listen: "0.0.0.0:8080"
        auth:
          users: {}
        """

    private var server: KubernetesWorkload {
        KubernetesWorkload(
            kind: .stateful(replicas: 1, claim: storage, isParallel: false),
            ports: KubernetesParts.flowPorts + [KubernetesParts.consolePort],
            mounts: [.data(), .settings, .temporary],
            note: "# One folder is served by one process.\n"
        )
    }

    private var policy: String {
        let note = """
            # Flows from anywhere; the console from this namespace and from those of Ingress controllers that wear the label.

            """
        return parts.policy("netmeta", for: nil, [KubernetesParts.flowRule, KubernetesParts.consoleRule], note: note)
    }
}
