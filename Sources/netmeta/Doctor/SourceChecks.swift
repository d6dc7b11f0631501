import Foundation
import LinuxCapture

extension ServerChecks {
    /// How the running server's sources do.
    func sources(_ sources: [Health.Source]?) -> [Finding] {
        (sources ?? []).map { ["conntrack", "nflog", "mirror"].contains($0.kind) ? ofHost($0) : fetched($0) }
    }

    private func ofHost(_ source: Health.Source) -> Finding {
        if let failure = source.failure {
            return .fail(source.title, "stopped: \(failure)", do: "restart the server; its log says more")
        }
        let lost = source.lost.values.reduce(0, +)
        if lost > 0 {
            let share = 100 * Double(lost) / Double(max(1, source.read + lost))
            return .warn(
                source.title,
                "\(source.words), \(lost) lost (\((share * 100).rounded() / 100) %)",
                do: "raise buffer in sources.\(source.kind), or sample more sparsely"
            )
        }
        guard let first = source.advice.first else { return .ok(source.title, source.words) }
        return .warn(source.title, source.words, do: first)
    }

    /// Of a cloud, or scamper's measurements: what can't be had now is tried again.
    private func fetched(_ source: Health.Source) -> Finding {
        if let failure = source.failure {
            return .fail(
                source.title,
                "\(source.words): \(failure)",
                do: "the server tries again by itself; its log says more"
            )
        }
        let lag = source.lag.map { ", the newest \(Words.duration(max(0, $0))) ago" } ?? ""
        let reasons = source.lost.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }
        let rejected = reasons.isEmpty ? "" : "; rejected: \(reasons.joined(separator: ", "))"
        let words = "\(source.words)\(lag)\(rejected)"
        if let first = source.advice.first { return .warn(source.title, words, do: first) }
        guard !reasons.isEmpty else { return .ok(source.title, words) }
        return .warn(source.title, words, do: "netmeta decode FILE says what is wrong where")
    }
}

extension Health.Source {
    fileprivate var title: String { "source \(kind) \(name)" }
    fileprivate var words: String { "\(read) read, \(Words.counted(rows, "row"))" }
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
        return scamper
            + kinds.filter { $0.count > 0 }.map { kind, count, capability in
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

    /// Whether scamper's measurements could be had.
    private var scamper: [Finding] {
        let settings = configuration.sources.scamper
        let folder = settings.folder.map { folder in
            access(folder, R_OK | X_OK) == 0
                ? Finding.ok("source scamper folder", folder)
                : .fail(
                    "source scamper folder",
                    "\(folder) can't be read: \(String(cString: strerror(errno)))",
                    do: "create it, or let the user of the server read it"
                )
        }
        guard !settings.targets.isEmpty else { return [folder].compactMap(\.self) }
        return [folder, settings.attach.map(socket) ?? ownRuns(settings.targets.count)].compactMap(\.self)
    }

    private func socket(_ socket: ScamperSocket) -> Finding {
        do throws(Failure) {
            close(try socket.connect())
            return .ok("source scamper socket", "\(socket) answers")
        } catch {
            return .fail(
                "source scamper socket",
                "\(socket): \(error)",
                do: "start scamper, or mend sources.scamper.attach"
            )
        }
    }

    private func ownRuns(_ targets: Int) -> Finding {
        let name = "source scamper own runs"
        let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
        guard folders.contains(where: { access("\($0)/scamper", X_OK) == 0 }) else {
            return .fail(name, "scamper isn't there", do: "apt-get install scamper, or set sources.scamper.attach")
        }
        guard HostThread.has(.netRaw) else {
            return .fail(name, "scamper needs CAP_NET_RAW, which this user doesn't have", do: "run the server as root")
        }
        return .ok(name, "\(Words.counted(targets, "target"))")
    }
}
