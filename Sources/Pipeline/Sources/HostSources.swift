public import LinuxCapture
import Logging
public import NetTypes
import Synchronization
import Telemetry

/// All sources of this host, each on its thread; all are open, or none.
///
/// They are opened before anything else is, so that threads that come later
/// have no more privileges than the program needs then.
public final class HostSources: Sendable {
    private let threads: [SourceThread]

    /// Opens them.
    ///
    /// - Throws: ``SourceError`` of the first that can't be had.
    public init(
        conntrack: [ConntrackOptions] = [],
        nflog: [NFLogOptions] = [],
        mirror: [MirrorOptions] = []
    ) throws(SourceError) {
        var threads: [SourceThread] = []
        for options in conntrack {
            threads.append(SourceThread(kind: "conntrack", place: options.place) { ConntrackSource(options) })
        }
        for options in nflog {
            threads.append(SourceThread(kind: "nflog", place: options.place) { NFLogSource(options) })
        }
        for options in mirror {
            let groups = FanoutGroups(workers: options.workers)
            for worker in 0..<options.workers {
                var place = options.place
                if options.workers > 1 { place.name += "-\(worker + 1)" }
                threads.append(
                    SourceThread(kind: "mirror", place: place) { [place] in MirrorSource(options, place, groups) }
                )
            }
        }
        self.threads = threads
        for (index, thread) in threads.enumerated() {
            do throws(SourceError) {
                try thread.open()
            } catch {
                // Without a line they end at once.
                for other in threads[..<index] { other.start() }
                throw SourceError("source \(thread.kind) \(thread.place.name): \(error)")
            }
        }
    }

    /// How many there are.
    public var count: Int { threads.count }

    /// What each is, in a line: `conntrack of this host`.
    public var summaries: [String] {
        threads.map { thread in
            let place = thread.place.namespace.map { "network namespace \($0)" } ?? "this host"
            return "\(thread.kind) of \(place) as \(thread.place.sampler)"
        }
    }

    /// What keeps sources from telling more, by source.
    public var advice: [String] {
        threads.flatMap { thread in
            thread.latest.report.advice.map { "\(thread.kind) \(thread.place.name): \($0)" }
        }
    }

    /// The networks that are the host's own: see ``HostNetwork/localNetworks``.
    public var localNetworks: [Prefix] {
        Set(threads.flatMap(\.latestNetwork.localNetworks)).sorted()
    }

    var snapshots: [PipelineSnapshot.Source] { threads.map(\.latest) }

    func attach(_ line: SourceThread.Line) {
        for thread in threads { thread.attach(line) }
    }

    func start() {
        for thread in threads { thread.start() }
    }

    func stop() {
        for thread in threads { thread.stop() }
    }

    func join() {
        for thread in threads { thread.join() }
    }
}
