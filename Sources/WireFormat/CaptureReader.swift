/// One packet of a capture file.
public struct CapturePacket: Equatable, Sendable {
    /// Nanoseconds since 1970 UTC; 0 when the file doesn't tell (pcapng's simple packet block).
    public var timestamp: UInt64
    /// What the packet's bytes begin with.
    public var link: CaptureLink
    /// Where the packet's bytes are in the file.
    public var bytes: Range<Int>
    /// How long the packet was before the capture cut it.
    public var originalLength: Int
}

/// The link-layer header types of the tcpdump group's registry (LINKTYPE_ values).
public struct CaptureLink: RawRepresentable, Hashable, Sendable {
    /// The number in the registry.
    public var rawValue: UInt32

    /// Takes a number from the registry.
    public init(rawValue: UInt32) {
        self.rawValue = rawValue
    }

    /// Address family in the byte order of the machine that captured (BSD loopback).
    public static let null = CaptureLink(rawValue: 0)
    /// IEEE 802.3.
    public static let ethernet = CaptureLink(rawValue: 1)
    /// Raw IP as OpenBSD and old libpcap number it.
    public static let oldRaw = CaptureLink(rawValue: 12)
    /// Raw IP as others number it.
    public static let bsdRaw = CaptureLink(rawValue: 14)
    /// IPv4 or IPv6.
    public static let raw = CaptureLink(rawValue: 101)
    /// Address family in network order (OpenBSD loopback).
    public static let loop = CaptureLink(rawValue: 108)
    /// Linux "cooked" header, version 1.
    public static let linuxSLL = CaptureLink(rawValue: 113)
    /// IPv4.
    public static let ipv4 = CaptureLink(rawValue: 228)
    /// IPv6.
    public static let ipv6 = CaptureLink(rawValue: 229)
    /// Linux "cooked" header, version 2.
    public static let linuxSLL2 = CaptureLink(rawValue: 276)
}

/// Why a capture file could not be read (further).
public enum CaptureError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The first bytes are no capture file's.
    case notACapture
    /// The file ends within a header or a packet.
    case truncated(offset: Int)
    /// A block's or packet's length is impossible.
    case badLength(offset: Int)

    /// A sentence for people.
    public var description: String {
        switch self {
        case .notACapture: "The file is neither pcap nor pcapng."
        case .truncated(let offset): "The capture ends within a packet, at byte \(offset)."
        case .badLength(let offset): "The capture has an impossible length at byte \(offset)."
        }
    }
}

/// Reads pcap (draft-ietf-opsawg-pcap) and pcapng (draft-ietf-opsawg-pcapng)
/// files in memory, in either byte order, with timestamps down to nanoseconds.
///
/// The file may be made up by anyone: every length is checked against the
/// bytes that are there, every step moves forward, and what the reader keeps
/// is bounded. Packets before an error are good.
public struct CaptureReader: Sendable {
    private enum Format: Sendable {
        case pcap(PcapHeader)
        case pcapng(PcapngSection)
    }

    /// The file.
    public let file: [UInt8]
    private var format: Format
    private var offset: Int

    /// Whether a file begins as pcap or pcapng files do.
    public static func isCapture(_ file: [UInt8]) -> Bool {
        (try? CaptureReader(file)) != nil
    }

    /// Reads the file's first header.
    public init(_ file: [UInt8]) throws(CaptureError) {
        self.file = file
        let bytes = CaptureBytes(file: file, isBigEndian: true)
        guard let magic = bytes.u32(at: 0) else { throw .notACapture }
        if magic == PcapngSection.sectionHeader {
            format = .pcapng(PcapngSection())
            offset = 0
        } else {
            guard let header = PcapHeader(bytes, magic: magic) else { throw .notACapture }
            format = .pcap(header)
            offset = PcapHeader.length
        }
    }

    /// The next packet; nil at the end of the file.
    ///
    /// After an error there are no more packets.
    public mutating func next() throws(CaptureError) -> CapturePacket? {
        do throws(CaptureError) {
            switch format {
            case .pcap(let header):
                return try header.next(file, &offset)
            case .pcapng(var section):
                let packet = try section.next(file, &offset)
                format = .pcapng(section)
                return packet
            }
        } catch {
            offset = file.count
            throw error
        }
    }
}

/// Numbers of a file in its byte order; nil beyond its end.
struct CaptureBytes {
    let file: [UInt8]
    var isBigEndian: Bool

    func u16(at offset: Int) -> UInt16? {
        guard offset >= 0, offset <= file.count - 2 else { return nil }
        let (a, b) = (UInt16(file[offset]), UInt16(file[offset + 1]))
        return isBigEndian ? a << 8 | b : b << 8 | a
    }

    func u32(at offset: Int) -> UInt32? {
        guard let a = u16(at: offset), let b = u16(at: offset + 2) else { return nil }
        return isBigEndian ? UInt32(a) << 16 | UInt32(b) : UInt32(b) << 16 | UInt32(a)
    }

    /// A length or offset.
    func length(at offset: Int) -> Int? {
        u32(at: offset).map { Int($0) }
    }
}
