/// A folder of a container.
struct KubernetesMount {
    let name: String
    let path: String
    var isReadOnly = false
    /// What is there; nil for a volume that each pod claims.
    let volume: String?

    /// The data folder: claimed, unless it says what it is.
    static func data(_ volume: String? = nil) -> KubernetesMount {
        KubernetesMount(name: "data", path: "/var/lib/netmeta", volume: volume)
    }

    static func secret(_ secret: String, as name: String, at path: String) -> KubernetesMount {
        KubernetesMount(name: name, path: path, isReadOnly: true, volume: "secret: {secretName: \(secret)}")
    }

    static let settings = secret("netmeta", as: "settings", at: "/etc/netmeta")
    static let temporary = KubernetesMount(name: "tmp", path: "/tmp", volume: "emptyDir: {}")

    fileprivate var inContainer: String {
        "- {name: \(name), mountPath: \(path)\(isReadOnly ? ", readOnly: true" : "")}"
    }

    fileprivate var inPod: String? { volume.map { "- name: \(name)\n  \($0)" } }
}

/// Pods of one kind that run the program, and what keeps them.
struct KubernetesWorkload {
    enum Kind {
        /// Pods with names and a volume each.
        case stateful(replicas: Int, claim: String, isParallel: Bool)
        case deployment(replicas: Int)
        /// One on each node.
        case daemon
    }

    let kind: Kind
    var component: String?
    /// Words of `netmeta serve` before those that all have.
    var arguments: [String] = []
    var ports = [KubernetesParts.consolePort]
    var mounts: [KubernetesMount]
    /// Whether pods keep to different nodes.
    var isSpread = false
    /// What reads the node's own traffic; nil for a pod with a network and a user of its own and no rights.
    var node: KubernetesNodes?
    /// Comments at the head.
    var note = ""

    func manifest(_ parts: KubernetesParts) -> String {
        let labels = KubernetesParts.labels(component)
        let (name, before, after) = frame
        return parts.head(name, KubernetesParts.name(component), version: "apps/v1", labels: labels, note: note) + """
            spec:
            \(before)\
              selector:
                matchLabels: \(labels)
              template:
            \(pod(parts).indented(4))
            \(after)
            """
    }

    /// The kind's name, and what it has before and behind what all have.
    private var frame: (name: String, before: String, after: String) {
        switch kind {
        case .daemon: return ("DaemonSet", "", "")
        case .deployment(let replicas): return ("Deployment", "  replicas: \(replicas)\n", "")
        case .stateful(let replicas, let claim, let isParallel):
            let before = """
                  serviceName: \(KubernetesParts.name(component))
                  replicas: \(replicas)
                \(isParallel ? "  podManagementPolicy: Parallel\n" : "")
                """
            let after = """
                  volumeClaimTemplates:
                    - metadata:
                        name: data
                      spec:
                        accessModes: [ReadWriteOnce]
                        resources:
                          requests: {storage: \(claim)}

                """
            return ("StatefulSet", before, after)
        }
    }

    private func pod(_ parts: KubernetesParts) -> String {
        """
        metadata:
          labels: \(KubernetesParts.labels(component))
        \(node == nil ? Self.scraped : "")\
        spec:
          automountServiceAccountToken: false
          # NETMETA_CONSOLE_PORT and the like, of Services' names, would be read as settings.
          enableServiceLinks: false
          # What was received is stored before it ends.
          terminationGracePeriodSeconds: 90
        \(isSpread ? spread : "")\
        \((node?.pod ?? Self.security).indented(2))
          containers:
            - name: netmeta
              image: "\(parts.image)"
              args: [\((["serve"] + arguments + Self.everyArgument).joined(separator: ", "))]
        \((node?.environment ?? list("ports", ports)).indented(6))
        \(container(parts).indented(6))
              volumeMounts:
        \(mounts.map { $0.inContainer.indented(8) }.joined(separator: "\n"))
          volumes:
        \(mounts.compactMap { $0.inPod?.indented(4) }.joined(separator: "\n"))
        """
    }

    private static let everyArgument = ["--config", "/etc/netmeta/netmeta.yaml", "--data", "/var/lib/netmeta"]

    private static let scraped = """
          annotations:
            prometheus.io/scrape: "true"
            prometheus.io/port: "8080"

        """

    private var spread: String {
        """
          topologySpreadConstraints:
            - maxSkew: 1
              topologyKey: kubernetes.io/hostname
              whenUnsatisfiable: ScheduleAnyway
              labelSelector:
                matchLabels: \(KubernetesParts.labels(component))

        """
    }

    private func list(_ name: String, _ elements: [String]) -> String {
        ([name + ":"] + elements.map { "  - " + $0 }).joined(separator: "\n")
    }

    /// What a pod may.
    private static let security = """
        securityContext:
          runAsNonRoot: true
          runAsUser: 10001
          runAsGroup: 10001
          fsGroup: 10001
          seccompProfile: {type: RuntimeDefault}
        """

    /// Probes, amounts and rights of the container.
    private func container(_ parts: KubernetesParts) -> String {
        let (place, port) = node.map { ("host: 127.0.0.1, ", "\($0.port)") } ?? ("", "console")
        let (cpu, memory) = node == nil ? ("\"1\"", parts.memory) : ("100m", "1Gi")
        return """
            startupProbe:
              httpGet: {\(place)path: /healthz, port: \(port)}
              periodSeconds: 5
              failureThreshold: 60
            readinessProbe:
              httpGet: {\(place)path: /readyz, port: \(port)}
              periodSeconds: 10
            livenessProbe:
              httpGet: {\(place)path: /healthz, port: \(port)}
              periodSeconds: 20
              failureThreshold: 6
            resources:
              requests: {cpu: \(cpu), memory: \(memory)}
              limits: {memory: \(memory)}
            securityContext:
              allowPrivilegeEscalation: false
              readOnlyRootFilesystem: true
              capabilities: {drop: [ALL]\(node.map { ", add: [\($0.capabilities.joined(separator: ", "))]" } ?? "")}
            """
    }
}
