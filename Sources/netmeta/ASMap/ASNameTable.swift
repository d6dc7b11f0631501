import Crypto
import Enrichment
import FlowQuery
import FlowStore
import Foundation
import Synchronization
import WebAPI

/// The table behind the dictionary `autnums`: what lists call ASes, in NetMeta's SQL.
final class ASNameTable: Sendable {
    private let store: (any ServerStore)?
    /// Says which names the table has, so that a start doesn't write 120,000 of them anew.
    private let mark: String
    private let state = Mutex(State())

    private struct State {
        var names: ASNames?
    }

    /// Rows that one statement takes.
    private static let most = 1000

    /// - Parameters:
    ///   - store: nil where there are no tables.
    ///   - data: the data folder.
    init(store: (any ServerStore)?, data: String) {
        self.store = store
        mark = data + "/enrichment/autnums.mark"
    }

    /// Says what the table is to hold.
    func set(_ names: ASNames) { state.withLock { $0.names = names } }

    /// Writes the names, unless the table has them already.
    func apply() async throws {
        guard let names = state.withLock({ $0.names }) else { return }
        guard let store else { return done() }
        let digest = await Aside.run { SHA256.hash(data: Array(ASMapFiles.lines(names).utf8)).hexadecimal }
        guard let digest else { return }
        let known = FileManager.default.contents(atPath: mark).map { String(decoding: $0, as: UTF8.self) }
        if known == nil, names.count == 0 { return done() }
        if known == digest, try await count(store) == names.count { return done() }
        try await store.apply(Self.statements(names))
        let folder = URL(fileURLWithPath: mark).deletingLastPathComponent()
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        try Data(digest.utf8).write(to: URL(fileURLWithPath: mark), options: .atomic)
        done()
    }

    private func done() { state.withLock { $0.names = nil } }

    private func count(_ store: any ServerStore) async throws -> Int {
        let result = try await store.query(
            "SELECT count() AS rows FROM netmeta.autnums_source",
            limits: QueryLimits(seconds: 10)
        )
        return Int(clamping: result["rows"]?.values.first?.unsigned ?? 0)
    }

    /// The statements that put the names in place.
    static func statements(_ names: ASNames) -> [String] {
        let rows = names.sorted.map { asn, entry -> SQLText in
            "(\(asn), \(string: entry.name), \(string: entry.country))"
        }
        let inserts = stride(from: 0, to: rows.count, by: most).map { start -> SQLText in
            let some = Array(rows[start..<min(start + most, rows.count)])
            return "INSERT INTO netmeta.autnums_source VALUES \(some, separator: ", ")"
        }
        let first: [SQLText] = ["TRUNCATE TABLE netmeta.autnums_source"]
        return (first + inserts + ["SYSTEM RELOAD DICTIONARY netmeta.autnums"]).map(\.text)
    }
}
