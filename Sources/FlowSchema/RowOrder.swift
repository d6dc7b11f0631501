import Glibc

/// Puts the rows of sealed batches into the order of the raw table: hour, sampler, interfaces, time.
///
/// The engine finds them in order and needn't sort them, which it does by comparing rows, and its sums by sampler or
/// interface meet rows of one kind one after the other: a fifth of an insert's time (Docs/performance.md). Rows of equal
/// keys stay in the order that they came in.
///
/// Keeps its memory for the next batch: 28 bytes a row. One thread owns it at a time.
@safe
public final class RowOrder {
    private var capacity = 0
    /// The place that each row of the ordered batch has now; and the same while it changes.
    private var order: UnsafeMutablePointer<UInt32>
    private var other: UnsafeMutablePointer<UInt32>
    private var keys: UnsafeMutablePointer<UInt32>
    /// Values on their way, up to 16 bytes a row.
    private var values: UnsafeMutableRawPointer

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
        let rows = batch.count
        guard rows > 1, batch.isPresent(.timeReceived) else { return }
        reserve(rows)
        for row in 0..<rows { unsafe order[row] = UInt32(truncatingIfNeeded: row) }
        // The least significant part of the key first: each pass keeps what the ones before did.
        sort(batch, by: .timeReceived)
        sort(batch, by: .outIf)
        sort(batch, by: .inIf)
        sortBySampler(batch)
        sortByHour(batch)
        guard hasMoved(rows) else { return }
        for column in FlowColumn.allCases where batch.isPresent(column) { move(batch, column) }
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

    private func hasMoved(_ rows: Int) -> Bool {
        let order = unsafe order
        for row in 0..<rows where unsafe order[row] != UInt32(truncatingIfNeeded: row) { return true }
        return false
    }

    // MARK: - Keys

    private func sort(_ batch: FlowBatch, by column: FlowColumn) {
        guard batch.isPresent(column) else { return }
        unsafe sort(by: batch.bytes(of: column).assumingMemoryBound(to: UInt32.self), rows: batch.count)
    }

    /// Hours differ once in an hour.
    private func sortByHour(_ batch: FlowBatch) {
        let rows = batch.count
        let times = unsafe batch.bytes(of: .timeReceived).assumingMemoryBound(to: UInt32.self)
        var (first, last) = (UInt32.max, UInt32.min)
        for row in 0..<rows {
            unsafe first = min(first, times[row])
            unsafe last = max(last, times[row])
        }
        guard first / 3600 != last / 3600 else { return }
        let keys = unsafe keys
        for row in 0..<rows { unsafe keys[row] = times[row] / 3600 }
        unsafe sort(by: keys, rows: rows)
    }

    /// Samplers are few, and rows of one come many at a time: their ranks are the keys.
    private func sortBySampler(_ batch: FlowBatch) {
        guard batch.isPresent(.samplerAddress) else { return }
        let rows = batch.count
        let keys = unsafe keys
        let addresses = unsafe batch.bytes(of: .samplerAddress).assumingMemoryBound(to: AddressBytes.self)
        var known = unsafe [addresses[0]]
        var numbers = [known[0]: UInt32(0)]
        var (last, number) = (known[0], UInt32(0))
        for row in 0..<rows {
            let address = unsafe addresses[row]
            if address != last {
                last = address
                number = numbers[address] ?? UInt32(truncatingIfNeeded: known.count)
                if number == known.count {
                    numbers[address] = number
                    known.append(address)
                }
            }
            unsafe keys[row] = number
        }
        guard known.count > 1 else { return }
        var ranks = [UInt32](repeating: 0, count: known.count)
        for (rank, index) in known.indices.sorted(by: { known[$0].address < known[$1].address }).enumerated() {
            ranks[index] = UInt32(truncatingIfNeeded: rank)
        }
        unsafe ranks.withUnsafeBufferPointer { ranks in
            for row in 0..<rows { unsafe keys[row] = ranks[Int(keys[row])] }
        }
        unsafe sort(by: keys, rows: rows)
    }

    /// Bits that one pass sorts by: so many counters stay in the processor's nearest cache.
    private static let digitBits: UInt32 = 11
    private static let digits = 1 << Int(digitBits)

    /// Orders by 32-bit keys, a digit at a time; digits that all keys share cost nothing.
    @unsafe
    private func sort(by keys: UnsafePointer<UInt32>, rows: Int) {
        let first = unsafe keys[0]
        var differing: UInt32 = 0
        for row in 0..<rows { unsafe differing |= keys[row] ^ first }
        let mask = UInt32(Self.digits - 1)
        for shift in stride(from: UInt32(0), to: 32, by: Int(Self.digitBits)) where (differing >> shift) & mask != 0 {
            unsafe sort(by: keys, rows: rows, shift: shift)
        }
    }

    @unsafe
    private func sort(by keys: UnsafePointer<UInt32>, rows: Int, shift: UInt32) {
        let (order, other) = unsafe (order, other)
        let mask = UInt32(Self.digits - 1)
        unsafe withUnsafeTemporaryAllocation(of: UInt32.self, capacity: Self.digits) { places in
            let places = places.baseAddress!
            unsafe places.initialize(repeating: 0, count: Self.digits)
            for row in 0..<rows { unsafe places[Int((keys[row] &>> shift) & mask)] &+= 1 }
            var sum: UInt32 = 0
            for digit in 0..<Self.digits {
                let count = unsafe places[digit]
                unsafe places[digit] = sum
                sum &+= count
            }
            for place in 0..<rows {
                let row = unsafe order[place]
                let digit = unsafe Int((keys[Int(row)] &>> shift) & mask)
                unsafe other[Int(places[digit])] = row
                unsafe places[digit] &+= 1
            }
        }
        unsafe swap(&self.order, &self.other)
    }

    // MARK: - Moves

    private func move(_ batch: FlowBatch, _ column: FlowColumn) {
        switch column.storage {
        case .uint8: unsafe move(batch, column, as: UInt8.self)
        case .uint16: unsafe move(batch, column, as: UInt16.self)
        case .uint32: unsafe move(batch, column, as: UInt32.self)
        case .uint64: unsafe move(batch, column, as: UInt64.self)
        case .bytes16: unsafe move(batch, column, as: SIMD2<UInt64>.self)
        case .variable:
            unsafe batch.variables[FlowBatch.place(of: column)].reorder(
                UnsafeBufferPointer(start: order, count: batch.count)
            )
        }
    }

    @inline(__always)
    @unsafe
    private func move<T: BitwiseCopyable>(_ batch: FlowBatch, _ column: FlowColumn, as type: T.Type) {
        let rows = batch.count
        let values = unsafe batch.write(chosen: column, 0..<rows, as: T.self).baseAddress!
        let size = MemoryLayout<T>.size
        // Half of a batch's columns have one value in all of their rows, and equal themselves one row further.
        guard unsafe memcmp(values, values + 1, (rows - 1) * size) != 0 else { return }
        let moved = unsafe self.values.assumingMemoryBound(to: T.self)
        let order = unsafe order
        for place in 0..<rows { unsafe moved[place] = values[Int(order[place])] }
        unsafe UnsafeMutableRawPointer(values).copyMemory(from: moved, byteCount: rows * size)
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
