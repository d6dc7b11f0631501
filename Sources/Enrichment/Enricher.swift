public import FlowSchema
import NetTypes

/// Gives the rows of a batch what the exporter couldn't tell, and takes away
/// what nobody shall see. One thread owns it; it keeps what it found out of a
/// batch's samplers for the next.
///
/// The order matters: first what is looked up by addresses and AS numbers
/// (routers' routes, the AS map, locality, then the samplers' rules), last of all the addresses lose their
/// host bits. Whatever else is looked up by an address belongs in front.
public struct Enricher: Sendable {
    /// Where its snapshots come from.
    public let source: EnrichmentSource
    private var snapshot: EnrichmentSnapshot
    /// Which of the snapshot's samplers counts for an address; nil is none of them.
    private var places: [AddressBytes: Int?] = [:]
    /// Rows one after the other of samplers that something is done for.
    private var runs: [Run] = []
    /// Which rows of a run a rule holds for.
    private var matches: [UInt8] = []

    private struct Run {
        var rows: Range<Int>
        var place: Int
    }

    /// Samplers that are remembered: who makes up addresses takes up no more room than this.
    private static let mostPlaces = 8192

    /// Takes snapshots from `source`.
    public init(_ source: EnrichmentSource) {
        self.source = source
        snapshot = source.current
    }

    /// Enriches all rows of a sealed batch, with the snapshot of now.
    public mutating func enrich(_ batch: FlowBatch) {
        guard batch.count > 0 else { return }
        let current = source.current
        if current !== snapshot {
            snapshot = current
            places.removeAll(keepingCapacity: true)
        }
        if let strangers = snapshot.knownInterfaces?.strangers(in: batch), !strangers.isEmpty {
            source.note(strangers: strangers)
        }
        Self.writeIncoming(batch)
        snapshot.routeFill?.apply(to: batch)
        snapshot.fill?.apply(to: batch)
        if !snapshot.boundaries.isEmpty { writeIncomingByBoundary(batch) }
        if !snapshot.local.isEmpty { writeLocality(batch) }
        guard snapshot.hasSamplers, findRuns(batch) else { return }
        for run in runs where !snapshot.samplers[run.place].rules.isEmpty {
            apply(snapshot.samplers[run.place].rules, batch, run.rows)
        }
        anonymize(batch)
    }

    // MARK: - Direction

    /// `Incoming` as FlowDirection tells it; also for batches that an older version put into the spool.
    public static func writeIncoming(_ batch: FlowBatch) {
        let rows = 0..<batch.count
        guard batch.isPresent(.flowDirection) else { return batch.fill(.incoming, rows, with: UInt8(255)) }
        let directions = unsafe batch.write(.flowDirection, rows, as: UInt8.self)
        let incoming = unsafe batch.write(.incoming, rows, as: UInt8.self)
        for row in rows {
            let direction = unsafe directions[row]
            unsafe incoming[row] = direction == 255 ? 255 : direction == 0 ? 1 : 0
        }
    }

    /// `Incoming` where the interfaces tell.
    private func writeIncomingByBoundary(_ batch: FlowBatch) {
        guard batch.isPresent(.samplerAddress) else { return }
        let rows = 0..<batch.count
        // What is in the memory of a column that no row wrote is anything; both ends without a number tell nothing.
        let hasInput = batch.isPresent(.inIf)
        let hasOutput = batch.isPresent(.outIf)
        guard hasInput || hasOutput else { return }
        let samplers = unsafe batch.write(.samplerAddress, rows, as: AddressBytes.self)
        let inputs = unsafe hasInput ? batch.write(.inIf, rows, as: UInt32.self) : nil
        let outputs = unsafe hasOutput ? batch.write(.outIf, rows, as: UInt32.self) : nil
        let incoming = unsafe batch.write(.incoming, rows, as: UInt8.self)
        var last: (sampler: AddressBytes, interfaces: [UInt32: InterfaceBoundary]?) = (AddressBytes(.unspecified), nil)
        var pair: (input: UInt32, output: UInt32, told: UInt8?) = (0, 0, nil)
        for row in rows {
            let sampler = unsafe samplers[row]
            if sampler != last.sampler {
                last = (sampler, snapshot.boundaries.interfaces(of: sampler))
                pair = (0, 0, nil)
            }
            guard let interfaces = last.interfaces else { continue }
            let (input, output) = unsafe (inputs?[row] ?? 0, outputs?[row] ?? 0)
            if input != pair.input || output != pair.output {
                pair = (input, output, InterfaceBoundaries.incoming(from: input, to: output, interfaces))
            }
            if let told = pair.told { unsafe incoming[row] = told }
        }
    }

    /// `Locality`, and `Incoming` where that tells.
    private func writeLocality(_ batch: FlowBatch) {
        guard batch.isPresent(.srcAddr), batch.isPresent(.dstAddr) else { return }
        let rows = 0..<batch.count
        let local = snapshot.local
        let sources = unsafe batch.write(.srcAddr, rows, as: AddressBytes.self)
        let destinations = unsafe batch.write(.dstAddr, rows, as: AddressBytes.self)
        let localities = unsafe batch.write(.locality, rows, as: UInt8.self)
        let incoming = unsafe batch.write(.incoming, rows, as: UInt8.self)
        for row in rows {
            let locality = Self.locality(unsafe sources[row].address, unsafe destinations[row].address, local)
            unsafe localities[row] = locality.rawValue
            switch locality {
            case .in: unsafe incoming[row] = 1
            case .out: unsafe incoming[row] = 0
            case .internal, .transit, .unknown: break
            }
        }
    }

    @inline(__always)
    private static func locality(_ source: IPAddress, _ destination: IPAddress, _ local: AddressSet) -> Locality {
        if source.isUnspecified || destination.isUnspecified { return .unknown }
        return switch (local.contains(source), local.contains(destination)) {
        case (false, true): .in
        case (true, false): .out
        case (true, true): .internal
        case (false, false): .transit
        }
    }

    // MARK: - Samplers

    /// Finds the rows of samplers that something is to be done for; false when there are none.
    private mutating func findRuns(_ batch: FlowBatch) -> Bool {
        runs.removeAll(keepingCapacity: true)
        guard batch.isPresent(.samplerAddress) else { return false }
        let count = batch.count
        let samplers = unsafe batch.write(.samplerAddress, 0..<count, as: AddressBytes.self)
        var start = 0
        while start < count {
            let sampler = unsafe samplers[start]
            var end = start + 1
            while end < count, unsafe samplers[end] == sampler { end += 1 }
            if let place = place(of: sampler) { append(start..<end, place) }
            start = end
        }
        return !runs.isEmpty
    }

    private mutating func append(_ rows: Range<Int>, _ place: Int) {
        if let last = runs.last, last.place == place, last.rows.upperBound == rows.lowerBound {
            runs[runs.count - 1].rows = last.rows.lowerBound..<rows.upperBound
        } else {
            runs.append(Run(rows: rows, place: place))
        }
    }

    private mutating func place(of sampler: AddressBytes) -> Int? {
        if let known = places[sampler] { return known }
        let place = snapshot.place(of: sampler.address)
        if places.count >= Self.mostPlaces { places.removeAll(keepingCapacity: true) }
        places.updateValue(place, forKey: sampler)
        return place
    }

    /// `Incoming` as a sampler's rules say.
    private mutating func apply(_ rules: [CompiledRule], _ batch: FlowBatch, _ rows: Range<Int>) {
        if matches.count < rows.count { matches = [UInt8](repeating: 0, count: rows.count) }
        let incoming = unsafe batch.write(.incoming, rows, as: UInt8.self)
        for index in 0..<rows.count { unsafe incoming[index] = 0 }
        for rule in rules {
            for index in 0..<rows.count { matches[index] = 1 }
            rule.narrow(&matches, batch, rows)
            for index in 0..<rows.count { unsafe incoming[index] |= matches[index] }
        }
    }

    // MARK: - Anonymisation

    private func anonymize(_ batch: FlowBatch) {
        for column in AnonymizedColumns.addresses where batch.isPresent(column) {
            for run in runs {
                guard let mask = snapshot.samplers[run.place].mask else { continue }
                let values = unsafe batch.write(column, run.rows, as: AddressBytes.self)
                for index in 0..<run.rows.count { unsafe values[index] = mask(values[index]) }
            }
        }
        guard batch.isPresent(.strings) else { return }
        let rows = runs.filter { snapshot.samplers[$0.place].mask != nil }.map(\.rows)
        batch.keepTexts(AnonymizedColumns.keptTexts, in: rows)
    }
}
