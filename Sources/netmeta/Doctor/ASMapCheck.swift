import Foundation

extension ServerChecks {
    /// What the AS map of the running server is, how old its sources are, and what is wrong with them.
    func asMap(_ map: Health.ASMap?) -> [Finding] {
        guard let map else { return [] }
        let name = "AS map"
        let figures = [
            Words.counted(map.routesV4, "IPv4 route"), Words.counted(map.routesV6, "IPv6 route"),
            Words.counted(map.names, "name"),
        ]
        let words = figures.joined(separator: ", ")
        let failed = map.sources.compactMap { source in source.problem.map { "\(source.location): \($0)" } }
        var problems = failed.isEmpty ? [] : [Words.few(failed)]
        if let problem = map.problem { problems.insert(problem, at: 0) }
        guard !problems.isEmpty else {
            let sources = map.sources.map { source in
                Self.words(source.location, source.entries, source.kind == "names" ? "name" : "route", source.changed)
            }
            return [.ok(name, "\(words); \(Words.few(sources))")]
        }
        return [
            .warn(
                name,
                "\(words); \(problems.joined(separator: "; "))",
                do: "netmeta asmap FILE  (what is in it?)",
                "kill -HUP \(process)  (looks at all of them again)"
            )
        ]
    }

    /// Which dumps of routers' tables are in use, how old they are, and which couldn't be read.
    func routerTables(_ tables: [Health.RouterTable]) -> [Finding] {
        if tables.isEmpty { return [] }
        let name = "router tables"
        let failed = tables.compactMap { table in
            table.problem.map { problem in
                let rest = table.prefixes > 0 ? "; the old one stays" : ""
                return "\(table.exporter), \(table.file): \(problem)\(rest)"
            }
        }
        guard !failed.isEmpty else {
            let words = tables.map { Self.words("\($0.exporter) from \($0.file)", $0.prefixes, "route", $0.changed) }
            return [.ok(name, Words.few(words))]
        }
        return [
            .warn(
                name,
                Words.few(failed),
                do: "bgpdump -m FILE  (does it read what is in it?)",
                "kill -HUP \(process)  (looks at all of them again)"
            )
        ]
    }

    /// `own.csv (12 routes, changed 5 min ago)`
    private static func words(_ source: String, _ entries: Int?, _ unit: String, _ changed: UInt64?) -> String {
        let age = changed.map { max(0, Int(Date().timeIntervalSince1970) - Int(clamping: $0)) }
        let parts = [entries.map { Words.counted($0, unit) }, age.map { "changed \(Words.duration($0)) ago" }]
        let known = parts.compactMap(\.self)
        return known.isEmpty ? source : "\(source) (\(known.joined(separator: ", ")))"
    }
}
