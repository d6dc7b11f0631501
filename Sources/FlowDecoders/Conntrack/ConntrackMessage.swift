import FlowSchema
import WireFormat

/// One message of the kernel's connection tracking (ctnetlink): a connection as it is now, or was when it ended.
///
/// What the kernel doesn't tell is 0, or nil where 0 means something.
struct ConntrackMessage {
    /// One direction's ends.
    struct Tuple: BitwiseCopyable {
        var source = AddressBytes(memoryHigh: 0, memoryLow: 0)
        var destination = AddressBytes(memoryHigh: 0, memoryLow: 0)
        var sourcePort: UInt16 = 0
        var destinationPort: UInt16 = 0
        var proto: UInt8 = 0
        var icmpType: UInt8 = 0
        var icmpCode: UInt8 = 0

        /// The other direction's, as it is without NAT.
        var swapped: Tuple {
            var other = self
            (other.source, other.destination) = (destination, source)
            (other.sourcePort, other.destinationPort) = (destinationPort, sourcePort)
            return other
        }

        /// Whether the ends are the same; of ICMP the types differ by direction.
        func hasSameEnds(_ other: Tuple) -> Bool {
            source == other.source && destination == other.destination && sourcePort == other.sourcePort
                && destinationPort == other.destinationPort
        }
    }

    /// One direction's traffic so far.
    struct Counters: BitwiseCopyable, Equatable {
        var packets: UInt64 = 0
        var bytes: UInt64 = 0
    }

    /// AF_INET or AF_INET6.
    var family: UInt8 = 0
    var original = Tuple()
    var reply = Tuple()
    /// Traffic of the original direction; nil where the kernel doesn't count this connection's.
    var originalCounters: Counters?
    var replyCounters: Counters?
    var status: UInt32 = 0
    var mark: UInt32 = 0
    var zone: UInt16 = 0
    var id: UInt32 = 0
    /// When it began and ended, in nanoseconds since 1970 UTC.
    var start: UInt64?
    var stop: UInt64?

    /// The Ethertype of its packets.
    var eType: UInt16 { family == 2 ? 0x0800 : 0x86DD }
    /// Whether addresses or ports are translated on the way.
    var isTranslated: Bool { !reply.hasSameEnds(original.swapped) }

    /// The number of the subsystem in the high byte of message types (NFNL_SUBSYS_CTNETLINK).
    static let subsystem: UInt16 = 1
    /// Messages of it: a new or changed connection, and one that ended.
    static let new: UInt16 = subsystem << 8
    static let delete: UInt16 = subsystem << 8 | 2

    /// Reads what is behind a message's header: `struct nfgenmsg` of four bytes, then attributes.
    init(_ payload: RawSpan) throws(DecodeError) {
        guard payload.byteCount >= 4 else { throw .truncated }
        family = payload.number(at: 0)
        // Nothing else has addresses that a row could tell.
        guard family == 2 || family == 10 else { throw .badStructure }
        var attributes = NetlinkAttributes(payload, from: 4)
        var hasOriginal = false
        while try attributes.next() {
            switch attributes.type {
            case 1:
                original = try Self.tuple(attributes.nested)
                hasOriginal = true
            case 2: reply = try Self.tuple(attributes.nested)
            case 3: status = try attributes.number()
            case 8: mark = try attributes.number()
            case 9: originalCounters = try Self.counters(attributes.nested)
            case 10: replyCounters = try Self.counters(attributes.nested)
            case 12: id = try attributes.number()
            case 18: zone = try attributes.number()
            case 20: try readTimes(attributes.nested)
            default: break
            }
        }
        guard hasOriginal else { throw .badStructure }
    }

    /// CTA_TUPLE_IP and CTA_TUPLE_PROTO.
    private static func tuple(_ nested: consuming NetlinkAttributes) throws(DecodeError) -> Tuple {
        var tuple = Tuple()
        while try nested.next() {
            var inner = nested.nested
            switch nested.type {
            case 1:
                while try inner.next() {
                    switch inner.type {
                    case 1: tuple.source = try addressV4(inner)
                    case 2: tuple.destination = try addressV4(inner)
                    case 3: tuple.source = try addressV6(inner)
                    case 4: tuple.destination = try addressV6(inner)
                    default: break
                    }
                }
            case 2:
                while try inner.next() {
                    switch inner.type {
                    case 1: tuple.proto = try inner.number()
                    case 2: tuple.sourcePort = try inner.number()
                    case 3: tuple.destinationPort = try inner.number()
                    case 5, 8: tuple.icmpType = try inner.number()
                    case 6, 9: tuple.icmpCode = try inner.number()
                    default: break
                    }
                }
            default: break
            }
        }
        return tuple
    }

    private static func addressV4(_ attribute: borrowing NetlinkAttributes) throws(DecodeError) -> AddressBytes {
        guard attribute.length == 4 else { throw .badLength }
        return attribute.value.addressV4(at: 0)
    }

    private static func addressV6(_ attribute: borrowing NetlinkAttributes) throws(DecodeError) -> AddressBytes {
        guard attribute.length == 16 else { throw .badLength }
        return attribute.value.addressV6(at: 0)
    }

    /// CTA_COUNTERS_PACKETS and _BYTES, or the older ones of 32 bits.
    private static func counters(_ nested: consuming NetlinkAttributes) throws(DecodeError) -> Counters {
        var counters = Counters()
        while try nested.next() {
            switch nested.type {
            case 1: counters.packets = try nested.number()
            case 2: counters.bytes = try nested.number()
            case 3: counters.packets = UInt64(try nested.number(as: UInt32.self))
            case 4: counters.bytes = UInt64(try nested.number(as: UInt32.self))
            default: break
            }
        }
        return counters
    }

    private mutating func readTimes(_ nested: consuming NetlinkAttributes) throws(DecodeError) {
        while try nested.next() {
            switch nested.type {
            case 1: start = try nested.number(as: UInt64.self)
            case 2: stop = try nested.number(as: UInt64.self)
            default: break
            }
        }
    }
}
