import FlowSchema
import NetTypes

/// What one record says of all its tuples.
///
/// Texts are copied into an arena that is kept from record to record.
struct AzureRecord {
    /// Whose log it is of, and where the tuples are.
    struct Form {
        /// Of a network security group, and not of a virtual network.
        var isOfSecurityGroup: Bool
        /// Where the value begins that they are in.
        var place: Int
    }

    /// What objects around a tuple say of it.
    struct Words {
        var rule: Range<Int>?
        var acl: Range<Int>?
        /// A network interface's name, or its MAC address.
        var interface: Range<Int>?
    }

    private var arena: [UInt8] = []
    var words = Words()
    private(set) var subscription: Range<Int>?
    private(set) var resourceGroup: Range<Int>?
    private(set) var network: Range<Int>?
    private(set) var subnet: Range<Int>?
    private(set) var securityGroup: Range<Int>?
    private var interfaceName: Range<Int>?
    private(set) var lostTexts: UInt64 = 0

    /// Objects and arrays within each other that are walked; records have five around their tuples.
    static let mostDepth = 12

    /// The bytes of a text.
    func bytes(_ range: Range<Int>?) -> ArraySlice<UInt8> { range.map { arena[$0] } ?? [] }

    /// Reads a record but for its tuples; nil when it has none.
    mutating func read(_ bytes: Span<UInt8>) throws(CloudLogError) -> Form? {
        var fresh = AzureRecord()
        swap(&fresh.arena, &arena)
        fresh.arena.removeAll(keepingCapacity: true)
        self = fresh
        var reader = JSONReader(bytes)
        guard try reader.readValue() == .object else { throw .badJSON }
        var form: Form?
        var target: Range<Int>?
        var log: Range<Int>?
        var isFirst = true
        while let name = try reader.readName(&isFirst) {
            if reader.isEqual(name, "flowRecords") || reader.isEqual(name, "properties") {
                form = Form(isOfSecurityGroup: reader.isEqual(name, "properties"), place: reader.position)
                try reader.skipValue()
            } else if reader.isEqual(name, "targetResourceID") || reader.isEqual(name, "resourceId") {
                target = try text(&reader)
            } else if reader.isEqual(name, "flowLogResourceID") {
                log = try text(&reader)
            } else if reader.isEqual(name, "macAddress") {
                words.interface = try text(&reader)
            } else {
                try reader.skipValue()
            }
        }
        if let path = target ?? log { readPath(path) }
        if let interfaceName { words.interface = interfaceName }
        return form
    }

    /// Reads a member of an object around tuples, whatever it is.
    mutating func readWord(_ name: Range<Int>, _ reader: inout JSONReader) throws(CloudLogError) {
        if reader.isEqual(name, "rule") {
            words.rule = try text(&reader)
        } else if reader.isEqual(name, "aclID") {
            words.acl = try text(&reader)
        } else if reader.isEqual(name, "mac") {
            words.interface = try text(&reader)
        } else {
            try reader.skipValue()
        }
    }

    /// A text's copy; nil for an empty one, and for what is none.
    private mutating func text(_ reader: inout JSONReader) throws(CloudLogError) -> Range<Int>? {
        let value = try reader.readValue()
        guard case .string(let range) = value else {
            try reader.skipRest(of: value)
            return nil
        }
        let start = arena.count
        reader.appendText(range, to: &arena)
        return kept(from: start)
    }

    /// Makes what stands at the arena's end the text that a column takes.
    private mutating func kept(from start: Int) -> Range<Int>? {
        let (text, isCut) = unsafe PlainText.utf8(arena.span.bytes.extracting(start..<arena.count))
        if isCut { lostTexts += 1 }
        arena.removeSubrange(start...)
        arena += text
        return text.isEmpty ? nil : start..<arena.count
    }

    /// The names in the path of a resource: `/subscriptions/S/resourceGroups/G/providers/Microsoft.Network/virtualNetworks/N`.
    private mutating func readPath(_ path: Range<Int>) {
        var kind: Range<Int>?
        var start = path.lowerBound
        for end in path.lowerBound...path.upperBound {
            guard end == path.upperBound || arena[end] == UInt8(ascii: "/") else { continue }
            defer { start = end + 1 }
            guard start < end else { continue }
            guard let own = kind else {
                kind = start..<end
                continue
            }
            kind = nil
            take(start..<end, of: own)
        }
    }

    private mutating func take(_ name: Range<Int>, of kind: Range<Int>) {
        // Some logs have all of the path in capitals.
        func isKind(_ text: StaticString) -> Bool {
            guard kind.count == text.utf8CodeUnitCount else { return false }
            for index in 0..<kind.count {
                guard unsafe arena[kind.lowerBound + index] | 0x20 == text.utf8Start[index] else { return false }
            }
            return true
        }
        if isKind("subscriptions") {
            // A UUID, which is the same in capitals.
            for index in name where arena[index] &- UInt8(ascii: "A") < 26 { arena[index] |= 0x20 }
            subscription = name
        } else if isKind("resourcegroups") {
            resourceGroup = name
        } else if isKind("virtualnetworks") {
            network = name
        } else if isKind("subnets") {
            subnet = name
        } else if isKind("networkinterfaces") {
            interfaceName = name
        } else if isKind("networksecuritygroups") {
            securityGroup = name
        }
    }
}

/// One tuple, read and checked before any row is taken.
struct AzureTuple {
    /// What went one way since the last tuple of the flow.
    struct Way {
        var packets: UInt64 = 0
        var bytes: UInt64 = 0

        var isTraffic: Bool { packets > 0 || bytes > 0 }
    }

    var milliseconds: UInt64
    var source: IPAddress
    var destination: IPAddress
    var sourcePort: UInt16
    var destinationPort: UInt16
    var ipProtocol: UInt8
    /// Into the interface.
    var isInbound: Bool
    var isDenied: Bool
    /// B, C, E or D.
    var state: UInt8
    /// Where its word for encryption is; empty where there is none.
    var encryption: Range<Int>
    var sent = Way()
    var received = Way()

    /// Times from here on are milliseconds: no second before 2038 is as large.
    private static let firstMillisecond: UInt64 = 1 << 31

    /// Reads `1663146003599,10.0.0.6,192.0.2.80,23956,443,6,O,E,NX,3,767,2,1580`; where the log is of a security group
    /// `1542110377,10.0.0.4,192.0.2.80,44931,443,T,O,A,E,3,767,2,1580`, in version 1 up to the decision.
    init(_ bytes: Span<UInt8>, _ range: Range<Int>, _ form: AzureRecord.Form) throws(CloudLogError) {
        var fields = InlineArray<13, Range<Int>>(repeating: range.upperBound..<range.upperBound)
        var count = 0
        var start = range.lowerBound
        for index in range.lowerBound...range.upperBound {
            guard index == range.upperBound || bytes[index] == UInt8(ascii: ",") else { continue }
            guard count < 13 else { throw .fieldCount }
            fields[count] = start..<index
            count += 1
            start = index + 1
        }
        guard count == 13 || (count == 8 && form.isOfSecurityGroup) else { throw .fieldCount }
        guard let time = ByteText.number(bytes, fields[0]), time > 0 else { throw .badTime }
        milliseconds = time < Self.firstMillisecond ? time * 1000 : time
        guard milliseconds / 1000 <= UInt64(UInt32.max) else { throw .badTime }
        guard let source = ByteText.address(bytes, fields[1]), let destination = ByteText.address(bytes, fields[2])
        else {
            throw .badAddress
        }
        (self.source, self.destination) = (source, destination)
        func number(_ place: Int) throws(CloudLogError) -> UInt64 {
            // Nothing stands where nothing was counted.
            if fields[place].isEmpty { return 0 }
            guard let number = ByteText.number(bytes, fields[place]) else { throw .badNumber }
            return number
        }
        func letter(_ place: Int) -> UInt8 { fields[place].count == 1 ? bytes[fields[place].lowerBound] : 0 }
        guard let sourcePort = UInt16(exactly: try number(3)), let destinationPort = UInt16(exactly: try number(4))
        else {
            throw .badNumber
        }
        (self.sourcePort, self.destinationPort) = (sourcePort, destinationPort)
        switch letter(5) {
        case UInt8(ascii: "T"): ipProtocol = 6
        case UInt8(ascii: "U"): ipProtocol = 17
        default:
            guard let number = UInt8(exactly: try number(5)) else { throw .badNumber }
            ipProtocol = number
        }
        guard letter(6) == UInt8(ascii: "I") || letter(6) == UInt8(ascii: "O") else { throw .notAFlow }
        isInbound = letter(6) == UInt8(ascii: "I")
        isDenied = letter(7) == UInt8(ascii: "D")
        encryption = form.isOfSecurityGroup ? fields[8].upperBound..<fields[8].upperBound : fields[8]
        // In version 1 of security groups a flow that begins is all that there is.
        state = isDenied ? UInt8(ascii: "D") : letter(form.isOfSecurityGroup ? 8 : 7)
        if count == 8, !isDenied { state = UInt8(ascii: "B") }
        switch state {
        case UInt8(ascii: "B"), UInt8(ascii: "C"), UInt8(ascii: "E"), UInt8(ascii: "D"): break
        default: throw .notAFlow
        }
        guard count == 13 else { return }
        sent = Way(packets: try number(9), bytes: try number(10))
        received = Way(packets: try number(11), bytes: try number(12))
    }

    /// Writes the columns of the row of one way.
    func write(to writer: borrowing RowWriter, _ row: Int, sampler: IPAddress, isBack: Bool) {
        let seconds = UInt32(truncatingIfNeeded: milliseconds / 1000)
        let nanoseconds = UInt32(truncatingIfNeeded: milliseconds % 1000) * 1_000_000
        let way = isBack ? received : sent
        writer.set(.timeReceived, row: row, to: seconds)
        writer.set(.flowType, row: row, to: FlowType.azureVNet.rawValue)
        writer.set(.samplingRate, row: row, to: UInt32(1))
        // Every packet is in the record.
        writer.set(.samplingRateSource, row: row, to: SamplingSource.record.rawValue)
        writer.set(.flowDirection, row: row, to: UInt8(isInbound == isBack ? 1 : 0))
        writer.set(.samplerAddress, row: row, to: AddressBytes(sampler))
        // When it began isn't told: a tuple counts since the one before.
        writer.set(.timeFlowStart, row: row, to: seconds)
        writer.set(.timeFlowStartNs, row: row, to: nanoseconds)
        writer.set(.timeFlowEnd, row: row, to: seconds)
        writer.set(.timeFlowEndNs, row: row, to: nanoseconds)
        writer.set(.bytes, row: row, to: way.bytes)
        writer.set(.packets, row: row, to: way.packets)
        writer.set(.srcAddr, row: row, to: AddressBytes(isBack ? destination : source))
        writer.set(.dstAddr, row: row, to: AddressBytes(isBack ? source : destination))
        writer.set(.eType, row: row, to: source.isV4 ? UInt16(0x0800) : 0x86DD)
        writer.set(.proto, row: row, to: ipProtocol)
        writer.set(.srcPort, row: row, to: isBack ? destinationPort : sourcePort)
        writer.set(.dstPort, row: row, to: isBack ? sourcePort : destinationPort)
        // RFC 7270 section 4.12: forwarded, and dropped.
        writer.set(.forwardingStatus, row: row, to: UInt8(isDenied ? 128 : 64))
    }
}
