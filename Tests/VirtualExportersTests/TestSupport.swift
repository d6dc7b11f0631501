import NetTypes

@testable import VirtualExporters

/// A time for all tests: 2026-11-23 12:00:00.250 UTC, in milliseconds.
let noon: UInt64 = 1_795_435_200_250

func profile(samplingRate: UInt32 = 1000, uptime: UInt64 = 3_600_000, interfaces: Int = 2) -> ExporterProfile {
    ExporterProfile(
        name: "r1",
        address: IPAddress(127, 0, 0, 9),
        domain: 7,
        samplingRate: samplingRate,
        bootTime: noon - uptime,
        interfaces: (0..<interfaces).map {
            .init(index: UInt32($0 + 1), name: "if\($0 + 1)", description: "d\($0 + 1)")
        }
    )
}

func flow(isV4: Bool = true, bytes: UInt64 = 1500, packets: UInt64 = 3) -> FlowRecord {
    var flow = FlowRecord()
    flow.source = isV4 ? IPAddress(192, 0, 2, 1) : IPAddress(high: 0x2001_0DB8_0000_0000, low: 1)
    flow.destination = isV4 ? IPAddress(198, 51, 100, 2) : IPAddress(high: 0x2001_0DB8_0000_0001, low: 2)
    flow.nextHop = isV4 ? IPAddress(203, 0, 113, 3) : IPAddress(high: 0x2001_0DB8_0000_0002, low: 3)
    (flow.bytes, flow.packets) = (bytes, packets)
    (flow.start, flow.end) = (noon - 2_000, noon - 1_000)
    (flow.inIf, flow.outIf) = (1, 2)
    (flow.sourceAS, flow.destinationAS) = (64_500, 4_200_000_077)
    (flow.sourcePort, flow.destinationPort) = (443, 50_000)
    (flow.sourceMask, flow.destinationMask) = (24, 16)
    (flow.tcpFlags, flow.vlan, flow.direction) = (0x1B, 100, 1)
    return flow
}

func hex(_ text: String) -> [UInt8] {
    let digits = text.filter { !$0.isWhitespace }
    return stride(from: 0, to: digits.count, by: 2).compactMap { at in
        let start = digits.index(digits.startIndex, offsetBy: at)
        return UInt8(digits[start..<digits.index(start, offsetBy: 2)], radix: 16)
    }
}

/// The big-endian number of `length` bytes at `offset`.
func number(_ bytes: [UInt8], at offset: Int, length: Int) -> UInt64 {
    bytes[offset..<offset + length].reduce(0) { $0 << 8 | UInt64($1) }
}
