import FlowDecoders
import NetMetaTesting
import NetTypes

/// Builds NetFlow and IPFIX messages byte by byte, independently of the product's own encoders.
struct Bytes {
    var bytes: [UInt8] = []

    static func u8(_ values: UInt8...) -> [UInt8] { values }
    static func u16(_ values: UInt16...) -> [UInt8] { values.flatMap { [UInt8($0 >> 8), UInt8($0 & 255)] } }
    static func u32(_ values: UInt32...) -> [UInt8] {
        values.flatMap { value in
            stride(from: 24, through: 0, by: -8).map { UInt8(truncatingIfNeeded: value >> UInt32($0)) }
        }
    }
    static func u64(_ value: UInt64) -> [UInt8] {
        stride(from: 56, through: 0, by: -8).map { UInt8(truncatingIfNeeded: value >> UInt64($0)) }
    }

    /// A set or flow set with its header.
    static func set(_ id: UInt16, _ body: [UInt8]...) -> [UInt8] {
        let whole = body.flatMap { $0 }
        return u16(id, UInt16(whole.count + 4)) + whole
    }

    /// An options template record of IPFIX: id, scopes first, each (element, length).
    static func optionsTemplate(_ id: UInt16, scope: Int, _ fields: [(UInt16, UInt16)]) -> [UInt8] {
        u16(id, UInt16(fields.count), UInt16(scope)) + fields.flatMap { u16($0.0, $0.1) }
    }

    /// A field of variable length (RFC 7011 section 7).
    static func variable(_ bytes: [UInt8]) -> [UInt8] {
        (bytes.count < 255 ? [UInt8(bytes.count)] : [255] + u16(UInt16(bytes.count))) + bytes
    }

    /// A template record: id, then (element, length) pairs.
    static func template(_ id: UInt16, _ fields: [(UInt16, UInt16)]) -> [UInt8] {
        u16(id, UInt16(fields.count)) + fields.flatMap { u16($0.0, $0.1) }
    }

    static let exportTime: UInt32 = 1_800_000_000
    static let uptime: UInt32 = 10_000_000

    static func v9(sequence: UInt32 = 1, domain: UInt32 = 7, uptime: UInt32 = uptime, _ sets: [UInt8]...) -> [UInt8] {
        u16(9, UInt16(sets.count)) + u32(uptime, exportTime, sequence, domain) + sets.flatMap { $0 }
    }

    static func ipfix(sequence: UInt32 = 1, domain: UInt32 = 7, _ sets: [UInt8]...) -> [UInt8] {
        let body = sets.flatMap { $0 }
        return u16(10, UInt16(16 + body.count)) + u32(exportTime, sequence, domain) + body
    }
}

extension RecordedDatagram {
    /// A datagram from an exporter of the tests.
    init(_ bytes: [UInt8], from address: IPAddress = IPAddress(192, 0, 2, 1), port: UInt16 = 4000) {
        self.init(
            bytes: bytes,
            context: DatagramContext(
                source: IPEndpoint(address: address, port: port),
                receivedAt: Bytes.exportTime + 1
            )
        )
    }
}
