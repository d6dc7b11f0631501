import Foundation
public import Logging
import Synchronization

/// A page of the console that somebody named.
struct SavedView: Codable, Hashable, Sendable {
    /// For links: ten letters and digits of chance.
    var id: String
    var name: String
    /// What stands in the console's address behind its path: empty, or `?` and what follows.
    var query: String
    /// ``Caller/owner`` of who saved it; empty when nobody has to say who they are.
    var owner: String
    /// Whether others see it.
    var shared: Bool
    /// Unix seconds, of the first and the last time that it was saved.
    var created: UInt64
    var updated: UInt64
}

/// Views that people saved, in one small file of the data folder.
public final class SavedViews: Sendable {
    private let views: Mutex<[String: SavedView]>
    private let path: String?

    /// Views of all, and of one owner.
    static let most = 2000
    static let mostOfOwner = 200
    /// Letters of a name, and bytes of a query: more than the console ever writes.
    static let longestName = 80
    static let longestQuery = 4000
    private static let largestFile = 16 << 20

    /// None, in memory only.
    public init() {
        path = nil
        views = Mutex([:])
    }

    /// Reads the file of a data folder. One that can't be read is set aside, so that it isn't written over.
    public init(folder: String, logger: Logger) {
        let path = folder + "/views.json"
        self.path = path
        var known: [String: SavedView] = [:]
        do {
            if let data = try PrivateFile.read(path, most: Self.largestFile) {
                let list = try JSONDecoder().decode([SavedView].self, from: data)
                known = Dictionary(list.map { ($0.id, $0) }) { first, _ in first }
            }
        } catch {
            let aside = path + ".unreadable"
            rename(path, aside)
            logger.error(
                "saved views can't be read, there are none; the file was set aside",
                metadata: ["file": "\(aside)", "reason": "\(error)"]
            )
        }
        views = Mutex(known)
    }

    /// All that there are.
    var all: [SavedView] { views.withLock { Array($0.values) } }

    /// The view of an id.
    func view(_ id: String) -> SavedView? { views.withLock { $0[id] } }

    /// Changes views and writes the file; blocks meanwhile. When the file can't be written nothing has changed.
    ///
    /// - Throws: ``PrivateFileError``, and what `change` throws.
    func change<Result: Sendable>(_ change: (inout [String: SavedView]) throws -> Result) throws -> Result {
        try views.withLock { views in
            var changed = views
            let result = try change(&changed)
            if let path {
                let encoder = JSONEncoder()
                encoder.outputFormatting = [.withoutEscapingSlashes, .sortedKeys]
                let list = changed.values.sorted { ($0.created, $0.id) < ($1.created, $1.id) }
                try PrivateFile.write(Array(try encoder.encode(list)), to: path)
            }
            views = changed
            return result
        }
    }

    /// An id for a new view.
    static func newID() -> String {
        var generator = SystemRandomNumberGenerator()
        // Without letters that look alike when they are read out.
        let letters = Array("abcdefghijkmnpqrstuvwxyz23456789")
        return String((0..<10).map { _ in letters[Int.random(in: 0..<letters.count, using: &generator)] })
    }
}
