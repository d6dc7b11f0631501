import Enrichment
import FlowStore
import Logging
import Pipeline
import ServiceLifecycle

/// Consumes the topic as a part of the server.
struct KafkaService: Service {
    /// Nil in roles that consume nothing.
    let source: KafkaSource?

    func run() async throws {
        if let source {
            do throws(StoreError) { try source.start() } catch { throw Failure(error.message) }
        }
        try? await gracefulShutdown()
        if let source { await Blocking.run { source.stop() } }
    }

    /// Finds out whether the configuration says enough for a role.
    ///
    /// - Throws: ``Failure`` in words for the operator.
    static func check(_ configuration: Configuration, _ role: ServerRole) throws {
        guard !configuration.kafka.settings.brokers.isEmpty else {
            throw Failure("--role \(role.rawValue) needs kafka.brokers, such as [kafka.example.net:9092]")
        }
    }

    /// What takes flows from the topic that a configuration names.
    static func source(
        _ configuration: Configuration,
        store: any BatchStore,
        enrichment: EnrichmentSource,
        logger: Logger
    ) throws(StoreError) -> KafkaSource {
        let options = KafkaSource.Options(
            kafka: configuration.kafka.complete,
            batchRows: configuration.store.backlogRows,
            flush: configuration.store.flush,
            poisonFile: configuration.store.data + "/kafka-aside.ndjson"
        )
        return try KafkaSource(options, store: store, enrichment: enrichment, logger: logger)
    }

    /// One line that says where flows go to or come from.
    static func line(_ configuration: Configuration, _ verb: String) -> String {
        let kafka = configuration.kafka.settings
        return "\(verb) the topic \(kafka.topic) of \(kafka.brokers.joined(separator: ", "))"
    }
}
