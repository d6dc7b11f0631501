/// Numbers of varying length: seven bits a byte, the lowest first, the highest
/// bit of each byte but the last set (Protocol Buffers, "Base 128 Varints").
enum Varint {
    /// Bytes of the longest.
    static let mostBytes = 10

    /// How many bytes a number takes.
    @inline(__always)
    static func length(_ value: UInt64) -> Int {
        // Bits by seven, rounded up, without a division.
        ((63 &- (value | 1).leadingZeroBitCount) &* 37) >> 8 &+ 1
    }

    /// Writes a number; the memory behind it, up to 16 bytes from `place`, may change, too.
    ///
    /// Without branches for what fits eight bytes: lengths of counters and ports follow no pattern.
    @inline(__always)
    @unsafe
    static func write(_ value: UInt64, to place: UnsafeMutableRawPointer) -> UnsafeMutableRawPointer {
        guard value < 1 << 56 else { return unsafe writeLong(value, to: place) }
        let length = length(value)
        let continued = 0x8080_8080_8080_8080 & ((UInt64(1) &<< UInt64(8 &* (length &- 1))) &- 1)
        unsafe place.storeBytes(of: (spread(value) | continued).littleEndian, as: UInt64.self)
        return unsafe place + length
    }

    /// Writes a number and nothing behind it.
    @unsafe
    static func writeExactly(_ value: UInt64, to place: UnsafeMutableRawPointer) -> UnsafeMutableRawPointer {
        var (left, place) = unsafe (value, place)
        while left >= 0x80 {
            unsafe place.storeBytes(of: UInt8(truncatingIfNeeded: left) | 0x80, as: UInt8.self)
            unsafe place += 1
            left >>= 7
        }
        unsafe place.storeBytes(of: UInt8(truncatingIfNeeded: left), as: UInt8.self)
        return unsafe place + 1
    }

    @inline(never)
    @unsafe
    private static func writeLong(_ value: UInt64, to place: UnsafeMutableRawPointer) -> UnsafeMutableRawPointer {
        let low = value & (1 << 56 - 1)
        unsafe place.storeBytes(of: (spread(low) | 0x8080_8080_8080_8080).littleEndian, as: UInt64.self)
        return unsafe writeExactly(value >> 56, to: place + 8)
    }

    /// Seven bits out of each byte.
    @inline(__always)
    static func gathered(_ bytes: UInt64) -> UInt64 {
        var bits = (bytes & 0x007F_007F_007F_007F) | (bytes & 0x7F00_7F00_7F00_7F00) &>> 1
        bits = (bits & 0x0000_3FFF_0000_3FFF) | (bits & 0x3FFF_0000_3FFF_0000) &>> 2
        return (bits & 0x0FFF_FFFF) | (bits & 0x0FFF_FFFF_0000_0000) &>> 4
    }

    /// Seven bits into each byte.
    @inline(__always)
    private static func spread(_ value: UInt64) -> UInt64 {
        var bits = (value & 0x0FFF_FFFF) | (value & 0x00FF_FFFF_F000_0000) &<< 4
        bits = (bits & 0x0000_3FFF_0000_3FFF) | (bits & 0x0FFF_C000_0FFF_C000) &<< 2
        return (bits & 0x007F_007F_007F_007F) | (bits & 0x3F80_3F80_3F80_3F80) &<< 1
    }
}
