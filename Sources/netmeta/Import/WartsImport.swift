import Crypto
import Enrichment
import FlowDecoders
import FlowSchema
import FlowStore
import NetTypes
import WebAPI

/// Stores the traceroutes and pings of scamper's files, warts or JSON.
///
/// What is stored of a file is known by its content up to the last whole
/// object: the same file isn't stored again under another name, and of one
/// that has grown since only what is new is. Rows go in batches that are named
/// by the bytes that they come from, so that one sent twice is stored once.
struct WartsImport {
    private let store: any TableStore
    private let asn: (IPAddress) -> UInt32
    private let path: String
    private let bytes: [UInt8]

    /// Rows of a batch; the same always, so that another try makes the same batches.
    private static let batchRows = 20_000

    /// - Parameter path: what the file is called.
    init(_ path: String, _ bytes: [UInt8], store: any TableStore, enrichment: EnrichmentSnapshot) {
        self.path = path
        self.bytes = bytes
        self.store = store
        let map = enrichment.map
        asn = { map?.lookUp($0)?.asn ?? 0 }
    }

    /// Stores what isn't stored yet.
    ///
    /// - Returns: when the newest of that was measured, in Unix seconds; 0 when there is nothing new.
    /// - Parameters:
    ///   - shouldStop: asked behind each batch.
    ///   - warn: is told what people should know and doesn't end the import.
    ///   - progress: is told how many rows were read, behind each batch.
    /// - Throws: ``Failure``, or ``ImportStopped``.
    func run(
        _ journal: inout ImportJournal,
        _ summary: inout ImportSummary,
        oldestKept: UInt64,
        shouldStop: () -> Bool,
        warn: (String) -> Void,
        progress: (Int) -> Void
    ) throws -> UInt64 {
        let (end, problem) = wholeObjects()
        let digest = SHA256.hash(data: bytes[..<end]).hexadecimal
        if let known = journal[digest], known.isComplete {
            summary.filesKnown += 1
            summary.rowsKnown += UInt64(known.rows)
            return 0
        }
        var newest: UInt64 = 0
        let start = beginning(digest, journal)
        summary.rowsKnown += UInt64(start.rows)
        var place = start
        var batchStart = start.offset
        var reader = TraceFileReader(bytes)
        var rows = WartsRows()
        func keep(isLast: Bool) throws {
            if rows.count > 0 {
                try append(rows, from: batchStart, to: reader.offset)
                summary.rowsStored += UInt64(rows.count)
                place.rows += rows.count
            }
            rows.removeRows()
            batchStart = reader.offset
            try journal.note(digest, rows: place.rows, bytes: reader.offset, isComplete: isLast, path: path)
            progress(place.rows)
        }
        reading: while reader.offset < end {
            let offset = reader.offset
            switch reader.next(in: bytes) {
            case .object(let object):
                let isNew = offset >= start.offset
                if let time = object.time, isNew {
                    newest = max(newest, UInt64(time))
                    if UInt64(time) < oldestKept { summary.rowsExpired += 1 }
                }
                rows.add(object, isNew: isNew, asn: asn)
                if isNew { summary.count(object) }
            case .malformed(let problem):
                if offset >= start.offset { summary.malformed[problem.reason, default: 0] += 1 }
                warn("\(path): \(problem); it is left out")
            case .incomplete, .corrupt: break reading
            }
            if rows.count >= Self.batchRows { try keep(isLast: false) }
            if rows.count == 0, shouldStop() { throw ImportStopped(rows: place.rows) }
        }
        try keep(isLast: true)
        if let problem {
            summary.filesCut += 1
            warn("\(path): \(problem). What is before that is imported.")
        }
        return newest
    }

    /// Where the last whole object ends, and what is wrong behind it.
    private func wholeObjects() -> (end: Int, problem: WartsProblem?) {
        var reader = TraceFileReader(bytes)
        while true {
            switch reader.skip(in: bytes) {
            case .object, .malformed: continue
            case .incomplete(let problem): return (reader.offset, problem)
            case .corrupt(let problem): return (reader.offset, problem)
            }
        }
    }

    private struct Place {
        var offset = 0
        var rows = 0
    }

    /// Behind what an earlier import stored: of this very content, or of the file when it was shorter.
    private func beginning(_ digest: String, _ journal: ImportJournal) -> Place {
        if let entry = journal[digest] { return Place(offset: entry.bytes ?? 0, rows: entry.rows) }
        for (digest, entry) in journal.entries(of: path) {
            guard let length = entry.bytes, entry.isComplete, length < bytes.count,
                SHA256.hash(data: bytes[..<length]).hexadecimal == digest
            else { continue }
            return Place(offset: length, rows: entry.rows)
        }
        return Place()
    }

    private func append(_ rows: WartsRows, from start: Int, to end: Int) throws {
        let token = "warts-" + SHA256.hash(data: bytes[start..<end]).hexadecimal.prefix(40) + "-\(start)"
        do throws(StoreError) {
            try store.append(rows, token: token)
        } catch {
            throw Failure("\(path): the store refuses rows: \(error.message)", isTemporary: true)
        }
    }
}

extension TableStore {
    /// Stores rows of scamper's tables; blocks the thread that calls.
    ///
    /// - Parameter token: as of ``append(_:token:)``.
    func append(_ rows: WartsRows, token: String) throws(StoreError) {
        try append(rows.hops, token: token + "-hops")
        try append(rows.links, token: token + "-links")
        try append(rows.traces, token: token + "-traces")
        try append(rows.pings, token: token + "-pings")
    }
}

extension WartsObject {
    /// When it was measured, of those that rows are made of.
    var time: UInt32? {
        switch self {
        case .trace(let trace): trace.start.seconds
        case .tracelb(let trace): trace.start.seconds
        case .ping(let ping): ping.start.seconds
        default: nil
        }
    }
}
