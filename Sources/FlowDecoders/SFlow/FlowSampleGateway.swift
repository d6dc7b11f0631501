import FlowSchema
import WireFormat

extension FlowSample {
    /// `struct extended_gateway`: next hop, the agent's AS, the source's, its
    /// neighbour's, the path to the destination, and communities.
    ///
    /// The agent's own AS stands for an end that is told as 0 or by an empty
    /// path: routes of the own AS have neither.
    @inline(never)
    mutating func readGateway(
        _ record: RawSpan,
        _ columns: inout SFlowColumns,
        _ counters: inout DecodeCounters
    ) throws(DecodeError) {
        // A row has one path: of several records the first counts.
        let isFirst = !told.contains(.gateway)
        told.formUnion(.gateway)
        precondition(columns.hasRoom)
        let writer = columns.writer
        let row = columns.row
        let (hop, offset) = try record.sflowAddress(at: 0)
        if !told.contains(.nextHop) {
            unsafe writer.put(hop, in: .nextHop, row: row)
            told.formUnion(.nextHop)
        }
        if !hop.isUnspecified { unsafe writer.put(hop, in: .bgpNextHop, row: row) }
        guard record.byteCount >= offset &+ 12 else { throw .truncated }
        let start = WirePart(record, at: offset, length: 12)
        let own: UInt32 = start.number(at: 0)
        let source: UInt32 = start.number(at: 4)
        let neighbour: UInt32 = start.number(at: 8)
        unsafe writer.put(source == 0 ? own : source, in: .srcAS, row: row)
        if neighbour != 0 { unsafe writer.put(neighbour, in: .prevHopAS, row: row) }
        let pathOffset = offset &+ 12
        guard record.byteCount &- pathOffset >= 4 else { throw .truncated }
        var path = PathWalk(at: pathOffset &+ 4)
        // There can't be more numbers than bytes for them.
        let most = min((record.byteCount &- path.position) / 4, VariableValue.mostNumbers)
        let list =
            isFirst
            ? unsafe writer.openNumbers(.asPath, row: row, most: most)
            : unsafe UnsafeMutableBufferPointer(start: nil, count: 0)
        let isWhole = unsafe path.read(record, segments: record.number(at: pathOffset), into: list)
        if isFirst { writer.close(.asPath, row, kept: min(path.numbers, list.count), of: path.numbers, &counters) }
        guard isWhole else { throw .truncated }
        unsafe writer.put(path.last == 0 ? own : path.last, in: .dstAS, row: row)
        unsafe writer.put(path.first, in: .nextHopAS, row: row)
        if isFirst { writer.readCommunities(record, at: path.position, row, &counters) }
    }
}

extension RowWriter {
    /// A number of communities, and so many of them; a made-up number ends with the bytes.
    @inline(__always)
    fileprivate func readCommunities(
        _ record: RawSpan,
        at position: Int,
        _ row: Int,
        _ counters: inout DecodeCounters
    ) {
        let room = record.byteCount &- position &- 4
        guard room >= 4 else { return }
        let there = min(Int(record.number(at: position, as: UInt32.self)), room / 4)
        guard there > 0 else { return }
        let list = unsafe openNumbers(.bgpCommunities, row: row, most: min(there, VariableValue.mostNumbers))
        unsafe record.copyNumbers(at: position &+ 4, list.count, to: list.baseAddress)
        close(.bgpCommunities, row, kept: list.count, of: there, &counters)
    }

    /// Gives the row the numbers of its list that were kept.
    @inline(__always)
    fileprivate func close(
        _ column: FlowColumn,
        _ row: Int,
        kept: Int,
        of count: Int,
        _ counters: inout DecodeCounters
    ) {
        if kept > 0 { closeNumbers(column, row: row, count: kept) }
        if kept < count { counters.lostTexts += UInt64(count &- kept) }
    }
}

/// A walk from segment to segment of an AS path.
private struct PathWalk {
    private(set) var position: Int
    /// The path's ends.
    private(set) var first: UInt32 = 0
    private(set) var last: UInt32 = 0
    /// Numbers that are there.
    private(set) var numbers = 0

    init(at position: Int) { self.position = position }

    /// Reads segments: set or sequence, a count, so many numbers. Each takes at
    /// least its eight bytes, so a made-up number of segments ends with the bytes.
    ///
    /// - Parameter list: takes as many numbers as it has room for; of a set each number stands there.
    /// - Returns: false when the bytes end before the path.
    @inline(__always)
    @unsafe
    mutating func read(
        _ record: RawSpan,
        segments: UInt32,
        into list: UnsafeMutableBufferPointer<UInt32>
    ) -> Bool {
        // Nearly every path is one sequence that is there in full.
        guard segments == 1, position <= record.byteCount &- 12 else {
            return unsafe readSegments(record, segments, into: list)
        }
        let count = Int(record.number(at: position &+ 4, as: UInt32.self))
        guard count > 0, count <= list.count, count <= (record.byteCount &- position &- 8) / 4 else {
            return unsafe readSegments(record, segments, into: list)
        }
        let path = record.cut(at: position &+ 8, length: count &* 4)
        unsafe path.copyNumbers(at: 0, count, to: list.baseAddress)
        numbers = count
        first = path.number(at: 0)
        last = path.number(at: path.byteCount &- 4)
        position &+= 8 &+ path.byteCount
        return true
    }

    @inline(never)
    @unsafe
    private mutating func readSegments(
        _ record: RawSpan,
        _ segments: UInt32,
        into list: UnsafeMutableBufferPointer<UInt32>
    ) -> Bool {
        for _ in 0..<segments {
            guard position <= record.byteCount &- 8 else { return false }
            let told = Int(record.number(at: position &+ 4, as: UInt32.self))
            position &+= 8
            let count = min(told, (record.byteCount &- position) / 4)
            if numbers < list.count {
                let kept = min(count, list.count &- numbers)
                unsafe record.copyNumbers(at: position, kept, to: list.baseAddress.map { unsafe $0 + numbers })
            }
            numbers &+= count
            guard told == count else { return false }
            guard count > 0 else { continue }
            if first == 0 { first = record.number(at: position) }
            position &+= count &* 4
            last = record.number(at: position &- 4)
        }
        return true
    }
}

extension RawSpan {
    /// Copies so many numbers, which the caller has checked to be there, to where there is room for them.
    @inline(__always)
    @unsafe
    fileprivate func copyNumbers(at offset: Int, _ count: Int, to list: UnsafeMutablePointer<UInt32>?) {
        guard let list = unsafe list else { return }
        let numbers = cut(at: offset, length: count &* 4)
        for index in 0..<count {
            let number = unsafe numbers.unsafeLoadUnaligned(fromUncheckedByteOffset: index &* 4, as: UInt32.self)
            unsafe list[index] = UInt32(bigEndian: number).littleEndian
        }
    }
}
