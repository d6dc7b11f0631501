import Crypto
import Enrichment
import FlowQuery
import FlowStore
import Foundation
import Synchronization
import WebAPI

/// The table behind the dictionary `Cities`: what the numbers in SrcCityId and DstCityId stand for.
///
/// Rows are only added: a city that today's database lacks is in rows of last week.
final class CityTable: Sendable {
    private let store: (any ServerStore)?
    /// Says which cities were written last, so that a start doesn't write 100,000 of them anew.
    private let mark: String
    private let wanted = Mutex<[AddressMap.Place]?>(nil)

    /// Rows that one statement takes.
    private static let most = 1000

    /// - Parameters:
    ///   - store: nil where there are no tables.
    ///   - data: the data folder.
    init(store: (any ServerStore)?, data: String) {
        self.store = store
        mark = data + "/enrichment/cities.mark"
    }

    /// Says whose cities the table is to have.
    func set(_ map: AddressMap) { wanted.withLock { $0 = map.places } }

    /// Writes the cities, unless the table has them already.
    func apply() async throws {
        guard let places = wanted.withLock({ $0 }) else { return }
        let cities = places.filter { !$0.city.isEmpty }
        guard let store, !cities.isEmpty else { return wanted.withLock { $0 = nil } }
        let digest = await Aside.run {
            let text = cities.map { "\($0.country)/\($0.city)" }.sorted().joined(separator: "\n")
            return SHA256.hash(data: Array(text.utf8)).hexadecimal
        }
        guard let digest else { return }
        let known = FileManager.default.contents(atPath: mark).map { String(decoding: $0, as: UTF8.self) }
        if known != digest {
            try await store.apply(Self.statements(cities))
            let folder = URL(fileURLWithPath: mark).deletingLastPathComponent()
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            try Data(digest.utf8).write(to: URL(fileURLWithPath: mark), options: .atomic)
        }
        wanted.withLock { $0 = nil }
    }

    /// The statements that add cities.
    static func statements(_ cities: [AddressMap.Place]) -> [String] {
        let rows = cities.map { place -> SQLText in
            "(\(place.cityNumber), \(string: String(place.city.prefix(200))), \(string: place.country))"
        }
        let inserts = stride(from: 0, to: rows.count, by: most).map { start -> SQLText in
            let some = Array(rows[start..<min(start + most, rows.count)])
            return "INSERT INTO netmeta.Cities_source VALUES \(some, separator: ", ")"
        }
        return (inserts + ["SYSTEM RELOAD DICTIONARY netmeta.Cities"]).map(\.text)
    }
}
