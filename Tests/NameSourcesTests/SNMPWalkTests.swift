import NetTypes
import Testing

@testable import NameSources

@Suite("Questions for an SNMP agent")
struct SNMPWalkTests {
    private static let ifX: [UInt64] = [1, 3, 6, 1, 2, 1, 31, 1, 1, 1]
    private static let ifTable: [UInt64] = [1, 3, 6, 1, 2, 1, 2, 2, 1]

    /// An agent that has a table of variables and answers as RFC 3416 says, unless a test spoils its answers.
    private struct Agent {
        var variables: [[UInt64]: SNMPVariable.Value] = [:]
        var spoil: ([SNMPVariable]) -> [SNMPVariable] = { $0 }
        /// Variables that fit an answer; more is tooBig.
        var room = 100

        mutating func set(_ column: [UInt64], _ index: UInt64, _ value: SNMPVariable.Value) {
            variables[column + [index]] = value
        }

        func answer(_ question: SNMPWalk.Question) -> (status: Int, variables: [SNMPVariable]) {
            switch question {
            case .get(let name): return (0, [SNMPVariable(identifier: name, value: variables[name] ?? .absent)])
            case .bulk(let name, let repetitions):
                guard repetitions <= room else { return (1, []) }
                let rest = variables.keys.filter { name.lexicographicallyPrecedes($0) }
                    .sorted { $0.lexicographicallyPrecedes($1) }.prefix(repetitions)
                    .map { SNMPVariable(identifier: $0, value: variables[$0] ?? .absent) }
                let end = SNMPVariable(identifier: rest.last?.identifier ?? name, value: .absent)
                return (0, spoil(rest.count < repetitions ? rest + [end] : Array(rest)))
            }
        }

        /// The end of a walk, and the questions that it took.
        func walk(_ limits: SNMPWalk.Limits = .init()) -> (end: SNMPWalk.Step, questions: [SNMPWalk.Question]) {
            var walk = SNMPWalk(limits: limits)
            var (step, questions) = (walk.start(), [SNMPWalk.Question]())
            while case .ask(let question) = step, questions.count < 10_000 {
                questions.append(question)
                let answer = answer(question)
                step = walk.take(status: answer.status, answer.variables)
            }
            return (step, questions)
        }
    }

    private func router(_ count: UInt64) -> Agent {
        var agent = Agent()
        agent.set([1, 3, 6, 1, 2, 1, 1, 5], 0, .text(Array("router".utf8)))
        for index in 1...count {
            agent.set(Self.ifX + [1], index, .text(Array("eth\(index)".utf8)))
            agent.set(Self.ifX + [15], index, .number(10_000))
            agent.set(Self.ifX + [18], index, .text(index == 2 ? Array("uplink".utf8) : []))
            agent.set(Self.ifTable + [2], index, .text(Array("long eth\(index)".utf8)))
        }
        return agent
    }

    @Test("names, aliases and speeds; no descriptions where names are")
    func names() throws {
        let (end, questions) = router(60).walk()
        guard case .done(let device) = end else { throw TestProblem() }
        #expect(device.name == "router" && device.interfaces.count == 60)
        #expect(device.interfaces[2]?.title == "eth2: uplink" && device.interfaces[3]?.title == "eth3")
        #expect(device.interfaces[60]?.speed == 10_000_000_000 && device.interfaces[60]?.description == "")
        // The name, and three columns of 60 in answers of 25.
        #expect(questions.count == 1 + 3 * 3)
    }

    @Test("ifSpeed where ifHighSpeed is 0 or missing; not where it is told, and not when it doesn't fit")
    func slowInterfaces() throws {
        var agent = router(4)
        for (index, high) in [(1, 0), (2, nil), (3, 0), (4, 100)] as [(UInt64, UInt64?)] {
            agent.variables[Self.ifX + [15, index]] = high.map { .number($0) }
        }
        for (index, bits) in [(1, 64_000), (2, 9600), (3, 0xFFFF_FFFF), (4, 5)] as [(UInt64, UInt64)] {
            agent.set(Self.ifTable + [5], index, .number(bits))
        }
        let (end, questions) = agent.walk()
        guard case .done(let device) = end else { throw TestProblem() }
        #expect(device.interfaces.compactMapValues(\.speed) == [1: 64_000, 2: 9600, 4: 100_000_000])
        #expect(questions.count == 1 + 4)
    }

    @Test("descriptions where there is no ifXTable, smaller answers where they don't fit")
    func older() throws {
        var agent = router(7)
        agent.variables = agent.variables.filter { !$0.key.starts(with: Self.ifX) }
        agent.room = 3
        guard case .done(let device) = agent.walk().end else { throw TestProblem() }
        #expect(
            device.interfaces.mapValues(\.title)
                == Dictionary(uniqueKeysWithValues: (1...7).map { ($0, "long eth\($0)") })
        )
        agent.variables = [:]
        #expect(agent.walk().end == .failed(.nothing))
    }

    @Test("answers that don't increase, don't end, or are none")
    func hostile() {
        var agent = router(30)
        agent.spoil = { $0.reversed() }
        #expect(agent.walk().end == .failed(.notIncreasing))
        // More than was asked for is not looked at.
        agent.spoil = { $0 + $0 }
        #expect(agent.walk().end == router(30).walk().end)
        agent.spoil = { _ in [] }
        #expect(agent.walk().end == .failed(.rubbish))
        agent.spoil = { $0 }
        #expect(agent.walk(.init(questions: 4)).end == .failed(.endless))
        #expect(agent.walk(.init(interfaces: 29)).end == .failed(.tooMuch))
        #expect(agent.walk(.init(bytes: 1000)).end == .failed(.tooMuch))
        // Below the column and no interface's: passed over.
        agent.spoil = { variables in
            variables.map { .init(identifier: $0.identifier + [.max], value: $0.value) }
        }
        var nameOnly = SNMPDevice()
        (nameOnly.name, nameOnly.bytes) = ("router", 6)
        #expect(agent.walk().end == .done(nameOnly))
        for status in [5, 16] {
            var walk = SNMPWalk()
            _ = walk.start()
            #expect(walk.take(status: status, []) == .failed(.status(status)))
        }
    }

    @Test(
        "what texts become",
        arguments: [
            ("plain", "plain"), ("  padded ", "padded"), ("a\u{1B}[31mb", "a?[31mb"), ("a\u{202E}b", "a?b"),
            ("zero\0behind", "zero"), ("Zürich", "Zürich"), ("", ""), ("   ", ""),
            (String(repeating: "x", count: 300), String(repeating: "x", count: 128)),
            (String(repeating: "x", count: 127) + "ü", String(repeating: "x", count: 127)),
        ]
    )
    func texts(_ sent: String, _ shown: String) {
        #expect(SNMPWalk.text(Array(sent.utf8)) == shown)
    }

    @Test("bytes that are no UTF-8 are replaced")
    func latin() {
        #expect(SNMPWalk.text([0x5A, 0xFC, 0x72]) == "Z\u{FFFD}r")
    }

    private struct TestProblem: Error {}
}

@Suite("Which SNMP agent is asked when")
struct SNMPScheduleTests {
    private func address(_ number: Int) -> IPAddress { IPAddress(v4: 0x0A00_0000 + UInt32(number)) }

    private func settings(_ change: (inout SNMPAgentSettings) -> Void = { _ in }) -> SNMPSettings {
        var agent = SNMPAgentSettings()
        agent.community = Secret("word")
        change(&agent)
        return SNMPSettings(Prefix("10.0.0.0/8").map { [$0: agent] } ?? [:])
    }

    private func due(_ schedule: inout SNMPSchedule, _ now: Double) -> IPAddress? { schedule.next(now: now)?.address }

    /// The poll that is due, which has to be there.
    private func poll(_ schedule: inout SNMPSchedule, _ now: Double) throws -> (address: IPAddress, poll: Int) {
        let next = schedule.next(now: now)
        let found = try #require(next)
        return (found.address, found.poll)
    }

    @Test("new ones at once, then at their interval, and those that fail ever less often")
    func times() throws {
        var schedule = SNMPSchedule()
        let settings = settings()
        schedule.see([address(1), IPAddress(192, 0, 2, 1)], settings, now: 0)
        let first = try poll(&schedule, 0)
        // The other is in no prefix.
        #expect(first.address == address(1))
        #expect(due(&schedule, 0) == nil)
        schedule.note(first.poll, of: first.address, answered: true, now: 1)
        #expect(due(&schedule, 300.9) == nil)
        #expect(schedule.wait(now: 300.5) == 0.5)
        var waits: [Double] = []
        var now = 301.0
        for _ in 0..<9 {
            let next = try poll(&schedule, now)
            schedule.note(next.poll, of: next.address, answered: false, now: now)
            let wait = try #require(schedule.wait(now: now))
            waits.append(wait)
            now += wait
        }
        #expect(waits == [30, 60, 120, 240, 480, 960, 1920, 3600, 3600])
    }

    @Test(
        "an agent whose exporter has new interfaces is asked before its turn, and ever less often when that doesn't help"
    )
    func extras() throws {
        var schedule = SNMPSchedule()
        let settings = settings { $0.interval = 86_400 }
        schedule.see([address(1), address(2)], settings, now: 0)
        func hurry(_ now: Double) -> Int { schedule.hurry([address(1), address(2), address(3)], now: now) }
        // Who hasn't answered is asked as before.
        #expect(hurry(0) == 0)
        for answered in [true, false] {
            let next = try poll(&schedule, 0)
            schedule.note(next.poll, of: next.address, answered: answered, now: 1)
        }
        #expect(hurry(10) == 0)
        var times: [Double] = []
        for now in stride(from: 11.0, to: 12_000, by: 1) where hurry(now) == 1 {
            #expect(hurry(now) == 0)
            times.append(now)
            let next = try poll(&schedule, now)
            #expect(next.address == address(1))
            schedule.note(next.poll, of: next.address, answered: true, now: now)
        }
        #expect(zip(times.dropFirst(), times).map { $0 - $1 } == [20, 40, 80, 160, 320, 640, 1280, 2560, 3600])
    }

    @Test("a poll that is under way ends with its exporter, and with its settings")
    func wanted() throws {
        var schedule = SNMPSchedule()
        schedule.see([address(1)], settings(), now: 0)
        let poll = try self.poll(&schedule, 0).poll
        #expect(schedule.isWanted(poll, of: address(1)))
        schedule.see([address(1)], settings { $0.community = Secret("other") }, now: 1)
        #expect(!schedule.isWanted(poll, of: address(1)))
        let next = try self.poll(&schedule, 1).poll
        // The old one's end changes nothing.
        schedule.note(poll, of: address(1), answered: true, now: 1)
        #expect(schedule.isWanted(next, of: address(1)))
        schedule.see([address(1)], settings { $0.version = .off }, now: 1)
        #expect(schedule.count == 0 && schedule.wait(now: 1) == nil && !schedule.asks(address(1)))
    }

    @Test("a flood of made-up exporters has its limits, and those that answered their places")
    func flood() throws {
        var schedule = SNMPSchedule(limits: .init(agents: 20, polls: 4, strangers: 2))
        let settings = settings()
        schedule.see([address(1)], settings, now: 0)
        let known = try poll(&schedule, 0)
        schedule.note(known.poll, of: known.address, answered: true, now: 0)
        let flood = (1...1000).map(address)
        schedule.see(flood, settings, now: 10)
        #expect(schedule.count == 20 && schedule.leftOut == 980)
        let strangers = [try poll(&schedule, 299), try poll(&schedule, 299)].filter { $0.address != address(1) }
        #expect(strangers.count == 2)
        // The known one has a place when it is due; no third stranger has.
        #expect(due(&schedule, 301) == address(1))
        #expect(due(&schedule, 301) == nil)
        for stranger in strangers { schedule.note(stranger.poll, of: stranger.address, answered: false, now: 300) }
        // They make room for others, which the known one never does.
        schedule.see(flood, settings, now: 301)
        #expect(schedule.count == 20 && schedule.asks(address(1)) && !schedule.asks(strangers[0].address))
    }
}
