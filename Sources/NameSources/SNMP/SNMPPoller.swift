import CNetSNMP
import Foundation
public import NetTypes
import OwnThreads

/// Asks exporters' SNMP agents what they and their interfaces are called, on a thread of its own.
///
/// There is no thread, and the library isn't loaded, until somebody is to be
/// asked. One poller may run in a process, since the library has one state.
public final class SNMPPoller: @unchecked Sendable {
    // All that changes is touched with the lock held: hence Sendable.
    private let lock = NSLock()
    private var settings: SNMPSettings
    private var exporters: [IPAddress] = []
    private var hasNews = false
    private var schedule = SNMPSchedule()
    private var figures = SNMPReport()
    private var isRunning = false
    private var isStopping = false
    /// Readable when the thread is to look.
    private let wake: Int32

    /// About what the names of all agents together may take, in bytes.
    private static let mostBytes = 64 << 20
    /// Seconds between attempts to load the library.
    private static let libraryRetry = 60.0

    /// Prepares polls; nobody is asked.
    public init(_ settings: SNMPSettings = SNMPSettings()) {
        self.settings = settings
        wake = netmeta_bell_create()
    }

    deinit { close(wake) }

    /// Asks as the new settings say from now on; names of agents that aren't asked any more are forgotten.
    public func replace(with new: SNMPSettings) {
        lock.lock()
        settings = new
        lock.unlock()
        look()
    }

    /// Says who exports now. Those within the prefixes are asked, new ones at once.
    public func see(_ exporters: [IPAddress]) {
        lock.lock()
        self.exporters = exporters
        lock.unlock()
        look()
    }

    /// Has agents asked before their turn, since flows of theirs name interfaces that they didn't tell; not too often.
    public func hurry(_ exporters: Set<IPAddress>) {
        lock.lock()
        let count = schedule.hurry(exporters, now: Self.now)
        figures.extras += UInt64(count)
        lock.unlock()
        if count > 0 { netmeta_bell_ring(wake) }
    }

    /// What has been asked, and what came of it.
    public var report: SNMPReport {
        lock.lock()
        defer { lock.unlock() }
        return figures
    }

    /// Whether anybody is to be asked.
    public var asksSomebody: Bool {
        lock.lock()
        defer { lock.unlock() }
        return settings.isOn
    }

    /// Whether anybody is to be asked, or was.
    public var isOn: Bool {
        lock.lock()
        defer { lock.unlock() }
        return settings.isOn || isRunning
    }

    /// Lets the thread end, soon.
    public func stop() {
        lock.lock()
        isStopping = true
        lock.unlock()
        netmeta_bell_ring(wake)
    }

    private func look() {
        lock.lock()
        hasNews = true
        let starts = settings.isOn && !isRunning && !isStopping
        if starts { isRunning = true }
        lock.unlock()
        if starts {
            OwnThread.start("snmp", stackSize: 1 << 20) { [self] in work() }
        }
        netmeta_bell_ring(wake)
    }

    // MARK: - On a thread of its own

    private func work() {
        var polls: [SNMPPoll] = []
        var isLoaded = false
        var nextLoad = 0.0
        while true {
            let now = Self.now
            guard let wanted = takeNews(polls, now: now) else { break }
            for poll in polls where !wanted.contains(poll.number) { poll.close() }
            polls.removeAll { !wanted.contains($0.number) }
            if !isLoaded, now >= nextLoad, hasAgents {
                let problem = SNMPLibrary.load()
                note(problem: problem)
                isLoaded = problem == nil
                nextLoad = now + Self.libraryRetry
            }
            if isLoaded { polls += start(now: now) }
            if polls.isEmpty {
                pause(isLoaded ? wait(now: now) : hasAgents ? nextLoad - now : 60)
            } else {
                SNMPSession.wait(polls.map(\.session), wake: wake, seconds: min(1, wait(now: now)))
            }
            netmeta_bell_silence(wake)
            proceed(&polls)
        }
        for poll in polls { poll.close() }
    }

    /// Waits for a time or until there is news.
    private func pause(_ seconds: Double) {
        var entry = pollfd(fd: wake, events: Int16(POLLIN), revents: 0)
        _ = poll(&entry, 1, Int32(min(max(0.01, seconds), 60) * 1000))
    }

    /// Takes over settings and exporters; the polls that are still wanted, or nil at the end.
    private func takeNews(_ polls: [SNMPPoll], now: Double) -> Set<Int>? {
        lock.lock()
        defer { lock.unlock() }
        guard !isStopping else { return nil }
        guard hasNews else { return Set(polls.map(\.number)) }
        hasNews = false
        schedule.see(exporters, settings, now: now)
        figures.leftOut = schedule.leftOut
        let gone = figures.agents.keys.filter { !schedule.asks($0) }
        for address in gone { forget(address) }
        for exporter in exporters where figures.agents[exporter] == nil && schedule.asks(exporter) {
            figures.agents[exporter] = .init(protocolVersion: settings.agent(of: exporter)?.version.rawValue ?? "")
        }
        let wanted = polls.filter { schedule.isWanted($0.number, of: $0.address) }
        figures.open = wanted.count
        return Set(wanted.map(\.number))
    }

    private func forget(_ address: IPAddress) {
        guard let agent = figures.agents.removeValue(forKey: address) else { return }
        guard let device = agent.device else { return }
        figures.bytes -= device.bytes
        figures.version += 1
    }

    private var hasAgents: Bool {
        lock.lock()
        defer { lock.unlock() }
        return schedule.count > 0
    }

    private func wait(now: Double) -> Double {
        lock.lock()
        defer { lock.unlock() }
        return schedule.wait(now: now) ?? 60
    }

    private func note(problem: String?) {
        lock.lock()
        figures.problem = problem
        lock.unlock()
    }

    /// Starts the polls that are due and have a place.
    private func start(now: Double) -> [SNMPPoll] {
        var started: [SNMPPoll] = []
        while let next = takeNext(now: now) {
            do throws(SNMPProblem) {
                let poll = try SNMPPoll(next.address, next.settings, number: next.poll, now: now)
                started.append(poll)
            } catch {
                note(.failure(error), next.address, next.poll, questions: 0)
            }
        }
        return started
    }

    private func takeNext(now: Double) -> (address: IPAddress, settings: SNMPAgentSettings, poll: Int)? {
        lock.lock()
        defer { lock.unlock() }
        guard let next = schedule.next(now: now) else { return nil }
        figures.open += 1
        return next
    }

    private func proceed(_ polls: inout [SNMPPoll]) {
        var open: [SNMPPoll] = []
        for var poll in polls {
            switch poll.proceed(now: Self.now) {
            case .open:
                open.append(poll)
                continue
            case .done(let device): note(.success(device), poll.address, poll.number, questions: poll.questions)
            case .failed(let problem): note(.failure(problem), poll.address, poll.number, questions: poll.questions)
            }
            poll.close()
        }
        polls = open
    }

    private func note(
        _ result: Result<SNMPDevice, SNMPProblem>,
        _ address: IPAddress,
        _ number: Int,
        questions: UInt64
    ) {
        lock.lock()
        defer { lock.unlock() }
        figures.questions += questions
        guard schedule.isWanted(number, of: address) else { return }
        figures.open -= 1
        var agent = figures.agents[address] ?? .init(protocolVersion: "")
        agent.asked = UInt64(max(0, Date().timeIntervalSince1970))
        agent.problem = nil
        switch result {
        case .success(let device):
            let bytes = figures.bytes - (agent.device?.bytes ?? 0) + device.bytes
            if bytes > Self.mostBytes {
                agent.problem = .noRoom
            } else {
                figures.bytes = bytes
                figures.polls += 1
                if agent.device != device {
                    figures.version += 1
                    agent.version = figures.version
                }
                agent.device = device
                agent.answered = agent.asked
            }
        case .failure(let problem): agent.problem = problem
        }
        if let problem = agent.problem { figures.failures[problem.word, default: 0] += 1 }
        figures.agents[address] = agent
        schedule.note(number, of: address, answered: agent.problem == nil, now: Self.now)
    }

    private static var now: Double { ProcessInfo.processInfo.systemUptime }
}
