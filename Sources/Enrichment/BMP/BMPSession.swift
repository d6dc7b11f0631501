import NetTypes
import WireFormat

/// One BMP session (RFC 7854): bytes in, actions out.
///
/// It knows no socket and no clock. What it remembers is who is up, and how
/// their UPDATEs are written; both are bounded.
public struct BMPSession: Sendable {
    /// Peers of one session; those beyond are counted and passed over.
    public static let mostPeers = 4096
    /// Bytes of a router's name and description that are kept.
    static let mostText = 255

    private var framing = BMPFraming()
    private var isInitiated = false
    private var peers: [BMPPeer: Peer] = [:]
    /// Messages that were read.
    public private(set) var messages: UInt64 = 0

    /// How a peer's UPDATEs are written.
    private struct Peer {
        var encoding = BGPEncoding()
        /// Whether path identifiers were seen where they are to be.
        var isAddPathSure = false
    }

    /// Message types (RFC 7854 section 4.1).
    private enum MessageType: UInt8 {
        case routes = 0
        case statistics = 1
        case peerDown = 2
        case peerUp = 3
        case initiation = 4
        case termination = 5
        case mirroring = 6
    }

    /// Whether the router has said that it ends the session; what comes behind that isn't read.
    public private(set) var isTerminated = false

    /// A session of which nothing has come.
    public init() {}

    /// Peers that are up.
    public var peerCount: Int { peers.count }
    /// Whether a message has begun and not ended.
    public var isWithinMessage: Bool { framing.pending > 0 }
    /// Whether the router has said that it is one.
    public var hasBegun: Bool { isInitiated }

    /// Takes the next bytes of the stream.
    ///
    /// - Throws: when the session can't go on; what came before counts.
    public mutating func feed(_ bytes: RawSpan, _ act: (BMPAction) -> Void) throws(BMPSessionError) {
        // The framing and the rest are used at the same time.
        var framing = BMPFraming()
        swap(&framing, &self.framing)
        defer { swap(&framing, &self.framing) }
        guard !isTerminated else { return }
        var hasNoBeginning = false
        try framing.feed(bytes) { type, message in
            guard isInitiated || type == MessageType.initiation.rawValue else {
                hasNoBeginning = true
                return false
            }
            isInitiated = true
            messages += 1
            read(type, message, act)
            return !isTerminated
        }
        if hasNoBeginning { throw .initiation }
    }

    private mutating func read(_ type: UInt8, _ message: RawSpan, _ act: (BMPAction) -> Void) {
        var reader = WireReader(message)
        do throws(DecodeError) {
            switch MessageType(rawValue: type) {
            case .initiation: try readInitiation(&reader, act)
            case .termination: try readTermination(&reader, act)
            case .statistics: act(.skipped(.statistics, count: 1))
            case .mirroring: act(.skipped(.mirrored, count: 1))
            case .peerUp: try readPeerUp(&reader, act)
            case .peerDown: try readPeerDown(&reader, act)
            case .routes: try readRoutes(&reader, act)
            case nil: act(.skipped(.unknownType, count: 1))
            }
        } catch {
            act(.skipped(.malformed, count: 1))
        }
    }

    // MARK: - The router

    /// Information TLVs (RFC 7854 section 4.4).
    private func readInitiation(_ reader: inout WireReader, _ act: (BMPAction) -> Void) throws(DecodeError) {
        var name = ""
        var description = ""
        while reader.remaining > 0 {
            let type = try reader.read(UInt16.self)
            let length = Int(try reader.read(UInt16.self))
            let value = try reader.take(length)
            if type == 1 { description = Self.text(value.rest) }
            if type == 2 { name = Self.text(value.rest) }
        }
        act(.initiation(name: name, description: description))
    }

    /// Printable ASCII, and one space for anything else: routers' words end up in logs.
    private static func text(_ bytes: RawSpan) -> String {
        unsafe bytes.withUnsafeBytes { bytes in
            let kept = unsafe bytes.prefix(mostText).map { (0x20..<0x7F).contains($0) ? $0 : 0x20 }
            return String(decoding: kept, as: UTF8.self)
        }
    }

    private mutating func readTermination(_ reader: inout WireReader, _ act: (BMPAction) -> Void) throws(DecodeError) {
        isTerminated = true
        // 1 is "unspecified", for who gives none.
        var reason: UInt16 = 1
        while reader.remaining > 0 {
            let type = try reader.read(UInt16.self)
            let length = Int(try reader.read(UInt16.self))
            let value = try reader.take(length)
            if type == 1, let code = value.peek(UInt16.self) { reason = code }
        }
        act(.termination(reason: reason))
    }

    // MARK: - Peers

    /// The header of messages about one peer.
    private struct PeerHeader {
        var peer: BMPPeer
        var view: BMPView
        /// AS_PATH has numbers of two bytes.
        var isNarrow: Bool
    }

    /// Per-peer header (RFC 7854 section 4.2); nil for what isn't used, which is counted.
    private func readHeader(
        _ reader: inout WireReader,
        _ act: (BMPAction) -> Void
    ) throws(DecodeError) -> PeerHeader? {
        let type = try reader.read(UInt8.self)
        let flags = try reader.read(UInt8.self)
        let distinguisher = try reader.read(UInt64.self)
        var address = try reader.take(16)
        // AS, identifier, seconds and microseconds.
        try reader.skip(16)
        switch type {
        // A VRF's Loc-RIB has a distinguisher (RFC 9069 section 4.1).
        case 3 where distinguisher == 0:
            return PeerHeader(peer: BMPPeer(address: .unspecified, isLocal: true), view: .local, isNarrow: false)
        // Global instance: V (IPv6), L (post-policy), A (two bytes of AS), O (Adj-RIB-Out, RFC 8671 section 4).
        case 0 where distinguisher == 0:
            guard flags & 0x10 == 0 else {
                act(.skipped(.ribOut, count: 1))
                return nil
            }
            if flags & 0x80 == 0 { try address.skip(12) }
            let peer = BMPPeer(address: try address.readAddress(bits: flags & 0x80 == 0 ? 32 : 128))
            return PeerHeader(
                peer: peer,
                view: flags & 0x40 == 0 ? .prePolicy : .postPolicy,
                isNarrow: flags & 0x20 != 0
            )
        default:
            act(.skipped(.otherInstance, count: 1))
            return nil
        }
    }

    /// Peer Up (RFC 7854 section 4.10).
    private mutating func readPeerUp(_ reader: inout WireReader, _ act: (BMPAction) -> Void) throws(DecodeError) {
        guard let header = try readHeader(&reader, act) else { return }
        guard peers[header.peer] != nil || peers.count < Self.mostPeers else {
            return act(.skipped(.tooManyPeers, count: 1))
        }
        // Local address and both ports.
        try reader.skip(20)
        let sent = try BGPOpen(&reader)
        let received = try BGPOpen(&reader)
        var encoding = BGPEncoding()
        if !header.peer.isLocal { encoding.ownAS = sent.asn }
        // The router receives (1) and the peer sends (2); in both OPENs of a Loc-RIB stands the same (RFC 9069 section
        // 4.2), so that any of the two bits says it.
        let asks: UInt8 = header.peer.isLocal ? 3 : 1
        let gives: UInt8 = header.peer.isLocal ? 3 : 2
        encoding.addPathV4 = sent.addPathV4 & asks != 0 && received.addPathV4 & gives != 0
        encoding.addPathV6 = sent.addPathV6 & asks != 0 && received.addPathV6 & gives != 0
        peers[header.peer] = Peer(encoding: encoding)
        act(.peerUp(header.peer))
    }

    /// Peer Down (section 4.9).
    private mutating func readPeerDown(_ reader: inout WireReader, _ act: (BMPAction) -> Void) throws(DecodeError) {
        guard let header = try readHeader(&reader, act) else { return }
        guard peers.removeValue(forKey: header.peer) != nil else { return act(.skipped(.unknownPeer, count: 1)) }
        act(.peerDown(header.peer))
    }

    /// Route Monitoring (section 4.6): an UPDATE as the peer sent it, or as if it had.
    private mutating func readRoutes(_ reader: inout WireReader, _ act: (BMPAction) -> Void) throws(DecodeError) {
        guard let header = try readHeader(&reader, act) else { return }
        // Some tell their own table without a Peer Up, which RFC 9069 section 4.2 asks for (GoBGP 3), or their own
        // routes as those of 0.0.0.0 (FRR 8).
        let isOwn = header.peer.isLocal || header.peer.address.isUnspecified
        guard var peer = peers[header.peer] ?? (isOwn ? Peer() : nil) else {
            return act(.skipped(.unknownPeer, count: 1))
        }
        // A router may write four bytes to us whatever its peer speaks (section 4.2).
        peer.encoding.wide = !header.isNarrow
        peer.encoding.isComplete = !isOwn
        let body = try BGPHeader.take(&reader, type: .update)
        let update = try readUpdate(body.rest, &peer)
        if peers[header.peer] != nil { peers[header.peer] = peer }
        if update.otherFamilies > 0 { act(.skipped(.otherFamily, count: update.otherFamilies)) }
        if update.treatedAsWithdrawn > 0 { act(.skipped(.malformedAttributes, count: update.treatedAsWithdrawn)) }
        act(.routes(header.peer, header.view, update))
    }

    /// Reads an UPDATE, with or without path identifiers.
    ///
    /// FRR 8 tells routes without them whatever was agreed with the peer. As long as no UPDATE of a peer had them, one
    /// that can't be read with them is read without, and so are those that follow.
    private func readUpdate(_ body: RawSpan, _ peer: inout Peer) throws(DecodeError) -> BGPUpdate {
        let hasIdentifiers = peer.encoding.addPathV4 || peer.encoding.addPathV6
        do throws(DecodeError) {
            let update = try BGPUpdate(body, peer.encoding)
            let routes = update.announced + update.withdrawn
            if hasIdentifiers, routes.contains(where: { peer.encoding.addPath($0.family) }) {
                peer.isAddPathSure = true
            }
            return update
        } catch {
            guard hasIdentifiers, !peer.isAddPathSure else { throw error }
            var plain = peer.encoding
            (plain.addPathV4, plain.addPathV6) = (false, false)
            let update = try BGPUpdate(body, plain)
            peer.encoding = plain
            return update
        }
    }
}
