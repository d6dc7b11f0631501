/// An address of one family as a number.
///
/// What tells nearly all prefixes apart, its head, is kept by itself: a comparison of heads takes one instruction and
/// a line of the cache holds many of them.
protocol MapKey: FixedWidthInteger & UnsignedInteger & BitwiseCopyable & Sendable {
    /// The leading bits as a number.
    associatedtype Head: FixedWidthInteger & UnsignedInteger & BitwiseCopyable & Sendable
    /// Leading bits by which addresses are told apart first, at the most.
    static var sectionBits: Int { get }
    /// The leading bits.
    var head: Head { get }
    /// The bits behind them; 0 where there are none.
    var tail: UInt64 { get }

    init(head: Head, tail: UInt64)

    /// 1 where a head is at most another, otherwise 0: in arithmetic, of which no compiler makes a branch.
    static func isUp(_ head: Head, to other: Head) -> UInt64
}

extension MapKey {
    /// Heads that are compared at once.
    @inline(__always)
    static var window: Int { 8 }

    /// The leading 64 bits, by which sections and buckets are told; zeros fill up what is shorter.
    @inline(__always)
    var leading: UInt64 { UInt64(head) &<< UInt64(64 - Head.bitWidth) }
}

extension UInt32: MapKey {
    static var sectionBits: Int { 8 }
    @inline(__always)
    var head: UInt32 { self }
    @inline(__always)
    var tail: UInt64 { 0 }

    init(head: UInt32, tail: UInt64) {
        self = head
    }

    @inline(__always)
    static func isUp(_ head: UInt32, to other: UInt32) -> UInt64 {
        (UInt64(head) &- UInt64(other) &- 1) &>> 63
    }
}

extension UInt128: MapKey {
    /// Registries have handed out some of 2000::/3, and crowd in it.
    static var sectionBits: Int { 16 }
    @inline(__always)
    var head: UInt64 { UInt64(truncatingIfNeeded: self >> 64) }
    @inline(__always)
    var tail: UInt64 { UInt64(truncatingIfNeeded: self) }

    init(head: UInt64, tail: UInt64) {
        self = UInt128(head) << 64 | UInt128(tail)
    }

    // What is borrowed in a subtraction (Hacker's Delight, 2-13).
    @inline(__always)
    static func isUp(_ head: UInt64, to other: UInt64) -> UInt64 {
        1 &- ((~other & head | ~(other ^ head) & (other &- head)) &>> 63)
    }
}
