extension ServerChecks {
    /// What the AS map of the running server is, and what is wrong with its sources.
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
        guard !problems.isEmpty else { return [.ok(name, words)] }
        return [
            .warn(
                name,
                "\(words); \(problems.joined(separator: "; "))",
                do: "netmeta asmap FILE  (what is in it?)",
                "kill -HUP \(process)  (looks at all of them again)"
            )
        ]
    }
}
