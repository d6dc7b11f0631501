import NetTypes

/// Objects as JSON, with the names that scamper's `sc_warts2json` gives them, so that what reads the one reads the
/// other. Round-trip times are milliseconds.
public struct WartsJSON {
    private var lists: [UInt32: WartsList] = [:]
    private var cycles: [UInt32: WartsCycle] = [:]
    private var text = ""
    private var needsComma = false

    /// Begins with the start of a file.
    public init() {}

    /// The line of an object, without its end; nil for one that has none.
    public mutating func line(_ object: WartsObject) -> String? {
        text = ""
        needsComma = false
        switch object {
        case .list(let list):
            lists[list.fileID] = list
            return nil
        case .cycleStart(let cycle):
            cycles[cycle.fileID] = cycle
            self.object { json in
                json.string("type", "cycle-start")
                json.cycle(cycle)
                json.number("start_time", cycle.start)
            }
        case .cycleStop(let stop):
            self.object { json in
                json.string("type", "cycle-stop")
                if let cycle = json.cycles[stop.cycleFileID] { json.cycle(cycle) }
                json.number("stop_time", stop.stop)
            }
        case .trace(let trace): self.object { json in json.trace(trace) }
        case .ping(let ping): self.object { json in json.ping(ping) }
        case .tracelb(let trace): self.object { json in json.tracelb(trace) }
        case .dealias(let test): self.object { json in json.dealias(test) }
        case .address, .skipped: return nil
        }
        return text
    }

    /// Forgets lists and cycles: another file begins.
    public mutating func beginFile() { self = WartsJSON() }
}

// MARK: - Objects

extension WartsJSON {
    private mutating func cycle(_ cycle: WartsCycle) {
        if let list = lists[cycle.listFileID] { string("list_name", list.name) }
        number("id", cycle.id)
        if let hostname = cycle.hostname { string("hostname", hostname) }
    }

    private mutating func trace(_ trace: WartsTrace) {
        string("type", "trace")
        string("version", "0.1")
        number("userid", trace.userID)
        string("method", WartsNames.trace(trace.type))
        ends(trace.source, trace.destination)
        // Of ICMP, the source port's place holds the checksum that keeps the flow together.
        if trace.isICMP {
            if trace.keepsChecksum { number("icmp_sum", trace.sourcePort) }
        } else {
            number("sport", trace.sourcePort)
            number("dport", trace.destinationPort)
        }
        string("stop_reason", WartsNames.stop(trace.stopReason))
        number("stop_data", trace.stopData)
        time("start", trace.start)
        number("hop_count", trace.hopCount)
        number("attempts", trace.attempts)
        number("hoplimit", trace.hopLimit)
        number("firsthop", trace.firstHop)
        number("wait", trace.wait)
        number("wait_probe", trace.waitProbe)
        number("tos", trace.tos)
        number("probe_size", trace.probeSize)
        number("probe_count", trace.probeCount)
        guard !trace.hops.isEmpty else { return }
        array("hops", trace.hops) { json, hop in json.hop(hop) }
    }

    private mutating func hop(_ hop: WartsHop) {
        if let address = hop.address { string("addr", "\(address)") }
        number("probe_ttl", hop.ttl)
        number("probe_id", hop.probeID)
        number("probe_size", hop.probeSize)
        if let sent = hop.sent { time("tx", sent) }
        milliseconds("rtt", UInt64(hop.rtt))
        if let ttl = hop.replyTTL { number("reply_ttl", ttl) }
        if let tos = hop.replyTOS { number("reply_tos", tos) }
        number("reply_ipid", hop.replyIPID)
        number("reply_size", hop.replySize)
        if let flags = hop.tcpFlags {
            number("tcp_flags", flags)
        } else if let type = hop.icmpType {
            number("icmp_type", type)
            number("icmp_code", hop.icmpCode ?? 0)
            if hop.isQuoted {
                number("icmp_q_ttl", hop.quotedTTL)
                number("icmp_q_ipl", hop.quotedLength)
                if hop.address?.isV4 == true { number("icmp_q_tos", hop.quotedTOS) }
            }
            if let mtu = hop.nextHopMTU { number("icmp_nhmtu", mtu) }
        }
        if !hop.extensions.isEmpty { extensions(hop.extensions) }
    }

    private mutating func extensions(_ extensions: [WartsExtension]) {
        array("icmpext", extensions) { json, found in
            json.number("ie_cn", found.classNumber)
            json.number("ie_ct", found.classType)
            json.number("ie_dl", found.length)
            guard found.classNumber == 1, found.classType == 1 else { return }
            json.array("mpls_labels", found.labels) { json, entry in
                json.number("mpls_ttl", entry & 0xFF)
                json.number("mpls_s", entry >> 8 & 1)
                json.number("mpls_exp", entry >> 9 & 7)
                json.number("mpls_label", entry >> 12)
            }
        }
    }

    private mutating func ping(_ ping: WartsPing) {
        string("type", "ping")
        string("version", "0.4")
        string("method", WartsNames.ping(ping.method))
        ends(ping.source, ping.destination)
        time("start", ping.start)
        number("ping_sent", ping.sent)
        number("probe_size", ping.probeSize)
        number("userid", ping.userID)
        number("ttl", ping.ttl)
        number("wait", ping.wait)
        number("timeout", ping.timeout)
        if !ping.isICMP {
            number("sport", ping.sourcePort)
            number("dport", ping.destinationPort)
        }
        if ping.method == 1 || ping.method == 2 || (6...9).contains(ping.method) {
            number("tcp_seq", ping.tcpSequence)
            number("tcp_ack", ping.tcpAcknowledgement)
        }
        let flags = WartsNames.pingFlags(ping.flags)
        if !flags.isEmpty {
            member("flags")
            list(flags) { json, flag in json.quote(flag) }
        }
        array("responses", ping.replies) { json, reply in json.reply(reply) }
        member("statistics")
        object { json in json.statistics(ping) }
    }

    private mutating func reply(_ reply: WartsReply) {
        if let address = reply.address { string("from", "\(address)") }
        number("seq", reply.probeID)
        number("reply_size", reply.size)
        if let ttl = reply.ttl { number("reply_ttl", ttl) }
        string("reply_proto", WartsNames.protocolName(reply.protocolNumber))
        if let sent = reply.sent {
            time("tx", sent)
            time("rx", sent.later(by: reply.rtt))
        }
        milliseconds("rtt", UInt64(reply.rtt))
        if reply.address?.isV4 == true {
            number("probe_ipid", reply.probeIPID)
            number("reply_ipid", reply.replyIPID)
        }
        if let type = reply.icmpType {
            number("icmp_type", type)
            number("icmp_code", reply.icmpCode ?? 0)
        }
        if let flags = reply.tcpFlags { number("tcp_flags", flags) }
        if !reply.recordRoute.isEmpty {
            member("RR")
            list(reply.recordRoute) { json, address in json.quote(address.map { "\($0)" } ?? "") }
        }
    }

    private mutating func statistics(_ ping: WartsPing) {
        let summary = WartsPingSummary(ping, of: ping.replies)
        number("replies", summary.received)
        number("loss", ping.sent - min(ping.sent, summary.received))
        guard summary.received > 0 else { return }
        milliseconds("min", UInt64(summary.least))
        milliseconds("max", UInt64(summary.most))
        milliseconds("avg", UInt64(summary.mean.rounded()))
        milliseconds("stddev", UInt64(summary.deviation.rounded()))
    }

    private mutating func tracelb(_ trace: WartsTracelb) {
        string("type", "tracelb")
        string("version", "0.1")
        number("userid", trace.userID)
        string("method", WartsNames.tracelb(trace.type))
        ends(trace.source, trace.destination)
        if trace.type != 2 {
            number("sport", trace.sourcePort)
            number("dport", trace.destinationPort)
        }
        time("start", trace.start)
        number("probe_size", trace.probeSize)
        number("firsthop", trace.firstHop)
        number("attempts", trace.attempts)
        number("confidence", trace.confidence)
        number("tos", trace.tos)
        number("gaplimit", trace.gapLimit)
        number("wait_timeout", trace.waitTimeout)
        number("wait_probe", UInt32(trace.waitProbe) * 10)
        number("probec", trace.probeCount)
        number("probec_max", trace.mostProbes)
        number("nodec", trace.nodeCount)
        number("linkc", trace.linkCount)
        guard !trace.nodes.isEmpty else { return }
        array("nodes", trace.steps) { json, step in
            json.string("addr", step.node.address.map { "\($0)" } ?? "*")
            if step.node.flags & 1 != 0 { json.number("q_ttl", step.node.quotedTTL) }
            json.number("linkc", step.node.linkCount)
            json.member("links")
            json.list(step.hops) { json, answers in
                json.list(answers) { json, answer in
                    json.object { json in
                        json.string("addr", answer.address.map { "\($0)" } ?? "*")
                        guard answer.address != nil else { return }
                        json.array("probes", answer.probes) { json, probe in json.probe(probe) }
                    }
                }
            }
        }
    }

    private mutating func probe(_ probe: WartsProbe) {
        time("tx", probe.sent)
        number("replyc", probe.replies.count)
        number("ttl", probe.ttl)
        number("attempt", probe.attempt)
        number("flowid", probe.flowID)
        guard !probe.replies.isEmpty else { return }
        array("replies", probe.replies) { json, reply in
            json.time("rx", reply.received)
            if let ttl = reply.ttl { json.number("ttl", ttl) }
            json.milliseconds("rtt", reply.received.microseconds(since: probe.sent))
            if reply.address?.isV4 == true { json.number("ipid", reply.ipid) }
            // Flag 2: it came over TCP.
            if reply.flags & 2 != 0 {
                json.number("tcp_flags", reply.tcpFlags)
            } else {
                json.number("icmp_type", reply.icmpType)
                json.number("icmp_code", reply.icmpCode)
                let isQuoted = reply.icmpType == 3 || reply.icmpType == 11 || reply.icmpType == 1
                if isQuoted || reply.address?.isV4 == true { json.number("icmp_q_tos", reply.quotedTOS) }
                if isQuoted { json.number("icmp_q_ttl", reply.quotedTTL) }
            }
            if !reply.extensions.isEmpty { json.extensions(reply.extensions) }
        }
    }

    private mutating func dealias(_ test: WartsDealias) {
        string("type", "dealias")
        string("version", "0.2")
        string("method", WartsNames.dealias(test.method))
        number("userid", test.userID)
        string("result", WartsNames.result(test.result))
        time("start", test.start)
        number("probec", test.probeCount)
    }

    private mutating func ends(_ source: IPAddress?, _ destination: IPAddress?) {
        if let source { string("src", "\(source)") }
        if let destination { string("dst", "\(destination)") }
    }
}

// MARK: - Text

extension WartsJSON {
    private mutating func separate() {
        if needsComma { text += "," }
        needsComma = true
    }

    private mutating func member(_ name: StaticString) {
        separate()
        text += "\"\(name)\":"
        needsComma = false
    }

    private mutating func object(_ body: (inout WartsJSON) -> Void) {
        separate()
        text += "{"
        needsComma = false
        body(&self)
        text += "}"
        needsComma = true
    }

    private mutating func list<Element>(_ elements: [Element], _ body: (inout WartsJSON, Element) -> Void) {
        separate()
        text += "["
        needsComma = false
        for element in elements { body(&self, element) }
        text += "]"
        needsComma = true
    }

    /// A member that is a list of objects.
    private mutating func array<Element>(
        _ name: StaticString,
        _ elements: [Element],
        _ body: (inout WartsJSON, Element) -> Void
    ) {
        member(name)
        list(elements) { json, element in json.object { json in body(&json, element) } }
    }

    private mutating func number(_ name: StaticString, _ number: some FixedWidthInteger) {
        member(name)
        text += String(number)
        needsComma = true
    }

    private mutating func string(_ name: StaticString, _ string: String) {
        member(name)
        quote(string)
    }

    private mutating func quote(_ string: String) {
        separate()
        text += "\""
        for scalar in string.unicodeScalars {
            switch scalar {
            case "\"": text += "\\\""
            case "\\": text += "\\\\"
            case "\u{0}"..<" ": text += "\\u00" + (scalar.value < 16 ? "0" : "") + String(scalar.value, radix: 16)
            default: text.unicodeScalars.append(scalar)
            }
        }
        text += "\""
    }

    private mutating func time(_ name: StaticString, _ time: WartsTime) {
        member(name)
        object { json in
            json.number("sec", time.seconds)
            json.number("usec", time.microseconds)
        }
    }

    private mutating func milliseconds(_ name: StaticString, _ microseconds: UInt64) {
        member(name)
        let rest = String(microseconds % 1000)
        text += "\(microseconds / 1000).\(String(repeating: "0", count: 3 - rest.count))\(rest)"
        needsComma = true
    }
}

extension WartsTime {
    fileprivate func later(by microseconds: UInt32) -> WartsTime {
        let sum = UInt64(self.microseconds) + UInt64(microseconds)
        return WartsTime(
            seconds: seconds &+ UInt32(sum / 1_000_000),
            microseconds: UInt32(sum % 1_000_000)
        )
    }

    /// 0 where the clock went back.
    func microseconds(since other: WartsTime) -> UInt64 {
        let end = UInt64(seconds) * 1_000_000 + UInt64(microseconds)
        let start = UInt64(other.seconds) * 1_000_000 + UInt64(other.microseconds)
        return end - min(end, start)
    }
}
