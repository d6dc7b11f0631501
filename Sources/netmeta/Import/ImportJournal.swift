import Foundation

/// Which files were imported into a data folder, and how far: the cursor that
/// is written behind each batch that the store has acknowledged.
///
/// Files are known by what is in them, so that one under another name isn't
/// imported twice, and one whose import was cut short goes on where it ended.
struct ImportJournal {
    /// What is known of one file.
    struct Entry: Codable, Equatable {
        /// Rows that are in the store.
        var rows: Int
        /// Bytes of the file that they come from, where it may grow; nil of captures.
        var bytes: Int?
        /// Whether that is all of it.
        var isComplete: Bool
        /// Where the file was, for people.
        var path: String
        /// When this was written, in seconds since 1970 UTC.
        var time: UInt64
    }

    private let file: URL
    private var entries: [String: Entry]

    /// Reads the journal of a data folder; there is none before the first import.
    ///
    /// - Throws: ``Failure`` when it can't be read: importing twice by mistake is worse than not importing.
    init(folder: String) throws {
        file = URL(fileURLWithPath: folder).appendingPathComponent("imports.json")
        guard FileManager.default.fileExists(atPath: file.path) else {
            entries = [:]
            return
        }
        do {
            entries = try JSONDecoder().decode([String: Entry].self, from: Data(contentsOf: file))
        } catch {
            throw Failure("\(file.path) tells what was imported and can't be read; mend it, or remove it to start over")
        }
    }

    /// What is known of the file with that digest.
    subscript(digest: String) -> Entry? { entries[digest] }

    /// What is known of files that were at that place, the newest first.
    func entries(of path: String) -> [(digest: String, entry: Entry)] {
        entries.filter { $0.value.path == path }.sorted { $0.value.time > $1.value.time }.prefix(20)
            .map { (digest: $0.key, entry: $0.value) }
    }

    /// Notes how far a file is in the store; when it returns, that is on the disk.
    mutating func note(_ digest: String, rows: Int, bytes: Int?, isComplete: Bool, path: String) throws {
        let now = UInt64(max(0, Date().timeIntervalSince1970))
        entries[digest] = Entry(rows: rows, bytes: bytes, isComplete: isComplete, path: path, time: now)
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .prettyPrinted]
        do {
            try encoder.encode(entries).write(to: file, options: .atomic)
        } catch {
            throw Failure("cannot write \(file.path): \(error.localizedDescription)")
        }
    }
}
