import NIOCore
import Synchronization

/// Notices that a client has gone while its question is being answered.
///
/// A connection on which nothing is written tells that by the end of what comes in alone, and the server leaves that
/// unread until the answer is written. So a handler sits in the connection for as long as the answer is made.
final class ClientWatch: Sendable {
    private struct State {
        var isGone = false
        var action: (@Sendable () -> Void)?
    }

    private let state = Mutex(State())

    /// Does something when the client goes, or has gone; the last thing said counts.
    func whenGone(_ action: @escaping @Sendable () -> Void) {
        let isGone = state.withLock { state in
            if !state.isGone { state.action = action }
            return state.isGone
        }
        if isGone { action() }
    }

    /// The answer is there: nothing is done any more.
    func end() { state.withLock { $0.action = nil } }

    fileprivate func clientLeft() {
        let action = state.withLock { state in
            defer { state.action = nil }
            state.isGone = true
            return state.action
        }
        action?()
    }

    /// Runs `body` with a watch on a connection; nil watches none.
    static func watching<Value: Sendable>(
        _ channel: (any Channel)?,
        _ body: (ClientWatch) async throws -> Value
    ) async throws -> Value {
        let watch = ClientWatch()
        guard let channel else { return try await body(watch) }
        let handler = Handler(watch)
        try await channel.pipeline.addHandler(handler, position: .first).get()
        do {
            let value = try await body(watch)
            try? await channel.pipeline.removeHandler(handler).get()
            return value
        } catch {
            try? await channel.pipeline.removeHandler(handler).get()
            throw error
        }
    }

    /// Stands at the socket, before what holds requests back while one is answered.
    private final class Handler: ChannelInboundHandler, RemovableChannelHandler, Sendable {
        typealias InboundIn = NIOAny
        private let watch: ClientWatch

        init(_ watch: ClientWatch) { self.watch = watch }

        func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
            if let event = event as? ChannelEvent, event == .inputClosed { watch.clientLeft() }
            context.fireUserInboundEventTriggered(event)
        }

        func channelInactive(context: ChannelHandlerContext) {
            watch.clientLeft()
            context.fireChannelInactive()
        }
    }
}
