import LinuxCapture

extension ServerChecks {
    /// How the running server's sources of this host do.
    func sources(_ sources: [Health.Source]?) -> [Finding] {
        (sources ?? []).map { source in
            let name = "source \(source.kind) \(source.name)"
            let words = "\(source.read) read, \(Words.counted(source.rows, "row"))"
            if let failure = source.failure {
                return .fail(name, "stopped: \(failure)", do: "restart the server; its log says more")
            }
            let lost = source.lost.values.reduce(0, +)
            if lost > 0 {
                let share = 100 * Double(lost) / Double(max(1, source.read + lost))
                return .warn(
                    name,
                    "\(words), \(lost) lost (\((share * 100).rounded() / 100) %)",
                    do: "raise buffer in sources.\(source.kind), or sample more sparsely"
                )
            }
            guard let first = source.advice.first else { return .ok(name, words) }
            return .warn(name, words, do: first)
        }
    }
}

/// Whether the sources of this host could be had, when no server has them.
struct SourceChecks {
    let configuration: Configuration

    func findings() -> [Finding] {
        let sources = configuration.sources
        let kinds: [(kind: String, count: Int, needs: Capability)] = [
            ("conntrack", sources.conntrack.count, .netAdmin), ("nflog", sources.nflog.count, .netAdmin),
            ("mirror", sources.mirror.count, .netRaw),
        ]
        return kinds.filter { $0.count > 0 }.map { kind, count, capability in
            let name = "source \(kind)"
            guard HostThread.has(capability) else {
                return .fail(
                    name,
                    "needs \(capability.name), which this user doesn't have",
                    do: "run as root, or: sudo setcap \(capability.name.lowercased())+ep $(command -v netmeta)"
                )
            }
            if kind == "conntrack", HostThread.setting("netfilter/nf_conntrack_acct") == 0 {
                return .warn(
                    name,
                    "accounting is off: the kernel doesn't count connections' traffic, so there are no flows",
                    do: "sysctl -w net.netfilter.nf_conntrack_acct=1 net.netfilter.nf_conntrack_timestamp=1"
                )
            }
            return .ok(name, "\(Words.counted(count, "place")), and \(capability.name) is there")
        }
    }
}
