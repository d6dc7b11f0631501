import Synchronization
import Testing

@testable import netmeta

@Suite struct Renewals {
    /// A clock that is set, and a service that counts how often it was asked.
    private final class Service: Sendable {
        let state = Mutex((now: UInt64(1000), asked: 0, life: UInt64(100), isAway: false))

        var now: UInt64 { state.withLock { $0.now } }
        var asked: Int { state.withLock { $0.asked } }

        func set(now: UInt64, isAway: Bool = false) {
            state.withLock { ($0.now, $0.isAway) = (now, isAway) }
        }

        func ask() throws -> Renewed<String>.Term {
            try state.withLock { state in
                state.asked += 1
                guard !state.isAway else { throw Failure("away") }
                return ("token \(state.asked)", state.now + state.life)
            }
        }
    }

    private let service = Service()
    private let held: Renewed<String>

    init() {
        held = Renewed(early: 20) { [service] in service.now }
    }

    private func value() async throws -> String {
        try await held.value { [service] in try service.ask() }
    }

    @Test func comeBeforeTheEnd() async throws {
        #expect(try await value() == "token 1")
        service.set(now: 1079)
        #expect(try await value() == "token 1")
        service.set(now: 1080)
        #expect(try await value() == "token 2")
        #expect(try await value() == "token 2" && service.asked == 2)
    }

    @Test func areAskedForOnceHoweverManyWantThem() async throws {
        let values = try await withThrowingTaskGroup(of: String.self) { group in
            for _ in 0..<50 {
                group.addTask {
                    try await held.value { [service] in
                        await Task.yield()
                        return try service.ask()
                    }
                }
            }
            return try await group.reduce(into: Set<String>()) { $0.insert($1) }
        }
        #expect(values == ["token 1"] && service.asked == 1)
    }

    @Test func mayFailUntilTheEnd() async throws {
        #expect(try await value() == "token 1")
        service.set(now: 1085, isAway: true)
        #expect(try await value() == "token 1")
        // Not with every request.
        #expect(try await value() == "token 1" && service.asked == 2)
        service.set(now: 1090, isAway: true)
        #expect(try await value() == "token 1" && service.asked == 3)
        service.set(now: 1100, isAway: true)
        await #expect(throws: Failure.self) { try await value() }
        service.set(now: 1101)
        #expect(try await value() == "token 5")
    }

    @Test func thatEndSoonThemselvesAreNotAskedForWithEveryRequest() async throws {
        service.state.withLock { $0.life = 10 }
        #expect(try await value() == "token 1")
        #expect(try await value() == "token 1")
        service.set(now: 1006)
        #expect(try await value() == "token 2" && service.asked == 2)
    }

    @Test func comeAtOnceForWhatIsHeldAndDoesNotSuit() async throws {
        func value(_ wanted: String) async throws -> String {
            try await held.value(suits: { $0 == wanted }) { [service] in try service.ask() }
        }
        #expect(try await value("token 1") == "token 1")
        #expect(try await value("token 2") == "token 2")
        // What isn't there is asked for now and then, and not with every request.
        #expect(try await value("token 9") == "token 3")
        #expect(try await value("token 9") == "token 3" && service.asked == 3)
        #expect(try await value("token 3") == "token 3" && service.asked == 3)
        service.set(now: 1005)
        #expect(try await value("token 9") == "token 4")
    }

    @Test func followARefusalOfWhatIsHeldOnly() async throws {
        #expect(try await value() == "token 1")
        await held.forget("token 0")
        #expect(try await value() == "token 1")
        await held.forget("token 1")
        #expect(try await value() == "token 2")
    }
}
