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
/// Addresses repeat from row to row, those of next hops most of all, so the
/// last look-up is kept; nothing is allocated.
struct ASFill {
    private let map: AddressMap
    private let order: ASOrder

    init(_ map: AddressMap, _ order: ASOrder) {
        self.map = map
        self.order = order
    }

    /// Fills all rows of a sealed batch.
    func apply(to batch: FlowBatch) {
        fill(batch, by: .srcAddr, asn: .srcAS, length: .srcNet)
        fill(batch, by: .dstAddr, asn: .dstAS, length: .dstNet)
        fillNextHop(batch)
        fillPlaces(batch, by: .srcAddr, country: .srcCountry, city: .srcCityId)
        fillPlaces(batch, by: .dstAddr, country: .dstCountry, city: .dstCityId)
    }

    /// Country and city of one end; the columns stay away where the map has no places.
    private func fillPlaces(_ batch: FlowBatch, by column: FlowColumn, country: FlowColumn, city: FlowColumn) {
        let codes = map.codes
        guard codes.hasCountries || codes.hasCities, batch.isPresent(column) else { return }
        let rows = 0..<batch.count
        let addresses = unsafe batch.write(column, rows, as: AddressBytes.self)
        let countries = unsafe codes.hasCountries ? batch.write(country, rows, as: UInt16.self) : nil
        let cities = unsafe codes.hasCities ? batch.write(city, rows, as: UInt64.self) : nil
        var last = AddressBytes(.unspecified)
        var place = 0
        for row in rows {
            let address = unsafe addresses[row]
            if address != last {
                last = address
                place = map.lookUp(address.address).map { Int($0.place) } ?? 0
            }
            unsafe countries?[row] = codes.countries[place]
            unsafe cities?[row] = codes.cities[place]
        }
    }

    /// AS and prefix length of one end. An exporter's own prefix length stays in any order: it is that of its route.
    private func fill(_ batch: FlowBatch, by column: FlowColumn, asn: FlowColumn, length: FlowColumn) {
        guard batch.isPresent(column) else { return }
        let rows = 0..<batch.count
        batch.open(asn, UInt32(0))
        batch.open(length, UInt8(0))
        let addresses = unsafe batch.write(column, rows, as: AddressBytes.self)
        let numbers = unsafe batch.write(asn, rows, as: UInt32.self)
        let lengths = unsafe batch.write(length, rows, as: UInt8.self)
        var last = AddressBytes(.unspecified)
        var match: AddressMap.Match?
        for row in rows {
            let wantsNumber = unsafe order == .mapFirst || numbers[row] == 0
            guard unsafe wantsNumber || lengths[row] == 0 else { continue }
            let address = unsafe addresses[row]
            if address != last {
                last = address
                match = map.lookUp(address.address)
            }
            // Where only the place is known there is no route, and no length of one.
            guard let match, match.asn != 0 else { continue }
            if wantsNumber { unsafe numbers[row] = match.asn }
            if unsafe lengths[row] == 0 { unsafe lengths[row] = match.prefixLength }
        }
    }

    /// The AS that the next hop's address belongs to, where the exporter told none.
    private func fillNextHop(_ batch: FlowBatch) {
        guard batch.isPresent(.nextHop) else { return }
        let rows = 0..<batch.count
        batch.open(.nextHopAS, UInt32(0))
        let addresses = unsafe batch.write(.nextHop, rows, as: AddressBytes.self)
        let numbers = unsafe batch.write(.nextHopAS, rows, as: UInt32.self)
        var last = AddressBytes(.unspecified)
        var asn: UInt32 = 0
        for row in rows where unsafe numbers[row] == 0 {
            let address = unsafe addresses[row]
            if address != last {
                last = address
                asn = map.lookUp(address.address)?.asn ?? 0
            }
            unsafe numbers[row] = asn
        }
    }
}
