import NetTypes
import WireFormat

/// Why a file isn't a MaxMind DB.
public enum MMDBError: Error, Equatable, Sendable, CustomStringConvertible {
    /// There is no metadata at the file's end.
    case noMetadata
    /// The metadata can't be read.
    case badMetadata
    /// A format of another major version than 2.
    case otherVersion(UInt64)

    /// A sentence for people.
    public var description: String {
        switch self {
        case .noMetadata: "There is no MaxMind DB metadata at the file's end."
        case .badMetadata: "The metadata of the MaxMind DB contradicts itself."
        case .otherVersion(let version): "The MaxMind DB has format version \(version); 2 is known."
        }
    }
}

/// Reads all networks of a MaxMind DB (File Format Specification 2.0):
/// GeoLite2 and GeoIP2 ASN, Country and City, and IPinfo's databases.
///
/// The tree is walked once and becomes a map like any other. A call of a C
/// library for each flow would be slower, need the file for as long as the
/// process lives, and crash where the file is damaged or shrinks.
public struct MMDBRoutes: Sendable {
    /// What came and what became of it.
    public private(set) var counters = RouteCounters()
    /// Names of ASes that the data tells.
    public private(set) var names = ASNames()
    /// The database's type, such as "GeoLite2-ASN".
    public private(set) var type = ""

    /// What the data at an offset tells; many networks share it.
    private var facts: [Int: MMDBFacts?] = [:]

    /// Makes a reader.
    public init() {}

    /// Whether a file's end holds the metadata of a MaxMind DB.
    public static func isPlausible(_ file: RawSpan) -> Bool { MMDBMetadata.start(file) != nil }

    /// Reads a whole file.
    public mutating func read(_ file: RawSpan, into builder: inout AddressMapBuilder) throws(MMDBError) {
        let metadata = try MMDBMetadata(file)
        type = metadata.type
        let depth = metadata.version == 6 ? 128 : 32
        guard
            let tree = MMDBTree(
                file,
                nodeCount: metadata.nodeCount,
                recordBits: metadata.recordBits,
                depth: depth
            ), tree.dataOffset <= file.byteCount
        else { throw .badMetadata }
        let section = file.extracting(tree.dataOffset..<file.byteCount)
        tree.walk { step in
            counters.records += 1
            switch step {
            case .leaf(let leaf): read(leaf, section, isV4: depth == 32, into: &builder)
            case .alias: counters[.alias] += 1
            case .damage: counters[.malformed] += 1
            }
        }
    }

    private mutating func read(
        _ leaf: MMDBTree.Leaf,
        _ section: RawSpan,
        isV4: Bool,
        into builder: inout AddressMapBuilder
    ) {
        counters.routeRecords += 1
        counters.entries += 1
        guard let found = facts(at: leaf.data, section) else {
            counters[.malformedEntry] += 1
            return
        }
        counters.votes += 1
        if found.asn != 0, !found.name.isEmpty { names.set(found.asn, name: found.name) }
        let place = builder.number(of: found.place)
        counters.count(prefix: builder.add(Self.prefix(leaf, isV4: isV4), asn: found.asn, place: place))
    }

    private mutating func facts(at offset: Int, _ section: RawSpan) -> MMDBFacts? {
        if let known = facts[offset] { return known }
        var found = MMDBFacts()
        var data = MMDBData(section)
        let isWhole: Bool
        do throws(DecodeError) {
            guard offset >= 0 else { throw .badStructure }
            try data.readMap(at: offset) { found.take($0, $1) }
            isWhole = true
        } catch {
            isWhole = false
        }
        facts.updateValue(isWhole ? found : nil, forKey: offset)
        return isWhole ? found : nil
    }

    /// IPv4 lies in a tree of its own, or at ::/96 of that of IPv6.
    private static func prefix(_ leaf: MMDBTree.Leaf, isV4: Bool) -> Prefix {
        if isV4 {
            return Prefix(IPAddress(v4: UInt32(truncatingIfNeeded: leaf.bits >> 96)), bits: leaf.depth + 96)
        }
        if leaf.depth >= 96, leaf.bits >> 32 == 0 {
            return Prefix(IPAddress(v4: UInt32(truncatingIfNeeded: leaf.bits)), bits: leaf.depth)
        }
        let first = IPAddress(
            high: UInt64(truncatingIfNeeded: leaf.bits >> 64),
            low: UInt64(truncatingIfNeeded: leaf.bits)
        )
        return Prefix(first, bits: leaf.depth)
    }
}

/// What a record tells, by the keys of the databases that are known.
private struct MMDBFacts: Sendable {
    var asn: UInt32 = 0
    var name = ""
    var place = AddressMap.Place()

    mutating func take(_ path: [String], _ value: MMDBData.Scalar) {
        switch (path, value) {
        // GeoLite2-ASN.
        case (["autonomous_system_number"], .number(let number)): asn = UInt32(exactly: number) ?? 0
        case (["autonomous_system_organization"], .text(let text)): name = text
        // GeoLite2-Country and -City.
        case (["country", "iso_code"], .text(let text)): place.country = CSVLine.country(text)
        case (["city", "names", "en"], .text(let text)): place.city = text
        // IPinfo: "AS15169", a name, a code and a name of the country.
        case (["asn"], .text(let text)): asn = CSVLine.asn(text) ?? 0
        case (["asn"], .number(let number)): asn = UInt32(exactly: number) ?? 0
        case (["as_name"], .text(let text)), (["name"], .text(let text)): name = text
        case (["country_code"], .text(let text)): place.country = CSVLine.country(text)
        case (["country"], .text(let text)):
            let code = CSVLine.country(text)
            if !code.isEmpty { place.country = code }
        case (["city"], .text(let text)): place.city = text
        default: break
        }
    }
}
