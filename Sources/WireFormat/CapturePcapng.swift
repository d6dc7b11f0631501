/// The section of a pcapng file that is being read.
struct PcapngSection: Sendable {
    /// A section header's block type, the same in either byte order.
    static let sectionHeader: UInt32 = 0x0A0D_0D0A
    private static let byteOrderMagic: UInt32 = 0x1A2B_3C4D
    /// Nobody captures on more interfaces at once; a file that says so is made up.
    private static let mostInterfaces = 4096

    private struct Interface: Sendable {
        var link: CaptureLink
        var snapLength: Int
        var clock: PcapngClock
    }

    private var isBigEndian = false
    private var interfaces: [Interface] = []

    /// Reads blocks up to the next packet and moves behind it.
    mutating func next(_ file: [UInt8], _ offset: inout Int) throws(CaptureError) -> CapturePacket? {
        while offset < file.count {
            let start = offset
            var bytes = CaptureBytes(file: file, isBigEndian: isBigEndian)
            guard let type = bytes.u32(at: start) else { throw .truncated(offset: start) }
            if type == Self.sectionHeader {
                try beginSection(&bytes, at: start)
            }
            guard let length = bytes.length(at: start + 4) else { throw .truncated(offset: start) }
            // Type, length, body, length again, all in multiples of four.
            guard length >= 12, length & 3 == 0 else { throw .badLength(offset: start) }
            guard length <= file.count - start else { throw .truncated(offset: start) }
            offset = start + length
            let body = (start + 8)..<(offset - 4)
            switch type {
            case 1: addInterface(bytes, body)
            case 2: if let packet = obsoletePacket(bytes, body) { return packet }
            case 3: if let packet = simplePacket(bytes, body) { return packet }
            case 6: if let packet = enhancedPacket(bytes, body) { return packet }
            default: break
            }
        }
        return nil
    }

    /// Section 4.1: the magic behind the length tells the byte order of both.
    private mutating func beginSection(_ bytes: inout CaptureBytes, at start: Int) throws(CaptureError) {
        bytes.isBigEndian = false
        guard let magic = bytes.u32(at: start + 8) else { throw .truncated(offset: start) }
        if magic == Self.byteOrderMagic.byteSwapped {
            bytes.isBigEndian = true
        } else if magic != Self.byteOrderMagic {
            throw .badLength(offset: start)
        }
        isBigEndian = bytes.isBigEndian
        interfaces.removeAll(keepingCapacity: true)
    }

    /// Section 4.2: link type, the most that was captured of a packet, options.
    private mutating func addInterface(_ bytes: CaptureBytes, _ body: Range<Int>) {
        guard interfaces.count < Self.mostInterfaces, body.count >= 8, let link = bytes.u16(at: body.lowerBound),
            let snapLength = bytes.length(at: body.lowerBound + 4)
        else { return }
        interfaces.append(
            Interface(
                link: CaptureLink(rawValue: UInt32(link)),
                snapLength: snapLength == 0 ? Int.max : snapLength,
                clock: PcapngClock(options: bytes, (body.lowerBound + 8)..<body.upperBound)
            )
        )
    }

    /// Section 4.3: interface, time in two halves, captured and original length.
    private func enhancedPacket(_ bytes: CaptureBytes, _ body: Range<Int>) -> CapturePacket? {
        guard body.count >= 20, let interface = bytes.length(at: body.lowerBound) else { return nil }
        return packet(bytes, body, interface: interface)
    }

    /// Appendix A of the draft: as the enhanced block, with an interface of 16 bits and a drop count.
    private func obsoletePacket(_ bytes: CaptureBytes, _ body: Range<Int>) -> CapturePacket? {
        guard body.count >= 20, let interface = bytes.u16(at: body.lowerBound) else { return nil }
        return packet(bytes, body, interface: Int(interface))
    }

    private func packet(_ bytes: CaptureBytes, _ body: Range<Int>, interface: Int) -> CapturePacket? {
        let start = body.lowerBound + 20
        guard interface < interfaces.count, let high = bytes.u32(at: body.lowerBound + 4),
            let low = bytes.u32(at: body.lowerBound + 8), let captured = bytes.length(at: body.lowerBound + 12),
            let original = bytes.length(at: body.lowerBound + 16), captured <= body.upperBound - start
        else { return nil }
        return CapturePacket(
            timestamp: interfaces[interface].clock.nanoseconds(UInt64(high) << 32 | UInt64(low)),
            link: interfaces[interface].link,
            bytes: start..<(start + captured),
            originalLength: original
        )
    }

    /// Section 4.4: the original length and the packet, of the first interface, without a time.
    private func simplePacket(_ bytes: CaptureBytes, _ body: Range<Int>) -> CapturePacket? {
        guard let interface = interfaces.first, body.count >= 4, let original = bytes.length(at: body.lowerBound)
        else { return nil }
        let start = body.lowerBound + 4
        let captured = min(original, interface.snapLength, body.upperBound - start)
        return CapturePacket(
            timestamp: 0,
            link: interface.link,
            bytes: start..<(start + captured),
            originalLength: original
        )
    }
}

/// The unit and origin of an interface's timestamps.
struct PcapngClock: Equatable, Sendable {
    /// Units per second; microseconds unless told otherwise.
    private var unitsPerSecond: UInt64 = 1_000_000
    /// Seconds to be added (option if_tsoffset).
    private var offset: Int64 = 0

    /// Reads the options if_tsresol (9) and if_tsoffset (14) of section 4.2.
    init(options bytes: CaptureBytes, _ range: Range<Int>) {
        var position = range.lowerBound
        while position + 4 <= range.upperBound, let code = bytes.u16(at: position),
            let length = bytes.u16(at: position + 2), code != 0
        {
            let value = position + 4
            position = value + (Int(length) + 3) & ~3
            guard position <= range.upperBound else { return }
            if code == 9, length == 1 {
                setResolution(bytes.file[value])
            } else if code == 14, length == 8, let first = bytes.u32(at: value), let second = bytes.u32(at: value + 4) {
                let (high, low) = bytes.isBigEndian ? (first, second) : (second, first)
                offset = Int64(bitPattern: UInt64(high) << 32 | UInt64(low))
            }
        }
    }

    /// A negative power of ten, or of two when the top bit is set. Finer than
    /// 64 bits can count is no clock; such an interface keeps microseconds.
    private mutating func setResolution(_ byte: UInt8) {
        let exponent = Int(byte & 0x7F)
        if byte & 0x80 != 0 {
            if exponent < 64 { unitsPerSecond = 1 << UInt64(exponent) }
        } else if exponent <= 19 {
            unitsPerSecond = (0..<exponent).reduce(1) { power, _ in power * 10 }
        }
    }

    /// Nanoseconds since 1970; wraps for times that no clock shows.
    func nanoseconds(_ units: UInt64) -> UInt64 {
        let (seconds, rest) = units.quotientAndRemainder(dividingBy: unitsPerSecond)
        let product = rest.multipliedFullWidth(by: 1_000_000_000)
        let fraction = unitsPerSecond.dividingFullWidth(product).quotient
        return (seconds &+ UInt64(bitPattern: offset)) &* 1_000_000_000 &+ fraction
    }
}
