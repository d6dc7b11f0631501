// Lists of numbers that rows get after their batch was sealed.

extension FlowBatch {
    /// Gives rows of a sealed batch whose list of numbers is empty the one that `list` has for them.
    ///
    /// - Parameters:
    ///   - column: one of lists of numbers.
    ///   - list: the numbers of a row, of which the first ``VariableValue/mostNumbers`` are taken; asked only for rows
    ///     without any.
    public func fillNumbers(_ column: FlowColumn, _ list: (_ row: Int) -> ArraySlice<UInt32>) {
        guard count > 0 else { return }
        let variable = variables[Self.place(of: column)]
        if variable.fillNumbers(rows: count, list) { unsafe columns[Int(column.rawValue)].written = count }
    }
}

extension VariableColumn {
    /// Fills empty rows; those that nobody wrote are empty.
    ///
    /// - Returns: whether any row has numbers now.
    func fillNumbers(rows count: Int, _ list: (_ row: Int) -> ArraySlice<UInt32>) -> Bool {
        extend(to: count)
        let width = MemoryLayout<UInt32>.size
        let old = unsafe Int(ends[count])
        // The lists first, and where they belong: what is behind them has to move.
        var numbers: [UInt32] = []
        var fills: [(row: Int, start: Int, count: Int)] = []
        for row in 0..<count where unsafe ends[row] == ends[row + 1] {
            let taken = list(row).prefix(VariableValue.mostNumbers)
            guard !taken.isEmpty, old + (numbers.count + taken.count) * width <= Self.mostBytes else { continue }
            fills.append((row, numbers.count, taken.count))
            numbers += taken
        }
        guard !fills.isEmpty else { return old > 0 }
        let added = numbers.count * width
        if unsafe old + added > room { grow(to: old + added) }
        // From the last row, so that nothing is written over before it has moved.
        var shift = added
        var fill = fills.count - 1
        var row = count - 1
        while row >= 0, shift > 0 {
            let (start, end) = unsafe (Int(ends[row]), Int(ends[row + 1]))
            if fill >= 0, fills[fill].row == row {
                let (first, length) = (fills[fill].start, fills[fill].count)
                unsafe ends[row + 1] = Int32(truncatingIfNeeded: end + shift)
                shift -= length * width
                unsafe numbers.withUnsafeBytes { source in
                    guard let address = source.baseAddress else { return }
                    unsafe (bytes + start + shift).copyMemory(
                        from: address + first * width,
                        byteCount: length * width
                    )
                }
                fill -= 1
            } else {
                unsafe (bytes + start + shift).copyMemory(from: bytes + start, byteCount: end - start)
                unsafe ends[row + 1] = Int32(truncatingIfNeeded: end + shift)
            }
            row -= 1
        }
        return true
    }
}
