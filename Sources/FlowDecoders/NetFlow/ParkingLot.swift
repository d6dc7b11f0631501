/// Data sets of one exporter that came before their template or, where the
/// configuration wants it, before the exporter told a sampling rate.
///
/// After a collector's start exporters may take minutes to send templates
/// again; what comes until then waits here, within bounds of bytes and time,
/// and is decoded with the clock and the receive time that it came with.
struct ParkingLot {
    /// A data set, and what its message told.
    struct Entry {
        var key: TemplateStore.Key
        var port: UInt16
        var body: [UInt8]
        var clock: MessageClock
        var sequence: UInt32
        var receivedAt: UInt32
        /// Whether it has its template, and only waits for the sampling rate.
        var waitsForRate = false

        /// What it counts for: sets without a byte take memory too.
        fileprivate var cost: Int { body.count + 128 }
    }

    private var entries: [Entry] = []
    private var bytes = 0
    private let budget: ParkingBudget
    /// Whether a template came that may release something.
    var mayRelease = false

    /// Bytes of one exporter that may wait.
    static let mostBytes = 1 << 20
    /// Seconds that a set may wait: longer than the usual intervals of templates.
    static let mostSeconds: UInt32 = 600

    init(budget: ParkingBudget) {
        self.budget = budget
    }

    /// Whether nothing waits.
    var isEmpty: Bool { entries.isEmpty }

    /// Sets that wait.
    var count: Int { entries.count }

    /// Puts a set aside.
    ///
    /// - Returns: whether there was room.
    mutating func park(_ entry: Entry) -> Bool {
        let size = entry.cost
        guard bytes + size <= Self.mostBytes, budget.bytes + size <= ParkingBudget.mostBytes else { return false }
        bytes += size
        budget.bytes += size
        entries.append(entry)
        return true
    }

    /// Takes everything out to be looked at once; what is to go on waiting comes back by ``putBack(_:)``,
    /// and ``forget(_:)`` is told the rest. Taking sets out one by one would move those behind each time.
    mutating func takeAll() -> [Entry] {
        defer { entries = [] }
        return entries
    }

    /// Puts back what ``takeAll()`` gave, before what was put aside since.
    mutating func putBack(_ waiting: [Entry]) {
        entries = waiting + entries
    }

    /// Frees the room of a set that ``takeAll()`` gave.
    mutating func forget(_ entry: Entry) {
        forget(entry.cost)
    }

    /// Gives up what has waited for its template for too long.
    ///
    /// - Returns: how many sets that were.
    mutating func expire(at now: UInt32) -> Int {
        remove { !$0.waitsForRate && $0.isOlder(than: Self.mostSeconds, at: now) }
    }

    /// Gives up everything that waits for its template.
    mutating func clear() -> Int {
        remove { !$0.waitsForRate }
    }

    private mutating func remove(where isOld: (Entry) -> Bool) -> Int {
        let before = entries.count
        for entry in entries where isOld(entry) { forget(entry.cost) }
        entries.removeAll(where: isOld)
        return before - entries.count
    }

    private mutating func forget(_ size: Int) {
        bytes -= size
        budget.bytes -= size
    }
}

extension ParkingLot.Entry {
    /// Whether it has waited for more than so many seconds.
    func isOlder(than seconds: UInt32, at now: UInt32) -> Bool {
        // Times may step back; what seems to come from the future only waits longer.
        now > receivedAt && now - receivedAt > seconds
    }
}

/// What all exporters of one decoder may park together.
final class ParkingBudget {
    var bytes = 0

    /// Bytes of all exporters together that may wait.
    static let mostBytes = 64 << 20
}
