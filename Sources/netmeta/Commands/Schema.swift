import ArgumentParser
import FlowDecoders
import FlowQuery
import FlowSchema

/// `netmeta schema`: the field table in the forms that others read.
struct Schema: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Print the flow schema.",
        discussion: """
            sql: ClickHouse tables; proto: FlowMessage; json: the field table; ts: TypeScript types; md: a reference of \
            the columns; elements: a reference of the information elements that are read; panels: the console's panels.
            """
    )

    /// What can be printed: the schema in its forms, and what the decoders read.
    enum Form: String, CaseIterable, ExpressibleByArgument {
        case sql, proto, json, ts, md, elements, panels
    }

    @Option(name: .customLong("as"), help: "sql, proto, json, ts, md, elements or panels.")
    var form: Form

    @Option(help: "With sql: for a cluster of this name in the servers' remote_servers.")
    var cluster: String?

    @Flag(help: "With --cluster: Replicated engines, by the servers' macros {shard} and {replica}.")
    var replicated = false

    @Flag(help: "With --cluster: local tables, and Distributed ones over them.")
    var sharded = false

    @Option(
        help: "With --cluster: BROKERS/TOPIC that the servers read FlowMessages from, such as kafka:9092/flow-messages."
    )
    var kafka: String?

    @Option(help: "With --cluster: days after which rows are deleted.")
    var days = 7

    func run() throws {
        if let cluster { return try show(cluster: cluster) }
        guard !replicated, !sharded, kafka == nil else {
            throw UsageError("--replicated, --sharded and --kafka need --cluster")
        }
        let text =
            switch form {
            case .elements: ElementReference.markdown
            case .panels: PanelScript.text
            case .sql: SchemaDocument.render(.sql)
            case .proto: SchemaDocument.render(.proto)
            case .json: SchemaDocument.render(.json)
            case .ts: SchemaDocument.render(.ts)
            case .md: SchemaDocument.render(.md)
            }
        print(text, terminator: "")
    }

    private func show(cluster name: String) throws {
        guard form == .sql else { throw UsageError("--cluster needs --as sql") }
        guard (1...36_500).contains(days) else { throw UsageError("--days goes from 1 to 36500") }
        var topic: ClickHouse.Kafka?
        if let kafka {
            let halves = kafka.split(separator: "/", maxSplits: 1).map(String.init)
            topic = halves.count == 2 ? ClickHouse.Kafka(brokers: halves[0], topic: halves[1]) : nil
            guard topic != nil else {
                throw UsageError("expected BROKERS/TOPIC such as kafka:9092/flow-messages, not \(kafka)")
            }
        }
        let cluster = ClickHouse.Cluster(name: name, isReplicated: replicated, isSharded: sharded, kafka: topic)
        guard let cluster else { throw UsageError("a cluster's name has 1 to 64 letters, digits and _ - .") }
        for statement in ClickHouse.clusterStatements(cluster, retentionDays: days) { print(statement + ";") }
    }
}
