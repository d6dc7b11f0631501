/// A collector on each node that reads the node's own traffic.
struct KubernetesNodes {
    /// What is read, without repetition.
    let sources: [SourceKind]

    /// - Parameter sources: at least one.
    init(_ sources: [SourceKind]) { self.sources = SourceKind.allCases.filter(sources.contains) }

    /// A port of the node: nothing else should have it.
    let port = 18_080

    /// Netlink, of the connections and of the firewall, takes NET_ADMIN; captured frames take NET_RAW.
    var capabilities: [String] {
        (sources.contains { $0 != .mirror } ? ["NET_ADMIN"] : []) + (sources.contains(.mirror) ? ["NET_RAW"] : [])
    }

    /// The node's network, and the user that may hold capabilities: one that isn't root gets none of those that a
    /// container adds.
    var pod: String {
        """
        hostNetwork: true
        dnsPolicy: ClusterFirstWithHostNet
        tolerations:
          - {operator: Exists}
        securityContext:
          runAsUser: 0
          runAsGroup: 0
          seccompProfile: {type: RuntimeDefault}
        """
    }

    /// Rows have the node's address as their exporter's. Nothing listens beyond the node's loopback.
    var environment: String {
        let sources = sources.map {
            "  - {name: NETMETA_SOURCES_\($0.rawValue.uppercased()), value: \"{node: {sampler: '$(NODE_IP)'}}\"}"
        }
        return """
            env:
              - name: NODE_IP
                valueFrom: {fieldRef: {fieldPath: status.hostIP}}
            \(sources.joined(separator: "\n"))
              - {name: NETMETA_CONSOLE_LISTEN, value: "127.0.0.1:\(port)"}
              - {name: NETMETA_LISTENERS_NETFLOW, value: "off"}
              - {name: NETMETA_LISTENERS_IPFIX, value: "off"}
              - {name: NETMETA_LISTENERS_SFLOW, value: "off"}
            """
    }

    /// What has to be so on each node.
    var note: String {
        var lines = [
            "# One on each node, in the node's network, as root with \(capabilities.joined(separator: " and ")) and no other right:",
            "# so the namespace takes more than restricted pods. The folder on the node keeps what brokers don't take.",
        ]
        if sources.contains(.conntrack) {
            lines += [
                "# Each node has to count: sysctl -w net.netfilter.nf_conntrack_acct=1 net.netfilter.nf_conntrack_timestamp=1",
                "# (the pod's log and /api/v1/health at 127.0.0.1:\(port) say so where it doesn't).",
            ]
        }
        if sources.contains(.nflog) { lines.append("# Rules of each node's firewall have to log to group 5.") }
        return lines.map { $0 + "\n" }.joined()
    }

    static let folder = "hostPath: {path: /var/lib/netmeta-node, type: DirectoryOrCreate}"
}
