import HTTPTypes
import Synchronization

/// So many answers of a kind may be given at a time, since each is work for as long as it lasts.
final class Slots: Sendable {
    let most: Int
    private let taken = Mutex(0)

    init(_ most: Int) {
        self.most = most
    }

    /// Takes a place, which is free again when the last who holds the token lets go of it; nil when all are taken.
    func take() -> Token? {
        let isFree = taken.withLock { taken in
            guard taken < most else { return false }
            taken += 1
            return true
        }
        return isFree ? Token(self) : nil
    }

    /// A place. Whoever streams an answer holds it; an answer that nobody reads is dropped, and the place with it.
    final class Token: Sendable {
        private let slots: Slots

        fileprivate init(_ slots: Slots) {
            self.slots = slots
        }

        deinit { slots.taken.withLock { $0 -= 1 } }
    }
}

/// All places of a kind are taken: told with status 429 (RFC 6585 section 4).
struct TooMany: Error {
    var message: String
}
