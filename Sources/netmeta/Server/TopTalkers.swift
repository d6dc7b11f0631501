import FlowStore
import NetTypes

/// The addresses with most traffic of the last minute, for which names are learnt before somebody looks.
///
/// It asks the rows that are stored, once a minute and with one thread, so that it holds up neither ingest nor
/// questions, and reads at most a million of them: where more come in a minute, those of the last seconds stand for all.
struct TopTalkers {
    let store: any ServerStore

    /// Seconds that are looked at, as far as they have few enough rows.
    private static let seconds = 60
    /// Rows that one look reads.
    private static let mostRows: UInt64 = 1_000_000
    private static let limits = QueryLimits(seconds: 10, resultRows: 2000, memory: 500_000_000)

    /// The addresses, the one with most bytes first; without those that people have given a name.
    func addresses(most: Int) async throws -> [IPAddress] {
        let counted = try await store.query(Self.count, limits: Self.limits)
        let rows = counted["rows"]?.values.first?.unsigned ?? 0
        guard rows > 0 else { return [] }
        let answer = try await store.query(Self.talkers(Self.window(rows: rows), most: most), limits: Self.limits)
        return answer["address"]?.values.compactMap { value in
            if case .address(let address) = value { address } else { nil }
        } ?? []
    }

    /// How many of the seconds have few enough rows, 1 at least.
    static func window(rows: UInt64) -> Int {
        max(1, min(seconds, Int(UInt64(seconds) * mostRows / max(1, rows))))
    }

    private static let count = """
        SELECT count() AS rows FROM netmeta.flows_raw WHERE TimeReceived >= now() - \(seconds) SETTINGS max_threads = 1
        """

    private static func talkers(_ window: Int, most: Int) -> String {
        """
        SELECT address FROM (
            SELECT address, any(SamplerAddress) AS sampler, sum(volume) AS total FROM (
                SELECT SamplerAddress, SrcAddr, DstAddr, Bytes * greatest(SamplingRate, 1) AS volume
                FROM netmeta.flows_raw WHERE TimeReceived >= now() - \(window) LIMIT \(mostRows)
            ) ARRAY JOIN [SrcAddr, DstAddr] AS address
            WHERE address != toIPv6('::') GROUP BY address ORDER BY total DESC, address LIMIT \(most)
        ) WHERE NOT dictHas('netmeta.HostNames', tuple(IPv6NumToString(sampler), IPv6NumToString(address)))
        ORDER BY total DESC, address SETTINGS max_threads = 1
        """
    }
}
