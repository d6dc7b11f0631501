import FlowSchema
import NetTypes

/// The addresses of a block of rows, looked up together.
///
/// Addresses repeat from row to row, those of next hops most of all: neighbours that are equal are looked up once.
struct AddressBlock {
    /// Rows of a block: so many look-ups that they wait for memory together, and so few that what is read of the rows
    /// is still in the cache when they are written.
    static let rows = 256

    private var addresses: [IPAddress] = []
    private var matches = [AddressMap.Match?](repeating: nil, count: rows)
    /// For each row its place among the addresses; -1 where nothing is wanted.
    private var places: [Int] = []
    private var last = AddressBytes(.unspecified)

    init() {
        addresses.reserveCapacity(Self.rows)
        places.reserveCapacity(Self.rows)
    }

    /// Begins a block.
    mutating func clear() {
        addresses.removeAll(keepingCapacity: true)
        places.removeAll(keepingCapacity: true)
    }

    /// Adds the address of the next row; nil when it isn't wanted.
    @inline(__always)
    mutating func add(_ address: AddressBytes?) {
        guard let address else { return places.append(-1) }
        if address != last || addresses.isEmpty {
            last = address
            addresses.append(address.address)
        }
        places.append(addresses.count - 1)
    }

    /// Looks all of them up.
    mutating func lookUp(in tables: AddressTables) {
        let addresses = addresses
        var found = matches.mutableSpan
        tables.find(addresses.span, into: &found)
    }

    /// What is known of the address of a row, counted from the block's first; nil when it wasn't wanted.
    @inline(__always)
    func match(_ row: Int) -> AddressMap.Match? {
        let place = places[row]
        return place < 0 ? nil : matches[place]
    }
}
