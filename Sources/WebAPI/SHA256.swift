/// SHA-256 (FIPS 180-4).
public enum SHA256 {
    private static let constants: InlineArray<64, UInt32> = [
        0x428a_2f98, 0x7137_4491, 0xb5c0_fbcf, 0xe9b5_dba5, 0x3956_c25b, 0x59f1_11f1, 0x923f_82a4, 0xab1c_5ed5,
        0xd807_aa98, 0x1283_5b01, 0x2431_85be, 0x550c_7dc3, 0x72be_5d74, 0x80de_b1fe, 0x9bdc_06a7, 0xc19b_f174,
        0xe49b_69c1, 0xefbe_4786, 0x0fc1_9dc6, 0x240c_a1cc, 0x2de9_2c6f, 0x4a74_84aa, 0x5cb0_a9dc, 0x76f9_88da,
        0x983e_5152, 0xa831_c66d, 0xb003_27c8, 0xbf59_7fc7, 0xc6e0_0bf3, 0xd5a7_9147, 0x06ca_6351, 0x1429_2967,
        0x27b7_0a85, 0x2e1b_2138, 0x4d2c_6dfc, 0x5338_0d13, 0x650a_7354, 0x766a_0abb, 0x81c2_c92e, 0x9272_2c85,
        0xa2bf_e8a1, 0xa81a_664b, 0xc24b_8b70, 0xc76c_51a3, 0xd192_e819, 0xd699_0624, 0xf40e_3585, 0x106a_a070,
        0x19a4_c116, 0x1e37_6c08, 0x2748_774c, 0x34b0_bcb5, 0x391c_0cb3, 0x4ed8_aa4a, 0x5b9c_ca4f, 0x682e_6ff3,
        0x748f_82ee, 0x78a5_636f, 0x84c8_7814, 0x8cc7_0208, 0x90be_fffa, 0xa450_6ceb, 0xbef9_a3f7, 0xc671_78f2,
    ]

    /// The digest in 64 hexadecimal digits.
    public static func hexDigest(of bytes: [UInt8]) -> String { hex(digest(of: bytes)) }

    /// The 32 bytes of the digest.
    public static func digest(of bytes: [UInt8]) -> [UInt8] {
        var stream = Stream()
        stream.add(bytes)
        return stream.digest
    }

    /// HMAC-SHA-256 (RFC 2104), in 32 bytes.
    public static func authenticate(_ message: [UInt8], key: [UInt8]) -> [UInt8] {
        var block = key.count > 64 ? digest(of: key) : key
        block += [UInt8](repeating: 0, count: 64 - block.count)
        return digest(of: block.map { $0 ^ 0x5C } + digest(of: block.map { $0 ^ 0x36 } + message))
    }

    /// Bytes in hexadecimal digits.
    public static func hex(_ bytes: [UInt8]) -> String {
        bytes.map { byte in (byte < 16 ? "0" : "") + String(byte, radix: 16) }.joined()
    }

    /// The digest of bytes that come piece by piece.
    public struct Stream: Sendable {
        private var state: InlineArray<8, UInt32> = [
            0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19,
        ]
        private var rest: [UInt8] = []
        private var length: UInt64 = 0

        /// Starts with no bytes.
        public init() {}

        /// Adds bytes.
        public mutating func add(_ bytes: [UInt8]) {
            length += UInt64(bytes.count)
            var offset = 0
            if !rest.isEmpty {
                offset = min(64 - rest.count, bytes.count)
                rest += bytes[..<offset]
                guard rest.count == 64 else { return }
                let block = rest
                SHA256.compress(block.span, 0, &state)
            }
            while offset + 64 <= bytes.count {
                SHA256.compress(bytes.span, offset, &state)
                offset += 64
            }
            rest = Array(bytes[offset...])
        }

        /// The 32 bytes of the digest of what was added.
        public var digest: [UInt8] {
            // A one bit, zeros, and the length in bits (section 5.1.1).
            var tail = rest + [0x80]
            while tail.count % 64 != 56 { tail.append(0) }
            let bits = length * 8
            tail += stride(from: 56, through: 0, by: -8).map { UInt8(truncatingIfNeeded: bits >> UInt64($0)) }
            var state = state
            for block in stride(from: 0, to: tail.count, by: 64) { SHA256.compress(tail.span, block, &state) }
            return state.indices.flatMap { index in
                stride(from: UInt32(24), through: 0, by: -8).map { UInt8(truncatingIfNeeded: state[index] >> $0) }
            }
        }
    }

    /// Section 6.2.2. The schedule of 64 words is made as it is used, in place of the sixteen words before.
    private static func compress(_ bytes: Span<UInt8>, _ offset: Int, _ state: inout InlineArray<8, UInt32>) {
        @inline(__always)
        func rotate(_ word: UInt32, _ count: UInt32) -> UInt32 { word >> count | word << (32 - count) }
        var words = InlineArray<16, UInt32>(repeating: 0)
        for index in 0..<16 {
            let at = offset + 4 * index
            words[index] =
                UInt32(bytes[at]) << 24 | UInt32(bytes[at + 1]) << 16 | UInt32(bytes[at + 2]) << 8
                | UInt32(bytes[at + 3])
        }
        var (a, b, c, d) = (state[0], state[1], state[2], state[3])
        var (e, f, g, h) = (state[4], state[5], state[6], state[7])
        for start in stride(from: 0, to: 64, by: 16) {
            for index in 0..<16 {
                if start > 0 {
                    let (w15, w2) = (words[(index + 1) & 15], words[(index + 14) & 15])
                    let s0 = rotate(w15, 7) ^ rotate(w15, 18) ^ w15 >> 3
                    let s1 = rotate(w2, 17) ^ rotate(w2, 19) ^ w2 >> 10
                    words[index] = words[index] &+ s0 &+ words[(index + 9) & 15] &+ s1
                }
                let s1 = rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)
                let first = h &+ s1 &+ (e & f ^ ~e & g) &+ constants[start + index] &+ words[index]
                let s0 = rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)
                let second = s0 &+ (a & b ^ a & c ^ b & c)
                (h, g, f, e, d, c, b, a) = (g, f, e, d &+ first, c, b, a, first &+ second)
            }
        }
        state[0] &+= a
        state[1] &+= b
        state[2] &+= c
        state[3] &+= d
        state[4] &+= e
        state[5] &+= f
        state[6] &+= g
        state[7] &+= h
    }
}
