import FlowDecoders
import FuzzSupport
import NetTypes
import WireFormat

/// Capture files: from the file's first byte to rows.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let file = Array(UnsafeBufferPointer(start: start, count: count))
    guard let reader = try? CaptureReader(file) else { return 0 }
    var packets = reader
    var last = 0
    while let packet = try? packets.next() {
        FuzzLaws.require(packet.bytes.upperBound <= file.count, "a packet lies outside of the file")
        FuzzLaws.require(packet.bytes.lowerBound > last, "the reader doesn't move forward")
        last = packet.bytes.lowerBound
    }
    var source = CaptureDatagrams(reader)
    var datagrams: [FuzzDatagram] = []
    var bytes = 0
    while let datagram = try? source.next() {
        bytes += datagram.payload.count
        let address = IPAddress(high: datagram.source.high, low: datagram.source.low)
        let context = DatagramContext(
            source: IPEndpoint(address: address, port: datagram.source.port),
            receivedAt: UInt32(truncatingIfNeeded: datagram.timestamp / 1_000_000_000)
        )
        datagrams.append(FuzzDatagram(bytes: Array(datagram.payload), context: context))
    }
    FuzzLaws.require(bytes <= file.count, "more payload than file")
    FuzzLaws.check(datagrams, [])
    return 0
}
