import Foundation
import Logging
import Synchronization
import WebAPI

/// What takes the messages that a subscription pushes.
protocol PushReceiver: Sendable {
    /// Stores what a message holds or tells of; when it returns, that is in the store.
    ///
    /// - Throws: ``ImportRefusal``, or what keeps rows from being stored.
    func take(_ message: Subscription.Content) async throws
}

/// Takes the entries that a subscription pushes, and stores each once.
///
/// There is one in each request. Those of a second are stored together, see
/// ``EntryFiles``, and answered then; until then they wait here, as many as
/// there is room for. While rows can't be stored none waits: Pub/Sub pushes
/// again what is refused, and waits longer each time by itself.
final class PubSubPush: CloudSource, PushReceiver {
    let tally: CloudTally
    private let entries: EntryFiles
    private let logger: Logger
    private let state = Mutex(State())
    /// Says that somebody waits.
    private let arrivals: AsyncStream<Void>
    private let arrival: AsyncStream<Void>.Continuation

    private struct State {
        /// In the order in which they came; those that are being stored stand first.
        var waiting: [Waiting] = []
        var bytes = 0
        /// Why messages are refused: rows couldn't be stored, or this is over.
        var refusal: ImportRefusal?
    }

    private struct Waiting {
        let message: Subscription.Content
        let answer: CheckedContinuation<Void, any Error>

        /// Attributes count too: a message may have nothing else, and they wait with it.
        let bytes: Int

        init(_ message: Subscription.Content, _ answer: CheckedContinuation<Void, any Error>) {
            self.message = message
            self.answer = answer
            let attributes = (message.attributes ?? [:]).reduce(0) { $0 + $1.key.utf8.count + $1.value.utf8.count }
            bytes = (message.data?.count ?? 0) + message.id.utf8.count + attributes
        }
    }

    /// Messages that may wait, and their bytes; Pub/Sub pushes the others again, and fewer at a time.
    private static let mostMessages = 5000
    private static let mostBytes = 32 << 20
    /// Well below ten seconds, the shortest time that Pub/Sub waits for an answer.
    private static let gathering = Duration.seconds(1)

    init(name: String, _ configuration: PubSubSourceConfiguration, sink: CloudSink, logger: Logger) throws {
        var logger = logger
        logger[metadataKey: "subscription"] = "\(name)"
        self.logger = logger
        tally = CloudTally(kind: "pubsub", name: name)
        let options = CloudLogOptions(configuration.entries)
        entries = try EntryFiles(name, sink: sink, options: options, tally: tally, logger: logger)
        (arrivals, arrival) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    func take(_ message: Subscription.Content) async throws {
        try await withCheckedThrowingContinuation { (answer: CheckedContinuation<Void, any Error>) in
            let refusal: ImportRefusal? = state.withLock { state in
                if let refusal = state.refusal { return refusal }
                let waiting = Waiting(message, answer)
                guard state.waiting.count < Self.mostMessages, state.bytes + waiting.bytes <= Self.mostBytes else {
                    return ImportRefusal(.busy, "\(state.waiting.count) messages wait to be stored")
                }
                state.waiting.append(waiting)
                state.bytes += waiting.bytes
                return nil
            }
            if let refusal { answer.resume(throwing: refusal) } else { arrival.yield() }
        }
    }

    func run() async {
        await tally.keepGoing { [logger] error, pause in
            logger.warning(
                "pushed messages could not be stored; Pub/Sub is told to push them again",
                metadata: ["reason": "\(error)", "in": "\(pause) s"]
            )
        } _: {
            do {
                try await entries.store()
                state.withLock { $0.refusal = nil }
                guard await somebodyWaits() else { throw CancellationError() }
                try await Task.sleep(for: Self.gathering)
                let messages = state.withLock { $0.waiting.map(\.message) }
                try entries.write(messages)
                try await entries.store()
                answer(messages.count)
            } catch {
                refuse(Task.isCancelled ? Self.stopping : ImportRefusal(.busy, "rows can't be stored: \(error)"))
                throw error
            }
        }
        refuse(Self.stopping)
    }

    private static let stopping = ImportRefusal(.stopping, "the server is stopping")

    /// Waits until there is somebody; false when the task is cancelled.
    private func somebodyWaits() async -> Bool {
        for await _ in arrivals { return true }
        return false
    }

    /// Says of the first so many that they are stored.
    private func answer(_ count: Int) {
        let answered = state.withLock { state in
            let first = Array(state.waiting.prefix(count))
            state.waiting.removeFirst(first.count)
            state.bytes -= first.reduce(0) { $0 + $1.bytes }
            return first
        }
        for waiting in answered { waiting.answer.resume() }
    }

    /// Refuses those that wait, and those that come from now on.
    private func refuse(_ refusal: ImportRefusal) {
        let refused = state.withLock { state in
            defer { (state.waiting, state.bytes, state.refusal) = ([], 0, refusal) }
            return state.waiting
        }
        for waiting in refused { waiting.answer.resume(throwing: refusal) }
    }
}
