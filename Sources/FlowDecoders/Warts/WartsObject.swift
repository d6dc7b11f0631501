public import NetTypes

/// What scamper wrote as one object of a warts file.
public enum WartsObject: Sendable {
    case list(WartsList)
    case cycleStart(WartsCycle)
    case cycleStop(WartsCycleStop)
    case trace(WartsTrace)
    case ping(WartsPing)
    case tracelb(WartsTracelb)
    case dealias(WartsDealias)
    /// An address of the file-wide table that old files have.
    case address(IPAddress?)
    /// Something else, skipped by its length.
    case skipped(type: UInt16)
}

/// A moment: seconds since 1970 UTC and microseconds.
public struct WartsTime: Hashable, Sendable {
    public var seconds: UInt32 = 0
    public var microseconds: UInt32 = 0
}

/// A list of destinations that probes were made for.
public struct WartsList: Hashable, Sendable {
    /// How objects that come later in the file call it.
    public var fileID: UInt32 = 0
    public var id: UInt32 = 0
    public var name = ""
    public var monitor: String?
}

/// One pass over a list.
public struct WartsCycle: Hashable, Sendable {
    public var fileID: UInt32 = 0
    public var listFileID: UInt32 = 0
    public var id: UInt32 = 0
    public var start: UInt32 = 0
    public var hostname: String?
}

/// The end of a pass.
public struct WartsCycleStop: Hashable, Sendable {
    public var cycleFileID: UInt32 = 0
    public var stop: UInt32 = 0
}

/// A traceroute: what scamper's `trace` found.
public struct WartsTrace: Sendable {
    public var listFileID: UInt32 = 0
    public var cycleFileID: UInt32 = 0
    public var userID: UInt32 = 0
    public var source: IPAddress?
    public var destination: IPAddress?
    public var start = WartsTime()
    public var stopReason: UInt8 = 0
    public var stopData: UInt8 = 0
    public var flags: UInt8 = 0
    public var attempts: UInt8 = 0
    public var hopLimit: UInt8 = 0
    /// 1 icmp-echo, 2 udp, 3 tcp, 4 icmp-echo-paris, 5 udp-paris, 6 tcp-ack.
    public var type: UInt8 = 0
    public var probeSize: UInt16 = 0
    public var sourcePort: UInt16 = 0
    public var destinationPort: UInt16 = 0
    /// The TTL of the first probe.
    public var firstHop: UInt8 = 1
    public var tos: UInt8 = 0
    public var wait: UInt8 = 0
    /// In hundredths of a second.
    public var waitProbe: UInt8 = 0
    public var hopCount: UInt16 = 0
    public var probeCount: UInt16 = 0
    /// What answered, in the order of the file; a TTL without one didn't, one with several was asked more than once.
    public var hops: [WartsHop] = []
}

/// One answer on the way.
public struct WartsHop: Sendable {
    public var address: IPAddress?
    public var ttl: UInt8 = 0
    /// Which attempt at this TTL it answered, from 1.
    public var probeID: UInt16 = 1
    /// In microseconds, as it stands in the file: a clock that was set back makes it huge.
    public var rtt: UInt32 = 0
    public var flags: UInt8 = 0
    public var replyTTL: UInt8?
    public var icmpType: UInt8?
    public var icmpCode: UInt8?
    public var tcpFlags: UInt8?
    public var probeSize: UInt16 = 0
    public var replySize: UInt16 = 0
    public var replyIPID: UInt16 = 0
    public var replyTOS: UInt8?
    public var nextHopMTU: UInt16?
    public var quotedLength: UInt16 = 0
    public var quotedTTL: UInt8 = 1
    public var quotedTOS: UInt8 = 0
    public var sent: WartsTime?
    public var extensions: [WartsExtension] = []

    /// The labels of RFC 4950, the outermost first.
    public var labels: [UInt32] { extensions.flatMap(\.labels).map { $0 >> 12 } }

    /// Whether the quoted packet says something: it is of an ICMP error.
    public var isQuoted: Bool { icmpType.map { $0 == 3 || $0 == 11 || $0 == 1 } ?? false }
}

/// An object of an ICMP extension (RFC 4884).
public struct WartsExtension: Sendable {
    public var classNumber: UInt8 = 0
    public var classType: UInt8 = 0
    public var length: UInt16 = 0
    /// Label stack entries as they stand there, if it is class 1, type 1 (RFC 4950).
    public var labels: [UInt32] = []
}

/// Probes to one address: what scamper's `ping` found.
public struct WartsPing: Sendable {
    public var listFileID: UInt32 = 0
    public var cycleFileID: UInt32 = 0
    public var userID: UInt32 = 0
    public var source: IPAddress?
    public var destination: IPAddress?
    public var start = WartsTime()
    public var stopReason: UInt8 = 0
    public var stopData: UInt8 = 0
    public var probeCount: UInt16 = 0
    public var probeSize: UInt16 = 0
    public var wait: UInt8 = 0
    public var ttl: UInt8 = 0
    public var stopCount: UInt16 = 0
    public var sent: UInt16 = 0
    public var method: UInt8 = 0
    public var sourcePort: UInt16 = 0
    public var destinationPort: UInt16 = 0
    public var flags: UInt32 = 0
    public var tos: UInt8 = 0
    public var timeout: UInt8 = 0
    public var tcpSequence: UInt32 = 0
    public var tcpAcknowledgement: UInt32 = 0
    public var replies: [WartsReply] = []
}

/// One answer to a ping.
public struct WartsReply: Sendable {
    public var address: IPAddress?
    public var ttl: UInt8?
    public var size: UInt16 = 0
    public var icmpType: UInt8?
    public var icmpCode: UInt8?
    /// In microseconds.
    public var rtt: UInt32 = 0
    /// Which probe it answers, from 0.
    public var probeID: UInt16 = 0
    public var replyIPID: UInt16 = 0
    public var probeIPID: UInt16 = 0
    /// 1 where the file doesn't say.
    public var protocolNumber: UInt8 = 1
    public var tcpFlags: UInt8?
    public var sent: WartsTime?
    /// The addresses of the IPv4 record route option.
    public var recordRoute: [IPAddress?] = []
}

/// Paths in parallel: what scamper's `tracelb` found.
public struct WartsTracelb: Sendable {
    public var listFileID: UInt32 = 0
    public var cycleFileID: UInt32 = 0
    public var userID: UInt32 = 0
    public var source: IPAddress?
    public var destination: IPAddress?
    public var start = WartsTime()
    public var sourcePort: UInt16 = 0
    public var destinationPort: UInt16 = 0
    public var probeSize: UInt16 = 0
    /// 1 udp-dport, 2 icmp-echo, 3 udp-sport, 4 tcp-sport, 5 tcp-ack-sport.
    public var type: UInt8 = 0
    public var firstHop: UInt8 = 0
    public var waitTimeout: UInt8 = 0
    /// In hundredths of a second.
    public var waitProbe: UInt8 = 0
    public var attempts: UInt8 = 0
    public var confidence: UInt8 = 0
    public var tos: UInt8 = 0
    public var probeCount: UInt32 = 0
    public var mostProbes: UInt32 = 0
    public var gapLimit: UInt8 = 0
    public var nodes: [WartsNode] = []
    public var links: [WartsLink] = []
}

/// An interface that answered to tracelb.
public struct WartsNode: Sendable {
    public var address: IPAddress?
    public var flags: UInt8 = 0
    public var linkCount: UInt16 = 0
    public var quotedTTL: UInt8 = 0
}

/// A step between two interfaces, by their places in the list of nodes.
public struct WartsLink: Sendable {
    public var from: UInt16?
    /// nil where nothing answered.
    public var to: UInt16?
    /// The probes of each hop on the step.
    public var hops: [[WartsProbe]] = []
}

/// A probe of tracelb.
public struct WartsProbe: Sendable {
    public var sent = WartsTime()
    public var flowID: UInt16 = 0
    public var ttl: UInt8 = 0
    public var attempt: UInt8 = 0
    public var replies: [WartsProbeReply] = []
}

/// What answered a probe of tracelb.
public struct WartsProbeReply: Sendable {
    public var address: IPAddress?
    public var received = WartsTime()
    public var ipid: UInt16 = 0
    public var ttl: UInt8?
    public var flags: UInt8 = 0
    public var icmpType: UInt8 = 0
    public var icmpCode: UInt8 = 0
    public var tcpFlags: UInt8 = 0
    public var quotedTTL: UInt8 = 0
    public var quotedTOS: UInt8 = 0
    public var extensions: [WartsExtension] = []
}

/// A test whether addresses belong to one device; only its head is read.
public struct WartsDealias: Sendable {
    public var listFileID: UInt32 = 0
    public var cycleFileID: UInt32 = 0
    public var userID: UInt32 = 0
    public var start = WartsTime()
    /// 1 mercator, 2 ally, 3 radargun, 4 prefixscan, 5 bump.
    public var method: UInt8 = 0
    /// 0 none, 1 aliases, 2 not aliases, 3 halted, 4 ipid echo.
    public var result: UInt8 = 0
    public var probeCount: UInt32 = 0
}
