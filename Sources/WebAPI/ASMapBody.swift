import Telemetry

/// The map from addresses to ASes in the answer of `health`.
struct ASMapBody: Encodable {
    var routesV4: Int
    var routesV6: Int
    var names: Int
    var loaded: Nullable<UInt64>
    var problem: Nullable<String>
    var sources: [Source]

    struct Source: Encodable {
        var location: String
        var kind: String
        var changed: Nullable<UInt64>
        var entries: Nullable<Int>
        var checked: Nullable<UInt64>
        var problem: Nullable<String>
    }

    init(_ report: ASMapReport) {
        routesV4 = report.routesV4
        routesV6 = report.routesV6
        names = report.names
        loaded = Nullable(report.loaded)
        problem = Nullable(report.problem)
        sources = report.sources.map { source in
            Source(
                location: source.location,
                kind: source.kind,
                changed: Nullable(source.changed),
                entries: Nullable(source.entries),
                checked: Nullable(source.checked),
                problem: Nullable(source.problem)
            )
        }
    }
}
