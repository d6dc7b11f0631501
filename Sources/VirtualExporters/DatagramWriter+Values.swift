import NetTypes

/// Values as flow protocols lay them out.
extension DatagramWriter {
    /// An address in 4 bytes (IPv4) or 16.
    @inline(__always)
    mutating func write(address: IPAddress, length: UInt16) {
        if length == 4 {
            write(address.v4)
        } else {
            write(address.high)
            write(address.low)
        }
    }

    /// Text of up to 254 bytes with its length in front (RFC 7011 section 7).
    mutating func write(shortText text: String) {
        let bytes = text.utf8.prefix(254)
        write(UInt8(bytes.count))
        for byte in bytes { write(byte) }
    }
}

extension FlowRecord {
    /// The name of the application that the flow's well-known port stands for.
    var applicationName: String {
        switch min(sourcePort, destinationPort) {
        case 53: "dns"
        case 80: "http"
        case 123: "ntp"
        case 443: ipProtocol == 17 ? "quic" : "https"
        default: ""
        }
    }
}
