import Foundation
import Logging
import NetTypes
import Synchronization

/// A bucket of a cloud's storage.
protocol ObjectBucket: Sendable {
    /// A page of a listing in the order of the keys.
    ///
    /// - Parameters:
    ///   - start: the first key that matters, where the service takes one.
    ///   - page: where the page begins; nil for the first one.
    func list(prefix: String, from start: String?, page: String?) async throws -> CloudListing

    /// Writes an object to a file that isn't there yet.
    ///
    /// - Parameters:
    ///   - told: the version that somebody told of; empty where nobody did.
    ///   - most: bytes that it may have.
    /// - Returns: which version of it that was: S3's ETag, Google's generation.
    func get(_ key: String, told: String, to path: String, most: Int) async throws -> String
}

/// A page of a listing.
struct CloudListing: Sendable {
    var objects: [CloudObject]
    /// Where the next page begins; nil behind the last one.
    var next: String?
}

/// An object of a listing.
struct CloudObject: Equatable, Sendable {
    var key: String
    /// S3's ETag, Google's generation.
    var version: String
    /// RFC 3339 in UTC.
    var modified: String
}

/// Stores the rows of a bucket's objects, each object's once.
///
/// ``ObjectLedger`` knows what is stored, written behind each batch that the
/// store acknowledged. A process that ends before that does the object again,
/// under the same names of batches, which the store then knows. Objects are
/// fetched several at a time and imported one after the other, so that memory
/// is that of one import.
final class ObjectIntake: Sendable {
    let tally: CloudTally
    private let place: Place
    private let bucket: any ObjectBucket
    private let sink: CloudSink
    private let options: CloudLogOptions
    private let ledger: ObjectLedger
    private let logger: Logger
    private let locks = NameLocks()
    /// Objects whose failure was told.
    private let warned = Mutex<Set<String>>([])

    /// What of a bucket is read.
    struct Place: Sendable {
        /// `aws` or `gcs`.
        var kind: String
        /// What stands before the bucket in an URL: `s3` or `gs`.
        var scheme: String
        var bucket: String
        var prefix: String
        /// How the keys of flow logs end.
        var endings: [String]
        /// Bytes of the largest object.
        var mostBytes: Int
        /// Objects that are fetched at a time, each into a file.
        var mostAtOnce: Int
    }

    private static let mostWarned = 1000
    /// What imports wait for each other by; no key is empty.
    private static let turn = ""

    /// - Throws: ``Failure`` when what is stored can't be read.
    init(_ place: Place, _ bucket: any ObjectBucket, sink: CloudSink, options: CloudLogOptions, logger: Logger) throws {
        self.place = place
        self.bucket = bucket
        self.sink = sink
        self.options = options
        self.logger = logger
        tally = CloudTally(kind: place.kind, name: place.bucket)
        try? FileManager.default.createDirectory(atPath: sink.sources, withIntermediateDirectories: true)
        ledger = try ObjectLedger("\(sink.sources)/\(place.kind)-\(place.bucket).txt")
    }

    /// Stores what a listing shows of the last days, in the order of the keys.
    ///
    /// - Parameter start: the first key that matters.
    func readListing(days: UInt32, from start: String? = nil) async throws {
        let now = UInt64(max(0, Date().timeIntervalSince1970))
        let oldest = Timestamp.rfc3339(seconds: now - UInt64(days) * 86_400)
        var page: String?
        repeat {
            let listing = try await bucket.list(prefix: place.prefix, from: start, page: page)
            // Both are RFC 3339 in UTC, whose text is in the order of time.
            let recent = listing.objects.filter { $0.modified >= oldest }
            try await concurrently(recent, most: place.mostAtOnce) { [self] object in
                try Task.checkCancellation()
                _ = await store(ObjectNotice(bucket: place.bucket, key: object.key, etag: object.version))
            }
            page = listing.next
        } while page != nil
    }

    /// Stores an object's rows, unless they are stored.
    ///
    /// - Returns: false when that is still to be done.
    func store(_ notice: ObjectNotice) async -> Bool {
        guard notice.bucket == place.bucket, notice.key.hasPrefix(place.prefix),
            place.endings.contains(where: { notice.key.hasSuffix($0) })
        else {
            tally.count { $0.others += 1 }
            return true
        }
        // An object that is told of twice at a time is fetched once.
        await locks.enter(notice.key)
        let isDone = await storeOurs(notice)
        await locks.leave(notice.key)
        return isDone
    }

    private func storeOurs(_ notice: ObjectNotice) async -> Bool {
        let told = ObjectLedger.id(bucket: place.bucket, key: notice.key, etag: notice.etag)
        if !notice.etag.isEmpty, ledger[told]?.isComplete == true {
            tally.count { $0.known += 1 }
            return true
        }
        let incoming = "\(sink.sources)/incoming-\(UUID().uuidString)"
        defer { unlink(incoming) }
        do {
            let version = try await bucket.get(
                notice.key,
                told: notice.etag,
                to: incoming,
                most: place.mostBytes
            )
            // Other than the notification's when the object was replaced since: what was read counts.
            let id = ObjectLedger.id(bucket: place.bucket, key: notice.key, etag: version)
            let isKnown = ledger[id]?.isComplete == true
            if !isKnown { try await importFile(incoming, notice.key, id) }
            if id != told, !notice.etag.isEmpty { try ledger.note(told, rows: 0, isComplete: true, path: "") }
            tally.count { if isKnown { $0.known += 1 } else { $0.stored += 1 } }
            return true
        } catch {
            if Task.isCancelled { return false }
            tally.count { $0.failed += 1 }
            // A listing tries it each time, and says so once.
            let isNew = warned.withLock { $0.count < Self.mostWarned && $0.insert(told).inserted }
            if isNew {
                logger.warning(
                    "an object could not be stored; tried again",
                    metadata: ["key": "\(notice.key)", "reason": "\(error)"]
                )
            }
            return false
        }
    }

    private func importFile(_ path: String, _ key: String, _ id: String) async throws {
        await locks.enter(Self.turn)
        let result: Result<CloudSink.Imported, any Error>
        do {
            let name = "\(place.scheme)://\(place.bucket)/\(key)"
            let warn: @Sendable (String) -> Void = { [logger] in logger.warning("\($0)") }
            result = .success(
                try await sink.importFile(
                    path,
                    name: name,
                    identity: id,
                    journal: ledger,
                    options: options,
                    warn: warn
                )
            )
        } catch {
            result = .failure(error)
        }
        await locks.leave(Self.turn)
        tally.add(try result.get())
    }
}
