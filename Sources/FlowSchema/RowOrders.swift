import Synchronization

/// Orders batches for a store, whose threads may all do so at a time: keeps as many ``RowOrder``s as ever worked at once.
public final class RowOrders: Sendable {
    private let idle = Mutex<[RowOrder]>([])

    /// Keeps none yet.
    public init() {}

    /// Orders a batch's rows, see ``RowOrder/apply(to:)``. Rows that are in order already cost a look.
    public func apply(to batch: FlowBatch) {
        let order = idle.withLock { $0.popLast() } ?? RowOrder()
        order.apply(to: batch)
        idle.withLock { $0.append(order) }
    }
}
