extension ServerChecks {
    /// Which routers tell the running server their routes, and what is wrong with that.
    func bmp(_ bmp: Health.BMP?) -> [Finding] {
        guard let bmp else { return [] }
        let name = "BMP"
        let prefixes = bmp.routers.reduce(0) { $0 + $1.prefixesV4 + $1.prefixesV6 }
        let figures = [
            Words.counted(bmp.sessions, "session"), Words.counted(bmp.peers, "peer"),
            "routes to \(prefixes) \(prefixes == 1 ? "prefix" : "prefixes")",
        ]
        let words = "\(bmp.listen): \(figures.joined(separator: ", "))"
        if let problem = bmp.problem {
            return [
                .warn(name, "\(words); \(problem)", do: "netmeta config show  (is enrichment.bmp as it should be?)")
            ]
        }
        let refused = bmp.refused["not_allowed"] ?? 0
        let broken = bmp.ended.values.reduce(0, +)
        guard refused == 0, broken == 0 else {
            let parts =
                (refused > 0 ? ["\(refused) connections from addresses that enrichment.bmp.allow leaves out"] : [])
                + (broken > 0 ? ["\(broken) sessions ended (\(bmp.ended.keys.sorted().joined(separator: ", ")))"] : [])
            return [
                .warn(
                    name,
                    "\(words); \(parts.joined(separator: "; "))",
                    do: "curl -s http://\(api)/metrics | grep netmeta_bmp_  (how often, and why?)"
                )
            ]
        }
        guard bmp.sessions == 0 else { return [.ok(name, words)] }
        return [.warn(name, "\(words); no router has connected", do: "have a router connect to \(bmp.listen)")]
    }
}
