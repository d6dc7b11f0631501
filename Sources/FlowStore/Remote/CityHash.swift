/// CityHash128 of version 1.0.2, with which ClickHouse's blocks are checked (later versions of CityHash give others).
enum CityHash {
    struct Hash: Equatable {
        var low: UInt64
        var high: UInt64
    }

    private static let k0: UInt64 = 0xc3a5_c85c_97cb_3127
    private static let k1: UInt64 = 0xb492_b66f_be98_f273
    private static let k2: UInt64 = 0x9ae1_6a3b_2f90_404f
    private static let k3: UInt64 = 0xc949_d7c7_509e_6557
    private static let multiplier: UInt64 = 0x9ddf_ea08_eb38_2d69

    static func hash128(_ bytes: UnsafeRawBufferPointer) -> Hash {
        let count = bytes.count
        if count >= 16 {
            return seeded(bytes, from: 16, Hash(low: word(bytes, 0) ^ k3, high: word(bytes, 8)))
        }
        if count >= 8 {
            let seed = Hash(low: word(bytes, 0) ^ UInt64(count) &* k0, high: word(bytes, count - 8) ^ k1)
            return seeded(bytes, from: count, seed)
        }
        return seeded(bytes, from: 0, Hash(low: k0, high: k1))
    }

    private static func seeded(_ bytes: UnsafeRawBufferPointer, from start: Int, _ seed: Hash) -> Hash {
        let count = bytes.count - start
        guard count >= 128 else { return short(bytes, from: start, seed) }
        var (x, y, z) = (seed.low, seed.high, UInt64(count) &* k1)
        var v = Hash(low: rotated(y ^ k1, 49) &* k1 &+ word(bytes, start), high: 0)
        v.high = rotated(v.low, 42) &* k1 &+ word(bytes, start + 8)
        var w = Hash(
            low: rotated(y &+ z, 35) &* k1 &+ x,
            high: rotated(x &+ word(bytes, start + 88), 53) &* k1
        )
        var at = start
        var left = count
        while left >= 128 {
            for _ in 0..<2 {
                x = rotated(x &+ y &+ v.low &+ word(bytes, at + 16), 37) &* k1
                y = rotated(y &+ v.high &+ word(bytes, at + 48), 42) &* k1
                x ^= w.high
                y ^= v.low
                z = rotated(z ^ w.low, 33)
                v = weak(bytes, at, v.high &* k1, x &+ w.low)
                w = weak(bytes, at + 32, z &+ w.high, y)
                swap(&z, &x)
                at += 64
            }
            left -= 128
        }
        y &+= rotated(w.low, 37) &* k0 &+ z
        x &+= rotated(v.low &+ z, 49) &* k0
        // What is left is hashed from its end, in pieces of 32 that may reach back.
        var done = 0
        while done < left {
            done += 32
            let piece = bytes.count - done
            y = rotated(y &- x, 42) &* k0 &+ v.high
            w.low &+= word(bytes, piece + 16)
            x = rotated(x, 49) &* k0 &+ w.low
            w.low &+= v.low
            v = weak(bytes, piece, v.low, v.high)
        }
        x = mixed(x, v.low)
        y = mixed(y, w.low)
        return Hash(low: mixed(x &+ v.high, w.high) &+ y, high: mixed(x &+ w.high, y &+ v.high))
    }

    /// Fewer than 128 bytes.
    private static func short(_ bytes: UnsafeRawBufferPointer, from start: Int, _ seed: Hash) -> Hash {
        let count = bytes.count - start
        var (a, b) = (seed.low, seed.high)
        var (c, d): (UInt64, UInt64)
        if count <= 16 {
            a = shifted(a &* k1) &* k1
            c = b &* k1 &+ upTo16(bytes, start, count)
            d = shifted(a &+ (count >= 8 ? word(bytes, start) : c))
        } else {
            c = mixed(word(bytes, bytes.count - 8) &+ k1, a)
            d = mixed(b &+ UInt64(count), c &+ word(bytes, bytes.count - 16))
            a &+= d
            var at = start
            var left = count - 16
            repeat {
                a ^= shifted(word(bytes, at) &* k1) &* k1
                a &*= k1
                b ^= a
                c ^= shifted(word(bytes, at + 8) &* k1) &* k1
                c &*= k1
                d ^= c
                at += 16
                left -= 16
            } while left > 0
        }
        a = mixed(a, c)
        b = mixed(d, b)
        return Hash(low: a ^ b, high: mixed(b, a))
    }

    private static func upTo16(_ bytes: UnsafeRawBufferPointer, _ start: Int, _ count: Int) -> UInt64 {
        if count > 8 {
            let (a, b) = (word(bytes, start), word(bytes, start + count - 8))
            return mixed(a, rotated(b &+ UInt64(count), UInt64(count))) ^ b
        }
        if count >= 4 {
            return mixed(UInt64(count) &+ half(bytes, start) << 3, half(bytes, start + count - 4))
        }
        guard count > 0 else { return k2 }
        let y = UInt64(bytes[start]) + UInt64(bytes[start + count / 2]) << 8
        let z = UInt64(count) + UInt64(bytes[start + count - 1]) << 2
        return shifted(y &* k2 ^ z &* k3) &* k2
    }

    private static func weak(_ bytes: UnsafeRawBufferPointer, _ at: Int, _ a: UInt64, _ b: UInt64) -> Hash {
        let (w, x, y, z) = (word(bytes, at), word(bytes, at + 8), word(bytes, at + 16), word(bytes, at + 24))
        var a = a &+ w
        var b = rotated(b &+ a &+ z, 21)
        let c = a
        a &+= x &+ y
        b &+= rotated(a, 44)
        return Hash(low: a &+ z, high: b &+ c)
    }

    private static func mixed(_ u: UInt64, _ v: UInt64) -> UInt64 {
        let a = shifted((u ^ v) &* multiplier)
        return shifted((v ^ a) &* multiplier) &* multiplier
    }

    private static func shifted(_ value: UInt64) -> UInt64 { value ^ value >> 47 }

    private static func rotated(_ value: UInt64, _ bits: UInt64) -> UInt64 { value >> bits | value << (64 - bits) }

    /// Eight bytes, the lowest first.
    private static func word(_ bytes: UnsafeRawBufferPointer, _ at: Int) -> UInt64 {
        UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: at, as: UInt64.self))
    }

    private static func half(_ bytes: UnsafeRawBufferPointer, _ at: Int) -> UInt64 {
        UInt64(UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: at, as: UInt32.self)))
    }
}
