public import NetTypes

/// What scamper wrote as one object of a warts file.
public enum WartsObject: Sendable {
    /// A list of destinations.
    case list(WartsList)
    /// A pass over a list begins.
    case cycleStart(WartsCycle)
    /// A pass over a list ends.
    case cycleStop(WartsCycleStop)
    /// A traceroute.
    case trace(WartsTrace)
    /// Probes to one address.
    case ping(WartsPing)
    /// Paths in parallel.
    case tracelb(WartsTracelb)
    /// A test whether addresses are of one device.
    case dealias(WartsDealias)
    /// An address of the file-wide table that old files have.
    case address(IPAddress?)
    /// Something else, skipped by its length.
    case skipped(type: UInt16)
}

/// A moment: seconds since 1970 UTC and microseconds.
public struct WartsTime: Hashable, Sendable {
    /// Since 1970 UTC.
    public var seconds: UInt32 = 0
    /// Within the second.
    public var microseconds: UInt32 = 0
}

/// A list of destinations that probes were made for.
public struct WartsList: Hashable, Sendable {
    /// How objects that come later in the file call it.
    public var fileID: UInt32 = 0
    /// Its number, which whoever made it chose.
    public var id: UInt32 = 0
    /// What it is called.
    public var name = ""
    /// Who measures.
    public var monitor: String?
}

/// One pass over a list.
public struct WartsCycle: Hashable, Sendable {
    /// How objects that come later in the file call it.
    public var fileID: UInt32 = 0
    /// The list that it belongs to, by its number in the file.
    public var listFileID: UInt32 = 0
    /// Its number, which whoever made it chose.
    public var id: UInt32 = 0
    /// When it began.
    public var start: UInt32 = 0
    /// The machine that the cycle ran on.
    public var hostname: String?
}

/// The end of a pass.
public struct WartsCycleStop: Hashable, Sendable {
    /// The cycle that it belongs to, by its number in the file.
    public var cycleFileID: UInt32 = 0
    /// When it ended, seconds since 1970 UTC.
    public var stop: UInt32 = 0
}

/// A traceroute: what scamper's `trace` found.
public struct WartsTrace: Sendable {
    /// The list that it belongs to, by its number in the file.
    public var listFileID: UInt32 = 0
    /// The cycle that it belongs to, by its number in the file.
    public var cycleFileID: UInt32 = 0
    /// A number that whoever asked for it chose.
    public var userID: UInt32 = 0
    /// Where it was measured from.
    public var source: IPAddress?
    /// What was measured.
    public var destination: IPAddress?
    /// When it began.
    public var start = WartsTime()
    /// Why it ended, see ``WartsNames``.
    public var stopReason: UInt8 = 0
    /// More about why it ended.
    public var stopData: UInt8 = 0
    /// Bits of scamper's own.
    public var flags: UInt8 = 0
    /// Attempts at each hop.
    public var attempts: UInt8 = 0
    /// The last TTL that is tried; 0 is 255.
    public var hopLimit: UInt8 = 0
    /// 1 icmp-echo, 2 udp, 3 tcp, 4 icmp-echo-paris, 5 udp-paris, 6 tcp-ack.
    public var type: UInt8 = 0
    /// IP bytes of a probe.
    public var probeSize: UInt16 = 0
    /// The probes' source port; of ICMP the checksum that keeps a flow together.
    public var sourcePort: UInt16 = 0
    /// The probes' destination port.
    public var destinationPort: UInt16 = 0
    /// The TTL of the first probe.
    public var firstHop: UInt8 = 1
    /// The probes' type of service.
    public var tos: UInt8 = 0
    /// Seconds between probes, or until an answer is given up.
    public var wait: UInt8 = 0
    /// In hundredths of a second.
    public var waitProbe: UInt8 = 0
    /// TTLs that were tried.
    public var hopCount: UInt16 = 0
    /// Probes that were sent.
    public var probeCount: UInt16 = 0
    /// Whether its probes have no ports.
    var isICMP: Bool { type == 1 || type == 4 }
    /// Whether probes of ICMP have one checksum, which keeps them on one way.
    var keepsChecksum: Bool { type == 4 || flags & 0x20 != 0 }
    /// What tells its flow from others: of ICMP the checksum, where probes have one, in the source port's place.
    var ports: (source: UInt16, destination: UInt16) {
        isICMP ? (keepsChecksum ? sourcePort : 0, 0) : (sourcePort, destinationPort)
    }

    /// What answered, in the order of the file; a TTL without one didn't, one with several was asked more than once.
    public var hops: [WartsHop] = []
}

/// One answer on the way.
public struct WartsHop: Sendable {
    /// Who; nil where that is no IP address.
    public var address: IPAddress?
    /// Its TTL.
    public var ttl: UInt8 = 0
    /// Which attempt at this TTL it answered, from 1.
    public var probeID: UInt16 = 1
    /// In microseconds, as it stands in the file: a clock that was set back makes it huge.
    public var rtt: UInt32 = 0
    /// Bits of scamper's own.
    public var flags: UInt8 = 0
    /// The answer's own TTL.
    public var replyTTL: UInt8?
    /// ICMP type of the answer.
    public var icmpType: UInt8?
    /// ICMP code of the answer.
    public var icmpCode: UInt8?
    /// Flags of a TCP answer.
    public var tcpFlags: UInt8?
    /// IP bytes of a probe.
    public var probeSize: UInt16 = 0
    /// IP bytes of the answer.
    public var replySize: UInt16 = 0
    /// IP identification of the answer.
    public var replyIPID: UInt16 = 0
    /// The answer's type of service.
    public var replyTOS: UInt8?
    /// Of an ICMP error that says fragmentation is needed.
    public var nextHopMTU: UInt16?
    /// IP length in the quoted packet.
    public var quotedLength: UInt16 = 0
    /// The TTL in the packet that an ICMP error quotes.
    public var quotedTTL: UInt8 = 1
    /// The type of service in the quoted packet.
    public var quotedTOS: UInt8 = 0
    /// When the probe was sent.
    public var sent: WartsTime?
    /// ICMP extensions (RFC 4884).
    public var extensions: [WartsExtension] = []

    /// The labels of RFC 4950, the outermost first.
    public var labels: [UInt32] { extensions.flatMap(\.labels).map { $0 >> 12 } }

    /// Whether the quoted packet says something: it is of an ICMP error.
    public var isQuoted: Bool { icmpType.map { $0 == 3 || $0 == 11 || $0 == 1 } ?? false }
}

/// An object of an ICMP extension (RFC 4884).
public struct WartsExtension: Sendable {
    /// Its class.
    public var classNumber: UInt8 = 0
    /// Its kind within the class.
    public var classType: UInt8 = 0
    /// Bytes of its data.
    public var length: UInt16 = 0
    /// Label stack entries as they stand there, if it is class 1, type 1 (RFC 4950).
    public var labels: [UInt32] = []
}

/// Probes to one address: what scamper's `ping` found.
public struct WartsPing: Sendable {
    /// The list that it belongs to, by its number in the file.
    public var listFileID: UInt32 = 0
    /// The cycle that it belongs to, by its number in the file.
    public var cycleFileID: UInt32 = 0
    /// A number that whoever asked for it chose.
    public var userID: UInt32 = 0
    /// Where it was measured from.
    public var source: IPAddress?
    /// What was measured.
    public var destination: IPAddress?
    /// When it began.
    public var start = WartsTime()
    /// Why it ended, see ``WartsNames``.
    public var stopReason: UInt8 = 0
    /// More about why it ended.
    public var stopData: UInt8 = 0
    /// Probes that were sent.
    public var probeCount: UInt16 = 0
    /// IP bytes of a probe.
    public var probeSize: UInt16 = 0
    /// Seconds between probes, or until an answer is given up.
    public var wait: UInt8 = 0
    /// Its TTL.
    public var ttl: UInt8 = 0
    /// Answers after which it ends.
    public var stopCount: UInt16 = 0
    /// When the probe was sent.
    public var sent: UInt16 = 0
    /// How it probed, see ``WartsNames``.
    public var method: UInt8 = 0
    /// The probes' source port; of ICMP the checksum that keeps a flow together.
    public var sourcePort: UInt16 = 0
    /// The probes' destination port.
    public var destinationPort: UInt16 = 0
    /// Bits of scamper's own.
    public var flags: UInt32 = 0
    /// The probes' type of service.
    public var tos: UInt8 = 0
    /// Seconds until an answer is given up.
    public var timeout: UInt8 = 0
    /// TCP sequence number of the probes.
    public var tcpSequence: UInt32 = 0
    /// TCP acknowledgement number of the probes.
    public var tcpAcknowledgement: UInt32 = 0
    /// What answered.
    public var replies: [WartsReply] = []
}

/// One answer to a ping.
public struct WartsReply: Sendable {
    /// Who; nil where that is no IP address.
    public var address: IPAddress?
    /// Its TTL.
    public var ttl: UInt8?
    /// IP bytes of the answer.
    public var size: UInt16 = 0
    /// ICMP type of the answer.
    public var icmpType: UInt8?
    /// ICMP code of the answer.
    public var icmpCode: UInt8?
    /// In microseconds.
    public var rtt: UInt32 = 0
    /// Which probe it answers, from 0.
    public var probeID: UInt16 = 0
    /// IP identification of the answer.
    public var replyIPID: UInt16 = 0
    /// IP identification of the probe.
    public var probeIPID: UInt16 = 0
    /// 1 where the file doesn't say.
    public var protocolNumber: UInt8 = 1
    /// Flags of a TCP answer.
    public var tcpFlags: UInt8?
    /// When the probe was sent.
    public var sent: WartsTime?
    /// The addresses of the IPv4 record route option.
    public var recordRoute: [IPAddress?] = []
}

/// Paths in parallel: what scamper's `tracelb` found.
public struct WartsTracelb: Sendable {
    /// The list that it belongs to, by its number in the file.
    public var listFileID: UInt32 = 0
    /// The cycle that it belongs to, by its number in the file.
    public var cycleFileID: UInt32 = 0
    /// A number that whoever asked for it chose.
    public var userID: UInt32 = 0
    /// Where it was measured from.
    public var source: IPAddress?
    /// What was measured.
    public var destination: IPAddress?
    /// When it began.
    public var start = WartsTime()
    /// The probes' source port; of ICMP the checksum that keeps a flow together.
    public var sourcePort: UInt16 = 0
    /// The probes' destination port.
    public var destinationPort: UInt16 = 0
    /// IP bytes of a probe.
    public var probeSize: UInt16 = 0
    /// 1 udp-dport, 2 icmp-echo, 3 udp-sport, 4 tcp-sport, 5 tcp-ack-sport.
    public var type: UInt8 = 0
    /// The TTL of the first probe.
    public var firstHop: UInt8 = 0
    /// Seconds until an answer is given up.
    public var waitTimeout: UInt8 = 0
    /// In hundredths of a second.
    public var waitProbe: UInt8 = 0
    /// Attempts at each hop.
    public var attempts: UInt8 = 0
    /// Percent of sureness that all ways were found.
    public var confidence: UInt8 = 0
    /// The probes' type of service.
    public var tos: UInt8 = 0
    /// Probes that were sent.
    public var probeCount: UInt32 = 0
    /// The most probes that it may send.
    public var mostProbes: UInt32 = 0
    /// Hops without an answer after which it ends.
    public var gapLimit: UInt8 = 0
    /// How many interfaces it found; of JSON, ``nodes`` lacks those that nothing is behind.
    public var nodeCount: UInt16 = 0
    /// How many links it found; of JSON, ``links`` has those of each node as one.
    public var linkCount: UInt16 = 0
    /// Interfaces that answered.
    public var nodes: [WartsNode] = []
    /// Steps between them.
    public var links: [WartsLink] = []
}

/// An interface that answered to tracelb.
public struct WartsNode: Sendable {
    /// Who; nil where that is no IP address.
    public var address: IPAddress?
    /// Bits of scamper's own.
    public var flags: UInt8 = 0
    /// Steps that begin here.
    public var linkCount: UInt16 = 0
    /// The TTL in the packet that an ICMP error quotes.
    public var quotedTTL: UInt8 = 0
}

/// A step between two interfaces, by their places in the list of nodes.
public struct WartsLink: Sendable {
    /// Where the step begins; nil at the source.
    public var from: UInt16?
    /// nil where nothing answered.
    public var to: UInt16?
    /// The probes of each hop on the step.
    public var hops: [[WartsProbe]] = []
}

/// A probe of tracelb.
public struct WartsProbe: Sendable {
    /// When the probe was sent.
    public var sent = WartsTime()
    /// What made the probe's flow another than others'.
    public var flowID: UInt16 = 0
    /// Its TTL.
    public var ttl: UInt8 = 0
    /// Which attempt, from 0.
    public var attempt: UInt8 = 0
    /// What answered.
    public var replies: [WartsProbeReply] = []
}

/// What answered a probe of tracelb.
public struct WartsProbeReply: Sendable {
    /// Who; nil where that is no IP address.
    public var address: IPAddress?
    /// When the answer came.
    public var received = WartsTime()
    /// IP identification of the answer.
    public var ipid: UInt16 = 0
    /// Its TTL.
    public var ttl: UInt8?
    /// Bits of scamper's own.
    public var flags: UInt8 = 0
    /// ICMP type of the answer.
    public var icmpType: UInt8 = 0
    /// ICMP code of the answer.
    public var icmpCode: UInt8 = 0
    /// Flags of a TCP answer.
    public var tcpFlags: UInt8 = 0
    /// The TTL in the packet that an ICMP error quotes.
    public var quotedTTL: UInt8 = 0
    /// The type of service in the quoted packet.
    public var quotedTOS: UInt8 = 0
    /// ICMP extensions (RFC 4884).
    public var extensions: [WartsExtension] = []

    /// The labels of RFC 4950, the outermost first.
    var labels: [UInt32] { extensions.flatMap(\.labels).map { $0 >> 12 } }
}

/// A test whether addresses belong to one device; only its head is read.
public struct WartsDealias: Sendable {
    /// The list that it belongs to, by its number in the file.
    public var listFileID: UInt32 = 0
    /// The cycle that it belongs to, by its number in the file.
    public var cycleFileID: UInt32 = 0
    /// A number that whoever asked for it chose.
    public var userID: UInt32 = 0
    /// When it began.
    public var start = WartsTime()
    /// 1 mercator, 2 ally, 3 radargun, 4 prefixscan, 5 bump.
    public var method: UInt8 = 0
    /// 0 none, 1 aliases, 2 not aliases, 3 halted, 4 ipid echo.
    public var result: UInt8 = 0
    /// Probes that were sent.
    public var probeCount: UInt32 = 0
}
