import NetTypes

/// Reads scamper's objects from the JSON that `sc_warts2json` prints, one a line, as M-Lab keeps them.
///
/// What that JSON doesn't say (lists' monitors, why a ping ended) stays empty. Traces don't name their cycle there: they
/// belong to the one that began last. A line that can't be understood is passed over, and so is one that is no object of
/// scamper's, such as the line that M-Lab puts before them.
public struct WartsTextReader {
    /// Bytes that were read.
    public private(set) var offset = 0
    /// Cycles that began so far: the number of the present one.
    private var cycles: UInt32 = 0
    /// A cycle whose list was told, and that is told next.
    private var pending: WartsCycle?

    /// Bytes of a line; scamper's longest, tracelb with thousands of probes, have a few MB.
    public static let mostBytes = WartsReader.mostBytes

    /// Begins with the start of a file.
    public init() {}

    /// Whether that is how such a file begins: only its first members are looked at.
    public static func isTraceText(_ bytes: [UInt8]) -> Bool {
        guard let first = bytes.first(where: { !JSONReader.isSpace($0) }), first == UInt8(ascii: "{") else {
            return false
        }
        do throws(CloudLogError) {
            var reader = JSONReader(bytes.span)
            guard try reader.readValue() == .object else { return false }
            var isFirst = true
            while let name = try reader.readName(&isFirst) {
                let value = try reader.readValue()
                if reader.isEqual(name, "TracerouteCallerVersion") { return true }
                if case .string(let text) = value, reader.isEqual(name, "type") {
                    for type in types where reader.isEqual(text, type) { return true }
                    return false
                }
                try reader.skipRest(of: value)
            }
        } catch {
            // The rest isn't there, or this is no JSON: neither is known by what came before.
        }
        return false
    }

    private static let types: [StaticString] = ["cycle-start", "cycle-stop", "trace", "ping", "tracelb", "dealias"]

    /// Reads the line at ``offset``.
    public mutating func next(in bytes: [UInt8]) -> WartsReader.Step { step(in: bytes, decodes: true) }

    /// The same without a look inside: every line counts as skipped.
    public mutating func skip(in bytes: [UInt8]) -> WartsReader.Step { step(in: bytes, decodes: false) }

    private mutating func step(in bytes: [UInt8], decodes: Bool) -> WartsReader.Step {
        if let cycle = pending {
            pending = nil
            return .object(.cycleStart(cycle))
        }
        let start = offset
        guard start < bytes.count else { return .incomplete(nil) }
        var end = start
        while end < bytes.count, bytes[end] != UInt8(ascii: "\n") { end += 1 }
        guard end - start <= Self.mostBytes else {
            return .corrupt(WartsProblem(reason: "a line of \(end - start) bytes", offset: start, type: 0))
        }
        let isEnded = end < bytes.count
        offset = isEnded ? end + 1 : end
        guard decodes || !isEnded else { return .object(.skipped(type: 0)) }
        do throws(CloudLogError) {
            let value = try WartsValue(Array(bytes[start..<end]))
            return .object(decodes ? object(value) : .skipped(type: 0))
        } catch {
            if isEnded { return .malformed(WartsProblem(reason: error.rawValue, offset: start, type: 0)) }
            offset = start
            return .incomplete(WartsProblem(reason: "the file ends within a line", offset: start, type: 0))
        }
    }

    private mutating func object(_ value: WartsValue) -> WartsObject {
        switch value["type"].text {
        case "cycle-start":
            cycles &+= 1
            let cycle = WartsCycle(
                fileID: cycles,
                listFileID: cycles,
                id: value["id"].number(),
                start: value["start_time"].number(),
                hostname: value["hostname"].text
            )
            guard let name = value["list_name"].text else { return .cycleStart(cycle) }
            pending = cycle
            return .list(WartsList(fileID: cycles, id: 0, name: name, monitor: nil))
        case "cycle-stop":
            return .cycleStop(WartsCycleStop(cycleFileID: cycles, stop: value["stop_time"].number()))
        case "trace": return .trace(WartsTrace(value, cycle: cycles))
        case "ping": return .ping(WartsPing(value, cycle: cycles))
        case "tracelb": return .tracelb(WartsTracelb(value, cycle: cycles))
        case "dealias": return .dealias(WartsDealias(value, cycle: cycles))
        default: return .skipped(type: 0)
        }
    }
}

// MARK: - Objects

extension WartsTrace {
    fileprivate init(_ value: WartsValue, cycle: UInt32) {
        listFileID = cycle
        cycleFileID = cycle
        userID = value["userid"].number()
        type = value["method"].place(WartsNames.trace)
        source = value["src"].address
        destination = value["dst"].address
        if value["icmp_sum"].isThere {
            // What keeps the flow together stands where other methods have a port.
            sourcePort = value["icmp_sum"].number()
            flags = 0x20
        } else {
            sourcePort = value["sport"].number()
        }
        destinationPort = value["dport"].number()
        stopReason = value["stop_reason"].place(WartsNames.stop)
        stopData = value["stop_data"].number()
        start = value["start"].time
        hopCount = value["hop_count"].number()
        attempts = value["attempts"].number()
        hopLimit = value["hoplimit"].number()
        firstHop = value["firsthop"].number()
        wait = value["wait"].number()
        waitProbe = value["wait_probe"].number()
        tos = value["tos"].number()
        probeSize = value["probe_size"].number()
        probeCount = value["probe_count"].number()
        hops = value["hops"].elements.map { WartsHop($0) }
    }
}

extension WartsHop {
    fileprivate init(_ value: WartsValue) {
        address = value["addr"].address
        ttl = value["probe_ttl"].number()
        probeID = value["probe_id"].number()
        probeSize = value["probe_size"].number()
        sent = value["tx"].isThere ? value["tx"].time : nil
        rtt = value["rtt"].microseconds
        replyTTL = value["reply_ttl"].optional()
        replyTOS = value["reply_tos"].optional()
        replyIPID = value["reply_ipid"].number()
        replySize = value["reply_size"].number()
        tcpFlags = value["tcp_flags"].optional()
        icmpType = value["icmp_type"].optional()
        icmpCode = value["icmp_code"].optional()
        // As a file has it that doesn't say.
        quotedTTL = value["icmp_q_ttl"].optional() ?? 1
        quotedLength = value["icmp_q_ipl"].optional() ?? probeSize
        quotedTOS = value["icmp_q_tos"].number()
        nextHopMTU = value["icmp_nhmtu"].optional()
        extensions = value["icmpext"].elements.map { WartsExtension($0) }
    }
}

extension WartsExtension {
    fileprivate init(_ value: WartsValue) {
        classNumber = value["ie_cn"].number()
        classType = value["ie_ct"].number()
        length = value["ie_dl"].number()
        labels = value["mpls_labels"].elements.map { entry in
            let label: UInt32 = entry["mpls_label"].number()
            let exp: UInt32 = entry["mpls_exp"].number()
            let bottom: UInt32 = entry["mpls_s"].number()
            let ttl: UInt32 = entry["mpls_ttl"].number()
            return label << 12 | (exp & 7) << 9 | (bottom & 1) << 8 | ttl & 0xFF
        }
    }
}

extension WartsPing {
    fileprivate init(_ value: WartsValue, cycle: UInt32) {
        listFileID = cycle
        cycleFileID = cycle
        userID = value["userid"].number()
        method = value["method"].place(WartsNames.ping)
        source = value["src"].address
        destination = value["dst"].address
        start = value["start"].time
        sent = value["ping_sent"].number()
        probeSize = value["probe_size"].number()
        ttl = value["ttl"].number()
        wait = value["wait"].number()
        timeout = value["timeout"].optional() ?? wait
        sourcePort = value["sport"].number()
        destinationPort = value["dport"].number()
        tcpSequence = value["tcp_seq"].number()
        tcpAcknowledgement = value["tcp_ack"].number()
        let names = value["flags"].elements.compactMap(\.text)
        for (place, name) in WartsNames.pingFlags(.max).enumerated() where names.contains(name) {
            flags |= 1 << UInt32(place)
        }
        replies = value["responses"].elements.map { WartsReply($0) }
    }
}

extension WartsReply {
    fileprivate init(_ value: WartsValue) {
        address = value["from"].address
        ttl = value["reply_ttl"].optional()
        size = value["reply_size"].number()
        icmpType = value["icmp_type"].optional()
        icmpCode = value["icmp_code"].optional()
        rtt = value["rtt"].microseconds
        probeID = value["seq"].number()
        replyIPID = value["reply_ipid"].number()
        probeIPID = value["probe_ipid"].number()
        switch value["reply_proto"].text {
        case "tcp": protocolNumber = 6
        case "udp": protocolNumber = 17
        default: protocolNumber = 1
        }
        tcpFlags = value["tcp_flags"].optional()
        sent = value["tx"].isThere ? value["tx"].time : nil
        recordRoute = value["RR"].elements.map(\.address)
    }
}

extension WartsTracelb {
    fileprivate init(_ value: WartsValue, cycle: UInt32) {
        listFileID = cycle
        cycleFileID = cycle
        userID = value["userid"].number()
        type = value["method"].place(WartsNames.tracelb)
        source = value["src"].address
        destination = value["dst"].address
        start = value["start"].time
        sourcePort = value["sport"].number()
        destinationPort = value["dport"].number()
        probeSize = value["probe_size"].number()
        firstHop = value["firsthop"].number()
        waitTimeout = value["wait_timeout"].number()
        // In milliseconds there.
        let milliseconds: UInt32 = value["wait_probe"].number()
        waitProbe = UInt8(clamping: milliseconds / 10)
        attempts = value["attempts"].number()
        confidence = value["confidence"].number()
        tos = value["tos"].number()
        probeCount = value["probec"].number()
        mostProbes = value["probec_max"].number()
        gapLimit = value["gaplimit"].number()
        nodeCount = value["nodec"].number()
        linkCount = value["linkc"].number()
        for (place, element) in value["nodes"].elements.prefix(Int(UInt16.max)).enumerated() {
            nodes.append(
                WartsNode(
                    address: element["addr"].address,
                    flags: element["q_ttl"].isThere ? 1 : 0,
                    linkCount: element["linkc"].number(),
                    quotedTTL: element["q_ttl"].number()
                )
            )
            // What stands there is all links of a node together: who answered one, two ... hops behind it.
            let hops = element["links"].elements.map { hop in
                hop.elements.flatMap { answer -> [WartsProbe] in
                    let probes = answer["probes"].elements.map { WartsProbe($0, from: answer["addr"].address) }
                    // Silence has no probes there.
                    return probes.isEmpty ? [WartsProbe()] : probes
                }
            }
            if !hops.isEmpty { links.append(WartsLink(from: UInt16(place), to: nil, hops: hops)) }
        }
    }
}

extension WartsProbe {
    fileprivate init(_ value: WartsValue, from address: IPAddress?) {
        sent = value["tx"].time
        flowID = value["flowid"].number()
        ttl = value["ttl"].number()
        attempt = value["attempt"].number()
        replies = value["replies"].elements.map { WartsProbeReply($0, from: address) }
    }
}

extension WartsProbeReply {
    fileprivate init(_ value: WartsValue, from address: IPAddress?) {
        self.address = address
        received = value["rx"].time
        ipid = value["ipid"].number()
        ttl = value["ttl"].optional()
        flags = value["tcp_flags"].isThere ? 2 : 0
        icmpType = value["icmp_type"].number()
        icmpCode = value["icmp_code"].number()
        tcpFlags = value["tcp_flags"].number()
        quotedTTL = value["icmp_q_ttl"].number()
        quotedTOS = value["icmp_q_tos"].number()
        extensions = value["icmpext"].elements.map { WartsExtension($0) }
    }
}

extension WartsDealias {
    fileprivate init(_ value: WartsValue, cycle: UInt32) {
        listFileID = cycle
        cycleFileID = cycle
        userID = value["userid"].number()
        method = value["method"].place(WartsNames.dealias)
        result = value["result"].place(WartsNames.result)
        start = value["start"].time
        probeCount = value["probec"].number()
    }
}

extension WartsValue {
    fileprivate var address: IPAddress? { text.flatMap { IPAddress($0) } }

    fileprivate var time: WartsTime {
        WartsTime(seconds: self["sec"].number(), microseconds: self["usec"].number())
    }

    /// Of a number of milliseconds.
    fileprivate var microseconds: UInt32 { UInt32(clamping: thousandths) }

    fileprivate func number<T: FixedWidthInteger>() -> T { T(clamping: thousandths / 1000) }

    fileprivate func optional<T: FixedWidthInteger>() -> T? { isThere ? number() : nil }

    /// The number that has this name; 0 for a name that none has.
    fileprivate func place(_ name: (UInt8) -> String) -> UInt8 {
        guard let text else { return 0 }
        return (0...16).first { name($0) == text } ?? UInt8(text) ?? 0
    }
}
