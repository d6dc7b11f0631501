import Enrichment
import Foundation
import NameSources

/// The files of the AS map: those that people configured, the copies of what
/// was fetched, and the compiled map. All of it blocks; none of it changes
/// what is in use.
struct ASMapFiles: Sendable {
    let configuration: ASMapConfiguration
    /// `enrichment` below the data folder.
    let folder: String

    /// - Parameter data: the data folder.
    init(_ configuration: ASMapConfiguration, data: String) {
        self.configuration = configuration
        folder = data + "/enrichment"
    }

    /// A map and what it was made of.
    struct Built: Sendable {
        var map: AddressMap
        var stamp: ASMapStamp
        /// Names of ASes that came with the routes.
        var names: ASNames
        /// Why a source isn't in the map, or what is doubtful about it, by its location.
        var problems: [String: String]
        /// Routes that were in a source, by its location.
        var entries: [String: Int] = [:]
    }

    /// Names and what was wrong with their sources.
    struct Names: Sendable {
        var names: ASNames
        var stamp: ASMapStamp
        var problems: [String: String]
        /// Names that were in a source, by its location.
        var entries: [String: Int] = [:]
    }

    /// When a source's file was last changed, in Unix seconds; nil when there is none.
    func changed(_ location: EnrichmentLocation) -> UInt64? { SourceFile(path(of: location)).changed }

    /// The copy of what is fetched from a location.
    func copy(of location: EnrichmentLocation) -> RemoteCopy {
        RemoteCopy(location: location, folder: folder + "/sources", certificates: configuration.certificates)
    }

    private func path(of location: EnrichmentLocation) -> String {
        location.isRemote ? copy(of: location).path : location.text
    }

    /// Removes copies of what is no longer configured.
    func removeStrays() {
        let kept = Set(
            (configuration.sources + configuration.names).filter(\.isRemote).map {
                URL(fileURLWithPath: copy(of: $0).path).lastPathComponent
            }
        )
        let folder = folder + "/sources"
        for name in (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        where !kept.contains(where: { name == $0 || name == $0 + ".json" }) {
            try? FileManager.default.removeItem(atPath: folder + "/" + name)
        }
    }

    // MARK: - State

    /// The state that the routes' sources are in.
    func stamp() -> ASMapStamp { stamp(of: configuration.sources) }

    /// The state that the names' sources are in; the names that came with routes are the last of them.
    func namesStamp() -> ASMapStamp {
        var stamp = stamp(of: configuration.names)
        let version = configuration.sources.isEmpty ? ASMapStamp.missing : Self.version(of: mapNamesPath)
        stamp.entries.append(.init(location: mapNamesPath, version: version, isUsed: false))
        return stamp
    }

    private func stamp(of locations: [EnrichmentLocation]) -> ASMapStamp {
        ASMapStamp(
            locations.map { .init(location: $0.id, version: Self.version(of: path(of: $0)), isUsed: false) }
        )
    }

    private static func version(of path: String) -> String { SourceFile(path).version ?? ASMapStamp.missing }

    /// Bytes of all the routes' files.
    var routeBytes: Int {
        configuration.sources.reduce(0) { sum, location in
            var status = stat()
            return stat(path(of: location), &status) == 0 ? sum + Int(status.st_size) : sum
        }
    }

    // MARK: - The compiled map

    private var cache: AddressMapCache { AddressMapCache(cachePath) }

    /// The compiled map's file.
    var cachePath: String { folder + "/map.cache" }

    private var mapNamesPath: String { folder + "/map-names.csv" }

    /// The compiled map of these sources, in whatever state they were; nil when there is none.
    func cached() -> (map: AddressMap, stamp: ASMapStamp)? {
        guard !configuration.sources.isEmpty, let file = try? cache.read(), let stamp = ASMapStamp(file.stamp),
            stamp.locations == configuration.sources.map(\.id)
        else { return nil }
        return (file.map, stamp)
    }

    /// Keeps a map for the next start.
    func keep(_ built: Built) throws {
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try Data(Self.lines(built.names).utf8).write(to: URL(fileURLWithPath: mapNamesPath), options: .atomic)
        try cache.write(built.map, stamp: built.stamp.text)
    }

    /// The map for a program that doesn't wait for what is newer: the compiled one, or else what the files give.
    func mapOfNow() -> AddressMap? {
        guard !configuration.sources.isEmpty else { return nil }
        return cached()?.map ?? build().map
    }

    // MARK: - Reading

    /// Reads all routes and compiles them.
    func build() -> Built {
        var built = Built(map: AddressMap(), stamp: stamp(), names: ASNames(), problems: [:])
        var maps: [AddressMap] = []
        var names: [ASNames] = []
        for (index, location) in configuration.sources.enumerated() {
            guard built.stamp.entries[index].version != ASMapStamp.missing else {
                built.problems[location.id] = Self.absence(of: location)
                continue
            }
            var builder = AddressMapBuilder(placesOnly: location.isPlaces)
            do throws(SourceError) {
                let report = try RouteFile(path(of: location)).read(into: &builder)
                if let problem = Self.problem(report) { built.problems[location.id] = problem }
                built.entries[location.id] = Int(report.counters.routes)
                // A file that ends early is as good as one that can't be read where there is an older map.
                built.stamp.entries[index].isUsed = report.counters.routes > 0 && !report.counters.isTruncated
                guard report.counters.routes > 0 else { continue }
                if !location.isPlaces { names.append(report.names) }
                maps.append(builder.build())
            } catch {
                built.problems[location.id] = error.reason
            }
        }
        built.map = AddressMap(merging: maps)
        for source in names.reversed() { built.names.merge(source) }
        return built
    }

    /// Reads all names; those of sources that come first win.
    func readNames() -> Names {
        var result = Names(names: ASNames(), stamp: namesStamp(), problems: [:])
        if !configuration.sources.isEmpty, let own = try? ASNameFile(mapNamesPath).read() { result.names = own.names }
        for (index, location) in configuration.names.enumerated().reversed() {
            guard result.stamp.entries[index].version != ASMapStamp.missing else {
                result.problems[location.text] = Self.absence(of: location)
                continue
            }
            do throws(SourceError) {
                let report = try ASNameFile(path(of: location)).read()
                result.entries[location.text] = report.names.count
                if report.names.count == 0 || report.isTruncated {
                    result.problems[location.text] =
                        report.isTruncated ? "it is damaged or cut short" : "there is no name in it"
                }
                result.stamp.entries[index].isUsed = report.names.count > 0 && !report.isTruncated
                result.names.merge(report.names)
            } catch {
                result.problems[location.text] = error.reason
            }
        }
        return result
    }

    /// Lines that ``ASNameFile`` reads.
    static func lines(_ names: ASNames) -> String {
        func quoted(_ text: String) -> String {
            let oneLine = String(text.map { $0.isNewline || $0 == "\t" ? " " : $0 })
            return "\"" + oneLine.replacing("\"", with: "\"\"") + "\""
        }
        return names.sorted.map { "\($0.asn),\(quoted($0.entry.name)),\($0.entry.country)\n" }.joined()
    }

    /// Why an URL isn't in a map at the first start.
    static let notFetched = "it has not been fetched yet"

    private static func absence(of location: EnrichmentLocation) -> String {
        location.isRemote ? notFetched : "there is no such file"
    }

    private static func problem(_ report: RouteFile.Report) -> String? {
        if report.counters.routes == 0 { return "there is no route in it" }
        if report.counters.isTruncated { return "it is damaged or cut short" }
        guard let first = report.problems.first else { return nil }
        return "\(report.counters[.malformed]) lines can't be read; \(first)"
    }
}
