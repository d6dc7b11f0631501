public import FlowDecoders
import NetTypes

/// One datagram of a sequence, and who sent it when.
public struct FuzzDatagram {
    /// The UDP payload.
    public var bytes: [UInt8]
    /// Where it came from.
    public var context: DatagramContext

    /// Makes a datagram.
    public init(bytes: [UInt8], context: DatagramContext) {
        self.bytes = bytes
        self.context = context
    }
}

/// An input as several datagrams of two exporters, since what a decoder
/// makes of a datagram hangs on those before it.
///
/// ```
/// input    = option *datagram
/// datagram = sender length-high length-low *byte
/// ```
/// A length beyond the end means the rest. Scripts/fuzz-seeds.py writes the same form.
public enum FuzzSequence {
    /// Bits of the first byte.
    public struct Options: OptionSet, Sendable {
        /// The bits.
        public var rawValue: UInt8

        /// Takes the bits.
        public init(rawValue: UInt8) { self.rawValue = rawValue }

        /// The batch has room for a few rows only.
        public static let narrow = Options(rawValue: 1)
        /// Version words and message lengths stay as they are in the input.
        public static let raw = Options(rawValue: 2)
        /// The configuration changes how both exporters are read.
        public static let configured = Options(rawValue: 4)
    }

    /// Datagrams of one input; the rest is left out.
    static let most = 32

    /// Splits an input.
    ///
    /// - Parameter repair: sees each datagram with its sender's byte, to set
    ///   what a fuzzer would waste its time on; not called with ``Options/raw``.
    public static func datagrams(
        _ input: UnsafeBufferPointer<UInt8>,
        repair: (inout [UInt8], UInt8) -> Void
    ) -> (options: Options, datagrams: [FuzzDatagram]) {
        guard let first = input.first else { return ([], []) }
        let options = Options(rawValue: first)
        var result: [FuzzDatagram] = []
        var offset = 1
        var clock: UInt32 = 1_700_000_000
        while input.count - offset >= 4, result.count < most {
            let sender = input[offset]
            let told = Int(input[offset + 1]) << 8 | Int(input[offset + 2])
            offset += 3
            let length = min(told, input.count - offset)
            var bytes = Array(input[offset..<(offset + length)])
            offset += length
            if !options.contains(.raw) { repair(&bytes, sender) }
            // Bit 6 lets an hour pass, so that what grows old does.
            clock += sender & 0x40 == 0 ? 1 : 4000
            let address = sender & 1 == 0 ? IPAddress(192, 0, 2, 1) : IPAddress(high: 0x2001_0DB8 << 32, low: 1)
            let port: UInt16 = sender & 2 == 0 ? 2055 : 40_000
            let source = IPEndpoint(address: address, port: port)
            result.append(FuzzDatagram(bytes: bytes, context: DatagramContext(source: source, receivedAt: clock)))
        }
        return (options, result)
    }

    /// Writes a big-endian 16-bit number where there is room for it.
    public static func set(_ bytes: inout [UInt8], _ offset: Int, _ value: Int) {
        guard bytes.count >= offset + 2 else { return }
        bytes[offset] = UInt8(truncatingIfNeeded: value >> 8)
        bytes[offset + 1] = UInt8(truncatingIfNeeded: value)
    }
}
