import Crypto
import Foundation
import Synchronization
import WebAPI

/// Keeps account of how far things are in the store, for imports that go on.
protocol ImportLedger {
    /// What is known of the thing with that name.
    subscript(id: String) -> ImportJournal.Entry? { get }
    /// Notes how far it is; when it returns, a killed process doesn't lose that.
    mutating func note(_ id: String, rows: Int, isComplete: Bool, path: String) throws
}

extension ImportJournal: ImportLedger {
    mutating func note(_ id: String, rows: Int, isComplete: Bool, path: String) throws {
        try note(id, rows: rows, bytes: nil, isComplete: isComplete, path: path)
    }
}

/// Which objects of a cloud's storage are in the store, and how far: the
/// cursor of a source, written behind each batch that was acknowledged.
///
/// There are thousands a day, so it is a file that grows a line at a time,
/// and is made anew at each start without what is older than ``keptDays``.
final class ObjectLedger: ImportLedger, Sendable {
    private let path: String
    private let state: Mutex<State>

    private struct State {
        var entries: [String: ImportJournal.Entry]
        var file: FileHandle?
    }

    /// Days that an object is remembered: longer than a queue keeps messages, and than a listing looks back.
    static let keptDays: UInt64 = 45

    /// Reads a ledger; there is none before the first object.
    ///
    /// - Throws: ``Failure`` when it can't be read: storing twice by mistake is worse than not storing.
    init(_ path: String) throws {
        self.path = path
        var entries: [String: ImportJournal.Entry] = [:]
        if FileManager.default.fileExists(atPath: path) {
            let oldest = UInt64(max(0, Date().timeIntervalSince1970)) - Self.keptDays * 86_400
            guard let content = try? Data(contentsOf: URL(fileURLWithPath: path)) else {
                throw Failure("cannot read \(path), which tells what is stored")
            }
            for line in String(decoding: content, as: UTF8.self).split(separator: "\n") {
                // The last line may be half there: its object is done again, under the same names.
                guard let (id, entry) = Self.read(line), entry.time >= oldest else { continue }
                entries[id] = entry
            }
        }
        let new = path + ".new"
        let text = entries.map { Self.line($0.key, $0.value) }.joined()
        do {
            try Data(text.utf8).write(to: URL(fileURLWithPath: new))
        } catch {
            throw Failure("cannot write \(new): \(error.localizedDescription)")
        }
        guard rename(new, path) == 0, let file = FileHandle(forWritingAtPath: path) else {
            throw Failure("cannot write \(path): \(String(cString: strerror(errno)))")
        }
        _ = try? file.seekToEnd()
        state = Mutex(State(entries: entries, file: file))
    }

    /// How an object is named: by where it is and by its content.
    static func id(bucket: String, key: String, etag: String) -> String {
        SHA256.hash(data: Array("\(bucket)\0\(key)\0\(etag)".utf8)).hexadecimal
    }

    subscript(id: String) -> ImportJournal.Entry? { state.withLock { $0.entries[id] } }

    func note(_ id: String, rows: Int, isComplete: Bool, path name: String) throws {
        let now = UInt64(max(0, Date().timeIntervalSince1970))
        let entry = ImportJournal.Entry(rows: rows, isComplete: isComplete, path: "", time: now)
        try state.withLock { state in
            do {
                try state.file?.write(contentsOf: Data(Self.line(id, entry).utf8))
            } catch {
                throw Failure("cannot write \(path): \(error.localizedDescription)")
            }
            state.entries[id] = entry
        }
    }

    private static func line(_ id: String, _ entry: ImportJournal.Entry) -> String {
        "\(id) \(entry.rows) \(entry.isComplete ? "complete" : "part") \(entry.time)\n"
    }

    private static func read(_ line: Substring) -> (String, ImportJournal.Entry)? {
        let parts = line.split(separator: " ")
        guard parts.count == 4, parts[0].utf8.count == 64, let rows = Int(parts[1]), let time = UInt64(parts[3]),
            parts[2] == "complete" || parts[2] == "part"
        else { return nil }
        return (String(parts[0]), .init(rows: rows, isComplete: parts[2] == "complete", path: "", time: time))
    }
}
