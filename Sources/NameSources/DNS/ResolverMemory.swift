import NetTypes

/// What the resolver knows and what it has yet to ask, without a clock and without sockets: time is a parameter.
///
/// Everything in it is bounded, since what is asked for comes from the flows of strangers.
struct ResolverMemory {
    /// What became of an address's question.
    enum Outcome: Equatable {
        case name(String, seconds: UInt32)
        case nothing(seconds: UInt32?)
        /// No server said anything of use.
        case failed
    }

    /// What is known of an address.
    private struct Entry {
        /// The name; nil when there is none, or none was ever heard.
        var name: String?
        /// When to ask again; until then nobody is asked.
        var due: Double
        /// Until when the name is shown at most, should nobody answer.
        var shown: Double
        /// Questions in a row that failed.
        var failures = 0
    }

    /// Times in seconds that names and their absence are kept, whatever servers say.
    private enum Limits {
        static let name = 300.0...604_800.0
        static let nothing = 60.0...10_800.0
        /// Where the server didn't say.
        static let nothingUnsaid = 300.0
        /// After a first failure, and at most.
        static let failure = (first: 60.0, most: 300.0)
        /// How long an old name is shown while nobody answers (RFC 8767 section 4).
        static let stale = 86_400.0
    }

    /// Addresses that are remembered.
    private let mostEntries: Int
    /// Addresses that wait.
    private let mostWaiting: Int
    private var entries: [IPAddress: Entry] = [:]
    private var queue: [IPAddress] = []
    /// What of the queue has been handed out.
    private var head = 0
    /// What waits or is being asked.
    private var pending: Set<IPAddress> = []

    /// Addresses that didn't fit the queue.
    private(set) var dropped: UInt64 = 0
    /// Goes up with every answer, and with names of an earlier life.
    private(set) var version = 0

    init(mostEntries: Int = 50_000, mostWaiting: Int = 1000) {
        self.mostEntries = mostEntries
        self.mostWaiting = mostWaiting
    }

    /// Addresses that something is known of.
    var count: Int { entries.count }
    /// Addresses that wait.
    var waiting: Int { queue.count - head }

    /// The name that is known.
    func name(of address: IPAddress, now: Double) -> String? {
        entries[address].flatMap { now < $0.shown ? $0.name : nil }
    }

    /// Has an address asked for, unless that was done a while ago or is about to be.
    ///
    /// - Returns: whether it waits now and didn't before.
    mutating func want(_ address: IPAddress, now: Double) -> Bool {
        if let entry = entries[address], now < entry.due { return false }
        guard !pending.contains(address) else { return false }
        guard waiting < mostWaiting else {
            dropped += 1
            return false
        }
        pending.insert(address)
        queue.append(address)
        return true
    }

    /// The address that waits longest.
    mutating func next() -> IPAddress? {
        guard head < queue.count else { return nil }
        defer {
            head += 1
            if head == queue.count || head > 2 * mostWaiting {
                queue.removeFirst(head)
                head = 0
            }
        }
        return queue[head]
    }

    /// Notes what became of an address's question.
    mutating func note(_ outcome: Outcome, for address: IPAddress, now: Double) {
        pending.remove(address)
        version += 1
        if entries[address] == nil, entries.count >= mostEntries { makeRoom() }
        switch outcome {
        case .name(let name, let seconds):
            let due = now + Double(seconds).clamped(to: Limits.name)
            entries[address] = Entry(name: name, due: due, shown: due + Limits.stale)
        case .nothing(let seconds):
            let time = seconds.map { Double($0).clamped(to: Limits.nothing) } ?? Limits.nothingUnsaid
            entries[address] = Entry(name: nil, due: now + time, shown: now)
        case .failed:
            var entry = entries[address] ?? Entry(name: nil, due: now, shown: now)
            let time = Limits.failure.first * Double(1 << min(entry.failures, 3))
            entry.failures += 1
            entry.due = now + min(time, Limits.failure.most)
            entries[address] = entry
        }
    }

    /// What is worth keeping for another life: names, and that there are none. Failures are forgotten.
    ///
    /// - Parameter offset: what turns `now` into seconds of the clock by which the next life begins.
    func kept(now: Double, offset: Double) -> [ResolvedName] {
        entries.compactMap { address, entry in
            guard now < max(entry.shown, entry.failures == 0 ? entry.due : now) else { return nil }
            return ResolvedName(
                address: address,
                name: entry.name,
                due: max(0, entry.due + offset),
                shown: max(0, entry.shown + offset)
            )
        }
    }

    /// Takes over what an earlier life kept. What it says counts no longer than if it had been heard now.
    ///
    /// - Returns: how many are known by that.
    mutating func restore(_ names: [ResolvedName], now: Double, offset: Double) -> Int {
        let before = entries.count
        for name in names.prefix(mostEntries) where entries[name.address] == nil {
            let due = min(name.due - offset, now + (name.name == nil ? Limits.nothing : Limits.name).upperBound)
            let shown = min(name.shown - offset, due + Limits.stale)
            guard now < max(due, name.name == nil ? due : shown), entries.count < mostEntries else { continue }
            entries[name.address] = Entry(name: name.name, due: due, shown: name.name == nil ? now : shown)
        }
        let count = entries.count - before
        // Nothing taken over is nothing new: whoever writes what is new waits a minute after it.
        if count > 0 { version += 1 }
        return count
    }

    /// Forgets the quarter that would be asked for again first.
    private mutating func makeRoom() {
        let dues = entries.values.map(\.due).sorted()
        let limit = dues[dues.count / 4]
        entries = entries.filter { $0.value.due > limit }
    }
}

extension Double {
    fileprivate func clamped(to range: ClosedRange<Double>) -> Double {
        min(max(self, range.lowerBound), range.upperBound)
    }
}
