import NetTypes
import Telemetry

/// Who sent and may not: an exporter that `listeners.allow` forgot shall be found.
///
/// Source addresses can be made up, so only the first ones are told apart.
struct RefusedSenders {
    /// Senders that are told apart.
    static let most = 64

    private var counts: [IPAddress: UInt64] = [:]

    /// Counts a datagram.
    mutating func note(_ address: IPAddress) {
        guard counts[address] != nil || counts.count < Self.most else { return }
        counts[address, default: 0] += 1
    }

    /// The senders with their datagrams.
    var all: [RefusedSender] { counts.map { RefusedSender(address: $0.key, datagrams: $0.value) } }
}
