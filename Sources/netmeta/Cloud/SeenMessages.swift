import Crypto
import Foundation
import Synchronization
import WebAPI

/// Which entries of a subscription are in the store: the newest million of
/// them, since a subscription gives a message again as often as it likes.
///
/// Two files of 16 bytes an entry: when one is full, it takes the place of
/// the older one.
final class SeenMessages: Sendable {
    private let path: String
    private let state: Mutex<State>

    /// What names an entry.
    struct ID: Hashable, Sendable {
        var high: UInt64
        var low: UInt64
    }

    private struct State {
        var newer: Set<ID>
        var older: Set<ID>
    }

    /// Entries in one file.
    static let most = 500_000

    /// Reads what is known; there is nothing before the first entry.
    ///
    /// - Throws: ``Failure`` when it can't be read: storing twice by mistake is worse than not storing.
    init(_ path: String) throws {
        self.path = path
        state = Mutex(State(newer: try Self.read(path), older: try Self.read(path + ".old")))
    }

    /// Whether an entry is in the store.
    func contains(_ id: ID) -> Bool { state.withLock { $0.newer.contains(id) || $0.older.contains(id) } }

    /// Notes entries; when it returns, a killed process doesn't lose that.
    func note(_ ids: [ID]) throws {
        try state.withLock { state in
            if state.newer.count >= Self.most {
                guard rename(path, path + ".old") == 0 else { throw Self.failure(path) }
                state.older = state.newer
                state.newer = []
            }
            let file = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
            guard file >= 0 else { throw Self.failure(path) }
            let handle = FileHandle(fileDescriptor: file, closeOnDealloc: true)
            // A half entry of a crash would shift all behind it.
            let size = try handle.seekToEnd()
            if size % 16 != 0 { try handle.truncate(atOffset: size / 16 * 16) }
            do {
                try handle.write(contentsOf: Self.bytes(ids))
            } catch {
                throw Failure("cannot write \(path): \(error.localizedDescription)")
            }
            state.newer.formUnion(ids)
        }
    }

    /// The file's form of entries.
    static func bytes(_ ids: [ID]) -> Data {
        var data = Data(capacity: 16 * ids.count)
        for number in ids.flatMap({ [$0.high, $0.low] }) {
            for shift in stride(from: UInt64(0), to: 64, by: 8) {
                data.append(UInt8(truncatingIfNeeded: number >> shift))
            }
        }
        return data
    }

    /// The entries of a file; none where there is none.
    static func read(_ path: String) throws -> Set<ID> {
        guard FileManager.default.fileExists(atPath: path) else { return [] }
        guard let content = try? Data(contentsOf: URL(fileURLWithPath: path)) else { throw failure(path) }
        let bytes = [UInt8](content)
        func number(_ at: Int) -> UInt64 { bytes[at..<(at + 8)].reversed().reduce(0) { $0 << 8 | UInt64($1) } }
        return Set(stride(from: 0, to: bytes.count / 16 * 16, by: 16).map { ID(high: number($0), low: number($0 + 8)) })
    }

    private static func failure(_ path: String) -> Failure {
        Failure("cannot use \(path), which tells what is stored: \(String(cString: strerror(errno)))")
    }
}

extension SeenMessages.ID {
    /// What tells an entry from all others: its insertId, timestamp and log, as Cloud Logging says (LogEntry); the
    /// message's id where it has none.
    init(_ content: Subscription.Content) {
        struct Entry: Decodable {
            var insertId: String
            var timestamp: String
            var logName: String
        }
        let entry = content.data.flatMap { try? JSONDecoder().decode(Entry.self, from: $0) }
        let text = entry.map { "\($0.logName)\0\($0.timestamp)\0\($0.insertId)" } ?? "message\0\(content.id)"
        let digest = SHA256.hash(data: Array(text.utf8))
        high = digest.prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
        low = digest.dropFirst(8).prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
    }
}
