import Glibc

/// Puts the rows of sealed batches into the order of the raw table: hour, sampler, interfaces, time.
///
/// The engine finds them in order and needn't sort them, which it does by comparing rows, and its sums by sampler or
/// interface meet rows of one kind one after the other: a fifth of an insert's time (Docs/performance.md). Rows of equal
/// keys stay in the order that they came in.
///
/// Rows of one hour and sampler come many at a time, a datagram's, and are brought together run by run. Only within such
/// a group are they taken one by one: from the processor's caches, and not from all over the batch.
///
/// Keeps its memory for the next batch: 28 bytes a row. One thread owns it at a time, though not always the same: hence
/// Sendable.
@safe
public final class RowOrder: @unchecked Sendable {
    private var capacity = 0
    /// Of each place of the ordered batch: which row of its group comes there. And the same while it changes.
    private var order: UnsafeMutablePointer<UInt32>
    private var other: UnsafeMutablePointer<UInt32>
    private var keys: UnsafeMutablePointer<UInt32>
    /// Values on their way, up to 16 bytes a row.
    private var values: UnsafeMutableRawPointer
    private var runs = RowRuns()

    /// Makes one for small batches; it grows.
    public init() {
        unsafe order = .allocate(capacity: 0)
        unsafe other = .allocate(capacity: 0)
        unsafe keys = .allocate(capacity: 0)
        unsafe values = .allocate(byteCount: 0, alignment: 16)
    }

    deinit { free() }

    /// Orders a batch's rows. It must keep no origins, which would name other rows afterwards.
    public func apply(to batch: FlowBatch) {
        precondition(!batch.keepsOrigins)
        guard batch.count > 1, batch.isPresent(.timeReceived) else { return }
        reserve(batch.count)
        runs.find(in: batch)
        for group in runs.groups {
            for (row, place) in group.places.enumerated() { unsafe order[place] = UInt32(truncatingIfNeeded: row) }
        }
        // The least significant part of the key first: each keeps what the ones before did.
        for column in [FlowColumn.timeReceived, .outIf, .inIf] where batch.isPresent(column) { sort(batch, by: column) }
        if runs.areScattered {
            unsafe runs.writeRanks(to: keys)
            unsafe sort(order, by: keys, rows: batch.count)
        }
        guard hasMoved else { return }
        for column in FlowColumn.allCases where batch.isPresent(column) { move(batch, column) }
        moveVariables(batch)
    }

    private func reserve(_ rows: Int) {
        guard rows > capacity else { return }
        free()
        capacity = rows
        unsafe order = .allocate(capacity: rows)
        unsafe other = .allocate(capacity: rows)
        unsafe keys = .allocate(capacity: rows)
        unsafe values = .allocate(byteCount: 16 * rows, alignment: 16)
    }

    private func free() {
        unsafe order.deallocate()
        unsafe other.deallocate()
        unsafe keys.deallocate()
        unsafe values.deallocate()
    }

    private var hasMoved: Bool {
        guard runs.areInOrder else { return true }
        let order = unsafe order
        return runs.groups.contains { group in
            group.places.enumerated().contains { row, place in unsafe order[place] != UInt32(truncatingIfNeeded: row) }
        }
    }

    // MARK: - Order within groups

    private func sort(_ batch: FlowBatch, by column: FlowColumn) {
        let keys = unsafe keys
        let values = unsafe batch.bytes(of: column).assumingMemoryBound(to: UInt32.self)
        for group in runs.groups {
            unsafe runs.gather(group, of: values, into: keys)
            let (start, rows) = (group.places.lowerBound, group.places.count)
            if rows < Self.few {
                unsafe insert(order + start, by: keys + start, rows: rows)
            } else {
                unsafe sort(order + start, by: keys + start, rows: rows)
            }
        }
    }

    /// Rows below which counting digits takes longer than comparing.
    private static let few = 64

    @unsafe
    private func insert(_ order: UnsafeMutablePointer<UInt32>, by keys: UnsafePointer<UInt32>, rows: Int) {
        for place in 1..<max(1, rows) {
            let row = unsafe order[place]
            let key = unsafe keys[Int(row)]
            var target = place
            while target > 0, unsafe keys[Int(order[target - 1])] > key {
                unsafe order[target] = order[target - 1]
                target -= 1
            }
            unsafe order[target] = row
        }
    }

    /// Orders by 32-bit keys, a digit at a time; what all keys share costs nothing.
    @unsafe
    private func sort(_ order: UnsafeMutablePointer<UInt32>, by keys: UnsafePointer<UInt32>, rows: Int) {
        let first = unsafe keys[0]
        var differing: UInt32 = 0
        for row in 0..<rows { unsafe differing |= keys[row] ^ first }
        // So many counters stay in the processor's nearest cache, and there aren't many more of them than rows.
        let bits: UInt32 = rows < 4096 ? 8 : 11
        var (from, to) = unsafe (order, other)
        while differing != 0 {
            let shift = UInt32(differing.trailingZeroBitCount)
            unsafe sort(from, into: to, by: keys, rows: rows, shift: shift, bits: bits)
            unsafe swap(&from, &to)
            differing &= ~(((1 << bits) - 1) << shift)
        }
        if unsafe from != order { unsafe order.update(from: from, count: rows) }
    }

    @unsafe
    private func sort(
        _ from: UnsafeMutablePointer<UInt32>,
        into to: UnsafeMutablePointer<UInt32>,
        by keys: UnsafePointer<UInt32>,
        rows: Int,
        shift: UInt32,
        bits: UInt32
    ) {
        let digits = 1 << Int(bits)
        let mask = UInt32(digits - 1)
        unsafe withUnsafeTemporaryAllocation(of: UInt32.self, capacity: digits) { places in
            let places = places.baseAddress!
            unsafe places.initialize(repeating: 0, count: digits)
            for row in 0..<rows { unsafe places[Int((keys[row] &>> shift) & mask)] &+= 1 }
            var sum: UInt32 = 0
            for digit in 0..<digits {
                let count = unsafe places[digit]
                unsafe places[digit] = sum
                sum &+= count
            }
            for place in 0..<rows {
                let row = unsafe from[place]
                let digit = unsafe Int((keys[Int(row)] &>> shift) & mask)
                unsafe to[Int(places[digit])] = row
                unsafe places[digit] &+= 1
            }
        }
    }

    // MARK: - Moves

    private func move(_ batch: FlowBatch, _ column: FlowColumn) {
        switch column.storage {
        case .uint8: unsafe move(batch, column, as: UInt8.self)
        case .uint16: unsafe move(batch, column, as: UInt16.self)
        case .uint32: unsafe move(batch, column, as: UInt32.self)
        case .uint64: unsafe move(batch, column, as: UInt64.self)
        case .bytes16: unsafe move(batch, column, as: SIMD2<UInt64>.self)
        case .variable: break
        }
    }

    @inline(__always)
    @unsafe
    private func move<T: BitwiseCopyable & Equatable>(_ batch: FlowBatch, _ column: FlowColumn, as type: T.Type) {
        let rows = batch.count
        let values = unsafe batch.write(chosen: column, 0..<rows, as: T.self).baseAddress!
        // Half of a batch's columns have one value in all of their rows, and equal themselves one row further.
        guard unsafe memcmp(values, values + 1, (rows - 1) * MemoryLayout<T>.size) != 0 else { return }
        let moved = unsafe self.values.assumingMemoryBound(to: T.self)
        // What one exporter doesn't tell is the same in all of its rows.
        let uniform = runs.groups.map { unsafe runs.uniformValue(of: $0, in: values) }
        // All are set aside before the first is written, for they lie in each other's places.
        for (group, value) in zip(runs.groups, uniform) where value == nil {
            unsafe runs.gather(group, of: values, into: moved)
        }
        for (group, value) in zip(runs.groups, uniform) {
            let start = group.places.lowerBound
            if let value {
                unsafe (values + start).update(repeating: value, count: group.places.count)
            } else {
                let (values, moved, order) = unsafe (values + start, moved + start, order + start)
                for place in 0..<group.places.count { unsafe values[place] = moved[Int(order[place])] }
            }
        }
    }

    private func moveVariables(_ batch: FlowBatch) {
        let columns = FlowColumn.allCases.filter { $0.storage == .variable && batch.isPresent($0) }
        guard !columns.isEmpty else { return }
        let rows = unsafe rows(batch.count)
        for column in columns { unsafe batch.variables[FlowBatch.place(of: column)].reorder(rows) }
    }

    /// The row that comes to each place, counted from the batch's first; takes the memory of the keys.
    @unsafe
    private func rows(_ count: Int) -> UnsafeBufferPointer<UInt32> {
        let (origins, rows) = unsafe (other, keys)
        var place = 0
        for run in runs.runs {
            for row in run { unsafe origins[place + row - run.lowerBound] = UInt32(truncatingIfNeeded: row) }
            place += run.count
        }
        for group in runs.groups {
            let origins = unsafe origins + group.places.lowerBound
            for place in group.places { unsafe rows[place] = origins[Int(order[place])] }
        }
        return unsafe UnsafeBufferPointer(start: rows, count: count)
    }
}

/// Rows of one hour and sampler that lie one after the other, in the order of hours and samplers.
///
/// Where they hardly do, as in records that each name their exporter, there is nothing to bring together: then all rows
/// are one group, to be ordered by hour and sampler like by all else.
private struct RowRuns {
    private(set) var runs: [Range<Int>] = []
    private(set) var groups: [Group] = []
    /// Whether each run is where it belongs.
    private(set) var areInOrder = true
    /// Of each run of scattered rows how long it is, and its place among hours and samplers; else none.
    private var ranks: [(rows: Range<Int>, rank: UInt32)] = []
    /// Whether all rows are one group for want of runs.
    var areScattered: Bool { !ranks.isEmpty }
    /// Rows of a run, on average, below which rows are scattered.
    private static let fewest = 4

    /// All rows of one hour and sampler.
    struct Group {
        /// Where they are once their runs are brought together.
        let places: Range<Int>
        /// Which of ``runs`` they are.
        let runs: Range<Int>
    }

    private struct Key: Hashable {
        let hour: UInt32
        let sampler: AddressBytes

        static func precedes(_ one: Key, _ other: Key) -> Bool {
            one.hour == other.hour ? one.sampler.address < other.sampler.address : one.hour < other.hour
        }
    }

    /// Looks at the hours and samplers of a batch's rows.
    mutating func find(in batch: FlowBatch) {
        var numbers: [Key: Int] = [:]
        var known: [Key] = []
        var found: [(rows: Range<Int>, number: Int)] = []
        forEachRun(of: batch) { key, rows in
            let number = numbers[key] ?? known.count
            if number == known.count {
                numbers[key] = number
                known.append(key)
            }
            found.append((rows, number))
        }
        let ranked = known.indices.sorted { Key.precedes(known[$0], known[$1]) }
        ranks = []
        if known.count > 1, found.count * Self.fewest > batch.count { return scatter(found, ranked, batch.count) }
        // Where the runs of each key begin, by the keys' order.
        var (runCounts, rowCounts) = (known.map { _ in 0 }, known.map { _ in 0 })
        for run in found {
            runCounts[run.number] += 1
            rowCounts[run.number] += run.rows.count
        }
        var (places, sum, row) = (known.map { _ in 0 }, 0, 0)
        groups = ranked.map { number in
            places[number] = sum
            sum += runCounts[number]
            row += rowCounts[number]
            return Group(places: row - rowCounts[number]..<row, runs: places[number]..<sum)
        }
        runs = [Range<Int>](repeating: 0..<0, count: found.count)
        areInOrder = true
        for (index, run) in found.enumerated() {
            runs[places[run.number]] = run.rows
            areInOrder = areInOrder && places[run.number] == index
            places[run.number] += 1
        }
    }

    private mutating func scatter(_ found: [(rows: Range<Int>, number: Int)], _ ranked: [Int], _ rows: Int) {
        var places = [UInt32](repeating: 0, count: ranked.count)
        for (place, number) in ranked.enumerated() { places[number] = UInt32(truncatingIfNeeded: place) }
        ranks = found.map { ($0.rows, places[$0.number]) }
        runs = [0..<rows]
        groups = [Group(places: 0..<rows, runs: 0..<1)]
        areInOrder = true
    }

    /// Writes for each row of scattered ones its place among hours and samplers.
    @unsafe
    func writeRanks(to keys: UnsafeMutablePointer<UInt32>) {
        for run in ranks {
            for row in run.rows { unsafe keys[row] = run.rank }
        }
    }

    private func forEachRun(of batch: FlowBatch, _ body: (Key, Range<Int>) -> Void) {
        let rows = batch.count
        let times = unsafe batch.bytes(of: .timeReceived).assumingMemoryBound(to: UInt32.self)
        let samplers =
            unsafe batch.isPresent(.samplerAddress)
            ? batch.bytes(of: .samplerAddress).assumingMemoryBound(to: AddressBytes.self) : nil
        func sampler(_ row: Int) -> AddressBytes { unsafe samplers?[row] ?? AddressBytes(memoryHigh: 0, memoryLow: 0) }
        var start = 0
        while start < rows {
            let key = unsafe Key(hour: times[start] / 3600, sampler: sampler(start))
            var end = start + 1
            while end < rows, sampler(end) == key.sampler, unsafe times[end] / 3600 == key.hour { end += 1 }
            body(key, start..<end)
            start = end
        }
    }

    /// Copies a group's values to its places, run after run.
    @inline(__always)
    @unsafe
    func gather<T: BitwiseCopyable>(
        _ group: Group,
        of values: UnsafePointer<T>,
        into target: UnsafeMutablePointer<T>
    ) {
        var place = unsafe target + group.places.lowerBound
        for index in group.runs {
            let (source, rows) = unsafe (values + runs[index].lowerBound, runs[index].count)
            // Runs are short: a call for each would cost more than the copy.
            for row in 0..<rows { unsafe place[row] = source[row] }
            unsafe place += rows
        }
    }

    /// The value that all rows of a group have; nil when there are several.
    @inline(__always)
    @unsafe
    func uniformValue<T: BitwiseCopyable & Equatable>(of group: Group, in values: UnsafePointer<T>) -> T? {
        let value = unsafe values[runs[group.runs.lowerBound].lowerBound]
        for index in group.runs {
            let (own, rows) = unsafe (values + runs[index].lowerBound, runs[index].count)
            // All equal themselves one row further.
            guard unsafe own[0] == value, unsafe memcmp(own, own + 1, (rows - 1) * MemoryLayout<T>.size) == 0 else {
                return nil
            }
        }
        return value
    }
}

extension VariableColumn {
    /// Makes row n what row `order[n]` was.
    @unsafe
    fileprivate func reorder(_ order: UnsafeBufferPointer<UInt32>) {
        extend(to: order.count)
        let size = unsafe Int(ends[order.count])
        guard size > 0 else { return }
        let oldEnds = unsafe [Int32](UnsafeBufferPointer(start: ends, count: order.count + 1))
        let oldBytes = unsafe [UInt8](UnsafeRawBufferPointer(start: bytes, count: size))
        var target = 0
        unsafe oldBytes.withUnsafeBytes { old in
            for place in 0..<order.count {
                let row = unsafe Int(order[place])
                let start = Int(oldEnds[row])
                let count = Int(oldEnds[row + 1]) - start
                if count > 0 { unsafe (bytes + target).copyMemory(from: old.baseAddress! + start, byteCount: count) }
                target += count
                unsafe ends[place + 1] = Int32(truncatingIfNeeded: target)
            }
        }
    }
}
