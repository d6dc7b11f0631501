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

    /// Units between the last one that an earlier life of the process noted and the first that came to this one.
    private(set) var sinceLastRun: UInt64 = 0
    /// Whether what is expected comes from there.
    private var isResumed = false

    init() {}

    /// Goes on where an earlier life ended.
    init(resuming expected: UInt32) {
        self.expected = expected
        isResumed = true
    }

    /// The number that comes next, if the last datagram told.
    var next: UInt32? { expected }

    /// Numbers so far behind mean a restart; nearer ones, a datagram that was overtaken.
    static let reordering: UInt32 = 1000

    /// Who makes numbers jump for days can't make sums over all sequences of all exporters overflow.
    private static let mostMissing: UInt64 = 1 << 38

    /// Notes a header's number.
    ///
    /// - Parameter count: units in this datagram, nil when they couldn't be counted.
    mutating func note(_ sequence: UInt32, count: UInt32?) {
        if isResumed, let expected {
            // Numbers that are behind started again meanwhile: then nothing is known.
            let ahead = sequence &- expected
            sinceLastRun = ahead < .max / 2 ? UInt64(ahead) : 0
            isResumed = false
        } else if let expected {
            let ahead = sequence &- expected
            if ahead < .max / 2 {
                missing = min(missing + UInt64(ahead), Self.mostMissing)
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

        fileprivate init(bits: UInt64) {
            self.bits = bits
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

    /// Where each is.
    var marks: [SequenceMark] {
        keys.indices.compactMap { place in
            trackers[place].next.map { SequenceMark(key: keys[place].bits, next: $0) }
        }
    }

    /// Goes on where an earlier life of the process ended; before the first is noted.
    mutating func resume(_ marks: [SequenceMark]) {
        for mark in marks {
            guard let place = place(Key(bits: mark.key)) else { return }
            trackers[place] = SequenceTracker(resuming: mark.next)
        }
    }

    /// Units that came to no life of the process, or to the last one and weren't noted any more, in all of them.
    var sinceLastRun: UInt64 { trackers.reduce(0) { $0 + $1.sinceLastRun } }
    /// How often any of them started again.
    var restarts: UInt64 { trackers.reduce(0) { $0 + $1.restarts } }
}

/// Where one of an exporter's sequences is, for the next life of the process.
public struct SequenceMark: Hashable, Sendable {
    /// Names the sequence among the exporter's.
    public let key: UInt64
    /// The number that comes next.
    public let next: UInt32

    /// Makes a mark.
    public init(key: UInt64, next: UInt32) {
        self.key = key
        self.next = next
    }
}
