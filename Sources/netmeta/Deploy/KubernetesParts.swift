/// What all manifests of Kubernetes are made of.
struct KubernetesParts {
    let image: String
    let namespace: String
    /// The most of a container of a server.
    let memory: String

    /// - Throws: ``UsageError`` for a text that is none of what Kubernetes takes there.
    init(image: String, namespace: String, memory: String) throws(UsageError) {
        guard !image.isEmpty, image.allSatisfy({ $0.isASCII && !$0.isWhitespace && !"\"'\\#{}[]".contains($0) }) else {
            throw UsageError("--image: give a name such as registry.example/netmeta:1.0")
        }
        guard Self.isName(namespace, most: 63, dots: false) else {
            throw UsageError("--namespace: lower-case letters, digits and -, at most 63")
        }
        self.image = image
        self.namespace = namespace
        self.memory = try Self.amount(memory, "memory")
    }

    /// A host name of an Ingress.
    static func host(_ host: String) throws(UsageError) -> String {
        guard isName(host, most: 253, dots: true) else {
            throw UsageError("--host: give a host name such as netmeta.example.net")
        }
        return host
    }

    /// An amount of memory or disk.
    static func amount(_ amount: String, _ option: String) throws(UsageError) -> String {
        guard amount.wholeMatch(of: /[1-9][0-9]{0,5}(Mi|Gi|Ti)/) != nil else {
            throw UsageError("--\(option): give an amount such as 200Gi")
        }
        return amount
    }

    private static func isName(_ text: String, most: Int, dots: Bool) -> Bool {
        let parts = dots ? text.split(separator: ".", omittingEmptySubsequences: false) : [text[...]]
        return text.utf8.count <= most
            && parts.allSatisfy { $0.wholeMatch(of: /[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?/) != nil }
    }

    /// `netmeta`, or `netmeta-collector`.
    static func name(_ component: String?) -> String { component.map { "netmeta-\($0)" } ?? "netmeta" }

    /// What pods of a component are told by; of all without one.
    static func labels(_ component: String?) -> String {
        "{app.kubernetes.io/name: netmeta\(component.map { ", app.kubernetes.io/component: \($0)" } ?? "")}"
    }

    /// The beginning of a manifest.
    func head(_ kind: String, _ name: String, version: String, labels: String? = nil, note: String = "") -> String {
        """
        \(note)\
        apiVersion: \(version)
        kind: \(kind)
        metadata:
          name: \(name)
          namespace: \(namespace)

        """ + (labels.map { "  labels: \($0)\n" } ?? "")
    }

    // MARK: - Around the pods

    /// - Parameter security: what pods the namespace takes (restricted, privileged).
    func space(security: String = "restricted") -> String {
        """
        apiVersion: v1
        kind: Namespace
        metadata:
          name: \(namespace)
          labels:
            pod-security.kubernetes.io/enforce: \(security)

        """
    }

    /// The configuration, a Secret since users' hashes are in it.
    func settings(_ configuration: String, note: String) -> String {
        head("Secret", "netmeta", version: "v1", note: note) + """
            type: Opaque
            stringData:
              netmeta.yaml: |
            \(configuration.indented(4))

            """
    }

    /// Where flows are taken.
    static let flowPorts = [
        "{name: netflow, containerPort: 2055, protocol: UDP}", "{name: ipfix, containerPort: 4739, protocol: UDP}",
        "{name: ipfix-tcp, containerPort: 4739, protocol: TCP}", "{name: sflow, containerPort: 6343, protocol: UDP}",
    ]

    /// Where console, health and metrics are.
    static let consolePort = "{name: console, containerPort: 8080, protocol: TCP}"

    /// - Parameter component: whose pods take flows; nil for all.
    func flows(of component: String?) -> String {
        let note = "# Exporters are told apart by their address: Local keeps it.\n"
        // One collector reads all that an exporter sends, templates and data.
        let affinity = component == nil ? "" : "  sessionAffinity: ClientIP\n"
        return head("Service", "netmeta-flows", version: "v1", labels: Self.labels(nil), note: note) + """
            spec:
              type: LoadBalancer
              externalTrafficPolicy: Local
            \(affinity)\
              selector: \(Self.labels(component))
              ports:
                - {name: netflow, port: 2055, targetPort: netflow, protocol: UDP}
                - {name: ipfix, port: 4739, targetPort: ipfix, protocol: UDP}
                - {name: sflow, port: 6343, targetPort: sflow, protocol: UDP}

            """
    }

    /// Console, health and metrics of a component.
    func service(of component: String?) -> String {
        head("Service", Self.name(component), version: "v1", labels: Self.labels(component)) + """
            spec:
              selector: \(Self.labels(component))
              ports:
                - {name: console, port: 8080, targetPort: console, protocol: TCP}

            """
    }

    func budget(of component: String?) -> String {
        head("PodDisruptionBudget", Self.name(component), version: "policy/v1") + """
            spec:
              maxUnavailable: 1
              selector:
                matchLabels: \(Self.labels(component))

            """
    }

    /// Who may reach the pods of a component, by rules of which one has to fit.
    func policy(_ name: String, for component: String?, _ rules: [String], note: String = "") -> String {
        head("NetworkPolicy", name, version: "networking.k8s.io/v1", note: note) + """
            spec:
              podSelector:
                matchLabels: \(Self.labels(component))
              policyTypes: [Ingress]
              ingress:
            \(rules.map { $0.indented(4) }.joined(separator: "\n"))

            """
    }

    /// Flows from anywhere.
    static let flowRule = """
        - ports:
            - {port: 2055, protocol: UDP}
            - {port: 4739, protocol: UDP}
            - {port: 4739, protocol: TCP}
            - {port: 6343, protocol: UDP}
        """

    /// The console from this namespace and from those that wear the label.
    static let consoleRule = """
        - from:
            - podSelector: {}
            - namespaceSelector:
                matchLabels: {netmeta/console: allowed}
          ports:
            - {port: 8080, protocol: TCP}
        """

    func ingress(_ host: String, to service: String) -> String {
        head("Ingress", "netmeta", version: "networking.k8s.io/v1") + """
            spec:
              tls:
                - hosts: [\(host)]
                  secretName: netmeta-tls
              rules:
                - host: \(host)
                  http:
                    paths:
                      - path: /
                        pathType: Prefix
                        backend:
                          service:
                            name: \(service)
                            port: {name: console}

            """
    }
}

extension String {
    /// Each line further in by so many spaces; empty ones stay empty.
    func indented(_ spaces: Int) -> String {
        split(separator: "\n", omittingEmptySubsequences: false)
            .map { $0.isEmpty ? "" : String(repeating: " ", count: spaces) + $0 }
            .joined(separator: "\n")
    }
}
