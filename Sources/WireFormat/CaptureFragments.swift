/// Joins the fragments of IP packets in a capture.
///
/// Fragments come in any order, twice, or never, and may be made up. What
/// waits are places in the file, not copies. Packets that wait, and fragments
/// of one, are bounded; the packet that has waited longest goes first.
/// Fragments that overlap spoil their packet (RFC 5722).
struct CaptureFragments: Sendable {
    /// Packets that wait.
    private static let mostPackets = 256
    /// An IPv4 packet in fragments of 68 bytes' MTU has more; nobody's has.
    private static let mostFragments = 128

    private struct Key: Hashable, Sendable {
        var source: CaptureEndpoint
        var destination: CaptureEndpoint
        var id: UInt32
    }

    private struct Piece: Sendable {
        var offset: Int
        var place: Range<Int>
        var isLast: Bool
    }

    private var pieces: [Key: [Piece]] = [:]
    /// The waiting packets, oldest first.
    private var order: [Key] = []

    /// Takes a fragment in. Returns the whole packet's payload when it was the
    /// last that was missing, and how many fragments were given up.
    mutating func add(
        _ packet: CaptureIPPacket,
        _ fragment: CaptureIPPacket.Fragment,
        in file: [UInt8]
    ) -> (whole: (bytes: [UInt8], fragments: Int)?, lost: Int) {
        guard !packet.isCut else { return (nil, 1) }
        let key = Key(source: packet.source, destination: packet.destination, id: fragment.id)
        var lost = 0
        var waiting = pieces[key] ?? []
        if waiting.isEmpty {
            if order.count >= Self.mostPackets { lost += forget(order[0]) }
            order.append(key)
        } else if waiting.contains(where: { $0.offset == fragment.offset }) || waiting.count >= Self.mostFragments {
            return (nil, 1)
        }
        waiting.append(Piece(offset: fragment.offset, place: packet.payload, isLast: fragment.isLast))
        waiting.sort { $0.offset < $1.offset }
        pieces[key] = waiting
        guard let end = waiting.last, end.isLast else { return (nil, lost) }
        var reached = 0
        for piece in waiting {
            guard piece.offset <= reached else { return (nil, lost) }
            guard piece.offset == reached else { return (nil, lost + forget(key)) }
            reached += piece.place.count
        }
        let bytes = waiting.reduce(into: []) { $0 += file[$1.place] }
        _ = forget(key)
        return ((bytes, waiting.count), lost)
    }

    /// Gives up all that waits, and tells how many fragments that were.
    mutating func forgetAll() -> Int {
        let lost = pieces.values.reduce(0) { $0 + $1.count }
        pieces.removeAll()
        order.removeAll()
        return lost
    }

    private mutating func forget(_ key: Key) -> Int {
        order.removeAll { $0 == key }
        return pieces.removeValue(forKey: key)?.count ?? 0
    }
}
