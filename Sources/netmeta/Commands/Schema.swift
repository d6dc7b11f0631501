import ArgumentParser
import FlowDecoders
import FlowSchema

/// `netmeta schema`: the field table in the forms that others read.
struct Schema: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Print the flow schema.",
        discussion: """
            sql: ClickHouse tables; proto: FlowMessage; json: the field table; ts: TypeScript types; md: a reference of \
            the columns; elements: a reference of the information elements that are read.
            """
    )

    /// What can be printed: the schema in its forms, and what the decoders read.
    enum Form: String, CaseIterable, ExpressibleByArgument {
        case sql, proto, json, ts, md, elements
    }

    @Option(name: .customLong("as"), help: "sql, proto, json, ts, md or elements.")
    var form: Form

    func run() {
        let text = SchemaForm(rawValue: form.rawValue).map(SchemaDocument.render) ?? ElementReference.markdown
        print(text, terminator: "")
    }
}
