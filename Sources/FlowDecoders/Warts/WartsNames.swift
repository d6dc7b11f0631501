/// scamper's own words for its numbers.
public enum WartsNames {
    /// Why a traceroute ended.
    public static func stop(_ reason: UInt8) -> String {
        name(
            reason,
            ["NONE", "COMPLETED", "UNREACH", "ICMP", "LOOP", "GAPLIMIT", "ERROR", "HOPLIMIT", "GSS", "HALTED"]
        )
    }

    /// How a traceroute probed.
    public static func trace(_ type: UInt8) -> String {
        name(type, ["unknown", "icmp-echo", "udp", "tcp", "icmp-echo-paris", "udp-paris", "tcp-ack"])
    }

    /// How a ping probed.
    public static func ping(_ method: UInt8) -> String {
        name(
            method,
            [
                "icmp-echo", "tcp-ack", "tcp-ack-sport", "udp", "udp-dport", "icmp-time", "tcp-syn", "tcp-synack",
                "tcp-rst", "tcp-syn-sport", "udp-sport",
            ]
        )
    }

    /// What a ping was asked for besides.
    static func pingFlags(_ flags: UInt32) -> [String] {
        let names = ["v4rr", "spoof", "payload", "tsonly", "tsandaddr", "icmpsum", "dl", "tbt", "nosrc", "raw"]
        return names.enumerated().filter { flags >> UInt32($0.offset) & 1 == 1 }.map(\.element)
    }

    /// Why a ping ended.
    public static func pingStop(_ reason: UInt8) -> String {
        name(reason, ["NONE", "COMPLETED", "ERROR", "HALTED"])
    }

    static func tracelb(_ type: UInt8) -> String {
        name(type, ["unknown", "udp-dport", "icmp-echo", "udp-sport", "tcp-sport", "tcp-ack-sport"])
    }

    static func dealias(_ method: UInt8) -> String {
        name(method, ["unknown", "mercator", "ally", "radargun", "prefixscan", "bump"])
    }

    static func result(_ result: UInt8) -> String {
        name(result, ["none", "aliases", "not-aliases", "halted", "ipid-echo"])
    }

    static func protocolName(_ number: UInt8) -> String {
        switch number {
        case 1, 58: "icmp"
        case 6: "tcp"
        case 17: "udp"
        default: String(number)
        }
    }

    private static func name(_ number: UInt8, _ names: [String]) -> String {
        Int(number) < names.count ? names[Int(number)] : String(number)
    }
}

/// What the answers to a ping say together.
public struct WartsPingSummary: Sendable {
    /// Probes that were answered.
    public var received: UInt16 = 0
    /// Microseconds.
    public var least: UInt32 = 0
    /// The longest, in microseconds.
    public var most: UInt32 = 0
    /// In microseconds.
    public var mean = 0.0
    /// Of the answers that there are, not of those that could be.
    public var deviation = 0.0

    /// - Parameter replies: the first answer to each probe counts.
    public init(_ ping: WartsPing, of replies: [WartsReply]) {
        var seen: Set<UInt16> = []
        let times = replies.filter { seen.insert($0.probeID).inserted }.map(\.rtt)
        guard !times.isEmpty else { return }
        received = UInt16(clamping: times.count)
        least = times.min() ?? 0
        most = times.max() ?? 0
        mean = times.reduce(0) { $0 + Double($1) } / Double(times.count)
        let squares = times.reduce(0.0) { $0 + (Double($1) - mean) * (Double($1) - mean) }
        deviation = (squares / Double(times.count)).squareRoot()
    }
}
