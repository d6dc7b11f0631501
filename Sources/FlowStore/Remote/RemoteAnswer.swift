import Synchronization

/// An answer as the server sends it.
final class RemoteAnswer: FormattedAnswer {
    private struct State {
        var isOver = false
        var tail: [UInt8] = []
    }

    private let response: RemoteResponse
    private let state = Mutex(State())
    private let finish: @Sendable (Bool) -> Void

    let compression: ResultCompression?

    init(_ response: RemoteResponse, compression: ResultCompression?, finish: @escaping @Sendable (Bool) -> Void) {
        self.response = response
        self.compression = compression
        self.finish = finish
    }

    deinit { end(true) }

    var rows: UInt64? { nil }

    func next() async throws -> [UInt8]? {
        guard !state.withLock({ $0.isOver }) else { throw StoreError.cancelled }
        do {
            guard let piece = try await response.next() else {
                end(true)
                return nil
            }
            state.withLock { $0.tail = Array((($0.tail + piece)).suffix(16_384)) }
            return piece
        } catch {
            end(true)
            throw RemoteError.failure(atEndOf: state.withLock { $0.tail }) ?? error
        }
    }

    func cancel() { end(false) }

    private func end(_ isOver: Bool) {
        let isFirst = state.withLock { state in
            defer { state.isOver = true }
            return !state.isOver
        }
        if isFirst { finish(isOver) }
    }
}
