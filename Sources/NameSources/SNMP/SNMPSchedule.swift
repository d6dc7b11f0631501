import NetTypes

/// Which agent is asked when, without a clock and without sockets: time is a parameter.
///
/// Everything in it is bounded, since exporters' addresses can be made up: there
/// are so many agents and so many polls at a time, agents that never answered have
/// half of these at most, and whoever doesn't answer is asked ever less often.
struct SNMPSchedule {
    /// Limits on what strangers can cause.
    struct Limits {
        var agents = 2048
        var polls = 64
        /// Polls at a time of agents that never answered: 2048 that are silent take three minutes.
        var strangers = 32
        /// Seconds after a first failure, and at most.
        var retry = (first: 30.0, most: 3600.0)
        /// Seconds between a poll and one beside the turn, and at most when that doesn't help.
        var extra = (first: 10.0, most: 3600.0)
    }

    private struct Agent {
        var settings: SNMPAgentSettings
        /// When it is asked next.
        var due: Double
        var failures = 0
        var hasAnswered = false
        /// The number of the poll that is under way.
        var poll: Int?
        /// When the last poll ended.
        var ended = 0.0
        /// Polls beside the turn, and when the last one was wished for.
        var extras = (count: 0, last: 0.0)
    }

    private let limits: Limits
    private var agents: [IPAddress: Agent] = [:]
    private var polls = 0
    private var nextPoll = 1

    /// Exporters within the prefixes that are not asked, since too many are.
    private(set) var leftOut = 0

    init(limits: Limits = Limits()) {
        self.limits = limits
    }

    /// Agents that are asked from time to time.
    var count: Int { agents.count }

    /// Whether an exporter's agent is asked.
    func asks(_ address: IPAddress) -> Bool { agents[address] != nil }

    /// Takes over who exports now, and how they are to be asked; who is new is asked at once.
    mutating func see(_ exporters: [IPAddress], _ settings: SNMPSettings, now: Double) {
        var wanted: [IPAddress: SNMPAgentSettings] = [:]
        if settings.isOn {
            for exporter in exporters { wanted[exporter] = settings.agent(of: exporter) }
        }
        agents = agents.filter { wanted[$0.key] == $0.value.settings }
        leftOut = 0
        for (address, settings) in wanted.sorted(by: { $0.key < $1.key }) where agents[address] == nil {
            guard agents.count < limits.agents || makeRoom() else {
                leftOut += 1
                continue
            }
            agents[address] = Agent(settings: settings, due: now)
        }
        polls = agents.values.count { $0.poll != nil }
    }

    /// Has agents asked before their turn, since flows came over interfaces that they didn't tell.
    ///
    /// What they don't know after that they may never know, and exporters may name any number: so each further time
    /// waits twice as long.
    ///
    /// - Returns: how many will be.
    mutating func hurry(_ exporters: Set<IPAddress>, now: Double) -> Int {
        var count = 0
        for exporter in exporters {
            guard var agent = agents[exporter], agent.hasAnswered, agent.failures == 0, agent.poll == nil,
                agent.due > now
            else { continue }
            if now - agent.extras.last > limits.extra.most { agent.extras.count = 0 }
            let wait = min(limits.extra.first * Double(1 << min(agent.extras.count, 10)), limits.extra.most)
            guard now - agent.ended >= limits.extra.first, agent.extras.count == 0 || now - agent.extras.last >= wait
            else { continue }
            agent.due = now
            agent.extras = (agent.extras.count + 1, now)
            agents[exporter] = agent
            count += 1
        }
        return count
    }

    /// The next agent to ask; the poll's number tells it from earlier ones of the same agent.
    mutating func next(now: Double) -> (address: IPAddress, settings: SNMPAgentSettings, poll: Int)? {
        guard polls < limits.polls else { return nil }
        let mayAskStrangers = agents.values.count { $0.poll != nil && !$0.hasAnswered } < limits.strangers
        let due = agents.filter { agent in
            agent.value.poll == nil && agent.value.due <= now && (agent.value.hasAnswered || mayAskStrangers)
        }
        // Who failed waits for who didn't, so that many dead agents don't delay a live one.
        let first = due.min { one, two in
            (one.value.failures > 0 ? 1 : 0, one.value.due, one.key) < (
                two.value.failures > 0 ? 1 : 0, two.value.due, two.key
            )
        }
        guard let (address, agent) = first else { return nil }
        defer { nextPoll += 1 }
        agents[address]?.poll = nextPoll
        polls += 1
        return (address, agent.settings, nextPoll)
    }

    /// Whether a poll is still wanted; it isn't when the exporter went, or is to be asked in another way.
    func isWanted(_ poll: Int, of address: IPAddress) -> Bool { agents[address]?.poll == poll }

    /// Notes how a poll ended.
    mutating func note(_ poll: Int, of address: IPAddress, answered: Bool, now: Double) {
        guard var agent = agents[address], agent.poll == poll else { return }
        agent.poll = nil
        agent.ended = now
        polls -= 1
        if answered {
            agent.failures = 0
            agent.hasAnswered = true
            agent.due = now + Double(agent.settings.interval)
        } else {
            let wait = limits.retry.first * Double(1 << min(agent.failures, 10))
            agent.failures += 1
            agent.due = now + min(wait, limits.retry.most)
        }
        agents[address] = agent
    }

    /// Seconds until the next agent may be asked; nil when there is none.
    func wait(now: Double) -> Double? {
        agents.values.filter { $0.poll == nil }.map { max(0, $0.due - now) }.min()
    }

    /// Gives up an agent that never answered, of those the one that failed most; false when there is none.
    private mutating func makeRoom() -> Bool {
        let strangers = agents.filter { !$0.value.hasAnswered && $0.value.failures > 0 && $0.value.poll == nil }
        guard let worst = strangers.max(by: { ($0.value.failures, $0.key) < ($1.value.failures, $1.key) }) else {
            return false
        }
        agents[worst.key] = nil
        return true
    }
}
