/// Sets of attributes, each once, with how many routes have it.
struct AttributeTable: Sendable {
    /// By their number; what nobody has any more waits to be used again.
    private(set) var sets: [RouteAttributes] = []
    private var counts: [UInt32] = []
    private var numbers: [RouteAttributes: UInt32] = [:]
    private var free: [UInt32] = []
    /// About what they take.
    private(set) var bytes = 0

    /// Sets that are there.
    var count: Int { numbers.count }

    /// The number of a set, for one route more.
    mutating func retain(_ attributes: RouteAttributes) -> UInt32 {
        if let known = numbers[attributes] {
            counts[Int(known)] += 1
            return known
        }
        bytes += Self.bytes(attributes)
        if let number = free.popLast() {
            sets[Int(number)] = attributes
            counts[Int(number)] = 1
            numbers[attributes] = number
            return number
        }
        let number = UInt32(sets.count)
        sets.append(attributes)
        counts.append(1)
        numbers[attributes] = number
        return number
    }

    /// One route less has a set.
    mutating func release(_ number: UInt32) {
        let index = Int(number)
        counts[index] -= 1
        guard counts[index] == 0 else { return }
        bytes -= Self.bytes(sets[index])
        numbers[sets[index]] = nil
        sets[index] = RouteAttributes()
        free.append(number)
    }

    /// The table's and the dictionary's entry, the latter with its spare room; the array's header and numbers.
    private static func bytes(_ attributes: RouteAttributes) -> Int {
        3 * MemoryLayout<RouteAttributes>.stride + 48 + 4 * attributes.numbers.count
    }
}
