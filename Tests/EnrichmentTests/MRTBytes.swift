import Enrichment
import NetTypes

/// Writes MRT records and BGP attributes for the tests.
struct MRTBytes {
    var bytes: [UInt8] = []

    mutating func u8(_ value: Int) { bytes.append(UInt8(truncatingIfNeeded: value)) }
    mutating func u16(_ value: Int) {
        u8(value >> 8)
        u8(value)
    }
    mutating func u32(_ value: Int) {
        u16(value >> 16)
        u16(value)
    }

    static func make(_ body: (inout MRTBytes) -> Void) -> [UInt8] {
        var writer = MRTBytes()
        body(&writer)
        return writer.bytes
    }

    /// A record with its header.
    static func record(type: Int = 13, subtype: Int, _ body: [UInt8]) -> [UInt8] {
        make {
            $0.u32(1_750_000_000)
            $0.u16(type)
            $0.u16(subtype)
            $0.u32(body.count)
        } + body
    }

    /// A PEER_INDEX_TABLE of IPv4 peers with four-byte numbers.
    static func peers(_ numbers: [Int]) -> [UInt8] {
        record(
            subtype: 1,
            make {
                $0.u32(1)
                $0.u16(0)
                $0.u16(numbers.count)
                for number in numbers {
                    $0.u8(2)
                    $0.u32(1)
                    $0.u32(0xC000_0201)
                    $0.u32(number)
                }
            }
        )
    }

    /// A RIB_IPV4_UNICAST record: a prefix and (peer, attributes) entries.
    static func route(_ prefix: String, _ entries: [(peer: Int, attributes: [UInt8])], subtype: Int = 2) -> [UInt8] {
        let prefix = Prefix(prefix) ?? Prefix(IPAddress(v4: 0), bits: 96)
        return record(
            subtype: subtype,
            make {
                $0.u32(0)
                if subtype == 6 {
                    $0.u16(prefix.isV4 ? 1 : 2)
                    $0.u8(1)
                }
                $0.address(prefix)
                $0.u16(entries.count)
                for entry in entries {
                    $0.u16(entry.peer)
                    $0.u32(1_750_000_000)
                    if subtype == 8 || subtype == 10 { $0.u32(7) }
                    $0.u16(entry.attributes.count)
                    $0.bytes += entry.attributes
                }
            }
        )
    }

    private mutating func address(_ prefix: Prefix) {
        u8(prefix.length)
        let whole = (0..<16).map { index -> UInt8 in
            let half = index < 8 ? prefix.first.high : prefix.first.low
            return UInt8(truncatingIfNeeded: half >> UInt64(56 - index % 8 * 8))
        }
        bytes += whole[(prefix.isV4 ? 12 : 0)...].prefix((prefix.length + 7) / 8)
    }

    /// A TABLE_DUMP record of IPv4.
    static func entry(_ prefix: String, peer: String, peerAS: Int, _ attributes: [UInt8]) -> [UInt8] {
        let prefix = Prefix(prefix) ?? Prefix(IPAddress(v4: 0), bits: 96)
        return record(
            type: 12,
            subtype: 1,
            make {
                $0.u32(0)
                $0.u32(Int(prefix.first.v4))
                $0.u8(prefix.length)
                $0.u8(1)
                $0.u32(1_750_000_000)
                $0.u32(Int(IPAddress(peer)?.v4 ?? 0))
                $0.u16(peerAS)
                $0.u16(attributes.count)
                $0.bytes += attributes
            }
        )
    }

    /// A segment of a path.
    enum Segment {
        case set([Int]), sequence([Int]), confederation([Int])

        var type: Int {
            switch self {
            case .set: 1
            case .sequence: 2
            case .confederation: 3
            }
        }

        var numbers: [Int] {
            switch self {
            case .set(let numbers), .sequence(let numbers), .confederation(let numbers): numbers
            }
        }
    }

    /// AS_PATH or, as type 17, AS4_PATH.
    static func path(_ segments: Segment..., type: Int = 2, wide: Bool = true) -> [UInt8] {
        let value = make {
            for segment in segments {
                $0.u8(segment.type)
                $0.u8(segment.numbers.count)
                for number in segment.numbers { wide ? $0.u32(number) : $0.u16(number) }
            }
        }
        return attribute(type, value)
    }

    static func attribute(_ type: Int, _ value: [UInt8]) -> [UInt8] {
        make {
            $0.u8(value.count > 255 ? 0x50 : 0x40)
            $0.u8(type)
            if value.count > 255 { $0.u16(value.count) } else { $0.u8(value.count) }
        } + value
    }
}

/// What a reader made of a file: each prefix with its origin, and the counters.
struct MRTOutcome {
    var origins: [String: UInt32] = [:]
    var counters = RouteCounters()

    init(_ file: [UInt8], pieces: Int = .max, isWhole: Bool = true, filter: RouteFilter = RouteFilter()) {
        var reader = MRTReader()
        var builder = AddressMapBuilder(filter: filter)
        var offset = 0
        while offset < file.count {
            let end = file.count - offset > pieces ? offset + pieces : file.count
            reader.read(Array(file[offset..<end]).span.bytes, into: &builder)
            offset = end
        }
        reader.finish(isWhole: isWhole, into: &builder)
        builder.forEachRoute { prefix, asn, _ in origins[prefix.description] = asn }
        counters = reader.counters
    }
}

/// Numbers that look random and are the same in every run.
struct TestRandom: RandomNumberGenerator {
    private var state: UInt64

    init(_ seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ z >> 30) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ z >> 27) &* 0x94D0_49BB_1331_11EB
        return z ^ z >> 31
    }
}
