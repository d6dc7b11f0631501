import FlowSchema
import NetTypes

/// The bits of addresses that are kept, for both families, in memory's byte order.
struct AddressMask: Sendable {
    private let v4Low: UInt64
    private let v6High: UInt64
    private let v6Low: UInt64

    init(_ anonymization: Anonymization) {
        let v4 = Prefix(IPAddress(high: .max, low: .max), bits: 96 + anonymization.v4Bits).first
        let v6 = Prefix(IPAddress(high: .max, low: .max), bits: anonymization.v6Bits).first
        v4Low = v4.low
        (v6High, v6Low) = (v6.high, v6.low)
    }

    /// The address with its host bits zero.
    @inline(__always)
    func callAsFunction(_ bytes: AddressBytes) -> AddressBytes {
        let address = bytes.address
        return address.isV4
            ? AddressBytes(IPAddress(high: 0, low: address.low & v4Low))
            : AddressBytes(IPAddress(high: address.high & v6High, low: address.low & v6Low))
    }
}

/// Which values of an anonymised sampler's rows hold addresses of the flow.
enum AnonymizedColumns {
    /// Ends of the flow, translated ones and those inside tunnels. Next hops are routers, and stay.
    static let addresses: [FlowColumn] = [.srcAddr, .dstAddr, .srcAddrEncap, .dstAddrEncap, .srcAddrNAT, .dstAddrNAT]

    /// The texts that stay: they name kinds of traffic and the network's own things. All others may hold an
    /// address, a name that resolves to one, or a person's name, and go, those of configured elements among them.
    static let keptTexts: [[UInt8]] = [
        "applicationCategory", "applicationDescription", "applicationGroup", "applicationName",
        "applicationSubCategory", "encryptedTechnology", "httpContentType", "httpMethod", "httpReason", "httpVersion",
        "observationDomainName", "osName", "p2pTechnology", "selectorName", "tunnelTechnology", "vrfName", "wlanSSID",
    ].map { Array($0.utf8) }
}
