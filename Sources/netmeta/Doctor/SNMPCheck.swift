extension ServerChecks {
    /// How many SNMP agents answer, and why none can be asked.
    func snmp(_ health: Health.SNMP?) -> [Finding] {
        guard let health else { return [] }
        let name = "SNMP"
        if let problem = health.problem {
            return [.fail(name, problem, do: "install it, or take enrichment.snmp out of the configuration")]
        }
        let words = "\(health.answering) of \(Words.counted(health.agents, "agent")) tell names"
        guard health.leftOut > 0 else { return [.ok(name, words)] }
        return [
            .warn(
                name,
                "\(words); \(Words.counted(health.leftOut, "exporter")) are not asked, since too many are",
                do: "narrow the prefixes of enrichment.snmp to your routers"
            )
        ]
    }
}
