public import ArgumentParser
public import FlowSchema

extension SchemaForm: ExpressibleByArgument {}

/// `netmeta schema`: the field table in the forms that others read.
struct Schema: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Print the flow schema.",
        discussion:
            "sql: ClickHouse tables; proto: FlowMessage; json: the field table; ts: TypeScript types; md: a reference."
    )

    @Option(name: .customLong("as"), help: "sql, proto, json, ts or md.")
    var form: SchemaForm

    func run() {
        print(SchemaDocument.render(form), terminator: "")
    }
}
