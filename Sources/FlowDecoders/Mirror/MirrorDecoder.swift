public import FlowSchema
public import NetTypes

/// Turns frames that were captured on this host's interfaces into rows: one a frame, or one a flow where a cache
/// gathers them.
public struct MirrorDecoder: Sendable {
    /// What the kernel says of a frame.
    public struct Frame: Sendable {
        /// When it came.
        public var time: HostTime
        /// Bytes of the frame, as far as they are there or not, without ``tag``.
        public var length: UInt32
        /// The tag that the kernel took off (IEEE 802.1Q: priority, drop eligibility, VLAN); nil when there was none.
        public var tag: UInt16?
        /// The size of the packets that it stands for, where it is several of a TCP or UDP flow at once; else 0.
        public var segment: UInt16
        /// Whether it begins with an IP header and not with Ethernet's.
        public var isBare: Bool
        /// Whether it was sent, and not received.
        public var isOutgoing: Bool
        /// The interface's index.
        public var interface: UInt32

        /// Describes a frame.
        public init(
            time: HostTime,
            length: UInt32,
            tag: UInt16? = nil,
            segment: UInt16 = 0,
            isBare: Bool = false,
            isOutgoing: Bool = false,
            interface: UInt32 = 0
        ) {
            self.time = time
            self.length = length
            self.tag = tag
            self.segment = segment
            self.isBare = isBare
            self.isOutgoing = isOutgoing
            self.interface = interface
        }
    }

    /// One of so many frames is captured.
    public let rate: UInt32
    /// What it came to.
    public var exporter: HostExporter
    /// Frames that stood for several packets.
    public private(set) var superFrames: UInt64 = 0
    /// Which packet of a tunnel the main columns tell of.
    public var view = TunnelView.outer
    /// Gathers frames into flows; nil where each is a row.
    private var cache: FlowCache?
    private var isGathering: Bool

    /// Nothing was captured yet.
    ///
    /// - Parameter flows: gathers frames into flows; by itself each frame is a row.
    public init(sampler: IPAddress, rate: UInt32, gathering flows: FlowCacheOptions? = nil) {
        self.rate = rate
        cache = flows.map { FlowCache($0) }
        isGathering = flows != nil
        exporter = HostExporter(address: sampler, type: .portMirror)
    }

    /// Flows that are gathered and not told yet.
    public var gatheredFlows: Int { cache?.count ?? 0 }
    /// Flows that were told before their time, to make room for others.
    public var earlyFlows: UInt64 { cache?.early ?? 0 }

    /// Writes a frame's row, or adds it to its flow.
    ///
    /// - Parameters:
    ///   - bytes: the frame from its first byte, possibly cut short.
    ///   - batch: has room for a row.
    public mutating func decode(_ bytes: RawSpan, _ frame: Frame, into batch: FlowBatch) {
        exporter.took(bytes.byteCount)
        var packet = PacketHeader(bytes, link: frame.isBare ? .ip : .ethernet, view: view)
        var length = UInt64(frame.length)
        if let tag = frame.tag {
            // What the kernel took off is the outer one: one that is still there is inside of it.
            packet.customerVlanId = packet.vlanId
            packet.vlanId = tag & 0xFFF
            length += 4
        }
        var flow = CachedFlow(
            packet: packet,
            interface: frame.interface,
            isOutgoing: frame.isOutgoing,
            time: frame.time,
            bytes: length,
            packets: packets(bytes, frame)
        )
        guard isGathering else { return store(&flow, into: batch) }
        exporter.lastSeen = frame.time.seconds
        if var gone = cache?.add(flow) { store(&gone, told: frame.time, into: batch) }
    }

    // MARK: - Flows

    /// Writes rows of flows whose time is over; what is left is for the next call.
    ///
    /// - Parameters:
    ///   - most: rows that the batch has room for.
    /// - Returns: how many it wrote.
    public mutating func tellEnded(at now: HostTime, most: Int, into batch: FlowBatch) -> Int {
        guard var held = cache.take() else { return 0 }
        let count = held.takeEnded(at: now, most: most) { store(&$0, told: now, into: batch) }
        cache = held
        return count
    }

    /// Gathers no more, and writes rows of all flows; what is left is for the next call. Frames that come later are
    /// rows of their own.
    ///
    /// - Parameters:
    ///   - most: rows that the batch has room for.
    /// - Returns: how many it wrote.
    public mutating func tellRest(at now: HostTime, most: Int, into batch: FlowBatch) -> Int {
        isGathering = false
        guard var held = cache.take() else { return 0 }
        let count = held.takeAny(most: most) { store(&$0, told: now, into: batch) }
        cache = held
        return count
    }

    private mutating func store(_ flow: inout CachedFlow, told: HostTime? = nil, into batch: FlowBatch) {
        let row = PacketRow(
            type: .portMirror,
            sampler: exporter.address,
            time: flow.start,
            end: flow.end,
            told: told,
            rate: rate,
            rateSource: .configuration,
            direction: flow.isOutgoing ? 1 : 0,
            inIf: flow.isOutgoing ? 0 : flow.interface,
            outIf: flow.isOutgoing ? flow.interface : 0,
            bytes: flow.bytes,
            packets: flow.packets
        )
        _ = row.append(&flow.packet, to: batch)
        exporter.wrote(row)
    }

    // MARK: - Sizes

    /// How many packets a frame stands for: its payload in pieces of the segment's size.
    private mutating func packets(_ bytes: RawSpan, _ frame: Frame) -> UInt64 {
        guard frame.segment > 0 else { return 1 }
        superFrames &+= 1
        let payload = Int(frame.length) - Self.payloadOffset(bytes, isBare: frame.isBare)
        let segment = Int(frame.segment)
        return payload <= segment ? 1 : UInt64((payload + segment - 1) / segment)
    }

    /// Where the payload of TCP or UDP begins: the kernel makes super-frames of nothing else.
    private static func payloadOffset(_ bytes: RawSpan, isBare: Bool) -> Int {
        var offset = 0
        if !isBare {
            guard bytes.byteCount >= 14 else { return 0 }
            var type = bytes.number(at: 12, as: UInt16.self)
            offset = 14
            while [0x8100, 0x88A8].contains(type), bytes.byteCount >= offset + 4 {
                type = bytes.number(at: offset + 2)
                offset += 4
            }
        }
        guard bytes.byteCount >= offset + 20 else { return offset }
        let first = bytes.number(at: offset, as: UInt8.self)
        let isV4 = first >> 4 == 4
        guard isV4 || bytes.byteCount >= offset + 40 else { return offset }
        let proto = bytes.number(at: offset + (isV4 ? 9 : 6), as: UInt8.self)
        offset += isV4 ? Int(first & 0xF) * 4 : 40
        guard proto == 6 else { return offset + 8 }
        guard bytes.byteCount >= offset + 13 else { return offset + 20 }
        return offset + Int(bytes.number(at: offset + 12, as: UInt8.self) >> 4) * 4
    }
}
