/// The hash FNV-1a of 64 bits (Fowler, Noll and Vo): the same in every run of every version, so that it may be
/// stored; no guard against people who look for two texts of one hash.
public struct FNV1a: Sendable {
    @usableFromInline var state: UInt64 = 0xCBF2_9CE4_8422_2325

    /// The hash of what was added so far.
    @inlinable
    public var value: UInt64 { state }

    /// The hash of nothing.
    public init() {}

    /// The hash of some bytes.
    @inlinable
    public init(_ bytes: some Sequence<UInt8>) {
        self.init()
        add(bytes)
    }

    /// Adds a byte.
    @inlinable
    public mutating func add(_ byte: UInt8) { state = (state ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }

    /// Adds bytes, one after the other.
    @inlinable
    public mutating func add(_ bytes: some Sequence<UInt8>) {
        for byte in bytes { add(byte) }
    }

    /// Adds the eight bytes of a number, the lowest first.
    @inlinable
    public mutating func add(_ number: UInt64) {
        for place in 0..<8 { add(UInt8(truncatingIfNeeded: number >> UInt64(8 * place))) }
    }
}
