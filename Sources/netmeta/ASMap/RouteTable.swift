import Crypto
import Enrichment
import FlowQuery
import FlowStore
import Foundation
import NetTypes
import Synchronization
import WebAPI

/// The table behind NetMeta's dictionary `risinfo`: which AS a prefix belongs
/// to, so that SQL gives rows of other producers the numbers that ingest gives
/// ours.
///
/// The dictionary takes about 100 MB for a full table, so it is read when
/// somebody asks it for the first time, and anew only if it was read before.
final class RouteTable: Sendable {
    private let store: (any ServerStore)?
    /// Says which routes the table has, so that a start doesn't write a million of them anew.
    private let mark: String
    private let wanted = Mutex<Wanted?>(nil)

    private struct Wanted {
        var map: AddressMap?
        /// What the map was made of, as a digest.
        var origin: String
    }

    /// Bytes that are written at a time.
    private static let chunk = 1 << 20

    /// - Parameters:
    ///   - store: nil where there are no tables.
    ///   - data: the data folder.
    init(store: (any ServerStore)?, data: String) {
        self.store = store
        mark = URL(fileURLWithPath: data).absoluteURL.path + "/enrichment/risinfo.mark"
    }

    /// Says what the table is to hold.
    ///
    /// - Parameter origin: what the map was made of; the same text stands for the same routes.
    func set(_ map: AddressMap?, origin: String) {
        let digest = SHA256.hash(data: Array(origin.utf8)).hexadecimal
        wanted.withLock { $0 = Wanted(map: map, origin: digest) }
    }

    /// Writes the routes, unless the table has them already.
    func apply() async throws {
        guard let now = wanted.withLock({ $0 }) else { return }
        guard let store else { return done(now.origin) }
        let known = FileManager.default.contents(atPath: mark).map { String(decoding: $0, as: UTF8.self) }
        let words = known?.split(separator: " ") ?? []
        let isThere = words.first.map { $0 == now.origin } ?? (now.map == nil)
        if isThere, try await count(store) == (words.last.flatMap { Int($0) } ?? 0) { return done(now.origin) }
        let file = mark + ".rows"
        defer { unlink(file) }
        let written = await Aside.run { () -> Result<Int, Failure> in Self.write(now.map, to: file) }
        // Nil when the program ends.
        guard let written else { return }
        let rows = try written.get()
        try await store.apply(["TRUNCATE TABLE netmeta.risinfo_source"])
        if rows > 0 { try await store.load(lines: file, into: "risinfo_source", columns: Self.columns) }
        if try await isLoaded(store) { try await store.apply(["SYSTEM RELOAD DICTIONARY netmeta.risinfo"]) }
        try Data("\(now.origin) \(rows)".utf8).write(to: URL(fileURLWithPath: mark), options: .atomic)
        done(now.origin)
    }

    private func done(_ origin: String) {
        // What came meanwhile is written at the next look.
        wanted.withLock { if $0?.origin == origin { $0 = nil } }
    }

    private func count(_ store: any ServerStore) async throws -> Int {
        let result = try await store.query(
            "SELECT count() AS rows FROM netmeta.risinfo_source",
            limits: QueryLimits(seconds: 10)
        )
        return Int(clamping: result["rows"]?.values.first?.unsigned ?? 0)
    }

    private func isLoaded(_ store: any ServerStore) async throws -> Bool {
        let result = try await store.query(
            "SELECT count() AS rows FROM system.dictionaries WHERE name = 'risinfo' AND status != 'NOT_LOADED'",
            limits: QueryLimits(seconds: 10)
        )
        return result["rows"]?.values.first?.unsigned ?? 0 > 0
    }

    /// What a line of the file has.
    static let columns: [(name: String, type: String)] = [("prefix", "String"), ("asnum", "UInt32")]

    /// Writes a line for each route, IPv4 as `::ffff:192.0.2.0/120`; says how many there are.
    static func write(_ map: AddressMap?, to path: String) -> Result<Int, Failure> {
        do {
            let folder = URL(fileURLWithPath: path).deletingLastPathComponent()
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            try Data().write(to: URL(fileURLWithPath: path))
            let file = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
            defer { try? file.close() }
            var (lines, rows) = (Data(), 0)
            var failure: (any Error)?
            map?.forEachRoute { prefix, asn in
                guard failure == nil else { return }
                lines.append(contentsOf: "\(prefix.first.ipv6Description)/\(prefix.bits)\t\(asn)\n".utf8)
                rows += 1
                guard lines.count >= chunk else { return }
                do { try file.write(contentsOf: lines) } catch { failure = error }
                lines.removeAll(keepingCapacity: true)
            }
            if let failure { throw failure }
            try file.write(contentsOf: lines)
            return .success(rows)
        } catch {
            return .failure(Failure("cannot write \(path): \(error.localizedDescription)"))
        }
    }
}
