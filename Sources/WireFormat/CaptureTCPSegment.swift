/// One TCP segment of a capture (RFC 9293 section 3.1).
struct CaptureTCPSegment {
    /// Both ends, ports included: one direction of a connection.
    struct Flow: Hashable, Sendable {
        var source: CaptureEndpoint
        var destination: CaptureEndpoint
    }

    var flow: Flow
    /// The number of the first byte of ``payload``; a SYN has one of its own before it.
    var sequence: UInt32
    var isSyn: Bool
    /// FIN or RST: nothing comes behind this segment.
    var isLast: Bool
    var payload: ArraySlice<UInt8>
    /// Whether the capture cut the payload, so that bytes are missing behind it.
    var isCut: Bool

    /// Reads the header; nil when it isn't all there.
    init?(_ bytes: ArraySlice<UInt8>, of ip: CaptureIPPacket) {
        guard bytes.count >= 20 else { return nil }
        func byte(_ offset: Int) -> UInt8 { bytes[bytes.startIndex + offset] }
        func number(_ offset: Int) -> UInt16 { UInt16(byte(offset)) << 8 | UInt16(byte(offset + 1)) }
        // The data offset counts words of four bytes.
        let headerLength = Int(byte(12) >> 4) * 4
        guard headerLength >= 20, headerLength <= bytes.count else { return nil }
        flow = Flow(source: ip.source, destination: ip.destination)
        flow.source.port = number(0)
        flow.destination.port = number(2)
        sequence = UInt32(number(4)) << 16 | UInt32(number(6))
        isSyn = byte(13) & 0x02 != 0
        isLast = byte(13) & 0x05 != 0
        payload = bytes.dropFirst(headerLength)
        isCut = ip.isCut
    }
}
