/// LZ4's block format, the one that ClickHouse packs by default: fast to make, and a third of the bytes of flows.
///
/// The greedy way: each four bytes are looked up in a table of where their like stood last.
enum LZ4 {
    private static let leastMatch = 4
    /// The last bytes of a block are literals, and no match begins within the last twelve: the format says so.
    private static let tail = 5
    private static let lastMatchStart = 12
    private static let farthest = 65_535
    private static let tableBits = 14

    /// Bytes that a block of so many may take.
    static func bound(_ count: Int) -> Int { count + count / 255 + 16 }

    /// Appends the packed form of `input`, which has less than 2 GB.
    static func compress(_ input: UnsafeRawBufferPointer, into output: inout [UInt8]) {
        var packed = [UInt8](unsafeUninitializedCapacity: bound(input.count)) { buffer, count in
            count = compress(input, into: UnsafeMutableRawBufferPointer(buffer))
        }
        output.append(contentsOf: packed)
        packed.removeAll()
    }

    private static func compress(_ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer) -> Int {
        var writer = Writer(output: output)
        guard let start = input.baseAddress, input.count > lastMatchStart else {
            writer.last(input, from: 0)
            return writer.count
        }
        let end = input.count - lastMatchStart
        let matchEnd = input.count - tail
        // Places are kept one higher, so that 0 is none.
        let table = UnsafeMutablePointer<UInt32>.allocate(capacity: 1 << tableBits)
        table.initialize(repeating: 0, count: 1 << tableBits)
        defer { table.deallocate() }
        var anchor = 0
        var at = 0
        // Where nothing repeats, steps grow: such bytes aren't worth a look at each.
        var misses = 0
        while at < end {
            let four = (start + at).loadUnaligned(as: UInt32.self)
            let slot = Int((four &* 2_654_435_761) >> UInt32(32 - tableBits))
            let candidate = Int(table[slot]) - 1
            table[slot] = UInt32(at + 1)
            guard candidate >= 0, at - candidate <= farthest,
                (start + candidate).loadUnaligned(as: UInt32.self) == four
            else {
                misses += 1
                at += 1 + misses >> 6
                continue
            }
            misses = 0
            var length = leastMatch
            while at + length + 8 <= matchEnd {
                let difference =
                    (start + at + length).loadUnaligned(as: UInt64.self)
                    ^ (start + candidate + length).loadUnaligned(as: UInt64.self)
                guard difference == 0 else {
                    length += difference.littleEndian.trailingZeroBitCount / 8
                    break
                }
                length += 8
            }
            while at + length < matchEnd, input[at + length] == input[candidate + length] { length += 1 }
            writer.match(input, literals: anchor..<at, offset: at - candidate, length: length)
            at += length
            anchor = at
        }
        writer.last(input, from: anchor)
        return writer.count
    }

    private struct Writer {
        let output: UnsafeMutableRawBufferPointer
        var count = 0

        mutating func match(_ input: UnsafeRawBufferPointer, literals: Range<Int>, offset: Int, length: Int) {
            let more = length - leastMatch
            token(literals.count, more)
            copy(input, literals)
            put(UInt8(truncatingIfNeeded: offset))
            put(UInt8(truncatingIfNeeded: offset >> 8))
            if more >= 15 { rest(more - 15) }
        }

        mutating func last(_ input: UnsafeRawBufferPointer, from start: Int) {
            token(input.count - start, 0)
            copy(input, start..<input.count)
        }

        private mutating func token(_ literals: Int, _ more: Int) {
            put(UInt8(min(literals, 15) << 4 | min(more, 15)))
            if literals >= 15 { rest(literals - 15) }
        }

        private mutating func rest(_ value: Int) {
            var left = value
            while left >= 255 {
                put(255)
                left -= 255
            }
            put(UInt8(left))
        }

        private mutating func copy(_ input: UnsafeRawBufferPointer, _ range: Range<Int>) {
            guard !range.isEmpty else { return }
            UnsafeMutableRawBufferPointer(rebasing: output[count..<count + range.count])
                .copyMemory(from: UnsafeRawBufferPointer(rebasing: input[range]))
            count += range.count
        }

        private mutating func put(_ byte: UInt8) {
            output[count] = byte
            count += 1
        }
    }
}
