/// SplitMix64's output function: a well-mixed number for each input, so that
/// any flow can be made from its index alone.
@inline(__always)
func mix(_ input: UInt64) -> UInt64 {
    var z = input &+ 0x9E37_79B9_7F4A_7C15
    z = (z ^ z >> 30) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ z >> 27) &* 0x94D0_49BB_1331_11EB
    return z ^ z >> 31
}

/// A small random number generator with a seed (SplitMix64), so that the same
/// seed gives the same traffic.
public struct SplitMix: RandomNumberGenerator, Sendable {
    private var state: UInt64

    /// Starts the sequence that belongs to `seed`.
    public init(seed: UInt64) {
        state = seed
    }

    /// The next 64 random bits.
    public mutating func next() -> UInt64 {
        defer { state &+= 0x9E37_79B9_7F4A_7C15 }
        return mix(state)
    }

    /// A number in 0 ..< 1.
    mutating func unit() -> Double {
        Double(next() >> 11) / 9_007_199_254_740_992
    }

    /// A number in 0 ..< `bound`; `bound` must be positive.
    mutating func below(_ bound: Int) -> Int {
        Int(truncatingIfNeeded: next() % UInt64(bound))
    }

    /// True in `share` of the cases.
    mutating func chance(_ share: Double) -> Bool {
        unit() < share
    }

    /// A positive number with a long tail: half of them lie below `median`,
    /// and each `spread` standard deviations multiply by e.
    mutating func longTail(median: Double, spread: Double) -> Double {
        // Twelve uniform numbers have variance one: near enough to a normal
        // distribution for traffic, without the C library's logarithm.
        var normal = -6.0
        for _ in 0..<12 { normal += unit() }
        return median * exponential(normal * spread)
    }
}

/// e to the x without a C library: 2 to the whole part by bits, the rest by series.
private func exponential(_ x: Double) -> Double {
    let limited = min(max(x, -40), 40)
    let binary = limited * 1.442_695_040_888_963_4
    let whole = binary.rounded(.down)
    let rest = (binary - whole) * 0.693_147_180_559_945_3
    var term = 1.0
    var sum = 1.0
    for step in 1...10 {
        term *= rest / Double(step)
        sum += term
    }
    return sum * Double(sign: .plus, exponent: Int(whole), significand: 1)
}

/// A one-to-one shuffle of the numbers of `bits` bits (2 to 62): distinct
/// indexes stay distinct, which a plain hash can't promise.
struct Permutation: Sendable {
    let bits: UInt64
    private let mask: UInt64
    private let shift: UInt64
    private let offset: UInt64

    init(bits: Int, seed: UInt64) {
        self.bits = UInt64(bits)
        mask = 1 << UInt64(bits) - 1
        shift = UInt64(bits + 1) / 2
        offset = mix(seed)
    }

    /// Each step can be undone within the mask: adding, multiplying by an odd
    /// number, and folding the upper half onto the lower.
    @inline(__always)
    func callAsFunction(_ index: UInt64) -> UInt64 {
        var x = (index &+ offset) & mask
        x = (x ^ x >> shift) &* 0xD6E8_FEB8_6659_FD93 & mask
        x = (x ^ x >> shift) &* 0xA5A3_5625_9C39_E1A5 & mask
        return x ^ x >> shift
    }
}
