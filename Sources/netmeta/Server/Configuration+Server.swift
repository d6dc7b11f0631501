import Enrichment
import FlowDecoders
import FlowStore
import Foundation
import LinuxCapture
import NetTypes
import Pipeline

extension Configuration.Sources {
    /// Opens what is read of this host, while the program may do all that its user may; nil when that is nothing.
    ///
    /// - Throws: ``Failure`` that says what is missing.
    func openHost() throws -> HostSources? {
        guard hasHost else { return nil }
        do throws(SourceError) {
            return try HostSources(conntrack: conntrackOptions, nflog: nflogOptions, mirror: mirrorOptions)
        } catch {
            throw Failure(error.description)
        }
    }
}

extension HostSources {
    /// Gives up, when ports and large buffers are had, what only opening sources took: in all threads there are, and so
    /// in those that come, the engine's too. The sources' own keep what each goes on to need.
    ///
    /// - Throws: ``Failure`` when a thread couldn't.
    func giveUpPrivileges() throws {
        do throws(SourceError) {
            try HostThread.keepOnlyEverywhere(Capability.ofServer)
        } catch {
            throw Failure(error.description)
        }
    }
}

extension Configuration {
    /// Takes the host's own networks for ours, where nobody says which are: the direction of its flows follows.
    mutating func adoptHost(_ sources: HostSources?) {
        guard let sources, enrichment.localNetworks.isEmpty else { return }
        let networks = sources.localNetworks
        enrichment.localNetworks = Array(networks.prefix(EnrichmentSettings.mostLocalNetworks))
    }
}

extension RetentionPolicy {
    /// What a configuration says about how much is kept.
    init(_ configuration: Configuration) {
        let retention = configuration.retention
        self.init(days: retention.days, size: retention.size, freeSpace: retention.freeSpace)
    }
}

extension PipelineOptions {
    /// The pipeline that a configuration asks for.
    init(_ configuration: Configuration) {
        let listeners = configuration.listeners
        let sockets =
            listeners.netflow.map { Listener(endpoint: $0, purpose: "NetFlow v5/v9, IPFIX") }
            + listeners.ipfix.map { Listener(endpoint: $0, purpose: "IPFIX") }
            + listeners.ipfix.map { Listener(endpoint: $0, purpose: "IPFIX", transport: .tcp) }
            + listeners.sflow.map { Listener(endpoint: $0, purpose: "sFlow") }
        self.init(listeners: sockets, spoolFolder: configuration.store.data + "/spool")
        allow = listeners.allow
        decoding = DecoderSettings(configuration)
        receiveBuffer = listeners.receiveBuffer
        batchRows = configuration.store.batchRows
        // One insert keeps one core busy, if nothing makes it wait; another takes a batch's memory more.
        inserts = configuration.store.profile == .small || ProcessInfo.processInfo.activeProcessorCount == 1 ? 1 : 3
        flush = configuration.store.flush
        spoolBytes = configuration.store.spool
        fsync = configuration.store.fsync
        memoryFile = configuration.store.data + "/exporters.txt"
        sequenceFile = configuration.store.data + "/sequences.txt"
    }
}
