import FlowStore
import Logging
import NetTypes
import Pipeline
import ServiceLifecycle
import Telemetry

/// Brings names that were learnt while running to SQL: those from SNMP agents, and those that exporters told.
struct LearntTables: Service {
    let tables: NameTables
    let store: EmbeddedStore
    let status: PipelineStatus
    let logger: Logger

    /// How often it is looked whether there are new ones, and at most written.
    private static let look = Duration.seconds(3)
    /// Names in the dictionaries: exporters can be made up, and each may tell thousands.
    private static let most = 100_000

    func run() async throws {
        await cancelWhenGracefulShutdown {
            var written: [IPAddress: SamplerNames] = [:]
            var problem: String?
            while !Task.isCancelled {
                try? await Task.sleep(for: Self.look)
                let names = Self.names(await status.exporters())
                guard !Task.isCancelled, names != written else { continue }
                do {
                    try await tables.apply(learnt: names, to: store)
                    written = names
                    problem = nil
                } catch {
                    // Said once for each reason: it is tried again in a moment.
                    if problem != "\(error)" {
                        logger.warning("learnt names were not written for SQL", metadata: ["reason": "\(error)"])
                    }
                    problem = "\(error)"
                }
            }
        }
    }

    /// What exporters and their interfaces are called; those that SNMP vouches for come first, should there be too many.
    static func names(_ reports: [ExporterReport], most: Int = most) -> [IPAddress: SamplerNames] {
        func isAsked(_ report: ExporterReport) -> Bool { report.snmp?.answered != nil }
        var room = most
        var result: [IPAddress: SamplerNames] = [:]
        for report in reports.filter(isAsked) + reports.filter({ !isAsked($0) }) {
            let count = report.names.interfaces.count + (report.name == nil ? 0 : 1)
            guard count > 0, count <= room else { continue }
            room -= count
            var names = SamplerNames()
            names.description = report.name
            names.interfaces = report.names.interfaces
            result[report.address] = names
        }
        return result
    }
}
