import WireFormat

/// The ASes of a path in order, put together from AS_PATH and AS4_PATH (RFC 6793 section 4.2.3).
///
/// ``PathOrigin`` tells where the path ends; this tells all of it.
struct PathNumbers {
    /// The nearest first.
    private(set) var numbers: [UInt32] = []
    /// Where each step ends in ``numbers``: an AS of a sequence is a step, a set is one.
    private var steps: [Int] = []

    /// Steps of the path.
    var length: Int { steps.count }

    /// - Throws: what RFC 7606 section 7.2 calls malformed, and AS 0 (RFC 7607).
    init(path: RawSpan, longPath: RawSpan, wide: Bool) throws(DecodeError) {
        try read(path, wide: wide)
        guard !wide, longPath.byteCount > 0 else { return }
        var long = PathNumbers()
        // A malformed AS4_PATH is passed over (RFC 6793 section 6).
        do throws(DecodeError) { try long.read(longPath, wide: true) } catch { return }
        // The longer of the two is the older one's: AS4_PATH is ignored then.
        guard long.length <= length else { return }
        let kept = length - long.length
        steps.removeLast(long.length)
        let end = kept > 0 ? steps[kept - 1] : 0
        numbers.removeLast(numbers.count - end)
        numbers += long.numbers
        steps += long.steps.map { $0 + end }
    }

    private init() {}

    /// Takes an AS off the front, however often it stands there.
    mutating func dropFirst(_ asn: UInt32) {
        let count = numbers.prefix { $0 == asn }.count
        // A set in front stays whole.
        guard count > 0, asn != 0, steps.prefix(count).elementsEqual(1...count) else { return }
        numbers.removeFirst(count)
        steps.removeFirst(count)
        for index in steps.indices { steps[index] -= count }
    }

    private mutating func read(_ path: RawSpan, wide: Bool) throws(DecodeError) {
        var reader = WireReader(path)
        while reader.remaining > 0 {
            let type = try reader.read(UInt8.self)
            let count = Int(try reader.read(UInt8.self))
            guard count > 0, (1...4).contains(type) else { throw .badStructure }
            var segment = try reader.take(count * (wide ? 4 : 2))
            // AS_CONFED_SEQUENCE and AS_CONFED_SET (RFC 5065): within one AS, seen from outside.
            guard type < 3 else { continue }
            while segment.remaining > 0 {
                let number = wide ? try segment.read(UInt32.self) : UInt32(try segment.read(UInt16.self))
                guard number != 0 else { throw .badStructure }
                numbers.append(number)
                if type == 2 { steps.append(numbers.count) }
            }
            if type == 1 { steps.append(numbers.count) }
        }
    }
}
