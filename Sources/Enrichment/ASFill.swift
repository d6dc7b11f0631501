import FlowSchema
import NetTypes

/// Which AS number of a flow counts when several sources know one.
///
/// The router's own routes come behind the exporter and before the map where nothing else is said.
public enum ASOrder: String, CaseIterable, Sendable {
    /// The exporter's; the map's where that is 0.
    case exporterFirst = "exporter-first"
    /// The map's; the exporter's where the map knows none.
    case mapFirst = "map-first"
    /// That of the router's own routes (BMP); the exporter's where those know none.
    case bmpFirst = "bmp-first"
}

/// Fills AS numbers, prefix lengths and places from an ``AddressMap``, column by column.
///
/// Addresses are looked up for a block of rows at a time, once for all that is filled by them.
struct ASFill {
    private let codes: PlaceCodes
    private let tables: AddressTables
    private let order: ASOrder

    init(_ map: AddressMap, _ order: ASOrder) {
        codes = map.codes
        tables = AddressTables(v4: map.v4, v6: map.v6)
        self.order = order
    }

    /// Fills all rows of a sealed batch.
    func apply(to batch: FlowBatch) {
        var block = AddressBlock()
        fill(batch, .source, &block)
        fill(batch, .destination, &block)
        fillNextHop(batch, &block)
    }

    /// One end of flows: the column that it is looked up by, and those that are filled.
    private struct End {
        var address: FlowColumn
        var asn: FlowColumn
        var length: FlowColumn
        var country: FlowColumn
        var city: FlowColumn

        static let source = End(
            address: .srcAddr,
            asn: .srcAS,
            length: .srcNet,
            country: .srcCountry,
            city: .srcCityId
        )
        static let destination = End(
            address: .dstAddr,
            asn: .dstAS,
            length: .dstNet,
            country: .dstCountry,
            city: .dstCityId
        )
    }

    /// AS, prefix length and place of one end; the columns of places stay away where the map has none.
    ///
    /// An exporter's own prefix length stays in any order: it is that of its route.
    private func fill(_ batch: FlowBatch, _ end: End, _ block: inout AddressBlock) {
        guard batch.isPresent(end.address) else { return }
        let hasPlaces = codes.hasCountries || codes.hasCities
        let rows = 0..<batch.count
        batch.open(end.asn, UInt32(0))
        batch.open(end.length, UInt8(0))
        let addresses = unsafe batch.write(end.address, rows, as: AddressBytes.self)
        let numbers = unsafe batch.write(end.asn, rows, as: UInt32.self)
        let lengths = unsafe batch.write(end.length, rows, as: UInt8.self)
        let countries = unsafe codes.hasCountries ? batch.write(end.country, rows, as: UInt16.self) : nil
        let cities = unsafe codes.hasCities ? batch.write(end.city, rows, as: UInt64.self) : nil
        for start in stride(from: 0, to: batch.count, by: AddressBlock.rows) {
            let chosen = start..<min(start + AddressBlock.rows, batch.count)
            block.clear()
            for row in chosen {
                let isWanted = unsafe hasPlaces || order == .mapFirst || numbers[row] == 0 || lengths[row] == 0
                block.add(isWanted ? unsafe addresses[row] : nil)
            }
            block.lookUp(in: tables)
            for row in chosen {
                let match = block.match(row - start)
                let place = Int(match?.place ?? 0)
                unsafe countries?[row] = codes.countries[place]
                unsafe cities?[row] = codes.cities[place]
                // Where only the place is known there is no route, and no length of one.
                guard let match, match.asn != 0 else { continue }
                if unsafe order == .mapFirst || numbers[row] == 0 { unsafe numbers[row] = match.asn }
                if unsafe lengths[row] == 0 { unsafe lengths[row] = match.prefixLength }
            }
        }
    }

    /// The AS that the next hop's address belongs to, where the exporter told none.
    private func fillNextHop(_ batch: FlowBatch, _ block: inout AddressBlock) {
        guard batch.isPresent(.nextHop) else { return }
        let rows = 0..<batch.count
        batch.open(.nextHopAS, UInt32(0))
        let addresses = unsafe batch.write(.nextHop, rows, as: AddressBytes.self)
        let numbers = unsafe batch.write(.nextHopAS, rows, as: UInt32.self)
        for start in stride(from: 0, to: batch.count, by: AddressBlock.rows) {
            let chosen = start..<min(start + AddressBlock.rows, batch.count)
            block.clear()
            for row in chosen { block.add(unsafe numbers[row] == 0 ? addresses[row] : nil) }
            block.lookUp(in: tables)
            for row in chosen where unsafe numbers[row] == 0 {
                unsafe numbers[row] = block.match(row - start)?.asn ?? 0
            }
        }
    }
}
