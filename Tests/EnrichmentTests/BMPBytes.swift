import Enrichment
import NetTypes

/// Writes BMP messages, with BGP messages in them, for the tests (RFC 7854, RFC 4271).
enum BMPBytes {
    static func message(_ type: Int, _ body: [UInt8], version: Int = 3) -> [UInt8] {
        MRTBytes.make {
            $0.u8(version)
            $0.u32(body.count + 6)
            $0.u8(type)
        } + body
    }

    static func text(_ type: Int, _ text: String) -> [UInt8] {
        MRTBytes.make {
            $0.u16(type)
            $0.u16(text.utf8.count)
        } + text.utf8
    }

    static let initiation = message(4, text(1, "a router") + text(2, "edge\u{1}1"))

    /// Per-peer header; flags: V 0x80, L 0x40, A 0x20, O 0x10.
    static func header(_ peer: String, type: Int = 0, flags: Int = 0, distinguisher: Int = 0) -> [UInt8] {
        let address = IPAddress(peer) ?? .unspecified
        return MRTBytes.make {
            $0.u8(type)
            $0.u8(flags | (address.isV4 ? 0 : 0x80))
            $0.u32(distinguisher >> 32)
            $0.u32(distinguisher)
            for shift in stride(from: 56, through: 0, by: -8) {
                $0.u8(address.isV4 ? 0 : Int(address.high >> UInt64(shift) & 255))
            }
            if address.isV4 {
                $0.u32(0)
                $0.u32(Int(address.v4))
            } else {
                for shift in stride(from: 56, through: 0, by: -8) { $0.u8(Int(address.low >> UInt64(shift) & 255)) }
            }
            $0.u32(64501)
            $0.u32(1)
            $0.u32(0)
            $0.u32(0)
        }
    }

    static func bgp(_ type: Int, _ body: [UInt8]) -> [UInt8] {
        [UInt8](repeating: 0xFF, count: 16)
            + MRTBytes.make {
                $0.u16(19 + body.count)
                $0.u8(type)
            } + body
    }

    /// An OPEN with capabilities.
    static func open(asn: Int = 64500, _ capabilities: [UInt8] = []) -> [UInt8] {
        let parameters = capabilities.isEmpty ? [] : [2, UInt8(capabilities.count)] + capabilities
        return bgp(
            1,
            MRTBytes.make {
                $0.u8(4)
                $0.u16(asn)
                $0.u16(90)
                $0.u32(1)
                $0.u8(parameters.count)
            } + parameters
        )
    }

    /// ADD-PATH for both families.
    static func addPath(_ mode: UInt8) -> [UInt8] { [69, 8, 0, 1, 1, mode, 0, 2, 1, mode] }

    static func peerUp(
        _ peer: String,
        type: Int = 0,
        flags: Int = 0,
        sent: [UInt8]? = nil,
        received: [UInt8]? = nil
    ) -> [UInt8] {
        let local = [UInt8](repeating: 0, count: 20)
        return message(
            3,
            header(peer, type: type, flags: flags) + local + (sent ?? open()) + (received ?? open(asn: 64501))
        )
    }

    static func peerDown(_ peer: String) -> [UInt8] { message(2, header(peer) + [1]) }

    static func routes(_ peer: String, type: Int = 0, flags: Int = 0, _ update: [UInt8]) -> [UInt8] {
        message(0, header(peer, type: type, flags: flags) + bgp(2, update))
    }

    // MARK: - UPDATE

    static func update(withdrawn: [UInt8] = [], attributes: [UInt8] = [], nlri: [UInt8] = []) -> [UInt8] {
        MRTBytes.make { $0.u16(withdrawn.count) } + withdrawn + MRTBytes.make { $0.u16(attributes.count) } + attributes
            + nlri
    }

    static func attribute(_ flags: Int, _ type: Int, _ value: [UInt8]) -> [UInt8] {
        [UInt8(flags), UInt8(type), UInt8(value.count)] + value
    }

    /// ORIGIN, AS_PATH as one sequence of four bytes each, NEXT_HOP.
    static func attributes(_ path: [Int], nextHop: [UInt8]? = [192, 0, 2, 1], preference: Int? = nil) -> [UInt8] {
        let segment =
            path.isEmpty
            ? []
            : MRTBytes.make {
                $0.u8(2)
                $0.u8(path.count)
                for number in path { $0.u32(number) }
            }
        return attribute(0x40, 1, [0]) + attribute(0x40, 2, segment) + (nextHop.map { attribute(0x40, 3, $0) } ?? [])
            + (preference.map { number in attribute(0x40, 5, MRTBytes.make { $0.u32(number) }) } ?? [])
    }

    /// Prefixes as NLRI, behind a path identifier if there is one.
    static func nlri(_ prefixes: String..., path: Int? = nil) -> [UInt8] {
        prefixes.flatMap { text -> [UInt8] in
            guard let prefix = Prefix(text) else { return [] }
            let bytes =
                prefix.isV4
                ? MRTBytes.make { $0.u32(Int(prefix.first.v4)) }
                : MRTBytes.make { writer in
                    for half in [prefix.first.high, prefix.first.low] {
                        for shift in stride(from: 56, through: 0, by: -8) {
                            writer.u8(Int(half >> UInt64(shift) & 255))
                        }
                    }
                }
            let own = [UInt8(prefix.length)] + bytes.prefix((prefix.length + 7) / 8)
            return (path.map { number in MRTBytes.make { $0.u32(number) } } ?? []) + own
        }
    }
}
