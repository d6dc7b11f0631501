/// An address with a UDP or TCP port: `192.0.2.1:2055`, `[2001:db8::1]:2055`.
public struct IPEndpoint: Hashable, Sendable {
    /// The address.
    public var address: IPAddress
    /// The port, 0 to 65535.
    public var port: UInt16

    /// Makes an endpoint.
    public init(address: IPAddress, port: UInt16) {
        self.address = address
        self.port = port
    }
}

extension IPEndpoint: LosslessStringConvertible {
    /// `192.0.2.1:2055`, `[2001:db8::1]:2055`.
    public var description: String {
        address.isV4 ? "\(address):\(port)" : "[\(address)]:\(port)"
    }

    /// Reads an address and a port; `localhost` stands for 127.0.0.1. Nil
    /// when either is missing or wrong: names are not looked up.
    public init?(_ text: String) {
        guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]) else {
            return nil
        }
        let host = text[..<colon]
        guard let address = host == "localhost" ? IPAddress(127, 0, 0, 1) : IPAddress(String(host)),
            address.isV4 || host.hasPrefix("[")
        else { return nil }
        self.init(address: address, port: port)
    }
}
