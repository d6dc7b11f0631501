import CKafka
import Enrichment
import FlowSchema
import FlowStore
import Foundation
import Logging
import OwnThreads
import Synchronization

/// The thread of a ``KafkaSource``.
final class KafkaSourceThread: @unchecked Sendable {
    // All but the report and the flags belongs to the thread: hence Sendable.
    let report = Mutex(KafkaSourceReport())
    private let options: KafkaSource.Options
    private let store: any BatchStore
    private let logger: Logger
    private let poison: PoisonFile
    private let stopping = Atomic(false)
    private let ended = DispatchSemaphore(value: 0)
    private let gate = StoreGate()
    // One thread owns these, and asks for them with each message: a check of each access would cost more than it does.
    @exclusivity(unchecked)
    private var enricher: Enricher
    @exclusivity(unchecked)
    private var decoder: KafkaMessageDecoder
    @exclusivity(unchecked)
    private var taken = KafkaSourceReport()
    /// Rows since all partitions' were added up: with many partitions that costs more than decoding a message does.
    private var rowsSinceSum = 0
    private var client: KafkaClient?
    private var partitions: [Int32: KafkaPartition] = [:]
    /// Where the last batch of each partition ended that this process stored: a broker that lost its notes in a crash
    /// may tell less.
    private var storedEnds: [Int32: Int64] = [:]
    private var lastLook: ContinuousClock.Instant?
    private var isFatal = false
    private var isSubscribed = false

    init(_ options: KafkaSource.Options, store: any BatchStore, enrichment: EnrichmentSource, logger: Logger) {
        self.options = options
        self.store = store
        self.logger = logger
        enricher = Enricher(enrichment)
        decoder = KafkaMessageDecoder(options.kafka.format)
        poison = PoisonFile(path: options.poisonFile, limit: options.kafka.asideBytes)
    }

    func start() throws(StoreError) {
        client = try KafkaClient(.consumer, options.kafka, self)
        OwnThread.start("kafka", stackSize: 8 << 20) { self.run() }
    }

    func stop() {
        stopping.store(true, ordering: .releasing)
        ended.wait()
    }

    // MARK: - On the thread

    private func run() {
        while !stopping.load(ordering: .acquiring) {
            guard let client = living() else {
                Thread.sleep(forTimeInterval: 0.5)
                continue
            }
            step(client)
        }
        for partition in partitions.values { finish(partition) }
        partitions.removeAll()
        // Leaves the group.
        client = nil
        publish()
        ended.signal()
    }

    /// The consumer; a new one when the old can't go on.
    private func living() -> KafkaClient? {
        if let client, !isFatal, isSubscribed { return client }
        do throws(StoreError) {
            if isFatal || client == nil {
                giveBack(Array(partitions.keys))
                client = nil
                isSubscribed = false
                client = try KafkaClient(.consumer, options.kafka, self)
                isFatal = false
            }
            guard let client else { return nil }
            let error = client.subscribe(options.kafka.partitions)
            guard error == 0 else { throw StoreError(message: KafkaClient.words(error)) }
            isSubscribed = true
            return client
        } catch {
            note(problem: error.message)
            return nil
        }
    }

    private func step(_ client: KafkaClient) {
        let now = ContinuousClock.now
        // Before the first message as well: it says which times are taken.
        if lastLook.map({ now - $0 > .seconds(1) }) ?? true { look(client, now) }
        _ = client.take(milliseconds: 50) { take($0) }
        // Some more while there are any, before the clock is asked again.
        for _ in 0..<Self.mostAtOnce where !isFatal {
            guard client.take(milliseconds: 0, { take($0) }) else { break }
        }
        flushWhatIsDue()
    }

    private static let mostAtOnce = 100

    /// Rows of each partition's batch, if all had as many.
    private var share: Int { max(1000, options.batchRows / max(1, partitions.count)) }
    private var capacity: Int { options.batchRows + 2 * FlowMessageDecoder.mostFlows }

    private func take(_ message: netmeta_kafka_message) {
        guard message.error == 0 else {
            note(problem: KafkaClient.words(message.error))
            return
        }
        // What the library still had of a partition that went.
        guard let partition = partitions[message.partition], !partition.isWaiting else { return }
        if let next = partition.next, message.offset < next { return }
        if partition.isBeyondPromise(message.offset) {
            store(partition)
            // Nothing may be left of it; then its messages are too old for the topic.
            partition.promised = nil
            if partition.isWaiting { return }
        }
        let bytes = UnsafeRawBufferPointer(start: message.bytes, count: message.length)
        do throws(FlowMessageError) {
            let payload = bytes.bytes
            let framing = try decoder.framing(of: payload)
            if framing.flows > partition.room {
                // Whoever promised this batch had more room: the rest of it becomes one of its own.
                partition.promised = nil
                store(partition)
                if partition.isWaiting { return }
            }
            let target = partition.target(isEnriched: message.is_marked != 0, &enricher)
            let seconds = message.timestamp > 0 ? message.timestamp / 1000 : Int64(time(nil))
            let before = decoder.implausibleTimes
            try decoder.decode(payload, framing, into: target, received: UInt32(clamping: seconds))
            rowsSinceSum += framing.flows
            taken.messages += 1
            taken.bytes += UInt64(message.length)
            if decoder.implausibleTimes > before {
                setAside(message, bytes, reason: "implausible_time")
            }
        } catch {
            taken.messages += 1
            taken.bytes += UInt64(message.length)
            setAside(message, bytes, reason: error.name)
        }
        partition.take(message.offset)
        if partition.hasPromised {
            store(partition)
        } else if partition.promised == nil, partition.rows >= share, rowsSinceSum >= share / 16 {
            storeLargest()
        }
    }

    /// Stores the largest of the batches that are being filled, once all together have as many rows as there may be.
    ///
    /// An insert costs much whatever it holds: where each partition had to do with its share, there would be more of
    /// them, up to twice as many. Batches that wait for the store leave the others their share.
    private func storeLargest() {
        rowsSinceSum = 0
        var (filling, waiting) = (0, 0)
        var largest: KafkaPartition?
        for partition in partitions.values {
            guard !partition.isWaiting, partition.promised == nil else {
                waiting += partition.rows
                continue
            }
            filling += partition.rows
            if partition.rows > largest?.rows ?? 0 { largest = partition }
        }
        if let largest, filling >= max(share, options.batchRows - waiting) { store(largest) }
    }

    private func setAside(_ message: netmeta_kafka_message, _ bytes: UnsafeRawBufferPointer, reason: String) {
        taken.poison[reason, default: 0] += 1
        let isKept = poison.keep(
            topic: options.kafka.topic,
            partition: message.partition,
            offset: message.offset,
            reason: reason,
            bytes
        )
        if !isKept { taken.poisonUnkept += 1 }
    }

    private func flushWhatIsDue() {
        let now = ContinuousClock.now
        for partition in partitions.values {
            if partition.isWaiting {
                if gate.admits(at: now) { store(partition) }
            } else if partition.promised == nil, partition.isDue(after: options.flush, at: now) {
                store(partition)
            }
        }
    }

    // MARK: - Storing

    /// Tries to store a partition's batch; it waits when that fails.
    private func store(_ partition: KafkaPartition) {
        if partition.range == nil { return }
        if !partition.isWaiting { partition.seal(&enricher) }
        guard let range = partition.range else { return }
        switch attempt(partition, range) {
        case .done:
            partition.clear(keeping: 2 * share)
            if partition.isPaused { resume(partition) }
        case .failed:
            partition.isWaiting = true
            if !partition.isPaused {
                _ = client?.pause([partition.number], true)
                partition.isPaused = true
            }
        }
    }

    /// Fetches again, from behind what the last batch had: a message may have come that there was no place for.
    private func resume(_ partition: KafkaPartition) {
        partition.isPaused = false
        guard let client else { return }
        _ = client.pause([partition.number], false)
        guard let next = partition.next else { return }
        let error = client.seek(partition.number, next)
        // Without that messages might be missed: begin anew from what is noted.
        if error != 0 { isFatal = true }
    }

    private enum Outcome {
        case done, failed
    }

    private func attempt(_ partition: KafkaPartition, _ range: KafkaRange) -> Outcome {
        let rows = partition.batch.count
        if rows > 0 {
            // Without the note a crash between insert and commit would store the batch twice.
            if !partition.isNoted {
                guard commit(partition, range.start, range.note) else { return .failed }
                partition.isNoted = true
            }
            do throws(StoreError) {
                try store.append(
                    partition.batch,
                    token: range.token(topic: options.kafka.topic, partition: partition.number)
                )
                gate.succeed()
                partition.failures = 0
                taken.storedRows += UInt64(rows)
                taken.storedBatches += 1
                taken.problem = nil
            } catch {
                note(problem: "the store refuses rows: \(error.message)")
                taken.storeFailures += 1
                partition.failures += 1
                guard error.isAboutTheBatch, partition.failures >= Self.mostTries else {
                    gate.fail(at: .now)
                    return .failed
                }
                partition.failures = 0
                taken.rejectedRows += UInt64(rows)
                logger.error(
                    "the store will never take these messages; they are left out",
                    metadata: [
                        "topic": "\(options.kafka.topic)", "partition": "\(partition.number)",
                        "offsets": "\(range.start)..<\(range.end)", "rows": "\(rows)", "reason": "\(error.message)",
                    ]
                )
            }
        }
        storedEnds[partition.number] = range.end
        if !commit(partition, range.end, "") { taken.noteFailures += 1 }
        return .done
    }

    private static let mostTries = 3

    private func commit(_ partition: KafkaPartition, _ offset: Int64, _ text: String) -> Bool {
        guard let client else { return false }
        let error = client.commit(partition.number, offset, text)
        if error != 0 {
            note(problem: "Kafka doesn't note what is stored: \(KafkaClient.words(error))")
            gate.fail(at: .now)
        }
        return error == 0
    }

    /// Stores a partition's batch, if that goes at once, or gives it back.
    private func finish(_ partition: KafkaPartition) {
        if partition.range != nil, partition.promised == nil || partition.hasPromised { store(partition) }
        if partition.range != nil { taken.returnedRows += UInt64(partition.rows) }
        partition.clear(keeping: 2 * share)
    }

    private func giveBack(_ numbers: [Int32]) {
        for number in numbers {
            guard let partition = partitions.removeValue(forKey: number) else { continue }
            taken.returnedRows += UInt64(partition.rows)
        }
    }

    // MARK: - Figures

    private func look(_ client: KafkaClient, _ now: ContinuousClock.Instant) {
        lastLook = now
        let today = UInt32(clamping: time(nil))
        decoder.setTimes(today - min(today, Self.oldest)...today + min(86_400, UInt32.max - today))
        taken.lag = [:]
        for partition in partitions.values {
            // What isn't fetched tells no end: the broker is asked.
            guard let range = client.range(partition.number, milliseconds: partition.isPaused ? 500 : 0) else {
                continue
            }
            partition.end = range.end
            let next = partition.range?.start ?? partition.next ?? range.first
            taken.lag[partition.number] = max(0, range.end - max(next, range.first))
        }
        publish()
    }

    /// Rows of so many days are taken: the engine takes no batch of more than a hundred.
    private static let oldest: UInt32 = 90 * 86_400

    private func publish() {
        taken.flows = decoder.counters
        taken.waitingRows = partitions.values.reduce(0) { $0 + $1.rows }
        report.withLock { $0 = taken }
    }

    private func note(problem: String) {
        guard taken.problem != problem else { return }
        taken.problem = problem
        // Once for each thing that it says, not with every try.
        logger.warning("flows wait in Kafka", metadata: ["reason": "\(problem)"])
        publish()
    }
}

extension KafkaSourceThread: KafkaEvents {
    func delivered(_ opaque: UInt, error: Int32, persisted: KafkaPersistence) {}

    func failed(_ error: Int32, _ text: String, isFatal: Bool) {
        note(problem: text.isEmpty ? KafkaClient.words(error) : text)
        if isFatal { self.isFatal = true }
    }

    func assigned(_ numbers: [Int32]) -> [Int64] {
        taken.rebalances += 1
        taken.problem = nil
        let capacity = capacity
        return numbers.map { number in
            let partition = KafkaPartition(number: number, capacity: capacity)
            partitions[number] = partition
            return start(of: partition)
        }
    }

    /// Where a partition begins, with the batch that was under way there.
    private func start(of partition: KafkaPartition) -> Int64 {
        for _ in 0..<5 {
            guard let client else { break }
            let committed = client.committed(partition.number, milliseconds: 5000)
            guard committed.error == 0 else {
                note(problem: "Kafka doesn't tell what is stored: \(KafkaClient.words(committed.error))")
                continue
            }
            if let known = storedEnds[partition.number], committed.offset < known { return known }
            if let range = KafkaRange(note: committed.text, at: committed.offset) {
                partition.promised = range
                taken.resumed += 1
            }
            return committed.offset
        }
        return -1
    }

    func revoked(_ numbers: [Int32], isLost: Bool) {
        taken.rebalances += 1
        if isLost { return giveBack(numbers) }
        for number in numbers {
            guard let partition = partitions.removeValue(forKey: number) else { continue }
            finish(partition)
        }
    }
}
