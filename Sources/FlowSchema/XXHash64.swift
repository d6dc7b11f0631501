/// The checksum XXH64, as Cyan4973/xxHash, doc/xxhash_spec.md describes it:
/// several bytes a cycle, and any change of a few bits shows.
enum XXHash64 {
    private static let primes: (UInt64, UInt64, UInt64, UInt64, UInt64) = (
        0x9E37_79B1_85EB_CA87, 0xC2B2_AE3D_27D4_EB4F, 0x1656_67B1_9E37_79F9, 0x85EB_CA77_C2B2_AE63,
        0x27D4_EB2F_1656_67C5
    )

    /// The checksum of some bytes.
    @unsafe
    static func hash(_ bytes: UnsafeRawBufferPointer, seed: UInt64 = 0) -> UInt64 {
        var place = 0
        let count = bytes.count
        var hash = seed &+ primes.4
        if count >= 32 {
            var lanes = (seed &+ primes.0 &+ primes.1, seed &+ primes.1, seed, seed &- primes.0)
            while count - place >= 32 {
                unsafe lanes.0 = round(lanes.0, word(bytes, place))
                unsafe lanes.1 = round(lanes.1, word(bytes, place + 8))
                unsafe lanes.2 = round(lanes.2, word(bytes, place + 16))
                unsafe lanes.3 = round(lanes.3, word(bytes, place + 24))
                place += 32
            }
            hash = rotate(lanes.0, 1) &+ rotate(lanes.1, 7) &+ rotate(lanes.2, 12) &+ rotate(lanes.3, 18)
            hash = merge(hash, lanes.0)
            hash = merge(hash, lanes.1)
            hash = merge(hash, lanes.2)
            hash = merge(hash, lanes.3)
        }
        hash &+= UInt64(count)
        while count - place >= 8 {
            hash ^= unsafe round(0, word(bytes, place))
            hash = rotate(hash, 27) &* primes.0 &+ primes.3
            place += 8
        }
        if count - place >= 4 {
            let half = unsafe UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: place, as: UInt32.self))
            hash ^= UInt64(half) &* primes.0
            hash = rotate(hash, 23) &* primes.1 &+ primes.2
            place += 4
        }
        while place < count {
            hash ^= unsafe UInt64(bytes[place]) &* primes.4
            hash = rotate(hash, 11) &* primes.0
            place += 1
        }
        hash ^= hash >> 33
        hash &*= primes.1
        hash ^= hash >> 29
        hash &*= primes.2
        return hash ^ hash >> 32
    }

    @inline(__always)
    @unsafe
    private static func word(_ bytes: UnsafeRawBufferPointer, _ place: Int) -> UInt64 {
        unsafe UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: place, as: UInt64.self))
    }

    @inline(__always)
    private static func rotate(_ value: UInt64, _ bits: UInt64) -> UInt64 {
        value &<< bits | value &>> (64 &- bits)
    }

    @inline(__always)
    private static func round(_ lane: UInt64, _ word: UInt64) -> UInt64 {
        rotate(lane &+ word &* primes.1, 31) &* primes.0
    }

    @inline(__always)
    private static func merge(_ hash: UInt64, _ lane: UInt64) -> UInt64 {
        (hash ^ round(0, lane)) &* primes.0 &+ primes.3
    }
}
