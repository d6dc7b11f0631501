import Synchronization
import Telemetry

/// The ledger that all threads of the pipeline write in: whoever looks sees one moment.
///
/// A lock is taken a few times for each batch, not per datagram.
final class RowBooks: Sendable {
    private let ledger = Mutex(RowLedger())

    /// The ledger now.
    var now: RowLedger { ledger.withLock { $0 } }

    /// Notes what became of rows.
    func note(_ change: (inout RowLedger) -> Void) { ledger.withLock { change(&$0) } }
}

/// What a receiver has told the books already: it decodes much more often than it tells.
struct RowsTold {
    private var written: UInt64 = 0
    private var inBatch = 0

    /// Tells what came since the last call.
    ///
    /// - Parameters:
    ///   - total: rows that the receiver's decoders wrote, ever.
    ///   - inBatch: rows in the batch that it fills.
    mutating func tell(_ books: RowBooks, written total: UInt64, inBatch rows: Int) {
        // Wrapping, so that a count that went backwards shows in the figures and stops nothing.
        let new = (Int(truncatingIfNeeded: total &- written), rows - inBatch)
        books.note { $0.write(new.0, inBatch: new.1) }
        (written, inBatch) = (total, rows)
    }

    /// Tells that the batch, of which all was told before, goes to the queue.
    mutating func handOver(_ books: RowBooks) {
        let rows = inBatch
        books.note { $0.move(rows, from: .batch, to: .queue) }
        inBatch = 0
    }
}
