import Foundation
import OwnThreads
import Synchronization

/// Runs long work beside all that matters more, and doesn't wait for it when the program ends.
enum Aside {
    /// Runs `body` on a thread of its own, at low priority.
    ///
    /// - Returns: nil when the task was cancelled; `body` goes on then, and nobody waits for it.
    static func run<Value: Sendable>(_ body: @escaping @Sendable () -> Value) async -> Value? {
        let slot = Slot<Value>()
        return await withTaskCancellationHandler {
            await withCheckedContinuation { (continuation: CheckedContinuation<Value?, Never>) in
                guard slot.wait(continuation) else { return }
                OwnThread.start("aside") {
                    // Of this thread alone, as Linux has it: receiving flows comes first.
                    _ = setpriority(Int32(PRIO_PROCESS.rawValue), 0, 10)
                    slot.finish(body())
                }
            }
        } onCancel: {
            slot.finish(nil)
        }
    }

    /// Takes one result, from whoever is first, and gives it to whoever waits.
    private final class Slot<Value: Sendable>: Sendable {
        private enum State {
            case empty
            case waiting(CheckedContinuation<Value?, Never>)
            case finished
        }

        private let state = Mutex<State>(.empty)

        /// False when it is finished already; the continuation is resumed then.
        func wait(_ continuation: CheckedContinuation<Value?, Never>) -> Bool {
            let isWaiting = state.withLock { state in
                if case .finished = state { return false }
                state = .waiting(continuation)
                return true
            }
            if !isWaiting { continuation.resume(returning: nil) }
            return isWaiting
        }

        func finish(_ value: Value?) {
            let waiting = state.withLock { state -> CheckedContinuation<Value?, Never>? in
                defer { state = .finished }
                if case .waiting(let continuation) = state { return continuation }
                return nil
            }
            waiting?.resume(returning: value)
        }
    }
}
