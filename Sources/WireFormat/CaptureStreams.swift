/// Puts the TCP connections of a capture that carry IPFIX back into messages.
///
/// A connection is followed from its first bytes that look like an IPFIX
/// message, or from its start when it goes to IPFIX's port. Segments come
/// twice, late or never, a capture may begin in the middle of a connection,
/// and all of it may be made up: the connections, and the segments that wait
/// for an earlier one, are bounded. What is given up is counted in bytes, and
/// the next segment that begins with a message goes on.
struct CaptureStreams: Sendable {
    /// A message, and the connection that it came on.
    struct Message: Sendable {
        var bytes: [UInt8]
        var flow: CaptureTCPSegment.Flow
        var stream: Int
    }

    /// Connections that are followed at once; the one silent longest goes first.
    private static let mostStreams = 512
    /// IPFIX over TCP (RFC 7011 section 10.1).
    private static let ipfixPort: UInt16 = 4739

    private var streams: [CaptureTCPSegment.Flow: CaptureStream] = [:]
    private var lastNumber = 0
    private var clock = 0
    /// Messages that wait to be handed out.
    private var messages: [Message] = []
    /// How many of ``messages`` were.
    private var handedOut = 0
    /// Connections that are over since ``takeEnded()``.
    private var ended: [Int] = []
    /// Bytes that belong to no message, of connections that are over.
    private var bytesLostBefore = 0
    private var errorsBefore = 0

    /// Bytes of connections that couldn't be put into messages.
    var bytesLost: Int { streams.values.reduce(bytesLostBefore) { $0 + $1.bytesLost } }
    /// Headers that no IPFIX message has, in the middle of a connection.
    var errors: Int { streams.values.reduce(errorsBefore) { $0 + $1.errors } }
    /// Connections that were followed.
    var count: Int { lastNumber }

    /// Takes a segment in; false when it belongs to no connection that carries IPFIX.
    mutating func add(_ segment: CaptureTCPSegment) -> Bool {
        // The same ends again after a new SYN are another session, with templates of its own.
        if segment.isSyn, let known = streams[segment.flow], !known.starts(with: segment) { end(segment.flow) }
        guard streams[segment.flow] != nil || begins(segment) else { return false }
        if streams[segment.flow] == nil {
            if streams.count >= Self.mostStreams { endSilent() }
            lastNumber += 1
            streams[segment.flow] = CaptureStream(number: lastNumber, from: segment)
        }
        clock += 1
        streams[segment.flow]?.add(segment, at: clock, into: &messages)
        if streams[segment.flow]?.isOver == true { end(segment.flow) }
        return true
    }

    /// The oldest message that waits.
    mutating func next() -> Message? {
        guard handedOut < messages.count else {
            messages.removeAll(keepingCapacity: true)
            handedOut = 0
            return nil
        }
        defer { handedOut += 1 }
        return messages[handedOut]
    }

    /// Ends every connection: the capture is over.
    mutating func finish() {
        for flow in streams.keys.sorted(by: { (streams[$0]?.number ?? 0) < (streams[$1]?.number ?? 0) }) { end(flow) }
    }

    /// The connections that ended since the last call, all of whose messages were handed out.
    mutating func takeEnded() -> [Int] {
        guard handedOut == messages.count else { return [] }
        defer { ended.removeAll() }
        return ended
    }

    private func begins(_ segment: CaptureTCPSegment) -> Bool {
        if segment.flow.destination.port == Self.ipfixPort { return segment.isSyn || !segment.payload.isEmpty }
        return segment.payload.count >= 16 && IPFIXFraming.isPlausible(unsafe segment.payload.span.bytes)
    }

    private mutating func endSilent() {
        if let silent = streams.min(by: { $0.value.lastHeard < $1.value.lastHeard }) { end(silent.key) }
    }

    private mutating func end(_ flow: CaptureTCPSegment.Flow) {
        guard var stream = streams.removeValue(forKey: flow) else { return }
        stream.finish(into: &messages)
        bytesLostBefore += stream.bytesLost
        errorsBefore += stream.errors
        ended.append(stream.number)
    }
}

/// One direction of a TCP connection in a capture: bytes in order, and what waits for them.
struct CaptureStream: Sendable {
    private struct Piece: Sendable {
        var sequence: UInt32
        var bytes: ArraySlice<UInt8>
    }

    /// Segments that wait for an earlier one, and their bytes: more than any window in flight needs.
    private static let mostPieces = 1024
    private static let mostBytes = 4 << 20

    let number: Int
    private(set) var lastHeard = 0
    /// Bytes that belong to no message.
    private(set) var bytesLost = 0
    private(set) var errors = 0
    /// Whether everything up to its last segment was read.
    private(set) var isOver = false

    /// The number of the first byte.
    private let first: UInt32
    private let flow: CaptureTCPSegment.Flow
    /// The number of the byte that comes next; nil behind a hole of unknown size.
    private var next: UInt32?
    /// The number behind the last byte, once it is known.
    private var last: UInt32?
    private var waiting: [Piece] = []
    private var waitingBytes = 0
    private var framing = IPFIXFraming()
    /// Whether the next byte is one of a message that is being read, or a message's first.
    private var isInStep = false

    init(number: Int, from segment: CaptureTCPSegment) {
        self.number = number
        flow = segment.flow
        first = segment.isSyn ? segment.sequence &+ 1 : segment.sequence
        next = first
        // From the first byte on, it has to be IPFIX; in the middle, a message's begin is looked for.
        isInStep = segment.isSyn
    }

    /// Whether a SYN is this connection's own, once more.
    func starts(with segment: CaptureTCPSegment) -> Bool { segment.sequence &+ 1 == first }

    mutating func add(_ segment: CaptureTCPSegment, at clock: Int, into messages: inout [CaptureStreams.Message]) {
        lastHeard = clock
        let start = segment.isSyn ? segment.sequence &+ 1 : segment.sequence
        if segment.isLast { last = start &+ UInt32(truncatingIfNeeded: segment.payload.count) }
        take(Piece(sequence: start, bytes: segment.payload), into: &messages)
        if segment.isCut {
            // How much is missing isn't known here; what comes next goes on.
            giveUp()
            next = nil
        }
        if waiting.count > Self.mostPieces || waitingBytes > Self.mostBytes { skipHole(into: &messages) }
        if let last, next == nil || next == last { isOver = true }
    }

    /// Reads what still waits, with holes in between.
    mutating func finish(into messages: inout [CaptureStreams.Message]) {
        while !waiting.isEmpty { skipHole(into: &messages) }
        bytesLost += framing.reset()
    }

    // MARK: - Order

    private mutating func take(_ piece: Piece, into messages: inout [CaptureStreams.Message]) {
        guard !piece.bytes.isEmpty else { return }
        let ahead = Int32(bitPattern: piece.sequence &- (next ?? piece.sequence))
        guard ahead <= 0 else {
            let place = waiting.firstIndex { Int32(bitPattern: $0.sequence &- piece.sequence) > 0 } ?? waiting.count
            waiting.insert(piece, at: place)
            waitingBytes += piece.bytes.count
            return
        }
        read(piece, into: &messages)
        while let first = waiting.first, let next, Int32(bitPattern: first.sequence &- next) <= 0 {
            waiting.removeFirst()
            waitingBytes -= first.bytes.count
            read(first, into: &messages)
        }
    }

    /// Reads what is new of a piece that begins at, or before, the next byte.
    private mutating func read(_ piece: Piece, into messages: inout [CaptureStreams.Message]) {
        let known = next.map { Int($0 &- piece.sequence) } ?? 0
        let new = piece.bytes.dropFirst(known)
        guard !new.isEmpty else { return }
        next = piece.sequence &+ UInt32(truncatingIfNeeded: piece.bytes.count)
        let bytes = unsafe new.span.bytes
        if !isInStep {
            guard new.count >= 16, IPFIXFraming.isPlausible(bytes) else {
                bytesLost += new.count
                return
            }
            isInStep = true
        }
        let (number, flow) = (number, flow)
        do throws(IPFIXFramingError) {
            try framing.feed(bytes) { message in
                messages.append(CaptureStreams.Message(bytes: Array(message), flow: flow, stream: number))
            }
        } catch {
            errors += 1
            bytesLost += error.bytes
            isInStep = false
        }
    }

    /// Goes on behind the bytes that are missing before what waits.
    private mutating func skipHole(into messages: inout [CaptureStreams.Message]) {
        giveUp()
        guard let first = waiting.first else { return }
        waiting.removeFirst()
        waitingBytes -= first.bytes.count
        next = first.sequence
        take(first, into: &messages)
    }

    private mutating func giveUp() {
        bytesLost += framing.reset()
        isInStep = false
    }
}

extension Array where Element == UInt8 {
    /// Copies bytes.
    fileprivate init(_ bytes: RawSpan) {
        self = unsafe bytes.withUnsafeBytes { unsafe Array($0) }
    }
}
