import Foundation

/// A token, or keys, that end: asked for once however many want them, and again before their end.
///
/// When that fails, what is held goes on being good until its end: a service that is away for a moment costs nothing.
actor Renewed<Value: Sendable> {
    /// What is held, and when it ends in Unix seconds; nil is never.
    typealias Term = (value: Value, ends: UInt64?)

    private let early: UInt64
    private let pause: UInt64
    private let clock: @Sendable () -> UInt64
    private var held: Term?
    private var asking: Task<Value, any Error>?
    /// Until when nobody is asked while what is held is good, because the last answer was none, or ends soon.
    private var pauseEnd: UInt64 = 0

    /// - Parameters:
    ///   - early: seconds before its end that something newer is asked for.
    ///   - pause: seconds between questions while what is held hasn't ended.
    init(
        early: UInt64,
        pause: UInt64 = 5,
        clock: @escaping @Sendable () -> UInt64 = { UInt64(max(0, Date().timeIntervalSince1970)) }
    ) {
        self.early = early
        self.pause = pause
        self.clock = clock
    }

    /// What is good now.
    ///
    /// - Throws: what `ask` throws when nothing good is held.
    func value(_ ask: @escaping @Sendable () async throws -> Term) async throws -> Value {
        try await value(suits: { _ in true }, ask)
    }

    /// What is good now, and newer than what is held where that won't do; what is given may not do either.
    ///
    /// - Throws: what `ask` throws when nothing good is held.
    func value(
        suits: @escaping @Sendable (Value) -> Bool,
        _ ask: @escaping @Sendable () async throws -> Term
    ) async throws -> Value {
        let now = clock()
        if let held, now < held.ends ?? .max {
            if now < pauseEnd || (now + early < held.ends ?? .max && suits(held.value)) { return held.value }
        }
        if let asking { return try await asking.value }
        // A task of its own: who gives up waiting doesn't end it for the others.
        let task = Task { try await renew(suits, ask) }
        asking = task
        defer { asking = nil }
        return try await task.value
    }

    private func renew(
        _ suits: @Sendable (Value) -> Bool,
        _ ask: @Sendable () async throws -> Term
    ) async throws -> Value {
        do {
            let term = try await ask()
            held = term
            let now = clock()
            // What ends soon as well, or won't do either, would be asked for with each request.
            pauseEnd = now + early < term.ends ?? .max && suits(term.value) ? 0 : now + pause
            return term.value
        } catch {
            pauseEnd = clock() + pause
            guard let held, clock() < held.ends ?? .max else { throw error }
            return held.value
        }
    }
}

extension Renewed where Value: Equatable {
    /// Forgets what a service has refused.
    func forget(_ value: Value) {
        if held?.value == value { held = nil }
    }
}
