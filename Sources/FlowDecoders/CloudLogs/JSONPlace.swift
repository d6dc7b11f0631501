/// Where a decoder of JSON is in a file: for what is said of bad records, and to go on behind one that has no end.
struct JSONPlace {
    /// Lines before the one that is read.
    private var line: UInt64 = 0
    /// Whether what comes up to the next line belongs to a document without an end.
    private(set) var isSkipping = false

    /// Leaves out the rest of the line, or as much of it as is there.
    ///
    /// - Returns: how many bytes that is.
    mutating func skipLine(_ bytes: Span<UInt8>, _ counters: inout CloudLogCounters) -> Int {
        isSkipping = true
        var offset = 0
        while offset < bytes.count {
            offset += 1
            if bytes[offset - 1] == 0x0A {
                isSkipping = false
                line += 1
                counters.lines += 1
                break
            }
        }
        return offset
    }

    /// Counts the lines that end in a range.
    mutating func countLines(_ bytes: Span<UInt8>, _ range: Range<Int>, _ counters: inout CloudLogCounters) {
        for index in range where bytes[index] == 0x0A {
            line += 1
            counters.lines += 1
        }
    }

    /// Counts a record that can't be read.
    func reject(_ error: CloudLogError, _ counters: inout CloudLogCounters) {
        counters.records += 1
        counters.count(error, line: line + 1)
    }
}
