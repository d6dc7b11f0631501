import NetTypes
import WireFormat

/// Where the attributes of an UPDATE are, and what is wrong with them.
///
/// Nothing but places and numbers, so that hostile attributes cost no memory.
struct AttributeFields {
    private(set) var reach = 0..<0
    private(set) var unreach = 0..<0
    private(set) var hasReach = false
    private(set) var hasUnreach = false
    /// NEXT_HOP; nil without one.
    private(set) var nextHop: IPAddress?
    /// Routes can't be told apart: MP_REACH_NLRI or MP_UNREACH_NLRI is there twice (RFC 7606 section 3 g).
    private(set) var isAmbiguous = false

    private var path: Range<Int>?
    private var longPath = 0..<0
    private var communities = 0..<0
    private var largeCommunities = 0..<0
    private var extendedCommunities = 0..<0
    private var originCode: UInt8?
    private var discriminator: UInt32 = 0
    private var localPreference: UInt32 = 100
    /// The routes have to be taken as withdrawn.
    private var isMalformed = false

    /// Types of attributes (IANA, "BGP Path Attributes").
    private enum Attribute: UInt8 {
        case origin = 1
        case path = 2
        case nextHop = 3
        case discriminator = 4
        case localPreference = 5
        case communities = 8
        case reach = 14
        case unreach = 15
        case extendedCommunities = 16
        case longPath = 17
        case largeCommunities = 32

        /// The flags Optional and Transitive, as their specifications have them.
        var flags: UInt8 {
            switch self {
            case .origin, .path, .nextHop, .localPreference: 0x40
            case .discriminator, .reach, .unreach: 0x80
            case .communities, .extendedCommunities, .longPath, .largeCommunities: 0xC0
            }
        }

        /// Its bit in a set.
        var bit: UInt64 { 1 << UInt64(rawValue) }
    }

    /// Finds the attributes. Where one doesn't fit (RFC 7606 section 4), what was found before it counts.
    ///
    /// - Parameter checksFlags: false for dumps, in which bird 2 writes flags of 0.
    mutating func read(_ attributes: RawSpan, checksFlags: Bool = true) {
        var reader = WireReader(attributes)
        var seen: UInt64 = 0
        while reader.remaining > 0 {
            do throws(DecodeError) {
                let flags = try reader.read(UInt8.self)
                let type = try reader.read(UInt8.self)
                // "Extended Length": two bytes of it.
                let length = flags & 0x10 == 0 ? Int(try reader.read(UInt8.self)) : Int(try reader.read(UInt16.self))
                let place = reader.offset..<reader.offset + length
                let value = try reader.take(length)
                guard let attribute = Attribute(rawValue: type) else { continue }
                if seen & attribute.bit != 0 {
                    // Of others the first counts (RFC 7606 section 3 g).
                    if attribute == .reach || attribute == .unreach { isAmbiguous = true }
                    continue
                }
                seen |= attribute.bit
                // Its flags contradict its type (RFC 7606 section 3 c); where the routes are is still to be seen.
                if checksFlags, flags & 0xC0 != attribute.flags, attribute != .longPath { isMalformed = true }
                take(attribute, value, place)
            } catch {
                isMalformed = true
                return
            }
        }
    }

    private mutating func take(_ attribute: Attribute, _ value: borrowing WireReader, _ place: Range<Int>) {
        let length = place.count
        switch attribute {
        // RFC 7606 sections 7.1 to 7.14, RFC 8092 section 5.
        case .origin:
            originCode = length == 1 ? value.peek(UInt8.self) : nil
            if (originCode ?? 3) > 2 { isMalformed = true }
        case .path: path = place
        case .nextHop:
            if length == 4, let bits = value.peek(UInt32.self) {
                nextHop = IPAddress(v4: bits)
            } else {
                isMalformed = true
            }
        case .discriminator:
            if length == 4, let number = value.peek(UInt32.self) { discriminator = number } else { isMalformed = true }
        case .localPreference:
            if length == 4, let number = value.peek(UInt32.self) {
                localPreference = number
            } else {
                isMalformed = true
            }
        case .communities:
            communities = place
            if length == 0 || length % 4 != 0 { isMalformed = true }
        case .reach: (reach, hasReach) = (place, true)
        case .unreach: (unreach, hasUnreach) = (place, true)
        case .extendedCommunities:
            extendedCommunities = place
            if length == 0 || length % 8 != 0 { isMalformed = true }
        case .longPath: longPath = place
        case .largeCommunities:
            largeCommunities = place
            if length == 0 || length % 12 != 0 { isMalformed = true }
        }
    }

    /// What all routes of the UPDATE have in common, without a next hop; nil when they have to be taken as withdrawn.
    func attributes(in bytes: RawSpan, _ encoding: BGPEncoding) -> RouteAttributes? {
        guard !isMalformed, !encoding.isComplete || (originCode != nil && path != nil) else { return nil }
        var result = RouteAttributes()
        do throws(DecodeError) {
            let path = bytes.extracting(path ?? 0..<0)
            let longPath = bytes.extracting(longPath)
            result.origin = try PathOrigin(path: path, longPath: longPath, wide: encoding.wide).asn
            var numbers = try PathNumbers(path: path, longPath: longPath, wide: encoding.wide)
            numbers.dropFirst(encoding.ownAS)
            result.numbers = numbers.numbers
            result.pathCount = numbers.numbers.count
            result.pathLength = UInt16(clamping: numbers.length)
            let lists = [communities, largeCommunities, extendedCommunities]
            result.numbers.reserveCapacity(result.pathCount + lists.reduce(0) { $0 + $1.count } / 4)
            var ends: [Int] = []
            for list in lists {
                var reader = WireReader(bytes.extracting(list))
                while reader.remaining > 0 { result.numbers.append(try reader.read(UInt32.self)) }
                ends.append(result.numbers.count)
            }
            (result.communitiesEnd, result.largeEnd) = (ends[0], ends[1])
        } catch {
            return nil
        }
        (result.originCode, result.discriminator) = (originCode ?? 2, discriminator)
        result.localPreference = localPreference
        return result
    }
}
