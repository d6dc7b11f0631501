import Foundation

/// The folder `names` in the data folder: each list of names in it counts as
/// one of `enrichment.names` does, behind those.
///
/// So a program beside the server can name things without a line of
/// configuration: `netmeta demo` does.
enum NameFolder {
    /// Files that are looked at; further ones are passed over, the last in the alphabet first.
    static let mostFiles = 100

    private static let endings = [".csv", ".csv.gz", ".csv.bz2"]

    private static func path(_ data: String) -> String { data + "/names" }

    /// The lists that are there, in the order of their names.
    static func files(data: String) -> [String] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: path(data))) ?? []
        let lists = names.filter { name in name.first != "." && endings.contains { name.hasSuffix($0) } }
        return lists.sorted().prefix(mostFiles).map { path(data) + "/" + $0 }
    }

    /// Puts a list there, complete or not at all.
    ///
    /// - Returns: where it is.
    /// - Throws: ``Failure`` when that can't be.
    static func put(_ text: String, as name: String, data: String) throws -> String {
        let (folder, file) = (path(data), path(data) + "/" + name)
        let content = Data(text.utf8)
        if FileManager.default.contents(atPath: file) == content { return file }
        do {
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            try content.write(to: URL(fileURLWithPath: file), options: .atomic)
        } catch {
            throw Failure("cannot write \(file): \(error.localizedDescription)")
        }
        return file
    }
}
