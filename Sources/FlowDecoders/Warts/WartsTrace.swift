import WireFormat

/// `trace` (scamper_file_warts.c, `warts_trace_params_read`).
extension WartsTrace {
    init(_ reader: inout WireReader, addresses: consuming WartsAddresses) throws(DecodeError) {
        var addresses = addresses
        let flags = try WartsFlags(&reader)
        if !flags.isEmpty {
            let length: UInt16 = try reader.read()
            // What a newer scamper adds stands behind what is read here.
            var body = try reader.take(Int(length))
            try readParameters(flags, &body, &addresses)
        }
        let count: UInt16 = try reader.read()
        hops.reserveCapacity(min(Int(count), reader.remaining))
        for _ in 0..<count { hops.append(try WartsHop(&reader, &addresses, probeSize: probeSize)) }
        // Path MTU discovery, last ditch and doubletree, each with its length; nothing of them is kept.
        while true {
            let head: UInt16 = try reader.read()
            guard head != 0 else { break }
            try reader.skip(Int(head & 0xFFF))
        }
        if firstHop == 0 { firstHop = 1 }
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
        self.flags = try flags.read(8, &body) ?? 0
        attempts = try flags.read(9, &body) ?? 0
        hopLimit = try flags.read(10, &body) ?? 0
        type = try flags.read(11, &body) ?? 0
        probeSize = try flags.read(12, &body) ?? 0
        sourcePort = try flags.read(13, &body) ?? 0
        destinationPort = try flags.read(14, &body) ?? 0
        firstHop = try flags.read(15, &body) ?? 1
        tos = try flags.read(16, &body) ?? 0
        wait = try flags.read(17, &body) ?? 0
        try flags.skip(18, 1, &body)
        hopCount = try flags.read(19, &body) ?? 0
        for number in 20...22 { try flags.skip(number, 1, &body) }
        probeCount = try flags.read(23, &body) ?? 0
        waitProbe = try flags.read(24, &body) ?? 0
        try flags.skip(25, 1, &body)
        source = try addresses.read(flags, 26, &body) ?? source
        destination = try addresses.read(flags, 27, &body) ?? destination
        userID = try flags.read(28, &body) ?? 0
    }
}

extension WartsHop {
    fileprivate init(
        _ reader: inout WireReader,
        _ addresses: inout WartsAddresses,
        probeSize: UInt16
    ) throws(DecodeError) {
        self.probeSize = probeSize
        try addresses.countPart()
        let flags = try WartsFlags(&reader)
        guard !flags.isEmpty else {
            quotedLength = probeSize
            return
        }
        let length: UInt16 = try reader.read()
        var body = try reader.take(Int(length))
        address = try addresses.readGlobal(flags, 1, &body)
        ttl = try flags.read(2, &body) ?? 0
        replyTTL = try flags.read(3, &body)
        self.flags = try flags.read(4, &body) ?? 0
        // The file counts attempts from 0.
        let attempt: UInt8 = try flags.read(5, &body) ?? 0
        probeID = UInt16(attempt) + 1
        rtt = try flags.read(6, &body) ?? 0
        icmpType = try flags.read(7, &body)
        icmpCode = icmpType == nil ? nil : try body.read(UInt8.self)
        self.probeSize = try flags.read(8, &body) ?? probeSize
        replySize = try flags.read(9, &body) ?? 0
        replyIPID = try flags.read(10, &body) ?? 0
        replyTOS = try flags.read(11, &body)
        nextHopMTU = try flags.read(12, &body)
        quotedLength = try flags.read(13, &body) ?? self.probeSize
        quotedTTL = try flags.read(14, &body) ?? 1
        tcpFlags = try flags.read(15, &body)
        quotedTOS = try flags.read(16, &body) ?? 0
        if flags.has(17) { extensions = try body.readWartsExtensions(&addresses) }
        address = try addresses.read(flags, 18, &body) ?? address
        sent = try flags.time(19, &body)
    }
}
