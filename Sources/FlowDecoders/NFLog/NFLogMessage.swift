import FlowSchema
import WireFormat

/// One packet that a rule of the host's firewall logged (nfnetlink_log): what
/// the kernel tells of it, and where in the message its bytes are.
///
/// What isn't told is 0, or nil where 0 means something. All numbers are big-endian.
struct NFLogMessage: ~Escapable {
    /// The address family: 2 IPv4, 10 IPv6, 7 bridge, 5 a single device's.
    var family: UInt8
    /// The group that the rule names.
    var group: UInt16
    /// Where in the host it was logged: 0 prerouting, 1 input, 2 forward, 3 output, 4 postrouting.
    var hook: UInt8 = 255
    /// The Ethertype.
    var eType: UInt16 = 0
    var mark: UInt32 = 0
    var time: HostTime?
    var inIf: UInt32 = 0
    var outIf: UInt32 = 0
    var inPhysIf: UInt32 = 0
    var outPhysIf: UInt32 = 0
    var uid: UInt32?
    var gid: UInt32?
    /// The number of the message in its group; nil where the kernel doesn't number them.
    var sequence: UInt32?
    var vlan: UInt16?
    var srcMac: UInt64 = 0
    var dstMac: UInt64 = 0
    /// The packet from its IP header on, perhaps cut short.
    var packet: RawSpan
    /// What the rule says of it, without the NUL at its end.
    var prefix: RawSpan

    /// The number of the subsystem in the high byte of message types (NFNL_SUBSYS_ULOG).
    static let subsystem: UInt16 = 4
    /// Messages with a packet (NFULNL_MSG_PACKET).
    static let packet: UInt16 = subsystem << 8

    /// Reads what is behind a message's header: `struct nfgenmsg` of four bytes, then attributes.
    @_lifetime(copy payload)
    init(_ payload: RawSpan) throws(DecodeError) {
        let empty = payload.cut(at: 0, length: 0)
        packet = empty
        prefix = empty
        guard payload.byteCount >= 4 else { throw .truncated }
        family = payload.number(at: 0)
        group = payload.number(at: 2)
        var header = RawHeader()
        var attributes = NetlinkAttributes(payload, from: 4)
        while try attributes.next() {
            switch attributes.type {
            case 1:
                eType = try attributes.number()
                hook = try attributes.number(at: 2)
            case 2: mark = try attributes.number()
            case 3:
                let seconds = try attributes.number(as: UInt64.self)
                let micros = try attributes.number(at: 8, as: UInt64.self)
                time = HostTime(
                    seconds: UInt32(truncatingIfNeeded: seconds),
                    nanoseconds: UInt32(truncatingIfNeeded: micros % 1_000_000) * 1000
                )
            case 4: inIf = try attributes.number()
            case 5: outIf = try attributes.number()
            case 6: inPhysIf = try attributes.number()
            case 7: outPhysIf = try attributes.number()
            case 9: packet = attributes.value
            case 10: prefix = Self.text(attributes.value)
            case 11: uid = try attributes.number()
            case 12: sequence = try attributes.number()
            case 14: gid = try attributes.number()
            case 15: header.hardware = try attributes.number()
            case 16: header.addresses = attributes.length >= 14 ? try Self.addresses(attributes) : nil
            case 17: header.length = try attributes.number()
            case 20: vlan = try Self.tag(attributes.nested)
            case 21: if attributes.length >= 14 { header.addresses = try Self.addresses(attributes) }
            default: break
            }
        }
        // ARPHRD_ETHER, with its header of 14 bytes.
        if header.hardware == 1, header.length == 14, let addresses = header.addresses {
            (dstMac, srcMac) = addresses
        }
    }

    private struct RawHeader {
        var hardware: UInt16 = 1
        var length: UInt16 = 14
        var addresses: (UInt64, UInt64)?
    }

    /// Destination and source in front of an Ethernet frame.
    private static func addresses(_ attribute: borrowing NetlinkAttributes) throws(DecodeError) -> (UInt64, UInt64) {
        let destination = try attribute.number(at: 0, as: UInt64.self) >> 16
        let source = try attribute.number(at: 6, as: UInt64.self) >> 16
        return (destination, source)
    }

    /// NFULA_VLAN_TCI.
    private static func tag(_ nested: consuming NetlinkAttributes) throws(DecodeError) -> UInt16? {
        var tag: UInt16?
        while try nested.next() {
            if nested.type == 2 { tag = try nested.number(as: UInt16.self) & 0xFFF }
        }
        return tag
    }

    /// The bytes up to the first NUL.
    @_lifetime(copy bytes)
    private static func text(_ bytes: RawSpan) -> RawSpan {
        var end = 0
        while end < bytes.byteCount, bytes.number(at: end, as: UInt8.self) != 0 { end += 1 }
        return bytes.cut(at: 0, length: end)
    }
}
