/// One UDP datagram out of a capture file.
public struct CaptureDatagram: Sendable {
    /// When it, or its last fragment, was captured: nanoseconds since 1970 UTC.
    public var timestamp: UInt64
    /// Who sent it.
    public var source: CaptureEndpoint
    /// Whom it was sent to.
    public var destination: CaptureEndpoint
    /// The UDP payload, as far as it was captured.
    public var payload: ArraySlice<UInt8>
    /// Whether the capture cut the payload.
    public var isCut: Bool
}

/// Reads the UDP datagrams of a capture file, whole and fragmented, over
/// Ethernet, Linux cooked, raw IP and BSD loopback links.
public struct CaptureDatagrams: Sendable {
    /// What became of the file's packets.
    public struct Counts: Equatable, Sendable {
        /// Packets in the file.
        public var packets = 0
        /// UDP datagrams that were handed out.
        public var datagrams = 0
        /// Packets that are no UDP over IP, or on a link that isn't known.
        public var others = 0
        /// Fragments that became part of a datagram.
        public var fragmentsJoined = 0
        /// Fragments whose datagram never became whole, or that repeat another.
        public var fragmentsLost = 0
    }

    /// What became of the packets so far; fragments that still wait are in none of them.
    public private(set) var counts = Counts()

    private var reader: CaptureReader
    private var fragments = CaptureFragments()

    /// Reads the datagrams of a capture.
    public init(_ reader: CaptureReader) {
        self.reader = reader
    }

    /// The next datagram; nil at the end. What is wrong with the file is thrown
    /// once, after the datagrams before it.
    public mutating func next() throws(CaptureError) -> CaptureDatagram? {
        while let packet = try reader.next() {
            counts.packets += 1
            let bytes = CaptureBytes(file: reader.file, isBigEndian: true)
            guard let ip = CaptureIPPacket(packet, in: bytes), ip.proto == 17 else {
                counts.others += 1
                continue
            }
            let payload: ArraySlice<UInt8>
            if let fragment = ip.fragment {
                guard let whole = join(ip, fragment) else { continue }
                payload = whole[...]
            } else {
                payload = reader.file[ip.payload]
            }
            guard let datagram = Self.datagram(payload, of: ip, at: packet.timestamp) else {
                counts.others += 1
                continue
            }
            counts.datagrams += 1
            return datagram
        }
        counts.fragmentsLost += fragments.forgetAll()
        return nil
    }

    private mutating func join(_ ip: CaptureIPPacket, _ fragment: CaptureIPPacket.Fragment) -> [UInt8]? {
        let (whole, lost) = fragments.add(ip, fragment, in: reader.file)
        counts.fragmentsLost += lost
        counts.fragmentsJoined += whole?.fragments ?? 0
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
