import Dispatch
import Enrichment
import FlowSchema
import FlowStore

/// Stores batches one after the other on a thread of its own, while the next
/// one is decoded. One thread uses it.
final class BatchStorer: @unchecked Sendable {
    private let store: any BatchStore
    private let queue = DispatchQueue(label: "import")
    private let done = DispatchSemaphore(value: 0)
    // Both are the queue's while a batch is under way, and the caller's otherwise.
    private var enricher: Enricher
    private var failure: StoreError?
    private var isBusy = false

    init(store: any BatchStore, enricher: Enricher) {
        self.store = store
        self.enricher = enricher
    }

    /// Begins to store a sealed batch, which nobody else may touch until ``wait()`` has returned.
    func begin(_ batch: FlowBatch, token: String) {
        precondition(!isBusy)
        isBusy = true
        queue.async { [self] in
            enricher.enrich(batch)
            do throws(StoreError) {
                try store.append(batch, token: token)
                failure = nil
            } catch {
                failure = error
            }
            done.signal()
        }
    }

    /// Waits until the batch that is under way, if one is, is stored.
    func wait() throws(StoreError) {
        guard isBusy else { return }
        done.wait()
        isBusy = false
        if let failure { throw failure }
    }
}
