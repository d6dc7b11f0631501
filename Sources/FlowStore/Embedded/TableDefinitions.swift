import Foundation

/// Copies of the tables' definitions, beside the engine's own.
///
/// An engine that meets the end of the disk while it changes a table leaves
/// the table's definition empty, and doesn't open the folder any more. Room is
/// asked for before each change, but who else fills the disk doesn't wait.
struct TableDefinitions {
    private let store: URL
    private let copies: URL

    /// - Parameter home: the folder that the engine's is in.
    init(home: String) {
        store = URL(fileURLWithPath: home + "/clickhouse/store", isDirectory: true)
        copies = URL(fileURLWithPath: home + "/definitions", isDirectory: true)
    }

    /// Keeps what is there now. Without room for it the copies of before stay.
    func remember() {
        for file in files(below: store) {
            guard let text = try? Data(contentsOf: file), !text.isEmpty else { continue }
            let copy = copy(of: file)
            guard (try? Data(contentsOf: copy)) != text else { continue }
            let folder = copy.deletingLastPathComponent()
            try? FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            try? text.write(to: copy, options: .atomic)
        }
    }

    /// Puts the copies in place of definitions that are empty; to be called before the folder is opened.
    ///
    /// - Returns: the names of these tables.
    func repair() -> [String] {
        files(below: store).compactMap { file in
            guard let text = try? Data(contentsOf: file), text.isEmpty,
                let copy = try? Data(contentsOf: copy(of: file)), !copy.isEmpty,
                (try? copy.write(to: file, options: .atomic)) != nil
            else { return nil }
            return file.deletingPathExtension().lastPathComponent
        }
    }

    /// `store/ecf/ecf0bc02-.../flows_raw.sql` has its copy in `definitions/ecf0bc02-.../flows_raw.sql`.
    private func copy(of file: URL) -> URL {
        copies.appendingPathComponent(file.deletingLastPathComponent().lastPathComponent)
            .appendingPathComponent(file.lastPathComponent)
    }

    /// The definitions: the engine has them two folders deep, in the folder of their database.
    private func files(below folder: URL) -> [URL] {
        let manager = FileManager.default
        func inside(_ folder: URL) -> [URL] {
            (try? manager.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)) ?? []
        }
        return inside(folder).flatMap(inside).flatMap { database -> [URL] in
            // Folders of tables hold parts and no definitions, and may hold very many.
            guard manager.fileExists(atPath: database.path + "/format_version.txt") == false else { return [] }
            return inside(database).filter { $0.pathExtension == "sql" }
        }
    }
}
