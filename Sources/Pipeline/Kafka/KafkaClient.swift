import CKafka
import FlowStore
import Foundation

/// What a ``KafkaClient`` tells, on the thread that called it.
protocol KafkaEvents: AnyObject {
    /// A message was delivered, or never will be.
    func delivered(_ opaque: UInt, error: Int32, persisted: KafkaPersistence)
    /// Something is wrong; the library goes on unless it is fatal.
    func failed(_ error: Int32, _ text: String, isFatal: Bool)
    /// Partitions are ours; returns where each begins, negative where the library is to decide.
    func assigned(_ partitions: [Int32]) -> [Int64]
    /// Partitions are no longer ours.
    func revoked(_ partitions: [Int32], isLost: Bool)
}

/// What is known of a message that wasn't acknowledged.
enum KafkaPersistence: Int32 {
    case no = 0
    case maybe = 1
    case yes = 2
}

/// One producer or consumer of librdkafka. One thread at a time uses it.
final class KafkaClient {
    enum Kind {
        case producer, consumer

        fileprivate var number: Int32 { Int32(self == .producer ? netmeta_kafka_producer : netmeta_kafka_consumer) }
    }

    /// The header that says that a message's flows are enriched: those of a collector.
    static let mark = "netmeta-enriched"

    private let handle: OpaquePointer
    private let events: Unmanaged<EventsBox>

    /// What the library's callbacks are given.
    private final class EventsBox {
        weak var events: (any KafkaEvents)?
        init(_ events: any KafkaEvents) { self.events = events }
    }

    /// Loads the library.
    ///
    /// - Throws: ``StoreError`` with the name of the Debian package, when it isn't there.
    static func load(_ settings: KafkaSettings) throws(StoreError) {
        guard let problem = netmeta_kafka_load(settings.library) else { return }
        throw StoreError(message: String(cString: problem))
    }

    /// The library's version.
    static var version: String { String(cString: netmeta_kafka_version()) }

    /// Opens a client of a library that is loaded; nothing is sent yet.
    ///
    /// - Parameter events: is told as long as it lives.
    init(_ kind: Kind, _ settings: KafkaSettings, _ events: any KafkaEvents) throws(StoreError) {
        let options = kind == .producer ? settings.producer : settings.consumer
        let box = Unmanaged.passRetained(EventsBox(events))
        var table = netmeta_kafka_events()
        table.context = box.toOpaque()
        table.delivered = { context, opaque, error, persisted in
            KafkaClient.events(context)?.delivered(
                opaque,
                error: error,
                persisted: KafkaPersistence(rawValue: persisted) ?? .maybe
            )
        }
        table.failed = { context, error, text, isFatal in
            KafkaClient.events(context)?.failed(error, text.map { String(cString: $0) } ?? "", isFatal: isFatal != 0)
        }
        table.assigned = { context, partitions, offsets, count in
            guard let offsets else { return }
            let list = Array(UnsafeBufferPointer(start: partitions, count: count))
            let starts = KafkaClient.events(context)?.assigned(list) ?? []
            for (index, start) in starts.enumerated() where start >= 0 && index < count { offsets[index] = start }
        }
        table.revoked = { context, partitions, count, isLost in
            let list = Array(UnsafeBufferPointer(start: partitions, count: count))
            KafkaClient.events(context)?.revoked(list, isLost: isLost != 0)
        }
        var problem = [CChar](repeating: 0, count: 512)
        let names = options.map { strdup($0.0) }
        let values = options.map { strdup($0.1) }
        defer {
            for text in names + values { free(text) }
        }
        let opened = names.map { UnsafePointer($0) }.withUnsafeBufferPointer { names in
            values.map { UnsafePointer($0) }.withUnsafeBufferPointer { values in
                netmeta_kafka_open(
                    kind.number,
                    settings.topic,
                    names.baseAddress,
                    values.baseAddress,
                    options.count,
                    &table,
                    &problem,
                    problem.count
                )
            }
        }
        guard let opened else {
            box.release()
            let end = problem.firstIndex(of: 0) ?? 0
            let words = String(decoding: problem[..<end].map { UInt8(bitPattern: $0) }, as: UTF8.self)
            throw StoreError(message: "Kafka can't be used so: \(words)")
        }
        handle = opened
        self.events = box
    }

    deinit {
        netmeta_kafka_close(handle)
        events.release()
    }

    private static func events(_ context: UnsafeMutableRawPointer?) -> (any KafkaEvents)? {
        context.flatMap { Unmanaged<EventsBox>.fromOpaque($0).takeUnretainedValue().events }
    }

    /// An error in words.
    static func words(_ error: Int32) -> String { String(cString: netmeta_kafka_words(error)) }

    /// Whether the last word on brokers was that none can be reached.
    var isAway: Bool { netmeta_kafka_is_away(handle) != 0 }

    /// How many partitions the topic has, or a negative error.
    func partitionCount(milliseconds: Int32) -> Int32 { netmeta_kafka_partitions(handle, milliseconds) }

    // MARK: - Producing

    /// The queue of what wasn't sent yet is full.
    static let queueFull = Int32(netmeta_kafka_queue_full)

    /// Hands over a message, which is copied; 0, or an error.
    func produce(key: UnsafeRawBufferPointer, _ bytes: UnsafeRawBufferPointer, opaque: UInt) -> Int32 {
        netmeta_kafka_produce(handle, key.baseAddress, key.count, bytes.baseAddress, bytes.count, Self.mark, opaque)
    }

    /// Waits for something to tell, and tells it.
    func poll(milliseconds: Int32) { netmeta_kafka_poll(handle, milliseconds) }

    // MARK: - Consuming

    /// Takes part in the group, or consumes these partitions and no others.
    func subscribe(_ partitions: [Int32]) -> Int32 { netmeta_kafka_subscribe(handle, partitions, partitions.count) }

    /// Lends the next message, if one comes in time.
    func take(milliseconds: Int32, _ body: (netmeta_kafka_message) -> Void) -> Bool {
        var message = netmeta_kafka_message()
        guard netmeta_kafka_take(handle, milliseconds, Self.mark, &message) != 0 else { return false }
        body(message)
        netmeta_kafka_release(&message)
        return true
    }

    /// Notes that everything before `offset` is dealt with, and a text beside it.
    func commit(_ partition: Int32, _ offset: Int64, _ text: String) -> Int32 {
        netmeta_kafka_commit(handle, partition, offset, text)
    }

    /// What was noted last.
    func committed(_ partition: Int32, milliseconds: Int32) -> (error: Int32, offset: Int64, text: String) {
        var offset: Int64 = -1
        var text = [CChar](repeating: 0, count: 128)
        let error = netmeta_kafka_committed(handle, partition, &offset, &text, text.count, milliseconds)
        let end = text.firstIndex(of: 0) ?? 0
        return (error, offset, String(decoding: text[..<end].map { UInt8(bitPattern: $0) }, as: UTF8.self))
    }

    /// Stops fetching of partitions, or goes on.
    func pause(_ partitions: [Int32], _ isPaused: Bool) -> Int32 {
        netmeta_kafka_pause(handle, partitions, partitions.count, isPaused ? 1 : 0)
    }

    /// Goes to an offset.
    func seek(_ partition: Int32, _ offset: Int64) -> Int32 { netmeta_kafka_seek(handle, partition, offset) }

    /// The first offset that there is and the one behind the last; nil when nobody knows.
    func range(_ partition: Int32, milliseconds: Int32 = 0) -> (first: Int64, end: Int64)? {
        var (first, end): (Int64, Int64) = (-1, -1)
        guard netmeta_kafka_range(handle, partition, &first, &end, milliseconds) == 0, end >= 0 else { return nil }
        return (first, end)
    }
}
