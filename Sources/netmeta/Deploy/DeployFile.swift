import Foundation

/// A file that `netmeta deploy` prints or writes.
struct DeployFile {
    /// Below the folder that people name, as it lies on the machine it is for.
    var path: String
    var text: String

    /// All of them after each other, each with its path above it; both YAML and systemd read the line as a comment.
    static func printed(_ files: [DeployFile]) -> String {
        files.map { "# ---- \($0.path)\n\($0.text)" }.joined(separator: "\n")
    }

    /// Writes them below a folder; a file that is there and says something else stays, unless it may be replaced.
    ///
    /// - Returns: the paths that were written, in order.
    /// - Throws: ``Failure`` that names the file.
    static func write(_ files: [DeployFile], below folder: String, replacing: Bool) throws -> [String] {
        let root = URL(fileURLWithPath: folder, isDirectory: true)
        let changed = try files.filter { file in
            let url = root.appendingPathComponent(file.path)
            guard let there = try? Data(contentsOf: url) else { return true }
            if there == Data(file.text.utf8) { return false }
            guard replacing else {
                throw Failure("\(url.path) is there and says something else; --replace writes it anew")
            }
            return true
        }
        for file in changed {
            let url = root.appendingPathComponent(file.path)
            do {
                try FileManager.default.createDirectory(
                    at: url.deletingLastPathComponent(),
                    withIntermediateDirectories: true
                )
                try Data(file.text.utf8).write(to: url, options: .atomic)
            } catch {
                throw Failure("cannot write \(url.path): \(error.localizedDescription)")
            }
        }
        return changed.map(\.path)
    }
}
