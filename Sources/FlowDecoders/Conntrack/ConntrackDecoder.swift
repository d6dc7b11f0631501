public import FlowSchema
public import NetTypes
import WireFormat

/// Turns what the kernel says of its connections into rows: two for each
/// connection, one a direction.
///
/// Traffic is told when a connection ends, and of those that go on by
/// listing them now and then, as what came since the last time. Events that
/// tell of no traffic, as that a connection began, are counted.
public struct ConntrackDecoder: Sendable {
    /// Which addresses the rows tell of connections that are translated.
    public enum View: String, CaseIterable, Sendable {
        /// Those that the connection's first packet came with, in both directions; what they are translated to is in
        /// the columns for NAT.
        case preNAT = "pre-nat"
        /// Those that each direction's packets have where they come from.
        case wire
    }

    /// What it counts beside ``HostExporter/counters``.
    public struct Counts: Equatable, Sendable {
        /// Connections that began.
        public var new: UInt64 = 0
        /// Changes of connections.
        public var updated: UInt64 = 0
        /// Connections that ended.
        public var destroyed: UInt64 = 0
        /// Connections that were listed, each time.
        public var listed: UInt64 = 0
        /// Connections, or listings of them, without counters: the kernel wasn't counting when they began.
        public var uncounted: UInt64 = 0
        /// Connections that went without their last event: what they did since they were listed isn't known.
        public var lostEnds: UInt64 = 0
        /// Connections that aren't followed, since too many are: their traffic is told when they end.
        public var unfollowed: UInt64 = 0
        /// Listings that went to their end.
        public var listings: UInt64 = 0

        /// Nothing yet.
        public init() {}
    }

    /// How a listing goes.
    public enum Listing: Equatable, Sendable {
        /// There is more to read.
        case goesOn
        /// All was read; what has changed meanwhile may be missing if it `wasInterrupted`.
        case ended(wasInterrupted: Bool)
        /// The kernel refused, with that error number.
        case failed(Int32)
    }

    /// Which addresses are told.
    public let view: View
    /// What it came to.
    public var exporter: HostExporter
    /// Who knows the processes that connections belong to; nil when rows are to tell none.
    public var owners: (any ConnectionOwners)?
    /// What else was counted.
    public private(set) var counts = Counts()
    private var table: [Key: Entry] = [:]
    private var generation: UInt32 = 0
    private var isFirst = true
    private var wasInterrupted = false

    /// Connections that are followed between listings; beside the kernel's own table this is small.
    public static let mostFollowed = 2_000_000
    /// Bytes of messages that may be given at once, so that the batch has room for their rows.
    public static let mostBytes = 256 << 10

    private struct Key: Hashable {
        var id: UInt32
        var zone: UInt16
    }

    /// What was told of a connection already.
    private struct Entry {
        var original: ConntrackMessage.Counters
        var reply: ConntrackMessage.Counters
        /// When that was.
        var told: UInt32
        /// The listing that it was seen in last.
        var generation: UInt32
        /// When it began, which tells it from another with the same number.
        var start: UInt64
    }

    /// Nothing is followed yet.
    public init(sampler: IPAddress, view: View = .preNAT) {
        self.view = view
        exporter = HostExporter(address: sampler, type: .conntrack)
        exporter.rate = 1
        exporter.rateSource = .record
    }

    /// Connections that are followed now.
    public var followed: Int { table.count }

    // MARK: - Events

    /// Takes events in.
    ///
    /// - Parameters:
    ///   - bytes: what the socket gave, at most ``mostBytes`` of messages.
    ///   - batch: takes the rows; has room for ``FlowDecoder/mostRows``.
    public mutating func decodeEvents(_ bytes: RawSpan, at now: HostTime, into batch: FlowBatch) {
        exporter.lastSeen = now.seconds
        var messages = NetlinkMessages(bytes)
        do throws(DecodeError) {
            while try messages.next() {
                let payload = messages.payload
                do throws(DecodeError) {
                    try event(messages.type, messages.flags, payload, now, batch)
                } catch {
                    exporter.reject(error, bytes: payload.byteCount)
                }
            }
        } catch {
            exporter.reject(error, bytes: bytes.byteCount)
        }
    }

    private mutating func event(
        _ type: UInt16,
        _ flags: UInt16,
        _ payload: RawSpan,
        _ now: HostTime,
        _ batch: FlowBatch
    ) throws(DecodeError) {
        switch type {
        case ConntrackMessage.delete:
            let message = try ConntrackMessage(payload)
            counts.destroyed += 1
            let before = forget(message)
            store(message, since: before, at: now, payload.byteCount, batch)
            owners?.ended(message.number)
        case ConntrackMessage.new:
            // Reading it all shows that it is sound; its traffic is told later.
            let message = try ConntrackMessage(payload)
            // NLM_F_CREATE
            if flags & 0x400 != 0 {
                counts.new += 1
                lookForOwner(message)
            } else {
                counts.updated += 1
            }
            exporter.took(payload.byteCount)
            exporter.counters.records &+= 1
            exporter.counters.eventRecords &+= 1
        default:
            break
        }
    }

    private func lookForOwner(_ message: ConntrackMessage) {
        guard let owners, message.hasSockets else { return }
        owners.began(message.number, client: message.client, server: message.server)
    }

    private mutating func forget(_ message: ConntrackMessage) -> Entry? {
        guard let entry = table.removeValue(forKey: Key(id: message.id, zone: message.zone)) else { return nil }
        return isSame(entry, message) ? entry : nil
    }

    private func isSame(_ entry: Entry, _ message: ConntrackMessage) -> Bool {
        entry.start == (message.start ?? 0)
    }

    // MARK: - Listings

    /// Begins a listing of all connections.
    public mutating func beginListing() {
        generation &+= 1
        wasInterrupted = false
    }

    /// Takes a part of a listing in. Of the first one nothing is told: what was before the start belongs to nobody.
    ///
    /// - Parameters:
    ///   - bytes: what the socket gave, at most ``mostBytes`` of messages.
    ///   - batch: takes the rows; has room for ``FlowDecoder/mostRows``.
    public mutating func decodeListing(_ bytes: RawSpan, at now: HostTime, into batch: FlowBatch) -> Listing {
        exporter.lastSeen = now.seconds
        var messages = NetlinkMessages(bytes)
        do throws(DecodeError) {
            while try messages.next() {
                if messages.flags & NetlinkMessages.wasInterrupted != 0 { wasInterrupted = true }
                switch messages.type {
                case NetlinkMessages.done:
                    if messages.code != 0 { return .failed(messages.code) }
                    endListing()
                    return .ended(wasInterrupted: wasInterrupted)
                case NetlinkMessages.error where messages.code != 0: return .failed(messages.code)
                case ConntrackMessage.new:
                    let payload = messages.payload
                    do throws(DecodeError) {
                        list(try ConntrackMessage(payload), at: now, payload.byteCount, batch)
                    } catch {
                        exporter.reject(error, bytes: payload.byteCount)
                    }
                default: break
                }
            }
        } catch {
            exporter.reject(error, bytes: bytes.byteCount)
        }
        return .goesOn
    }

    private mutating func list(
        _ message: ConntrackMessage,
        at now: HostTime,
        _ byteCount: Int,
        _ batch: FlowBatch
    ) {
        counts.listed += 1
        let key = Key(id: message.id, zone: message.zone)
        let before = table[key].flatMap { isSame($0, message) ? $0 : nil }
        if message.originalCounters != nil || message.replyCounters != nil {
            guard table[key] != nil || table.count < Self.mostFollowed else {
                counts.unfollowed += 1
                return note(byteCount)
            }
            table[key] = Entry(
                original: message.originalCounters ?? .init(),
                reply: message.replyCounters ?? .init(),
                told: now.seconds,
                generation: generation,
                start: message.start ?? 0
            )
        }
        if before == nil, owners?.owner(of: message.number) == nil { lookForOwner(message) }
        if isFirst, before == nil { return note(byteCount) }
        store(message, since: before, at: now, byteCount, batch)
    }

    private mutating func note(_ byteCount: Int) {
        exporter.took(byteCount)
        exporter.counters.records &+= 1
        exporter.counters.eventRecords &+= 1
    }

    private mutating func endListing() {
        counts.listings += 1
        isFirst = false
        // One that is missing now may have ended a moment ago, and its event be on the way: it gets until the next.
        let lost = table.filter { $0.value.generation &+ 1 < generation }
        counts.lostEnds += UInt64(lost.count)
        for key in lost.keys { table[key] = nil }
    }

    // MARK: - Rows

    private mutating func store(
        _ message: ConntrackMessage,
        since before: Entry?,
        at now: HostTime,
        _ byteCount: Int,
        _ batch: FlowBatch
    ) {
        exporter.took(byteCount)
        exporter.counters.records &+= 1
        if message.originalCounters == nil, message.replyCounters == nil { counts.uncounted += 1 }
        let original = Self.difference(message.originalCounters, before?.original)
        let reply = Self.difference(message.replyCounters, before?.reply)
        let rows = (original == nil ? 0 : 1) + (reply == nil ? 0 : 1)
        guard rows > 0 else {
            exporter.counters.eventRecords &+= 1
            return
        }
        let times = Times(message, told: before?.told, now: now)
        exporter.counters.flows &+= UInt64(rows)
        if rows == 2 { exporter.counters.reverseFlows &+= 1 }
        if let original {
            store(original, message.original, translated: message.reply.swapped, message, times, batch)
        }
        if let reply {
            var tuple = view == .preNAT ? message.original.swapped : message.reply
            // An answer is of another type of ICMP.
            (tuple.icmpType, tuple.icmpCode) = (message.reply.icmpType, message.reply.icmpCode)
            store(reply, tuple, translated: message.reply, message, times, batch)
        }
    }

    /// What came since the last time; nil when nothing did. A counter that went backwards was set to 0 by somebody.
    private static func difference(
        _ now: ConntrackMessage.Counters?,
        _ before: ConntrackMessage.Counters?
    ) -> ConntrackMessage.Counters? {
        guard var now else { return nil }
        if let before, now.packets >= before.packets, now.bytes >= before.bytes {
            now.packets -= before.packets
            now.bytes -= before.bytes
        }
        return now.packets == 0 && now.bytes == 0 ? nil : now
    }

    private struct Times {
        var received: UInt32
        var start: HostTime
        var end: HostTime

        init(_ message: ConntrackMessage, told: UInt32?, now: HostTime) {
            received = now.seconds
            end = message.stop.map { HostTime(nanoseconds: $0) } ?? now
            start = told.map { HostTime(seconds: $0) } ?? message.start.map { HostTime(nanoseconds: $0) } ?? end
            // A clock that was set between them.
            if start.seconds > end.seconds { start = end }
        }
    }

    private mutating func store(
        _ traffic: ConntrackMessage.Counters,
        _ tuple: ConntrackMessage.Tuple,
        translated: ConntrackMessage.Tuple,
        _ message: ConntrackMessage,
        _ times: Times,
        _ batch: FlowBatch
    ) {
        let rows = batch.reserve(1)
        batch.fill(.timeReceived, rows, with: times.received)
        batch.fill(.flowType, rows, with: FlowType.conntrack.rawValue)
        batch.fill(.sequenceNum, rows, with: message.id)
        batch.fill(.samplingRate, rows, with: UInt32(1))
        batch.fill(.samplingRateSource, rows, with: SamplingSource.record.rawValue)
        batch.fill(.samplerAddress, rows, with: exporter.address)
        batch.fill(.timeFlowStart, rows, with: times.start.seconds)
        batch.fill(.timeFlowStartNs, rows, with: times.start.nanoseconds)
        batch.fill(.timeFlowEnd, rows, with: times.end.seconds)
        batch.fill(.timeFlowEndNs, rows, with: times.end.nanoseconds)
        batch.fill(.bytes, rows, with: traffic.bytes)
        batch.fill(.packets, rows, with: traffic.packets)
        batch.fill(.srcAddr, rows, with: tuple.source)
        batch.fill(.dstAddr, rows, with: tuple.destination)
        batch.fill(.eType, rows, with: message.eType)
        batch.fill(.proto, rows, with: tuple.proto)
        batch.fill(.srcPort, rows, with: tuple.sourcePort)
        batch.fill(.dstPort, rows, with: tuple.destinationPort)
        if tuple.icmpType | tuple.icmpCode != 0 {
            batch.fill(.icmpType, rows, with: tuple.icmpType)
            batch.fill(.icmpCode, rows, with: tuple.icmpCode)
        }
        if message.mark != 0 { batch.fill(.mark, rows, with: message.mark) }
        if message.zone != 0 { batch.fill(.conntrackZone, rows, with: message.zone) }
        if message.status != 0 { batch.fill(.conntrackStatus, rows, with: message.status) }
        if view == .preNAT, message.isTranslated {
            batch.fill(.srcAddrNAT, rows, with: translated.source)
            batch.fill(.dstAddrNAT, rows, with: translated.destination)
            batch.fill(.srcPortNAT, rows, with: translated.sourcePort)
            batch.fill(.dstPortNAT, rows, with: translated.destinationPort)
        }
        if let owner = owners?.owner(of: message.number) { store(owner, row: rows.lowerBound, batch) }
        exporter.scaledBytes &+= traffic.bytes
    }

    /// The process as texts, which no column is for. It chose its name itself.
    private mutating func store(_ owner: ConnectionOwner, row: Int, _ batch: FlowBatch) {
        var texts: [UInt8] = []
        for text in ["process", owner.name, "pid", String(owner.process)] {
            for byte in text.utf8 where byte != 0 { texts.append(byte) }
            texts.append(0)
        }
        if unsafe !batch.append(.strings, row: row, value: texts.span.bytes) { exporter.counters.lostTexts += 1 }
    }
}

/// What the kernel is asked for.
public enum ConntrackRequest {
    /// A list of all connections: IPCTNL_MSG_CT_GET with NLM_F_REQUEST and NLM_F_DUMP, of all families.
    public static func list(sequence: UInt32) -> [UInt8] {
        netlinkRequest(type: ConntrackMessage.subsystem << 8 | 1, flags: 0x301, sequence: sequence, [0, 0, 0, 0])
    }

    /// The groups of events: new, changed and ended connections (NF_NETLINK_CONNTRACK_NEW, _UPDATE, _DESTROY).
    public static let eventGroups: UInt32 = 7
}
