/// The file header of a pcap file.
struct PcapHeader: Sendable {
    /// Its bytes.
    static let length = 24
    /// No link has longer frames; libpcap's limit for files that others wrote.
    private static let longestPacket = 1 << 18

    private let isBigEndian: Bool
    private let isNanoseconds: Bool
    private let link: CaptureLink

    /// Nil for a magic number or version that isn't pcap's.
    init?(_ bytes: CaptureBytes, magic: UInt32) {
        switch magic {
        case 0xA1B2_C3D4: (isBigEndian, isNanoseconds) = (true, false)
        case 0xA1B2_3C4D: (isBigEndian, isNanoseconds) = (true, true)
        case 0xD4C3_B2A1: (isBigEndian, isNanoseconds) = (false, false)
        case 0x4D3C_B2A1: (isBigEndian, isNanoseconds) = (false, true)
        default: return nil
        }
        let bytes = CaptureBytes(file: bytes.file, isBigEndian: isBigEndian)
        guard bytes.u16(at: 4) == 2, let network = bytes.u32(at: 20) else { return nil }
        // The high bits say how long a frame check sequence is.
        link = CaptureLink(rawValue: network & 0x0FFF_FFFF)
    }

    /// Reads one packet record and moves behind it.
    func next(_ file: [UInt8], _ offset: inout Int) throws(CaptureError) -> CapturePacket? {
        guard offset < file.count else { return nil }
        let bytes = CaptureBytes(file: file, isBigEndian: isBigEndian)
        guard let seconds = bytes.u32(at: offset), let fraction = bytes.u32(at: offset + 4),
            let captured = bytes.length(at: offset + 8), let original = bytes.length(at: offset + 12)
        else { throw .truncated(offset: offset) }
        guard captured <= Self.longestPacket else { throw .badLength(offset: offset) }
        let start = offset + 16
        guard captured <= file.count - start else { throw .truncated(offset: offset) }
        offset = start + captured
        return CapturePacket(
            timestamp: UInt64(seconds) * 1_000_000_000 + UInt64(fraction) * (isNanoseconds ? 1 : 1000),
            link: link,
            bytes: start..<offset,
            originalLength: original
        )
    }
}
