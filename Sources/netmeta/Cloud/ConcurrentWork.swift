/// Works on all elements, at most so many at a time, begun in their order; the first error ends it.
func concurrently<Element: Sendable>(
    _ elements: [Element],
    most: Int,
    _ work: @escaping @Sendable (Element) async throws -> Void
) async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
        var next = 0
        func begin() {
            guard next < elements.count else { return }
            let element = elements[next]
            next += 1
            group.addTask { try await work(element) }
        }
        for _ in 0..<most { begin() }
        while try await group.next() != nil { begin() }
    }
}

/// Lets one at a time work on what has a name.
actor NameLocks {
    /// Who waits for each name that is worked on.
    private var waiting: [String: [CheckedContinuation<Void, Never>]] = [:]

    /// Waits until nobody else works on it; ``leave(_:)`` has to follow.
    func enter(_ name: String) async {
        guard waiting[name] != nil else {
            waiting[name] = []
            return
        }
        await withCheckedContinuation { waiting[name]?.append($0) }
    }

    /// Lets the next one have it.
    func leave(_ name: String) {
        guard var others = waiting[name], !others.isEmpty else {
            waiting[name] = nil
            return
        }
        others.removeFirst().resume()
        waiting[name] = others
    }
}
