import Foundation
public import NetTypes
import OwnThreads

/// Finds out what addresses are called (PTR records), on threads of its own.
///
/// Whoever asks gets what is known and never waits: what isn't known is asked
/// for in the background, and known when they ask again. There are no threads
/// until somebody wants a name, and none where no servers are set.
public final class Resolver: @unchecked Sendable {
    // All that changes is touched with the lock held: hence Sendable.
    private let lock = NSCondition()
    private var settings: ResolverSettings
    private var memory = ResolverMemory()
    private var health = ServerHealth()
    private var figures = ResolverReport()
    /// Goes up with each new settings; answers to questions of older ones are dropped.
    private var generation = 0
    private var threads = 0
    private var isStopping = false
    /// When the next message may be sent.
    private var nextSlot = 0.0

    /// Questions that are open at a time.
    private static let mostThreads = 8
    /// Messages for one address, all its servers, repetitions and aliases together.
    private static let mostMessages = 12

    /// Prepares look-ups; nothing is asked.
    public init(_ settings: ResolverSettings = ResolverSettings()) {
        self.settings = settings
    }

    /// Asks others from now on; what is known by then is forgotten, unless only the rate is new.
    public func replace(with new: ResolverSettings) {
        lock.lock()
        defer { lock.unlock() }
        let isSameServers = new.servers == settings.servers && new.zones == settings.zones
        settings = new
        guard !isSameServers else { return }
        figures.dropped += memory.dropped
        memory = ResolverMemory()
        health = ServerHealth()
        generation += 1
    }

    /// For how many of the addresses with most traffic names are wanted; 0 where nobody is asked.
    public var talkers: Int {
        lock.lock()
        defer { lock.unlock() }
        return settings.isOn && !isStopping ? settings.talkers : 0
    }

    /// The names that are known; the others are asked for.
    public func names(of addresses: [IPAddress]) -> [IPAddress: String] {
        let now = Self.now
        var result: [IPAddress: String] = [:]
        lock.lock()
        defer { lock.unlock() }
        guard settings.isOn, !isStopping else { return [:] }
        for address in addresses {
            if let name = memory.name(of: address, now: now) { result[address] = name }
            guard !settings.servers(for: address).isEmpty, memory.want(address, now: now) else { continue }
            if threads < Self.mostThreads, threads < memory.waiting {
                threads += 1
                OwnThread.start("resolver", stackSize: 512 << 10) { [self] in work() }
            } else {
                lock.signal()
            }
        }
        return result
    }

    // MARK: - For another life

    /// Goes up whenever something new is known.
    public var version: Int {
        lock.lock()
        defer { lock.unlock() }
        return memory.version &+ generation << 32
    }

    /// All that is known of addresses now.
    public var known: [ResolvedName] {
        lock.lock()
        defer { lock.unlock() }
        let now = Self.now
        return memory.kept(now: now, offset: Self.unixTime - now)
    }

    /// Takes over what an earlier life of these same servers left in a file.
    ///
    /// - Returns: how many addresses are known by that.
    public func restore(from cache: ResolverCache) -> Int {
        lock.lock()
        let (stamp, generation, isOn) = (settings.stamp, generation, settings.isOn)
        lock.unlock()
        guard isOn else { return 0 }
        let names = cache.read(stamp: stamp)
        lock.lock()
        defer { lock.unlock() }
        guard generation == self.generation else { return 0 }
        let now = Self.now
        return memory.restore(names, now: now, offset: Self.unixTime - now)
    }

    /// Leaves what is known in a file.
    public func keep(in cache: ResolverCache) throws(SourceError) {
        lock.lock()
        let stamp = settings.stamp
        let now = Self.now
        let names = memory.kept(now: now, offset: Self.unixTime - now)
        lock.unlock()
        try cache.write(names, stamp: stamp)
    }

    private static var unixTime: Double { Date().timeIntervalSince1970 }

    /// What has been asked, and what came of it.
    public var report: ResolverReport {
        lock.lock()
        defer { lock.unlock() }
        var result = figures
        result.known = memory.count
        result.waiting = memory.waiting
        result.dropped += memory.dropped
        return result
    }

    /// Lets the threads end; a question that is open may take its seconds.
    public func stop() {
        lock.lock()
        isStopping = true
        lock.broadcast()
        lock.unlock()
    }

    // MARK: - On a thread of its own

    private func work() {
        while let (address, servers, generation) = takeNext() {
            let outcome = lookUp(address, servers)
            lock.lock()
            if generation == self.generation { memory.note(outcome, for: address, now: Self.now) }
            lock.unlock()
        }
    }

    private func takeNext() -> (IPAddress, [IPEndpoint], generation: Int)? {
        lock.lock()
        defer { lock.unlock() }
        while !isStopping {
            if let address = memory.next() { return (address, settings.servers(for: address), generation) }
            lock.wait()
        }
        return nil
    }

    /// Asks for an address's name, following aliases.
    private func lookUp(_ address: IPAddress, _ servers: [IPEndpoint]) -> ResolverMemory.Outcome {
        var (name, steps, messages) = (DNSName(reverse: address), 0, 0)
        while steps <= DNSAnswer.mostAliases {
            switch ask(name, servers, &messages) {
            case .name(let name, let seconds)?: return count(.named, .name(name, seconds: seconds))
            case .nothing(let seconds)?: return count(.nothing, .nothing(seconds: seconds))
            case .alias(let next, let more)?:
                steps += more
                name = next
            case .cut?, .failure?, nil: return count(.failed, .failed)
            }
        }
        return count(.nothing, .nothing(seconds: nil))
    }

    /// Asks one server after the other, and the only one again when it is silent: a datagram may get lost.
    ///
    /// - Returns: nil when none says anything of use.
    private func ask(_ name: DNSName, _ servers: [IPEndpoint], _ messages: inout Int) -> DNSAnswer? {
        for server in servers.count == 1 ? servers + servers : servers {
            guard messages < Self.mostMessages, isUsable(server) else { continue }
            var exchange = DNSExchange(server: server, question: DNSQuestion(id: .random(in: 0 ... .max), name: name))
            messages += 1
            guard waitForSlot(\.udp) else { return nil }
            var outcome = exchange.overUDP()
            if case .answer(.cut) = outcome {
                // RFC 7766 section 5.
                messages += 1
                guard waitForSlot(\.tcp) else { return nil }
                outcome = exchange.overTCP()
            }
            note(outcome, server, exchange)
            switch outcome {
            case .answer(.failure), .unreachable:
                if servers.count == 1 { return nil }
            case .silence: break
            case .answer(let answer): return answer
            }
        }
        return nil
    }

    private func isUsable(_ server: IPEndpoint) -> Bool {
        lock.lock()
        defer { lock.unlock() }
        return !isStopping && health.isUsable(server, now: Self.now)
    }

    /// Waits until the rate allows for a message, and counts it.
    private func waitForSlot(_ transport: WritableKeyPath<ResolverReport, UInt64>) -> Bool {
        lock.lock()
        defer { lock.unlock() }
        let slot = max(nextSlot, Self.now)
        nextSlot = slot + 1 / Double(max(1, settings.queriesPerSecond))
        while !isStopping, Self.now < slot {
            lock.unlock()
            // Short naps, so that the end of the program doesn't wait for the rate.
            Thread.sleep(forTimeInterval: min(0.1, max(0, slot - Self.now)))
            lock.lock()
        }
        if !isStopping { figures[keyPath: transport] += 1 }
        return !isStopping
    }

    private func note(_ outcome: DNSExchange.Outcome, _ server: IPEndpoint, _ exchange: DNSExchange) {
        lock.lock()
        defer { lock.unlock() }
        figures.foreign += UInt64(exchange.foreign)
        figures.malformed += UInt64(exchange.malformed)
        switch outcome {
        case .answer: health.noteAnswer(server)
        case .silence:
            figures.silences += 1
            health.noteFailure(server, now: Self.now)
        case .unreachable:
            figures.unreachable += 1
            health.noteFailure(server, now: Self.now)
        }
    }

    private func count(_ result: ResolverReport.Result, _ outcome: ResolverMemory.Outcome) -> ResolverMemory.Outcome {
        lock.lock()
        defer { lock.unlock() }
        figures.results[result, default: 0] += 1
        return outcome
    }

    private static var now: Double { ProcessInfo.processInfo.systemUptime }
}
