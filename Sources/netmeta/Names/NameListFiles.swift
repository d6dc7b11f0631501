import Enrichment
import Foundation
import NameSources

/// The configured lists of names: read at the start, and again when a file is another.
///
/// A list that can't be read, or in which nothing is left, doesn't take away
/// what was in it before.
struct NameListFiles: Sendable {
    /// What is known of one file.
    private struct File: Sendable {
        var version: String
        var list = NameList()
        /// Whether the list was ever read.
        var isUsed = false
        var bad = 0
        var problem: String?
    }

    private var files: [String: File] = [:]
    private var order: [String] = []

    /// No files.
    init() {}

    /// Reads files once.
    init(reading paths: [String]) {
        look(at: paths)
    }

    /// Reads the files that a configuration counts once.
    init(reading configuration: Configuration) {
        self.init(reading: Self.paths(of: configuration))
    }

    /// The lists that count: those that the configuration names, then those in the data folder.
    static func paths(of configuration: Configuration) -> [String] {
        let named = configuration.enrichment.nameFiles
        return named + NameFolder.files(data: configuration.store.data).filter { !named.contains($0) }
    }

    /// Whether there is no list to read.
    var isEmpty: Bool { order.isEmpty }

    /// All names; those of files that come first count.
    var list: NameList {
        order.compactMap { files[$0]?.list }.reduce(into: NameList()) { $0.fill(from: $1) }
    }

    /// Lines that couldn't be read in the files that are in use.
    var bad: Int { files.values.reduce(0) { $0 + $1.bad } }

    /// What is wrong with files, by their path.
    var problems: [String: String] { files.compactMapValues(\.problem) }

    /// Reads what is new.
    ///
    /// - Returns: whether anything was.
    @discardableResult
    mutating func look(at paths: [String]) -> Bool {
        var isNew = order != paths
        order = paths
        files = files.filter { paths.contains($0.key) }
        for path in paths {
            let version = Self.version(of: path)
            guard files[path]?.version != version else { continue }
            isNew = true
            files[path] = Self.read(path, version, before: files[path])
        }
        return isNew
    }

    private static func read(_ path: String, _ version: String, before: File?) -> File {
        var file = File(version: version)
        let rest = before?.isUsed == true ? "; what was read before stays" : ""
        do throws(SourceError) {
            let report = try NameListFile(path).read()
            guard report.named > 0 else {
                throw SourceError(path: path, reason: report.failure ?? "there is no name in it")
            }
            // Half a list would take names away.
            if let failure = report.failure, before?.isUsed == true { throw SourceError(path: path, reason: failure) }
            file.list = report.list
            file.isUsed = true
            file.bad = report.bad
            file.problem =
                report.failure
                ?? report.problems.first.map { first in
                    let others = report.problems.dropFirst().prefix(4).map { "\($0.line)" }.joined(separator: ", ")
                    let more = others.isEmpty ? "" : " (also \(others)\(report.bad > 5 ? " and so on" : ""))"
                    return "\(report.bad) of \(report.bad + report.named) lines can't be read: \(first)\(more)"
                }
        } catch {
            file.list = before?.list ?? NameList()
            file.isUsed = before?.isUsed ?? false
            file.bad = before?.bad ?? 0
            file.problem = error.reason + rest
        }
        return file
    }

    /// Size, time of change and inode: who replaces a file within one tick of the clock changes one of them.
    private static func version(of path: String) -> String {
        var status = stat()
        guard stat(path, &status) == 0 else { return "-" }
        return "\(status.st_size)-\(status.st_mtim.tv_sec).\(status.st_mtim.tv_nsec)-\(status.st_ino)"
    }
}
