import WireFormat

/// `tracelb` (scamper_file_warts.c, `warts_tracelb_params_read` and what follows it).
extension WartsTracelb {
    init(_ reader: inout WireReader, addresses: consuming WartsAddresses) throws(DecodeError) {
        var addresses = addresses
        let flags = try WartsFlags(&reader)
        if !flags.isEmpty {
            let length: UInt16 = try reader.read()
            var body = try reader.take(Int(length))
            try readParameters(flags, &body, &addresses)
        }
        for _ in 0..<nodeCount { nodes.append(try WartsNode(&reader, &addresses)) }
        for _ in 0..<linkCount {
            let link = try WartsLink(&reader, &addresses)
            for end in [link.from, link.to] {
                if let end, end >= nodeCount { throw .badStructure }
            }
            links.append(link)
        }
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
        sourcePort = try flags.read(6, &body) ?? 0
        destinationPort = try flags.read(7, &body) ?? 0
        probeSize = try flags.read(8, &body) ?? 0
        type = try flags.read(9, &body) ?? 0
        firstHop = try flags.read(10, &body) ?? 0
        waitTimeout = try flags.read(11, &body) ?? 0
        waitProbe = try flags.read(12, &body) ?? 0
        attempts = try flags.read(13, &body) ?? 0
        confidence = try flags.read(14, &body) ?? 0
        tos = try flags.read(15, &body) ?? 0
        nodeCount = try flags.read(16, &body) ?? 0
        linkCount = try flags.read(17, &body) ?? 0
        probeCount = try flags.read(18, &body) ?? 0
        mostProbes = try flags.read(19, &body) ?? 0
        gapLimit = try flags.read(20, &body) ?? 0
        source = try addresses.read(flags, 21, &body) ?? source
        destination = try addresses.read(flags, 22, &body) ?? destination
        userID = try flags.read(23, &body) ?? 0
    }
}

extension WartsNode {
    fileprivate init(_ reader: inout WireReader, _ addresses: inout WartsAddresses) throws(DecodeError) {
        try addresses.countPart()
        let flags = try WartsFlags(&reader)
        guard !flags.isEmpty else { return }
        let length: UInt16 = try reader.read()
        var body = try reader.take(Int(length))
        address = try addresses.readGlobal(flags, 1, &body)
        self.flags = try flags.read(2, &body) ?? 0
        linkCount = try flags.read(3, &body) ?? 0
        quotedTTL = try flags.read(4, &body) ?? 0
        address = try addresses.read(flags, 5, &body) ?? address
    }
}

extension WartsLink {
    fileprivate init(_ reader: inout WireReader, _ addresses: inout WartsAddresses) throws(DecodeError) {
        try addresses.countPart()
        let flags = try WartsFlags(&reader)
        var hopCount: UInt8 = 0
        if !flags.isEmpty {
            let length: UInt16 = try reader.read()
            var body = try reader.take(Int(length))
            from = try flags.read(1, &body)
            to = try flags.read(2, &body)
            hopCount = try flags.read(3, &body) ?? 0
        }
        for _ in 0..<hopCount {
            try addresses.countPart()
            let flags = try WartsFlags(&reader)
            var probeCount: UInt16 = 0
            if !flags.isEmpty {
                let length: UInt16 = try reader.read()
                var body = try reader.take(Int(length))
                probeCount = try flags.read(1, &body) ?? 0
            }
            var probes: [WartsProbe] = []
            for _ in 0..<probeCount { probes.append(try WartsProbe(&reader, &addresses)) }
            hops.append(probes)
        }
    }
}

extension WartsProbe {
    fileprivate init(_ reader: inout WireReader, _ addresses: inout WartsAddresses) throws(DecodeError) {
        try addresses.countPart()
        let flags = try WartsFlags(&reader)
        var replyCount: UInt16 = 0
        if !flags.isEmpty {
            let length: UInt16 = try reader.read()
            var body = try reader.take(Int(length))
            sent = try flags.time(1, &body) ?? WartsTime()
            flowID = try flags.read(2, &body) ?? 0
            ttl = try flags.read(3, &body) ?? 0
            attempt = try flags.read(4, &body) ?? 0
            replyCount = try flags.read(5, &body) ?? 0
        }
        for _ in 0..<replyCount { replies.append(try WartsProbeReply(&reader, &addresses)) }
    }
}

extension WartsProbeReply {
    fileprivate init(_ reader: inout WireReader, _ addresses: inout WartsAddresses) throws(DecodeError) {
        try addresses.countPart()
        let flags = try WartsFlags(&reader)
        guard !flags.isEmpty else { return }
        let length: UInt16 = try reader.read()
        var body = try reader.take(Int(length))
        received = try flags.time(1, &body) ?? WartsTime()
        ipid = try flags.read(2, &body) ?? 0
        ttl = try flags.read(3, &body)
        self.flags = try flags.read(4, &body) ?? 0
        if flags.has(5) {
            icmpType = try body.read()
            icmpCode = try body.read()
        }
        tcpFlags = try flags.read(6, &body) ?? 0
        if flags.has(7) { extensions = try body.readWartsExtensions(&addresses) }
        quotedTTL = try flags.read(8, &body) ?? 0
        quotedTOS = try flags.read(9, &body) ?? 0
        address = try addresses.readGlobal(flags, 10, &body)
        address = try addresses.read(flags, 11, &body) ?? address
    }
}
