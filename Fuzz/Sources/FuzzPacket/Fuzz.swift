import FlowDecoders
import FlowSchema

/// Packet headers: the first byte tells the link, the rest is the packet.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let input = UnsafeBufferPointer(start: start, count: count)
    guard let first = input.first else { return 0 }
    let links: [PacketLink] = [.ethernet, .ipv4, .ipv6, .ip, .mpls, .ppp]
    let link = links[Int(first) % links.count]
    let bytes = Array(input.dropFirst())
    let whole = PacketHeader(bytes.span.bytes, link: link)
    // Agents cut packets anywhere: one cut, too, is read without harm.
    let cut = PacketHeader(bytes.span.bytes.extracting(first: bytes.count / 2), link: link)
    let batch = FlowBatch(capacity: 2)
    let packets = [whole, cut]
    batch.store(packets.span, in: batch.reserve(2))
    batch.seal()
    guard batch.address(.srcAddr, row: 0) == whole.srcAddr.address,
        batch.number(.srcMac, row: 0) == whole.srcMac, batch.number(.srcMac, row: 0) >> 48 == 0,
        batch.number(.vlanId, row: 0) < 4096,
        batch.number(.ipv6FlowLabel, row: 0) < 1 << 20
    else { fatalError("law broken: a column holds what the header doesn't say") }
    return 0
}
