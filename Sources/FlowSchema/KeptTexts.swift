// Texts of the column Strings that some rows must not keep.

extension FlowBatch {
    /// Takes texts out of the column `Strings` whose names aren't among `kept`.
    ///
    /// - Parameters:
    ///   - kept: names, as UTF-8.
    ///   - rows: the rows to look at, in order and apart.
    public func keepTexts(_ kept: [[UInt8]], in rows: [Range<Int>]) {
        variable(.strings)?.keepTexts(kept, in: rows)
    }
}

extension VariableColumn {
    /// Moves values towards the front, over those that go.
    func keepTexts(_ kept: [[UInt8]], in ranges: [Range<Int>]) {
        guard let first = ranges.first?.lowerBound, first < rows else { return }
        var range = 0
        var start = unsafe Int(ends[first])
        var target = start
        for row in first..<rows {
            let end = unsafe Int(ends[row + 1])
            while range < ranges.count, ranges[range].upperBound <= row { range += 1 }
            if range < ranges.count, ranges[range].contains(row) {
                target = move(pairs: start..<end, to: target, kept)
            } else {
                target = move(start..<end, to: target)
            }
            unsafe ends[row + 1] = Int32(truncatingIfNeeded: target)
            start = end
        }
    }

    /// Moves those pairs of name and text, each with a zero byte behind it, whose name is kept.
    ///
    /// - Returns: the place behind them.
    private func move(pairs: Range<Int>, to target: Int, _ kept: [[UInt8]]) -> Int {
        var target = target
        var start = pairs.lowerBound
        while start < pairs.upperBound {
            let name = start..<zero(in: start..<pairs.upperBound)
            let end = min(pairs.upperBound, zero(in: min(pairs.upperBound, name.upperBound + 1)..<pairs.upperBound) + 1)
            if kept.contains(where: { isEqual($0, name) }) { target = move(start..<end, to: target) }
            start = end
        }
        return target
    }

    private func move(_ range: Range<Int>, to target: Int) -> Int {
        if range.lowerBound != target {
            unsafe (bytes + target).copyMemory(from: bytes + range.lowerBound, byteCount: range.count)
        }
        return target + range.count
    }

    /// The place of the first zero byte, or the end of the range.
    private func zero(in range: Range<Int>) -> Int {
        for place in range where unsafe bytes.load(fromByteOffset: place, as: UInt8.self) == 0 { return place }
        return range.upperBound
    }

    private func isEqual(_ name: [UInt8], _ range: Range<Int>) -> Bool {
        guard name.count == range.count else { return false }
        for (byte, place) in zip(name, range) where unsafe bytes.load(fromByteOffset: place, as: UInt8.self) != byte {
            return false
        }
        return true
    }
}
