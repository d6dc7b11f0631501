import NetTypes

/// NetMeta's SQL function `isIncomingFlow`, for rows that others wrote and for
/// questions of its dashboards: it says what the column `Incoming` says.
///
/// Rendered of numbers and addresses only; no text of a configuration gets here.
extension EnrichmentSettings {
    /// The statement that defines the function.
    public var isIncomingFlowStatement: String {
        "CREATE OR REPLACE FUNCTION isIncomingFlow AS "
            + "(SamplerAddress, SrcAddr, DstAddr, SrcAS, DstAS, FlowDirection) -> \(incomingExpression)"
    }

    private var incomingExpression: String {
        let local = AddressSet(localNetworks)
        let standard = local.isEmpty ? "coalesce(FlowDirection = 0)" : Self.byLocality(local)
        // The longest prefix counts, as for the column. Those behind the last one with rules change nothing.
        let ordered = samplers.sorted { ($0.key.bits, $1.key) > ($1.key.bits, $0.key) }
        let last = ordered.lastIndex { !$0.value.isIncomingFlow.isEmpty }
        guard let last else { return standard }
        let branches = ordered[...last].map { prefix, sampler in
            let rules = sampler.isIncomingFlow.map(\.sql).joined(separator: " OR ")
            // NULL leaves it to what stands behind all samplers, which may be long and is written once.
            return "\(prefix.sql("SamplerAddress")), \(rules.isEmpty ? "NULL" : rules)"
        }
        return "coalesce(multiIf(\(branches.joined(separator: ", ")), NULL), \(standard))"
    }

    /// One end local, the other not: that tells; otherwise FlowDirection does.
    private static func byLocality(_ local: AddressSet) -> String {
        func isLocal(_ column: String) -> String {
            let ranges = local.ranges.map { "(\(column) BETWEEN \($0.first.sql) AND \($0.last.sql))" }
            return "(\(ranges.joined(separator: " OR ")))"
        }
        let unspecified = "(\(IPAddress.unspecified.sql), \(IPAddress(v4: 0).sql))"
        return "if(SrcAddr IN \(unspecified) OR DstAddr IN \(unspecified), FlowDirection = 0, "
            + "(\(isLocal("DstAddr")) - \(isLocal("SrcAddr"))) * 2 + (FlowDirection = 0) > 0)"
    }
}

extension IncomingRule {
    fileprivate var sql: String {
        conditions.isEmpty ? "1" : "(\(conditions.map(\.sql).joined(separator: " AND ")))"
    }
}

extension IncomingCondition {
    fileprivate var sql: String {
        switch self {
        case .address(let subject, let prefix): prefix.sql(subject.rawValue)
        case .number(let subject, let value): "\(subject.rawValue) = \(value)"
        }
    }
}

extension Prefix {
    fileprivate func sql(_ column: String) -> String {
        bits == 128 ? "\(column) = \(first.sql)" : "(\(column) BETWEEN \(first.sql) AND \(last.sql))"
    }
}

extension IPAddress {
    fileprivate var sql: String { "toIPv6('\(ipv6Description)')" }
}
