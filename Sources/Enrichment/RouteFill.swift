import FlowSchema
import NetTypes

/// Fills what the exporter didn't tell from the routes of that same router.
///
/// A route's next hop is one router's own, so rows of exporters without a
/// table stay as they are. Nothing is allocated for a row but for lists.
struct RouteFill {
    private let tables: [AddressBytes: RouterTable]
    private let details: Set<RouteDetail>
    /// Whether the table's AS numbers count before the exporter's.
    private let isFirst: Bool

    /// Nil where there is no table.
    init?(_ tables: RouterTables, _ order: ASOrder) {
        guard !tables.tables.isEmpty else { return nil }
        self.tables = Dictionary(
            tables.tables.map { (AddressBytes($0.key), $0.value) },
            uniquingKeysWith: { first, _ in first }
        )
        details = tables.details
        isFirst = order == .bmpFirst
    }

    /// Rows one after the other of an exporter that has a table.
    private struct Run {
        var rows: Range<Int>
        var table: RouterTable
    }

    /// Fills all rows of a sealed batch.
    func apply(to batch: FlowBatch) {
        let runs = runs(of: batch)
        guard !runs.isEmpty else { return }
        if batch.isPresent(.srcAddr) { fillSources(batch, runs) }
        guard batch.isPresent(.dstAddr) else { return }
        fillDestinations(batch, runs)
        if details.contains(.bgpNextHop) { fillBGPNextHops(batch, runs) }
        if details.contains(.asPath) || details.contains(.communities) { fillLists(batch, runs) }
    }

    private func runs(of batch: FlowBatch) -> [Run] {
        guard batch.isPresent(.samplerAddress) else { return [] }
        let count = batch.count
        let samplers = unsafe batch.write(.samplerAddress, 0..<count, as: AddressBytes.self)
        var runs: [Run] = []
        var start = 0
        while start < count {
            let sampler = unsafe samplers[start]
            var end = start + 1
            while end < count, unsafe samplers[end] == sampler { end += 1 }
            if let table = tables[sampler] {
                if let last = runs.last, last.table === table, last.rows.upperBound == start {
                    runs[runs.count - 1].rows = last.rows.lowerBound..<end
                } else {
                    runs.append(Run(rows: start..<end, table: table))
                }
            }
            start = end
        }
        return runs
    }

    /// AS and prefix length of the source. A default route says nothing of an address.
    private func fillSources(_ batch: FlowBatch, _ runs: [Run]) {
        let rows = 0..<batch.count
        batch.open(.srcAS, UInt32(0))
        batch.open(.srcNet, UInt8(0))
        let addresses = unsafe batch.write(.srcAddr, rows, as: AddressBytes.self)
        let numbers = unsafe batch.write(.srcAS, rows, as: UInt32.self)
        let lengths = unsafe batch.write(.srcNet, rows, as: UInt8.self)
        forEachBlock(runs) { block, rows, table in
            for row in rows {
                let isWanted = unsafe isFirst || numbers[row] == 0 || lengths[row] == 0
                block.add(isWanted ? Self.known(unsafe addresses[row]) : nil)
            }
            block.lookUp(in: table.tables)
            for row in rows {
                guard let match = block.match(row - rows.lowerBound), match.prefixLength > 0 else { continue }
                let origin = table.hops[Int(match.asn)].origin
                if origin != 0, unsafe isFirst || numbers[row] == 0 { unsafe numbers[row] = origin }
                if unsafe lengths[row] == 0 { unsafe lengths[row] = match.prefixLength }
            }
        }
    }

    /// AS and prefix length of the destination, and the next hop and the next AS on the way there.
    private func fillDestinations(_ batch: FlowBatch, _ runs: [Run]) {
        let rows = 0..<batch.count
        batch.open(.dstAS, UInt32(0))
        batch.open(.dstNet, UInt8(0))
        batch.open(.nextHop, AddressBytes(.unspecified))
        batch.open(.nextHopAS, UInt32(0))
        let addresses = unsafe batch.write(.dstAddr, rows, as: AddressBytes.self)
        let numbers = unsafe batch.write(.dstAS, rows, as: UInt32.self)
        let lengths = unsafe batch.write(.dstNet, rows, as: UInt8.self)
        let hops = unsafe batch.write(.nextHop, rows, as: AddressBytes.self)
        let hopNumbers = unsafe batch.write(.nextHopAS, rows, as: UInt32.self)
        forEachBlock(runs) { block, rows, table in
            for row in rows { block.add(Self.known(unsafe addresses[row])) }
            block.lookUp(in: table.tables)
            for row in rows {
                guard let match = block.match(row - rows.lowerBound) else { continue }
                let hop = table.hops[Int(match.asn)]
                // The router's own routes have no next hop.
                if unsafe hops[row].address.isUnspecified, hop.nextHop != AddressBytes(.unspecified) {
                    unsafe hops[row] = hop.nextHop
                }
                if unsafe hopNumbers[row] == 0 { unsafe hopNumbers[row] = hop.neighbour }
                guard match.prefixLength > 0 else { continue }
                if hop.origin != 0, unsafe isFirst || numbers[row] == 0 { unsafe numbers[row] = hop.origin }
                if unsafe lengths[row] == 0 { unsafe lengths[row] = match.prefixLength }
            }
        }
    }

    /// An address; nil when it isn't known, since it isn't behind a default route then.
    private static func known(_ address: AddressBytes) -> AddressBytes? {
        address.address.isUnspecified ? nil : address
    }

    /// Calls `body` with an empty block for every few rows of one table.
    private func forEachBlock(
        _ runs: [Run],
        _ body: (inout AddressBlock, Range<Int>, RouterTable) -> Void
    ) {
        var block = AddressBlock()
        for run in runs {
            for start in stride(from: run.rows.lowerBound, to: run.rows.upperBound, by: AddressBlock.rows) {
                block.clear()
                body(&block, start..<min(start + AddressBlock.rows, run.rows.upperBound), run.table)
            }
        }
    }

    /// The BGP next hop of the route to the destination.
    private func fillBGPNextHops(_ batch: FlowBatch, _ runs: [Run]) {
        let rows = 0..<batch.count
        batch.open(.bgpNextHop, AddressBytes(.unspecified))
        let addresses = unsafe batch.write(.dstAddr, rows, as: AddressBytes.self)
        let hops = unsafe batch.write(.bgpNextHop, rows, as: AddressBytes.self)
        for run in runs {
            var last = LastMatch(run.table)
            for row in run.rows where unsafe hops[row].address.isUnspecified {
                guard let match = last.find(unsafe addresses[row]) else { continue }
                let hop = run.table.attributes[match.number].nextHop
                if !hop.isUnspecified { unsafe hops[row] = AddressBytes(hop) }
            }
        }
    }

    /// Path and communities of the route to the destination.
    private func fillLists(_ batch: FlowBatch, _ runs: [Run]) {
        let addresses = unsafe batch.write(.dstAddr, 0..<batch.count, as: AddressBytes.self)
        let lists: [(RouteDetail, FlowColumn, (RouteAttributes) -> ArraySlice<UInt32>)] = [
            (.asPath, .asPath, { $0.path }), (.communities, .bgpCommunities, { $0.communities }),
            (.communities, .bgpLargeCommunities, { $0.largeCommunities }),
            // Whole ones: a row has room for an odd number.
            (
                .communities, .bgpExtendedCommunities,
                { $0.extendedCommunities.prefix(VariableValue.mostNumbers / 2 * 2) }
            ),
        ]
        for (detail, column, list) in lists where details.contains(detail) {
            var run = 0
            var last = LastMatch(runs[0].table)
            batch.fillNumbers(column) { row in
                while run < runs.count, runs[run].rows.upperBound <= row {
                    run += 1
                    if run < runs.count { last = LastMatch(runs[run].table) }
                }
                guard run < runs.count, runs[run].rows.contains(row),
                    let match = last.find(unsafe addresses[row]), match.prefixLength > 0
                else { return [] }
                return list(runs[run].table.attributes[match.number])
            }
        }
    }
}

/// Look-ups in one table: addresses repeat from row to row, so the last one is kept.
private struct LastMatch {
    private let table: RouterTable
    private var address = AddressBytes(.unspecified)
    private var match: RouterTable.Match?

    init(_ table: RouterTable) {
        self.table = table
    }

    @inline(__always)
    mutating func find(_ new: AddressBytes) -> RouterTable.Match? {
        if new != address {
            address = new
            // An address that isn't known isn't behind a default route.
            match = new.address.isUnspecified ? nil : table.find(new.address)
        }
        return match
    }
}

extension FlowBatch {
    /// Gives a column that no row wrote its default, since what is in its memory is anything.
    func open<Value: BitwiseCopyable>(_ column: FlowColumn, _ value: Value) {
        if !isPresent(column) { fill(column, 0..<count, with: value) }
    }
}
