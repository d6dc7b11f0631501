public import FlowSchema
public import NetTypes
import WireFormat

/// Turns packets that rules of the host's firewall logged into rows, one a packet.
public struct NFLogDecoder: Sendable {
    /// What the configuration says of one group.
    public struct Group: Hashable, Sendable {
        /// One of so many packets is logged, whatever the prefix says; nil believes it.
        public var rate: UInt32?
        /// 0 in, 1 out, whatever prefix and hook say.
        public var direction: UInt8?

        /// Believes prefix and hook.
        public init(rate: UInt32? = nil, direction: UInt8? = nil) {
            self.rate = rate
            self.direction = direction
        }
    }

    /// What it counts beside ``HostExporter/counters``.
    public struct Counts: Equatable, Sendable {
        /// Packets that the numbers of messages say are missing.
        public var missing: UInt64 = 0
        /// Packets with a prefix that isn't `netmeta:…`, or has settings that nobody knows.
        public var unknownPrefixes: UInt64 = 0
        /// Packets whose header doesn't tell their length (jumbograms and segmentation offload): what was logged counts.
        public var unknownLengths: UInt64 = 0

        /// Nothing yet.
        public init() {}
    }

    /// Settings by group.
    public let groups: [UInt16: Group]
    /// Interfaces that lead out of the network: forwarded packets that come in by them are incoming.
    public var outside: Set<UInt32> = []
    /// Which packet of a tunnel the main columns tell of.
    public var view = TunnelView.outer
    /// What it came to.
    public var exporter: HostExporter
    /// What else was counted.
    public private(set) var counts = Counts()
    private var prefixes = Prefixes()
    private var next: [UInt16: UInt32] = [:]

    /// Bytes of messages that may be given at once, so that the batch has room for their rows.
    public static let mostBytes = 256 << 10

    /// Texts that aren't `Sendable` by themselves hold nothing but values.
    private struct Prefixes: @unchecked Sendable {
        var table = NFLogPrefixes()
    }

    /// Nothing was logged yet.
    public init(sampler: IPAddress, groups: [UInt16: Group]) {
        self.groups = groups
        exporter = HostExporter(address: sampler, type: .nflog)
    }

    /// Takes logged packets in.
    ///
    /// - Parameters:
    ///   - bytes: what the socket gave, at most ``mostBytes`` of messages.
    ///   - now: when they came; packets that have no time of their own get this one.
    ///   - batch: takes the rows; has room for ``FlowDecoder/mostRows``.
    public mutating func decode(_ bytes: RawSpan, at now: HostTime, into batch: FlowBatch) {
        exporter.lastSeen = now.seconds
        var messages = NetlinkMessages(bytes)
        do throws(DecodeError) {
            while try messages.next() {
                guard messages.type == NFLogMessage.packet else { continue }
                let payload = messages.payload
                do throws(DecodeError) {
                    let message = try NFLogMessage(payload)
                    exporter.took(payload.byteCount)
                    follow(message.group, message.sequence)
                    store(message, now, batch)
                } catch {
                    exporter.reject(error, bytes: payload.byteCount)
                }
            }
        } catch {
            exporter.reject(error, bytes: bytes.byteCount)
        }
    }

    /// Counts the numbers that are left out: the kernel gives one to each packet, also to those that it has to drop.
    private mutating func follow(_ group: UInt16, _ sequence: UInt32?) {
        guard let sequence else { return }
        if let expected = next[group] {
            let gap = sequence &- expected
            // Somebody else had the group meanwhile, and numbers began anew.
            if gap < 1 << 31 { counts.missing += UInt64(gap) }
        }
        next[group] = sequence &+ 1
    }

    private mutating func store(_ message: borrowing NFLogMessage, _ now: HostTime, _ batch: FlowBatch) {
        var meaning: NFLogPrefix?
        var hasForeignPrefix = false
        if message.prefix.byteCount > 0 {
            meaning = prefixes.table.meaning(message.prefix)
            hasForeignPrefix = meaning == nil
            if !(meaning?.isUnderstood ?? false) { counts.unknownPrefixes += 1 }
        }
        let group = groups[message.group]
        let isIP = message.eType == 0x0800 || message.eType == 0x86DD
        var packet = isIP ? PacketHeader(message.packet, link: .ip, view: view) : PacketHeader()
        if !isIP { packet.eType = message.eType }
        (packet.srcMac, packet.dstMac) = (message.srcMac, message.dstMac)
        if let vlan = message.vlan { packet.vlanId = vlan }
        let told = group?.rate ?? meaning?.rate
        let row = PacketRow(
            type: .nflog,
            sampler: exporter.address,
            time: message.time ?? now,
            sequence: message.sequence ?? 0,
            rate: told ?? 1,
            rateSource: group?.rate != nil ? .configuration : told == nil ? .unknown : .record,
            direction: group?.direction ?? meaning?.direction ?? direction(message),
            inIf: message.inIf,
            outIf: message.outIf,
            bytes: length(message.packet)
        )
        let rows = row.append(&packet, to: batch)
        if message.mark != 0 { batch.fill(.mark, rows, with: message.mark) }
        if message.inPhysIf != 0 { batch.fill(.ingressPhysIf, rows, with: message.inPhysIf) }
        if message.outPhysIf != 0 { batch.fill(.egressPhysIf, rows, with: message.outPhysIf) }
        if hasForeignPrefix || message.uid != nil || message.gid != nil {
            storeTexts(message, hasForeignPrefix: hasForeignPrefix, row: rows.lowerBound, batch)
        }
        exporter.wrote(row)
    }

    /// Where a packet is logged tells which way it goes; of forwarded ones the interfaces do.
    private func direction(_ message: borrowing NFLogMessage) -> UInt8 {
        // NFPROTO_NETDEV has hooks of its own: 0 ingress, 1 egress.
        if message.family == 5 { return message.hook <= 1 ? message.hook : 255 }
        switch message.hook {
        case 0, 1: return 0
        case 3, 4: return 1
        case 2:
            let (comes, goes) = (outside.contains(message.inIf), outside.contains(message.outIf))
            return comes == goes ? 255 : comes ? 0 : 1
        default: return 255
        }
    }

    /// Bytes of the packet by its header, since what is logged may be cut.
    private mutating func length(_ packet: RawSpan) -> UInt64 {
        let count = packet.byteCount
        if count >= 4, packet.number(at: 0, as: UInt8.self) >> 4 == 4 {
            let total = packet.number(at: 2, as: UInt16.self)
            if total != 0 { return UInt64(total) }
        } else if count >= 6, packet.number(at: 0, as: UInt8.self) >> 4 == 6 {
            let payload = packet.number(at: 4, as: UInt16.self)
            if payload != 0 { return 40 + UInt64(payload) }
        }
        counts.unknownLengths += 1
        return UInt64(count)
    }

    /// What no column is for: the prefix of rules that aren't made for this program, and whose packet it is.
    private mutating func storeTexts(
        _ message: borrowing NFLogMessage,
        hasForeignPrefix: Bool,
        row: Int,
        _ batch: FlowBatch
    ) {
        var texts: [UInt8] = []
        func add(_ name: String, _ value: some Sequence<UInt8>) {
            texts += Array(name.utf8) + [0] + Array(value) + [0]
        }
        if hasForeignPrefix {
            var prefix: [UInt8] = []
            for offset in 0..<message.prefix.byteCount { prefix.append(message.prefix.number(at: offset)) }
            add("logPrefix", String(decoding: prefix, as: UTF8.self).utf8)
        }
        if let uid = message.uid { add("uid", String(uid).utf8) }
        if let gid = message.gid { add("gid", String(gid).utf8) }
        if unsafe !batch.append(.strings, row: row, value: texts.span.bytes) { exporter.counters.lostTexts += 1 }
    }
}

/// What the kernel is told of a group.
public enum NFLogRequest {
    /// NFULNL_MSG_CONFIG, with NLM_F_REQUEST and NLM_F_ACK.
    private static func configure(_ group: UInt16, sequence: UInt32, _ attributes: [UInt8]) -> [UInt8] {
        let header = [0, 0, UInt8(group >> 8), UInt8(truncatingIfNeeded: group)]
        return netlinkRequest(
            type: NFLogMessage.subsystem << 8 | 1,
            flags: 0x5,
            sequence: sequence,
            header + attributes
        )
    }

    /// Takes a group over; it has one owner.
    public static func bind(_ group: UInt16, sequence: UInt32) -> [UInt8] {
        configure(group, sequence: sequence, netlinkAttribute(1, [1]))
    }

    /// Wants `range` bytes of each packet, numbers in messages, and messages in bundles of up to `bundle`, or after
    /// 100 ms. NFULNL_CFG_F_SEQ stands alone: a kernel that can't do another flag would refuse both.
    public static func shape(_ group: UInt16, range: UInt32, bundle: UInt32, sequence: UInt32) -> [UInt8] {
        let mode = netlinkAttribute(2, bigEndian(range) + [2, 0])
        let size = netlinkAttribute(3, bigEndian(128 << 10))
        let timeout = netlinkAttribute(4, bigEndian(10))
        let threshold = netlinkAttribute(5, bigEndian(bundle))
        let flags = netlinkAttribute(6, [0, 1])
        return configure(group, sequence: sequence, mode + size + timeout + threshold + flags)
    }

    private static func bigEndian(_ value: UInt32) -> [UInt8] {
        [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: value >> $0) }
    }
}
