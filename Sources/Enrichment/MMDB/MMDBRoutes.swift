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

    /// What the record at an offset tells, nil where it can't be read. Ten and more networks share one: names and places
    /// are looked at once for each record, and a network costs two numbers.
    private var facts: [Int: RouteFact?] = [:]

    private struct RouteFact {
        var asn: UInt32
        var place: UInt32
    }

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
        guard let fact = fact(at: leaf.data, section, &builder) else {
            counters[.malformedEntry] += 1
            return
        }
        counters.votes += 1
        counters.count(prefix: builder.add(Self.prefix(leaf, isV4: isV4), asn: fact.asn, place: fact.place))
    }

    private mutating func fact(
        at offset: Int,
        _ section: RawSpan,
        _ builder: inout AddressMapBuilder
    ) -> RouteFact? {
        if let known = facts[offset] { return known }
        var data = MMDBData(section)
        guard let found = try? MMDBFacts(&data, at: offset) else {
            facts.updateValue(nil, forKey: offset)
            return nil
        }
        if found.asn != 0, !found.name.isEmpty { names.set(found.asn, name: found.name) }
        let fact = RouteFact(asn: found.asn, place: builder.number(of: found.place))
        facts.updateValue(fact, forKey: offset)
        return fact
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
private struct MMDBFacts {
    var asn: UInt32 = 0
    var name = ""
    var place = AddressMap.Place()

    init(_ data: inout MMDBData, at offset: Int) throws(DecodeError) {
        var record = try data.record(at: offset)
        while let (key, value) = try data.next(&record) {
            // GeoLite2-Country and -City; IPinfo has a code, or a name.
            if data.isText(key, "country") {
                try takeCountry(&data, value)
            } else if data.isText(key, "city") {
                try takeCity(&data, value)
            } else if data.isText(key, "country_code") {
                if let text = try data.text(value) { place.country = CSVLine.country(text) }
            }
            // GeoLite2-ASN; IPinfo: "AS15169".
            else if data.isText(key, "autonomous_system_number") {
                if let number = try data.number(value) { asn = UInt32(exactly: number) ?? 0 }
            } else if data.isText(key, "asn") {
                if let number = try data.number(value) { asn = UInt32(exactly: number) ?? 0 }
                if let text = try data.text(value) { asn = CSVLine.asn(text) ?? 0 }
            } else if data.isText(key, "autonomous_system_organization") || data.isText(key, "as_name")
                || data.isText(key, "name")
            {
                name = try data.text(value) ?? name
            }
        }
    }

    private mutating func takeCountry(_ data: inout MMDBData, _ value: MMDBData.Value) throws(DecodeError) {
        if let text = try data.text(value) {
            let code = CSVLine.country(text)
            if !code.isEmpty { place.country = code }
        }
        guard var country = data.entries(of: value) else { return }
        while let (key, value) = try data.next(&country) {
            guard data.isText(key, "iso_code"), let code = try data.text(value) else { continue }
            place.country = CSVLine.country(code)
        }
    }

    private mutating func takeCity(_ data: inout MMDBData, _ value: MMDBData.Value) throws(DecodeError) {
        place.city = try data.text(value) ?? place.city
        guard var city = data.entries(of: value) else { return }
        while let (key, value) = try data.next(&city) {
            guard data.isText(key, "names"), var names = data.entries(of: value) else { continue }
            while let (language, name) = try data.next(&names) {
                if data.isText(language, "en") { place.city = try data.text(name) ?? place.city }
            }
        }
    }
}
