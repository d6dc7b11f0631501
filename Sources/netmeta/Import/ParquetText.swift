import FlowDecoders
import FlowStore
import Foundation

/// Makes the text of AWS's flow logs of their Parquet form, by the engine,
/// which reads that format whole and fast; one decoder then reads both forms.
///
/// The engine is only ever asked for files that the program itself names.
struct ParquetText: Sendable {
    /// Asks the engine, and waits.
    let store: EmbeddedStore
    /// A folder that is only ours, for the text.
    let folder: String

    /// Whether a file begins as Parquet does.
    static func isParquet(_ path: String) throws -> Bool {
        guard let file = FileHandle(forReadingAtPath: path) else { return false }
        defer { try? file.close() }
        return try file.read(upToCount: 4) == Data("PAR1".utf8)
    }

    /// Lends the text to `body`, a line a row in the order of the file, and what its fields are.
    ///
    /// - Throws: ``Failure`` when the engine can't read the file, or what `body` throws.
    func withText(of path: String, name: String, _ body: (String, AWSLogLayout) throws -> Void) throws {
        let own = "\(folder)/\(UUID().uuidString)"
        // The engine sees only names that are ours.
        let (link, text) = ("\(own).parquet", "\(own).txt")
        defer {
            unlink(link)
            unlink(text)
        }
        do {
            try FileManager.default.createDirectory(
                atPath: folder,
                withIntermediateDirectories: true,
                attributes: [.posixPermissions: 0o700]
            )
            let absolute = URL(fileURLWithPath: path).standardizedFileURL.path
            try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: absolute)
        } catch {
            throw Failure("cannot write below \(folder): \(error.localizedDescription)")
        }
        let columns: [String]
        do {
            columns = try store.writeFlowLogText(parquet: link, to: text)
        } catch {
            throw Failure("\(name): the engine can't read this Parquet file: \(error)")
        }
        let layout: AWSLogLayout
        do {
            layout = try AWSLogLayout(reading: columns.joined(separator: " "))
        } catch {
            throw Failure("\(name): its columns are not those of AWS VPC flow logs: \(error.explanation)")
        }
        try body(text, layout)
    }
}
