/// Numbers that look random and are the same in every run (SplitMix64).
struct SeededRandom: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mix = state
        mix = (mix ^ mix >> 30) &* 0xBF58_476D_1CE4_E5B9
        mix = (mix ^ mix >> 27) &* 0x94D0_49BB_1331_11EB
        return mix ^ mix >> 31
    }
}

/// Writes big-endian numbers.
struct Writer {
    var bytes: [UInt8] = []

    mutating func put(_ value: some FixedWidthInteger, _ length: Int) {
        let wide = UInt64(truncatingIfNeeded: value)
        for index in (0..<length).reversed() {
            bytes.append(index < 8 ? UInt8(truncatingIfNeeded: wide >> UInt64(index * 8)) : 0)
        }
    }

    /// Sets a 16-bit number that was not known before.
    mutating func set(_ offset: Int, _ value: Int) {
        bytes[offset] = UInt8(truncatingIfNeeded: value >> 8)
        bytes[offset + 1] = UInt8(truncatingIfNeeded: value)
    }
}
