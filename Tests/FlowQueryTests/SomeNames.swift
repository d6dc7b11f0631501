import FlowQuery
import FlowSchema
import NetTypes

/// A few names, as a server would know them.
struct SomeNames: FilterNames {
    static let edge = IPAddress(192, 0, 2, 9)
    static let core = IPAddress(192, 0, 2, 10)

    private static let known: [(kinds: [FlowColumn], value: NamedValue)] = [
        ([.srcAS, .dstAS, .nextHopAS], NamedValue(name: "Example Networks", meaning: .numbers([64500]))),
        ([.srcAS, .dstAS], NamedValue(name: "Two \"Systems\"", meaning: .numbers([64501, 64502]))),
        (
            [.inIf, .outIf],
            NamedValue(
                name: "xe-0/0/1",
                meaning: .ofExporters([.init(exporter: edge, number: 9), .init(exporter: core, number: 4)])
            )
        ),
        ([.samplerAddress], NamedValue(name: "edge router", meaning: .addresses([edge]))),
        ([.srcAddr, .dstAddr], NamedValue(name: "web", meaning: .addresses([IPAddress(198, 51, 100, 7)]))),
        (
            [.srcVlan, .dstVlan, .vlanId],
            NamedValue(name: "guests", meaning: .ofExporters([.init(exporter: edge, number: 100)]))
        ),
    ]

    static var all: [(column: FlowColumn, value: NamedValue)] {
        known.flatMap { entry in entry.kinds.map { ($0, entry.value) } }
    }

    func value(named name: String, in column: FlowColumn) -> NamedValue? {
        Self.all.first { $0.column == column && $0.value.name.lowercased() == name.lowercased() }?.value
    }

    func names(in column: FlowColumn, like text: String, limit: Int) -> [FilterName] {
        Self.all.filter { $0.column == column && $0.value.name.lowercased().contains(text.lowercased()) }.prefix(limit)
            .map { FilterName(text: $0.value.name, detail: "known here") }
    }
}
