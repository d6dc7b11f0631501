import Foundation
import NetTypes
import Pipeline

/// What the running server says of itself, of what was lost, and of its exporters.
struct ServerChecks {
    let configuration: Configuration
    let process: Int
    /// Address and port of its API.
    let api: String

    func findings() async -> [Finding] {
        let client = ServerClient(api: api, data: configuration.store.data)
        do {
            let health: Health = try await client.get("health")
            let losses: Losses = try await client.get("health/losses")
            let exporters: Exporters = try await client.get("exporters")
            let kept: [Finding] =
                [retention(health.store)] + asMap(health.asMap) + snmp(health.snmp) + bmp(health.bmp)
                + routerTables(health.routerTables ?? []) + sources(health.sources)
            return [server(health)] + listeners(losses) + kept + sums(losses) + lost(losses)
                + ExporterChecks(exporters: exporters.exporters).findings()
        } catch {
            return [
                .fail(
                    "server",
                    "process \(process) runs and doesn't answer: \(error)",
                    do: "curl -sk \(ServerClient.base(api))/healthz",
                    "look at its log; if it hangs, kill \(process) and start it again"
                )
            ]
        }
    }

    // MARK: - The server

    /// Seconds behind which the store can be said to lag.
    private static let mostLag = 10.0

    private func server(_ health: Health) -> Finding {
        let name = "server"
        let words = "process \(process) at \(api)"
        // A source that can't be asked is a finding of its own, and the rest works without it.
        if let message = health.message, health.status == "down" {
            return .fail(name, "\(words): \(message)", do: "look at its log")
        }
        if let lag = health.lag, lag > Self.mostLag {
            return .warn(
                name,
                "\(words) is \(Words.duration(Int(lag))) behind with storing",
                do: "top -H -p \(process)  (is it CPU or disk that it lacks?)"
            )
        }
        return .ok(name, words)
    }

    private func listeners(_ losses: Losses) -> [Finding] {
        let running = losses.listeners.map { listener in
            let name = IPEndpoint(listener.address).map { PortChecks.name($0, listener.protocol) }
            let check = name ?? "port \(listener.address)/\(listener.protocol)"
            let state = "held by the running server"
            guard let buffer = listener.buffer else { return Finding.ok(check, state) }
            return PortChecks.buffer(check, state, granted: buffer.bytes, asked: buffer.asked)
        }
        let addresses = Set(losses.listeners.map { "\($0.address)/\($0.protocol)" })
        let missing = PipelineOptions(configuration).listeners.filter { listener in
            listener.endpoint.port != 0 && !addresses.contains("\(listener.endpoint)/\(listener.transport.rawValue)")
        }
        return running
            + missing.map { listener in
                .fail(
                    PortChecks.name(listener.endpoint, listener.transport.rawValue),
                    "configured, and the running server doesn't listen there",
                    do: "start the server again, or name its configuration with --config"
                )
            }
    }

    /// How long rows will be kept, as the server forecasts it.
    private func retention(_ store: Health.Store) -> Finding {
        let name = "retention"
        let days = Words.counted(store.retentionDays, "day")
        guard let retention = store.retention, let sentence = retention.sentence, let seconds = retention.keepsSeconds
        else { return .ok(name, "\(days); too little comes in to say how much that will be") }
        if retention.missingBytes > 0 {
            return .warn(
                name,
                "\(sentence); \(Words.size(Int(clamping: retention.missingBytes))) are too many by now",
                do: "raise retention.size, or give the data folder a larger disk"
            )
        }
        guard retention.keepsBound != "time" else { return .ok(name, sentence) }
        return .warn(
            name,
            sentence,
            do: "set retention.days to \(max(1, Int(seconds / 86_400))), raise retention.size, or give it a larger disk"
        )
    }

    // MARK: - Losses

    private func sums(_ losses: Losses) -> [Finding] {
        let name = "accounting"
        guard losses.datagrams.holds, losses.records.holds, losses.rows.holds else {
            return [
                .fail(
                    name,
                    "the counters contradict each other, which is a fault of the program",
                    do: "curl -s http://\(api)/api/v1/health/losses > losses.json  (and report it)"
                )
            ]
        }
        let (datagrams, rows) = (losses.datagrams, losses.rows)
        return [
            .ok(
                name,
                "\(datagrams.arrived) datagrams = \(datagrams.decoded) decoded + \(datagrams.lost.total) lost; "
                    + "\(rows.written) rows = \(rows.stored) stored + \(rows.inFlight.total) in flight "
                    + "+ \(rows.lost.total) lost"
            )
        ]
    }

    private func lost(_ losses: Losses) -> [Finding] {
        let reasons = losses.stages.flatMap(\.lost).filter { $0.count > 0 }
        let since = Words.duration(losses.at - min(losses.at, losses.since))
        let found = reasons.map { reason in
            // A few records that tell nothing are usual.
            let isUsual = reason.reason == "rejected_record"
            let words = "\(reason.count) \(reason.unit) in \(since): \(reason.explanation)"
            let check = "lost: \(reason.reason)"
            return isUsual ? Finding.ok(check, words) : Finding.warn(check, words, do: reason.remedy)
        }
        let senders = losses.refused.map { "\($0.address) (\(Words.counted($0.datagrams, "datagram")))" }
        let refused: [Finding] =
            senders.isEmpty
            ? []
            : [.warn("refused senders", Words.few(senders), do: "if they are yours, add them to listeners.allow")]
        return found.isEmpty ? [.ok("losses", "none in \(since)")] : found + refused
    }
}

/// What is doubtful about the exporters, a line for each kind of doubt.
struct ExporterChecks {
    let exporters: [Exporters.Exporter]
    var now = UInt64(Date().timeIntervalSince1970)

    /// Seconds without a datagram: five times the active timeout that most routers are set to.
    private static let silent: UInt64 = 300
    /// A clock that is further off moves flows visibly in time.
    private static let clock: Int64 = 60

    func findings() -> [Finding] {
        guard !exporters.isEmpty else {
            return [
                .warn(
                    "exporters",
                    "none has sent since the server started",
                    do: "point one here (Docs/exporters.md), or try netmeta demo",
                    "sudo tcpdump -ni any udp port 2055 or udp port 4739 or udp port 6343  (does anything arrive?)"
                )
            ]
        }
        let doubts = [silence(), templates(), sampling(), gaps(), clocks(), malformed(), snmp()].compactMap(\.self)
        return [.ok("exporters", "\(exporters.count) heard")] + doubts
    }

    private func warn(
        _ check: String,
        _ words: (Exporters.Exporter) -> String?,
        do remedy: String
    ) -> Finding? {
        let found = exporters.compactMap { exporter in words(exporter).map { "\(exporter.address)\($0)" } }
        return found.isEmpty ? nil : .warn(check, Words.few(found), do: remedy)
    }

    private func silence() -> Finding? {
        warn(
            "silent exporters",
            { $0.lastSeen + Self.silent < now ? " for \(Words.duration(now - $0.lastSeen))" : nil },
            do: "is it up, does it still export, is there a firewall in between? sudo tcpdump -ni any host ADDRESS"
        )
    }

    private func templates() -> Finding? {
        warn(
            "missing templates",
            { $0.templates.missing > 0 ? " (\($0.templates.missing))" : nil },
            do: "let the exporter send its templates every minute: without one its data can't be read"
        )
    }

    private func sampling() -> Finding? {
        warn(
            "unknown sampling",
            { $0.sampling.source == "unknown" && $0.flows > 0 ? "" : nil },
            do:
                "switch on its sampling options, or set samplers: {ADDRESS: {samplingRate: N}}; until then it counts as 1:1"
        )
    }

    private func gaps() -> Finding? {
        warn(
            "sequence gaps",
            { $0.sequenceGaps > 0 ? " (about \($0.sequenceGaps))" : nil },
            do:
                "beyond the kernel's drops above, they were lost on the way here: look at the exporter's and the path's drops"
        )
    }

    private func clocks() -> Finding? {
        warn(
            "exporters' clocks",
            { exporter in
                guard let offset = exporter.clock.offset, abs(offset) > Self.clock else { return nil }
                return " \(Words.duration(abs(offset))) \(offset > 0 ? "ahead" : "behind")"
            },
            do: "let it keep time by NTP; start and end of its flows are as far off"
        )
    }

    private func snmp() -> Finding? {
        warn(
            "SNMP agents",
            { exporter in exporter.snmp?.problem.map { ": \($0)" } },
            do: "snmpbulkwalk -v 2c -c COMMUNITY ADDRESS 1.3.6.1.2.1.31.1.1.1.1  (does it answer from here?)"
        )
    }

    private func malformed() -> Finding? {
        warn(
            "malformed data",
            { exporter in
                let total = exporter.malformed.values.reduce(0, +)
                let reasons = exporter.malformed.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }
                return total > 0 ? " (\(reasons.joined(separator: ", ")))" : nil
            },
            do: "sudo tcpdump -w x.pcap host ADDRESS, then netmeta decode x.pcap"
        )
    }
}
