import NetTypes
import WireFormat

/// `ping` (scamper_file_warts.c, `warts_ping_params_read`).
extension WartsPing {
    init(_ reader: inout WireReader, addresses: consuming WartsAddresses) throws(DecodeError) {
        var addresses = addresses
        let flags = try WartsFlags(&reader)
        if !flags.isEmpty {
            let length: UInt16 = try reader.read()
            var body = try reader.take(Int(length))
            try readParameters(flags, &body, &addresses)
        }
        let count: UInt16 = try reader.read()
        replies.reserveCapacity(min(Int(count), reader.remaining))
        for _ in 0..<count { replies.append(try WartsReply(&reader, &addresses)) }
    }

    private mutating func readParameters(
        _ flags: WartsFlags,
        _ body: inout WireReader,
        _ addresses: inout WartsAddresses
    ) throws(DecodeError) {
        listFileID = try flags.read(1, &body) ?? 0
        cycleFileID = try flags.read(2, &body) ?? 0
        source = try addresses.readGlobal(flags, 3, &body)
        destination = try addresses.readGlobal(flags, 4, &body)
        start = try flags.time(5, &body) ?? WartsTime()
        stopReason = try flags.read(6, &body) ?? 0
        stopData = try flags.read(7, &body) ?? 0
        if let length: UInt16 = try flags.read(8, &body) { try flags.skip(9, Int(length), &body) }
        probeCount = try flags.read(10, &body) ?? 0
        probeSize = try flags.read(11, &body) ?? 0
        wait = try flags.read(12, &body) ?? 0
        ttl = try flags.read(13, &body) ?? 0
        stopCount = try flags.read(14, &body) ?? 0
        sent = try flags.read(15, &body) ?? 0
        method = try flags.read(16, &body) ?? 0
        sourcePort = try flags.read(17, &body) ?? 0
        destinationPort = try flags.read(18, &body) ?? 0
        userID = try flags.read(19, &body) ?? 0
        source = try addresses.read(flags, 20, &body) ?? source
        destination = try addresses.read(flags, 21, &body) ?? destination
        self.flags = UInt32(try flags.read(22, &body) ?? UInt8(0))
        tos = try flags.read(23, &body) ?? 0
        if flags.has(24) {
            // Prespecified timestamps: how many, and their addresses.
            let count: UInt8 = try body.read()
            for _ in 0..<count { _ = try addresses.read(&body) }
        }
        try flags.skip(25, 2, &body)
        try flags.skip(26, 2, &body)
        timeout = try flags.read(27, &body) ?? wait
        try flags.skip(28, 4, &body)
        tcpAcknowledgement = try flags.read(29, &body) ?? 0
        self.flags = try flags.read(30, &body) ?? self.flags
        tcpSequence = try flags.read(31, &body) ?? 0
    }

    /// Whether its probes have no ports.
    var isICMP: Bool { method == 0 || method == 5 }

    /// What answered with what was asked for: an echo reply, or whatever else TCP and UDP call for.
    public var echoes: [WartsReply] {
        replies.filter { reply in
            guard isICMP else { return true }
            return reply.icmpType == 0 || reply.icmpType == 129 || reply.icmpType == 14
        }
    }
}

extension WartsReply {
    fileprivate init(_ reader: inout WireReader, _ addresses: inout WartsAddresses) throws(DecodeError) {
        try addresses.countPart()
        let flags = try WartsFlags(&reader)
        guard !flags.isEmpty else { return }
        let length: UInt16 = try reader.read()
        var body = try reader.take(Int(length))
        address = try addresses.readGlobal(flags, 1, &body)
        try flags.skip(2, 1, &body)
        ttl = try flags.read(3, &body)
        size = try flags.read(4, &body) ?? 0
        icmpType = try flags.read(5, &body)
        icmpCode = icmpType == nil ? nil : try body.read(UInt8.self)
        rtt = try flags.read(6, &body) ?? 0
        probeID = try flags.read(7, &body) ?? 0
        replyIPID = try flags.read(8, &body) ?? 0
        probeIPID = try flags.read(9, &body) ?? 0
        protocolNumber = try flags.read(10, &body) ?? 1
        tcpFlags = try flags.read(11, &body)
        address = try addresses.read(flags, 12, &body) ?? address
        if flags.has(13) {
            let count: UInt8 = try body.read()
            for _ in 0..<count { recordRoute.append(try addresses.read(&body)) }
        }
        if flags.has(14) {
            // Timestamps of the IP option: how many, whether addresses come with them, then these and those.
            let times: UInt8 = try body.read()
            let hops: UInt8 = try body.read()
            try body.skip(4 * Int(times))
            for _ in 0..<hops { _ = try addresses.read(&body) }
        }
        try flags.skip(15, 4, &body)
        sent = try flags.time(16, &body)
    }
}
