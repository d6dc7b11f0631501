import Foundation
import Glibc
import LinuxCapture
import NetTypes
import Testing

/// Real rings on the loopback interface.
@Suite("Rings that share an interface's frames")
struct PacketRingTests {
    @Test(
        "have each frame once, in the group of number 0 as well, the first that a kernel gives after its start",
        .enabled(if: geteuid() == 0, "packet sockets are for root")
    )
    func groupZero() throws {
        let loopback = if_nametoindex("lo")
        var options = PacketRing.Options()
        options.ignoresOutgoing = true
        var sharing = PacketRing.Sharing.group(0)
        let rings = [
            try PacketRing(interface: loopback, name: "lo", options, sharing: &sharing),
            try PacketRing(interface: loopback, name: "lo", options, sharing: &sharing),
        ]
        // A port that nobody has, so that what others send isn't taken for ours.
        let receiver = try UDPReceiver(IPEndpoint(address: IPAddress(127, 0, 0, 1), port: 0), receiveBuffer: 1 << 16)
        let port = receiver.endpoint.port
        let (senders, each) = (20, 10)
        for _ in 0..<senders { try send(each, to: port) }
        var counts = rings.map { _ in 0 }
        func look() {
            for (index, ring) in rings.enumerated() {
                _ = ring.read(most: 100_000) { bytes, _ in counts[index] += isDatagram(bytes, to: port) ? 1 : 0 }
            }
        }
        for _ in 0..<200 where counts.reduce(0, +) < senders * each {
            Thread.sleep(forTimeInterval: 0.05)
            look()
        }
        // What would come twice comes with the same blocks, or the next.
        Thread.sleep(forTimeInterval: 0.3)
        look()
        #expect(counts.reduce(0, +) == senders * each)
    }

    /// Sends from a port of its own, since a flow's frames all go to one ring.
    private func send(_ count: Int, to port: UInt16) throws {
        let descriptor = socket(AF_INET, Int32(SOCK_DGRAM.rawValue), 0)
        try #require(descriptor >= 0)
        defer { close(descriptor) }
        var name = sockaddr_in()
        name.sin_family = sa_family_t(AF_INET)
        name.sin_port = port.bigEndian
        name.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        for _ in 0..<count {
            let sent = withUnsafePointer(to: &name) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    sendto(descriptor, "x", 1, 0, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
                }
            }
            try #require(sent == 1)
        }
    }

    /// Whether a frame is an Ethernet frame with UDP over IPv4 to a port.
    private func isDatagram(_ frame: RawSpan, to port: UInt16) -> Bool {
        let bytes = (0..<frame.byteCount).map { frame.unsafeLoad(fromByteOffset: $0, as: UInt8.self) }
        guard bytes.count >= 38, bytes[12...13] == [8, 0], bytes[23] == 17 else { return false }
        return UInt16(bytes[36]) << 8 | UInt16(bytes[37]) == port
    }
}
