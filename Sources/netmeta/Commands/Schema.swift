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

    func run() {
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
}
