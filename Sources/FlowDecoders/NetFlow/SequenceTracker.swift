import FlowSchema

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

/// The sequences of one exporter, of which nearly every datagram asks for the same few.
struct SequenceTrackers {
    /// What sequence numbers are counted by.
    struct Key: Hashable {
        /// Protocol, port and domain side by side: equal as quickly as a number.
        fileprivate let bits: UInt64

        init(type: FlowType, port: UInt16, domain: UInt32) {
            bits = UInt64(type.rawValue) << 48 | UInt64(port) << 32 | UInt64(domain)
        }

        /// Whether the numbers count datagrams, as those of NetFlow v9 and sFlow do, and not records.
        fileprivate var countsDatagrams: Bool {
            let type = bits >> 48
            return type == FlowType.netflowV9.rawValue || type == FlowType.sflow5.rawValue
        }
    }

    private var trackers: [SequenceTracker] = []
    private var keys: [Key] = []
    private var places: [Key: Int] = [:]
    /// Where the last one was.
    private var last = 0

    /// Sequences followed per exporter.
    static let most = 1024

    /// Follows a sequence; beyond the bound nothing is followed.
    mutating func note(_ key: Key, sequence: UInt32, count: UInt32?) {
        if last >= keys.count || keys[last] != key {
            guard let place = place(key) else { return }
            last = place
        }
        trackers[last].note(sequence, count: count)
    }

    private mutating func place(_ key: Key) -> Int? {
        if let known = places[key] { return known }
        guard keys.count < Self.most else { return nil }
        places[key] = keys.count
        keys.append(key)
        trackers.append(SequenceTracker())
        return keys.count - 1
    }

    /// Units missing in all of them, by what their numbers count.
    var missing: (datagrams: UInt64, records: UInt64) {
        zip(keys, trackers).reduce(into: (0, 0)) { sum, next in
            if next.0.countsDatagrams { sum.datagrams += next.1.missing } else { sum.records += next.1.missing }
        }
    }
    /// How often any of them started again.
    var restarts: UInt64 { trackers.reduce(0) { $0 + $1.restarts } }
}
