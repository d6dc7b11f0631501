/// One UDP datagram out of a capture file, or one IPFIX message of a TCP connection.
public struct CaptureDatagram: Sendable {
    /// When it, or the last piece of it, was captured: nanoseconds since 1970 UTC.
    public var timestamp: UInt64
    /// Who sent it.
    public var source: CaptureEndpoint
    /// Whom it was sent to.
    public var destination: CaptureEndpoint
    /// The UDP payload, as far as it was captured; the message.
    public var payload: ArraySlice<UInt8>
    /// Whether the capture cut the payload.
    public var isCut: Bool
    /// Which of the capture's TCP connections it came on; nil for UDP.
    public var stream: Int?
}

/// Reads the UDP datagrams of a capture file, whole and fragmented, and the
/// IPFIX messages of its TCP connections, over Ethernet, Linux cooked, raw IP
/// and BSD loopback links.
public struct CaptureDatagrams: Sendable {
    /// What became of the file's packets.
    public struct Counts: Equatable, Sendable {
        /// Packets in the file.
        public var packets = 0
        /// UDP datagrams that were handed out.
        public var datagrams = 0
        /// TCP connections with IPFIX.
        public var streams = 0
        /// IPFIX messages of TCP connections that were handed out.
        public var streamMessages = 0
        /// Bytes of TCP connections with IPFIX that belong to no whole message.
        public var streamBytesLost = 0
        /// Headers in the middle of TCP connections that no IPFIX message has.
        public var streamErrors = 0
        /// Packets that are neither UDP over IP nor TCP with IPFIX, or on a link that isn't known.
        public var others = 0
        /// Fragments that became part of a datagram.
        public var fragmentsJoined = 0
        /// Fragments whose datagram never became whole, or that repeat another.
        public var fragmentsLost = 0
    }

    /// What became of the packets so far; fragments that still wait are in none of them.
    public var counts: Counts {
        var counts = packetCounts
        counts.streams = streams.count
        counts.streamBytesLost = streams.bytesLost
        counts.streamErrors = streams.errors
        return counts
    }

    private var packetCounts = Counts()
    private var streams = CaptureStreams()
    /// When the last segment of a stream was captured.
    private var now: UInt64 = 0

    private var reader: CaptureReader
    private var fragments = CaptureFragments()

    /// Reads the datagrams of a capture.
    public init(_ reader: CaptureReader) {
        self.reader = reader
    }

    /// The next datagram or message; nil at the end. What is wrong with the
    /// file is thrown once, after those before it.
    public mutating func next() throws(CaptureError) -> CaptureDatagram? {
        while true {
            if let message = streamMessage() { return message }
            guard let packet = try reader.next() else { break }
            packetCounts.packets += 1
            if let datagram = datagram(packet) { return datagram }
        }
        packetCounts.fragmentsLost += fragments.forgetAll()
        streams.finish()
        return streamMessage()
    }

    /// The TCP connections that ended since the last call: what was learnt from
    /// them, templates above all, is void (RFC 7011 section 8.1).
    public mutating func takeEndedStreams() -> [Int] {
        streams.takeEnded()
    }

    /// The datagram that a packet completes; nil when it is none, or part of a stream.
    private mutating func datagram(_ packet: CapturePacket) -> CaptureDatagram? {
        let bytes = CaptureBytes(file: reader.file, isBigEndian: true)
        guard let ip = CaptureIPPacket(packet, in: bytes), ip.proto == 17 || ip.proto == 6 else {
            packetCounts.others += 1
            return nil
        }
        let payload: ArraySlice<UInt8>
        if let fragment = ip.fragment {
            guard let whole = join(ip, fragment) else { return nil }
            payload = whole[...]
        } else {
            payload = reader.file[ip.payload]
        }
        if ip.proto == 6 {
            guard let segment = CaptureTCPSegment(payload, of: ip), streams.add(segment) else {
                packetCounts.others += 1
                return nil
            }
            now = packet.timestamp
            return nil
        }
        guard let datagram = Self.datagram(payload, of: ip, at: packet.timestamp) else {
            packetCounts.others += 1
            return nil
        }
        packetCounts.datagrams += 1
        return datagram
    }

    private mutating func streamMessage() -> CaptureDatagram? {
        guard let message = streams.next() else { return nil }
        packetCounts.streamMessages += 1
        return CaptureDatagram(
            timestamp: now,
            source: message.flow.source,
            destination: message.flow.destination,
            payload: message.bytes[...],
            isCut: false,
            stream: message.stream
        )
    }

    private mutating func join(_ ip: CaptureIPPacket, _ fragment: CaptureIPPacket.Fragment) -> [UInt8]? {
        let (whole, lost) = fragments.add(ip, fragment, in: reader.file)
        packetCounts.fragmentsLost += lost
        packetCounts.fragmentsJoined += whole?.fragments ?? 0
        return whole?.bytes
    }

    /// RFC 768: ports, length with these eight bytes, checksum.
    private static func datagram(
        _ udp: ArraySlice<UInt8>,
        of ip: CaptureIPPacket,
        at timestamp: UInt64
    ) -> CaptureDatagram? {
        guard udp.count >= 8 else { return nil }
        func number(_ offset: Int) -> UInt16 {
            UInt16(udp[udp.startIndex + offset]) << 8 | UInt16(udp[udp.startIndex + offset + 1])
        }
        // 0 is a jumbogram (RFC 2675) or segmentation offload.
        let length = number(4) == 0 ? udp.count : Int(number(4))
        guard length >= 8 else { return nil }
        var datagram = CaptureDatagram(
            timestamp: timestamp,
            source: ip.source,
            destination: ip.destination,
            payload: udp.prefix(length).dropFirst(8),
            isCut: length > udp.count
        )
        datagram.source.port = number(0)
        datagram.destination.port = number(2)
        return datagram
    }
}
