import Enrichment
import FlowStore
import Foundation
import Logging
import NameSources
import Pipeline
import Telemetry

/// Keeps the AS map and the names of ASes as the configuration and its
/// sources are, and says what it did.
///
/// Reading happens on a thread of its own, at low priority; what is in use is
/// replaced in one step, and only by something better.
actor ASMapKeeper {
    private let data: String
    private let enrichment: EnrichmentSource
    private let status: PipelineStatus
    private let table: ASNameTable
    private let cities: CityTable
    private let routes: RouteTable
    private let logger: Logger

    private var configuration = ASMapConfiguration()
    /// What the map in use was made of.
    private var stamp: ASMapStamp?
    /// What was read last, whether it was taken or not: it is not read again before it changes.
    private var read: ASMapStamp?
    /// What the names in use were made of.
    private var namesStamp: ASMapStamp?
    private var namesRead: ASMapStamp?
    /// Failures one after the other, and when an URL is asked again.
    private var waits: [String: (failures: Int, until: ContinuousClock.Instant)] = [:]
    private var routeProblems: [String: String] = [:]
    private var nameProblems: [String: String] = [:]
    private var fetchProblems: [String: String] = [:]
    /// What was in each source when it was last read.
    private var routeEntries: [String: Int] = [:]
    private var nameEntries: [String: Int] = [:]
    private var report = ASMapReport()

    /// Bytes of routes that the start waits for, about two seconds' work; larger ones come when they come.
    private static let small = 4 << 20

    /// - Parameters:
    ///   - data: the data folder.
    ///   - store: nil in a collector, whose flows are stored elsewhere.
    init(
        data: String,
        enrichment: EnrichmentSource,
        status: PipelineStatus,
        store: (any ServerStore)?,
        logger: Logger
    ) {
        self.data = data
        self.enrichment = enrichment
        self.status = status
        self.logger = logger
        table = ASNameTable(store: store, data: data)
        cities = CityTable(store: store, data: data)
        routes = RouteTable(store: store, data: data)
    }

    private var files: ASMapFiles { ASMapFiles(configuration, data: data) }

    // MARK: - What is called

    /// Puts in place what can be had at once: the compiled map of the last run, or small files.
    func prepare(_ new: ASMapConfiguration) async {
        configuration = new
        let files = files
        if let cached = await Aside.run({ files.cached() }) ?? nil {
            stamp = cached.stamp
            read = cached.stamp
            for entry in cached.stamp.entries where !entry.isUsed {
                routeProblems[entry.location] = "it could not be read when the map was made"
            }
            take(cached.map, "the compiled map of the last run is in place")
        }
        if files.routeBytes <= Self.small { await readRoutes() }
        await readNames()
        publish()
    }

    /// Looks at the sources, and takes over what is new.
    ///
    /// - Parameter asks: whether URLs are asked although it isn't time yet.
    func look(_ new: ASMapConfiguration, asks: Bool) async {
        // What failed since an authority wasn't trusted needn't wait.
        if new.certificates != configuration.certificates { waits = [:] }
        configuration = new
        await readRoutes()
        publish()
        await fetch(asks: asks)
        await readRoutes()
        await readNames()
        publish()
    }

    // MARK: - Fetching

    private func fetch(asks: Bool) async {
        files.removeStrays()
        let now = UInt64(max(0, Date().timeIntervalSince1970))
        for location in Set(configuration.sources + configuration.names).sorted(by: { $0.text < $1.text })
        where location.isRemote && !Task.isCancelled {
            let copy = files.copy(of: location)
            let isNew = copy.checked.map { $0 <= now && now - $0 < UInt64(configuration.refreshHours) * 3600 } ?? false
            let waits = (waits[location.text]?.until).map { $0 > ContinuousClock.now } ?? false
            guard asks || (!isNew && !waits) else { continue }
            do throws(SourceError) {
                let outcome = try await copy.fetch()
                self.waits[location.text] = nil
                fetchProblems[location.text] = nil
                let isNew = outcome == .new
                logger.info(
                    "asked for what is newer",
                    metadata: ["source": "\(location.shown)", "answer": isNew ? "new" : "unchanged"]
                )
            } catch {
                if Task.isCancelled { return }
                let failures = min(12, (self.waits[location.text]?.failures ?? 0) + 1)
                let wait = min(60 << (failures - 1), configuration.refreshHours * 3600)
                self.waits[location.text] = (failures, ContinuousClock.now + .seconds(wait))
                fetchProblems[location.text] = error.reason
                logger.warning(
                    "not fetched; what was fetched before stays",
                    metadata: [
                        "source": "\(location.shown)", "reason": "\(error.reason)",
                        "again": "in \(Words.duration(wait))",
                    ]
                )
            }
        }
    }

    // MARK: - Routes

    private func readRoutes() async {
        guard !configuration.sources.isEmpty else {
            if stamp != nil { enrichment.replace(map: nil) }
            routes.set(nil, origin: "")
            (stamp, read, routeProblems, routeEntries) = (nil, nil, [:], [:])
            (report.routesV4, report.routesV6, report.loaded, report.problem) = (0, 0, nil, nil)
            return
        }
        let files = files
        let now = files.stamp()
        guard now.locations != read?.locations || now.versions != read?.versions else { return }
        // Before the first fetch there is nothing to complain about.
        if stamp == nil, configuration.sources.allSatisfy(\.isRemote), now.isMissing { return }
        let start = ContinuousClock.now
        guard let built = await Aside.run({ files.build() }) else { return }
        read = now
        for (location, problem) in built.problems
        where routeProblems[location] != problem && problem != ASMapFiles.notFetched {
            logger.warning(
                "a source of routes",
                metadata: ["source": "\(Self.shown(location))", "problem": "\(problem)"]
            )
        }
        (routeProblems, routeEntries) = (built.problems, built.entries)
        if let refusal = refusal(of: built) {
            report.problem = refusal
            report.refusals += 1
            logger.warning("the AS map was not replaced", metadata: ["reason": "\(refusal)"])
            return
        }
        stamp = built.stamp
        report.problem = nil
        take(built.map, "the AS map is in place", since: start)
        let failure = await Aside.run { () -> String? in
            do {
                try files.keep(built)
                return nil
            } catch {
                return "\(error)"
            }
        }
        if let failure = failure ?? nil {
            logger.warning("the compiled AS map was not kept for the next start", metadata: ["reason": "\(failure)"])
        }
    }

    /// Why a map isn't taken; nil when it is.
    private func refusal(of built: ASMapFiles.Built) -> String? {
        guard built.map.routes.v4 + built.map.routes.v6 > 0 else {
            return stamp == nil ? "no source has a route" : "no source has a route; the old map stays"
        }
        // Whoever names other sources wants another map.
        guard let stamp, let current = enrichment.current.map, stamp.locations == built.stamp.locations else {
            return nil
        }
        if let lost = stamp.lost(in: built.stamp).first {
            return "the old map stays, since \(Self.shown(lost)) is in it and can't be read now"
        }
        guard case .keep(let family, let share) = ReplacementRule().decide(old: current.routes, new: built.map.routes)
        else { return nil }
        return
            "the old map stays: \(Int((share * 100).rounded())) % of its \(family.rawValue) routes would be gone; if that is "
            + "right, remove \(files.cachePath) and restart"
    }

    private func take(_ map: AddressMap, _ words: String, since start: ContinuousClock.Instant? = nil) {
        enrichment.replace(map: map)
        cities.set(map)
        routes.set(map, origin: stamp?.text ?? "")
        (report.routesV4, report.routesV6) = (map.routes.v4, map.routes.v6)
        report.loaded = UInt64(max(0, Date().timeIntervalSince1970))
        report.replacements += 1
        var metadata: Logger.Metadata = ["ipv4": "\(map.routes.v4)", "ipv6": "\(map.routes.v6)"]
        if let start { metadata["seconds"] = "\(Double(Int((ContinuousClock.now - start) / .milliseconds(1))) / 1000)" }
        logger.notice("\(words)", metadata: metadata)
    }

    // MARK: - Names

    private func readNames() async {
        let files = files
        let now = files.namesStamp()
        if now != namesRead {
            guard let new = await Aside.run({ files.readNames() }) else { return }
            namesRead = now
            for (location, problem) in new.problems
            where nameProblems[location] != problem && problem != ASMapFiles.notFetched {
                logger.warning(
                    "a source of names",
                    metadata: ["source": "\(Self.shown(location))", "problem": "\(problem)"]
                )
            }
            (nameProblems, nameEntries) = (new.problems, new.entries)
            let isLosing = namesStamp.map { $0.locations == new.stamp.locations && !$0.lost(in: new.stamp).isEmpty }
            if isLosing != true {
                namesStamp = new.stamp
                report.names = new.names.count
                table.set(new.names)
                status.setListedAutnums(
                    Dictionary(
                        new.names.sorted.map {
                            ($0.asn, AutonomousSystemName(name: $0.entry.name, country: $0.entry.country))
                        },
                        uniquingKeysWith: { first, _ in first }
                    )
                )
            }
        }
    }

    /// Puts names that are new into the dictionary; without luck it is tried again at the next look.
    func writeNames() async {
        await write("names of ASes were not written to the dictionary") { try await table.apply() }
        await write("names of cities were not written to the dictionary") { try await cities.apply() }
        await write("routes were not written to the dictionary risinfo") { try await routes.apply() }
    }

    private func write(_ complaint: Logger.Message, _ apply: () async throws -> Void) async {
        do {
            try await apply()
        } catch {
            // Who is told to stop has left nothing undone: the next start writes it.
            guard !Task.isCancelled else { return }
            logger.warning(complaint, metadata: ["reason": "\(error)"])
        }
    }

    // MARK: - Report

    private func publish() {
        guard !configuration.sources.isEmpty || !configuration.names.isEmpty else { return status.setASMap(nil) }
        let files = files
        func sources(
            _ locations: [EnrichmentLocation],
            _ kind: String,
            _ problems: [String: String],
            _ entries: [String: Int]
        ) -> [ASMapReport.Source] {
            locations.map { location in
                ASMapReport.Source(
                    location: location.shown,
                    kind: kind,
                    changed: files.changed(location),
                    entries: entries[location.id],
                    checked: location.isRemote ? files.copy(of: location).checked : nil,
                    problem: fetchProblems[location.text] ?? problems[location.id]
                )
            }
        }
        report.sources =
            sources(configuration.places, "places", routeProblems, routeEntries)
            + sources(configuration.routes, "routes", routeProblems, routeEntries)
            + sources(configuration.names, "names", nameProblems, nameEntries)
        status.setASMap(report)
    }

    private static func shown(_ location: String) -> String { EnrichmentLocation.shown(location) }
}
