/// Follows an exporter's sequence numbers and estimates what was lost before it reached us.
///
/// What is counted differs: NetFlow v5 numbers flows, v9 export packets, IPFIX
/// data records, sFlow datagrams (RFC 3954 section 5.1, RFC 7011 section 3.1).
struct SequenceTracker {
    private var expected: UInt32?
    /// Units missing so far: an estimate, since datagrams may also come late.
    private(set) var missing: UInt64 = 0
    /// How often the numbers started again.
    private(set) var restarts: UInt64 = 0

    /// Numbers so far behind mean a restart; nearer ones, a datagram that was overtaken.
    static let reordering: UInt32 = 1000

    /// Notes a header's number.
    ///
    /// - Parameter count: units in this datagram, nil when they couldn't be counted.
    mutating func note(_ sequence: UInt32, count: UInt32?) {
        if let expected {
            let ahead = sequence &- expected
            if ahead < .max / 2 {
                missing += UInt64(ahead)
            } else if expected &- sequence <= Self.reordering {
                // Late, not lost: it was counted as missing when its successor came.
                missing -= min(missing, UInt64(count ?? 0))
                return
            } else {
                restarts += 1
            }
        }
        expected = count.map { sequence &+ $0 }
    }
}
