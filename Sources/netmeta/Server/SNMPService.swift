import Enrichment
import FlowDecoders
import Logging
import NameSources
import NetTypes
import Pipeline
import ServiceLifecycle
import Telemetry

/// SNMP polling as a part of the server: tells the poller who exports, and others what agents told.
struct SNMPService: Service {
    private let poller: SNMPPoller
    private let pipeline: Pipeline
    private let enrichment: EnrichmentSource
    private let status: PipelineStatus
    private let logger: Logger

    /// How often new exporters are looked for.
    private static let look = Duration.seconds(1)
    /// Lines about agents in one look; more are summed up, since exporters can be made up.
    private static let mostLines = 5

    init(
        _ configuration: Configuration,
        pipeline: Pipeline,
        enrichment: EnrichmentSource,
        status: PipelineStatus,
        logger: Logger
    ) {
        poller = SNMPPoller(configuration.enrichment.snmp)
        self.pipeline = pipeline
        self.enrichment = enrichment
        self.status = status
        self.logger = logger
    }

    /// Puts new settings into force.
    func reload(_ configuration: Configuration) { poller.replace(with: configuration.enrichment.snmp) }

    func run() async throws {
        await cancelWhenGracefulShutdown {
            var log = SNMPLog(logger: logger, mostLines: Self.mostLines)
            var told: [IPAddress: (version: Int, state: ExporterReport.SNMP)] = [:]
            var wasOn = false
            var knownVersion = 0
            while !Task.isCancelled {
                let isOn = poller.isOn
                if isOn {
                    poller.see(exporters)
                    poller.hurry(enrichment.takeStrangers())
                    let report = poller.report
                    if report.version != knownVersion {
                        knownVersion = report.version
                        enrichment.replace(
                            knownInterfaces: KnownInterfaces(
                                report.agents.compactMapValues { $0.device.map { Set($0.interfaces.keys) } }
                            )
                        )
                    }
                    let earlier = told
                    told = report.agents.reduce(into: [:]) { result, agent in
                        let known = earlier[agent.key].flatMap { $0.version == agent.value.version ? $0.state : nil }
                        result[agent.key] = (agent.value.version, ExporterReport.SNMP(agent.value, known: known))
                    }
                    status.setSNMP(
                        told.mapValues(\.state),
                        health: poller.asksSomebody ? SNMPHealth(report) : nil,
                        metrics: report.metrics
                    )
                    log.note(report)
                } else if wasOn {
                    status.setSNMP([:], health: nil, metrics: [])
                    enrichment.replace(knownInterfaces: nil)
                    knownVersion = 0
                }
                wasOn = isOn
                try? await Task.sleep(for: Self.look)
            }
        }
        poller.stop()
    }

    /// Those of which something could be read: a datagram of rubbish makes no exporter worth a question.
    private var exporters: [IPAddress] {
        Array(Set(pipeline.snapshot.exporters.filter { $0.counters.decodedDatagrams > 0 }.map(\.address)))
    }
}

/// Says in the log when an agent begins or ceases to answer, and why.
private struct SNMPLog {
    let logger: Logger
    let mostLines: Int
    private var problems: [IPAddress: String] = [:]
    private var seen: [IPAddress: UInt64] = [:]
    private var library: String?

    init(logger: Logger, mostLines: Int) {
        self.logger = logger
        self.mostLines = mostLines
    }

    mutating func note(_ report: SNMPReport) {
        if library != report.problem, let problem = report.problem {
            logger.error("SNMP agents are not asked", metadata: ["reason": "\(problem)"])
        }
        library = report.problem
        var lines: [(IPAddress, String?)] = []
        for (address, agent) in report.agents where agent.asked != nil {
            let problem = agent.problem?.description
            if problem != problems[address] || (problem == nil && seen[address] == nil) {
                lines.append((address, problem))
            }
        }
        problems = report.agents.compactMapValues { $0.problem?.description }
        seen = report.agents.compactMapValues(\.asked)
        for (address, problem) in lines.sorted(by: { $0.0 < $1.0 }).prefix(mostLines) {
            if let problem {
                logger.warning(
                    "an SNMP agent gave no names",
                    metadata: ["exporter": "\(address)", "reason": "\(problem)"]
                )
            } else {
                let interfaces = report.agents[address]?.device?.interfaces.count ?? 0
                logger.info(
                    "an SNMP agent told names",
                    metadata: ["exporter": "\(address)", "interfaces": "\(interfaces)"]
                )
            }
        }
        if lines.count > mostLines {
            logger.warning("more SNMP agents changed their state", metadata: ["agents": "\(lines.count - mostLines)"])
        }
    }
}

// MARK: - From the poller to what people are told

extension ExporterReport.SNMP {
    /// - Parameter known: what was made of the same names before, which spares making it anew.
    fileprivate init(_ agent: SNMPReport.Agent, known: ExporterReport.SNMP?) {
        self.init(version: agent.protocolVersion)
        asked = agent.asked
        answered = agent.answered
        problem = agent.problem?.description
        name = agent.device?.name
        interfaces = known?.interfaces ?? agent.device?.interfaces.compactMapValues(\.title) ?? [:]
        speeds = known?.speeds ?? agent.device?.interfaces.compactMapValues(\.speed) ?? [:]
    }
}

extension SNMPHealth {
    fileprivate init(_ report: SNMPReport) {
        self.init()
        agents = report.agents.count
        answering = report.agents.values.count { $0.answered != nil && $0.problem == nil }
        leftOut = report.leftOut
        problem = report.problem
    }
}

extension SNMPReport {
    /// The figures for Prometheus.
    fileprivate var metrics: [MetricFamily] {
        let outcomes = [("names", polls)] + failures.sorted { $0.key < $1.key }
        return [
            MetricFamily(
                "netmeta_snmp_polls_total",
                .counter,
                help: "Polls of SNMP agents that ended, by outcome: names, or why there were none.",
                samples: outcomes.map { .init(labels: [.init("outcome", $0.0)], value: Double($0.1)) }
            ),
            MetricFamily(
                "netmeta_snmp_extra_polls_total",
                .counter,
                help: "Polls of SNMP agents before their turn, since flows came over interfaces that they hadn't told.",
                value: Double(extras)
            ),
            MetricFamily(
                "netmeta_snmp_questions_total",
                .counter,
                help: "Questions sent to SNMP agents; one without an answer is repeated once.",
                value: Double(questions)
            ),
            MetricFamily(
                "netmeta_snmp_agents",
                .gauge,
                help: "Exporters whose SNMP agents are asked.",
                value: Double(agents.count)
            ),
            MetricFamily(
                "netmeta_snmp_open_polls",
                .gauge,
                help: "Polls of SNMP agents that are under way.",
                value: Double(open)
            ),
            MetricFamily(
                "netmeta_snmp_exporters_left_out",
                .gauge,
                help: "Exporters within the prefixes of enrichment.snmp that are not asked, since too many are.",
                value: Double(leftOut)
            ),
            MetricFamily(
                "netmeta_snmp_name_bytes",
                .gauge,
                help: "About what names from SNMP agents take in memory.",
                value: Double(bytes)
            ),
        ]
    }
}
