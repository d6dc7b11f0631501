import NetTypes
import WireFormat

/// Reads prefixes from comma-separated values: `prefix,asn` and, if there are
/// more, `country,city,name`.
///
/// A header line may say what the columns are, in the words of the usual
/// databases. Empty lines and those that begin with `#` are comments. The name
/// is that of the AS. A line that can't be read costs that line only.
public struct CSVRoutes: Sendable {
    /// What came and what became of it.
    public private(set) var counters = RouteCounters()
    /// The first lines that couldn't be read; `counters[.malformed]` counts all.
    public private(set) var problems: [LineProblem] = []
    /// Names of ASes that the lines told.
    public private(set) var names = ASNames()

    private var splitter = LineSplitter()
    private var columns: [Column?] = [.prefix, .asn, .country, .city, .name]
    private var line = 0
    private var isFirst = true

    private enum Column {
        case prefix, asn, country, city, name

        /// The column that a header's word means.
        init?(header: String) {
            switch header.lowercased() {
            case "prefix", "network", "cidr", "net": self = .prefix
            case "asn", "as", "autonomous_system_number", "origin": self = .asn
            case "country", "country_code", "country_iso_code": self = .country
            case "city", "city_name": self = .city
            case "name", "as_name", "organization", "autonomous_system_organization": self = .name
            default: return nil
            }
        }
    }

    /// Makes a reader at the beginning of a file.
    public init() {}

    /// Reads the next bytes of the file.
    public mutating func read(_ bytes: RawSpan, into builder: inout AddressMapBuilder) {
        for text in splitter.feed(bytes) { read(text, into: &builder) }
    }

    /// Ends the file.
    ///
    /// - Parameter isWhole: false when the source broke off before its end.
    public mutating func finish(isWhole: Bool = true, into builder: inout AddressMapBuilder) {
        // Half a line could be read as another prefix.
        if let text = splitter.finish(), isWhole { read(text, into: &builder) }
        if !isWhole { counters.isTruncated = true }
    }

    private mutating func read(_ text: String, into builder: inout AddressMapBuilder) {
        line += 1
        counters.records += 1
        if text.isEmpty || text.hasPrefix("#") {
            counters[.blank] += 1
            return
        }
        guard let fields = CSVLine.fields(text) else {
            complain("a quote has no end")
            return
        }
        if isFirst {
            isFirst = false
            if readHeader(fields) {
                counters[.blank] += 1
                return
            }
        }
        readRoute(fields, into: &builder)
    }

    /// Takes a line as a header, if it is one: its columns have names and one is the prefix.
    private mutating func readHeader(_ fields: [String]) -> Bool {
        let named = fields.map { Column(header: $0) }
        guard named.contains(.prefix) else { return false }
        columns = named
        return true
    }

    private mutating func readRoute(_ fields: [String], into builder: inout AddressMapBuilder) {
        func field(_ column: Column) -> String {
            guard let index = columns.firstIndex(of: column), index < fields.count else { return "" }
            return fields[index]
        }
        guard let prefix = Prefix(field(.prefix)) else {
            complain("'\(field(.prefix).prefix(60))' is no prefix such as 192.0.2.0/24 or 2001:db8::/32")
            return
        }
        guard let asn = CSVLine.asn(field(.asn)) else {
            complain("'\(field(.asn).prefix(60))' is no AS number such as 64500 or AS64500")
            return
        }
        let country = CSVLine.country(field(.country))
        if country.isEmpty, !field(.country).isEmpty, field(.country).uppercased() != "ZZ" {
            complain("'\(field(.country).prefix(60))' is no country code such as DE")
            return
        }
        counters.routeRecords += 1
        counters.entries += 1
        counters.votes += 1
        if asn != 0, !field(.name).isEmpty { names.set(asn, name: field(.name)) }
        let place = builder.number(of: AddressMap.Place(country: country, city: field(.city)))
        counters.count(prefix: builder.add(prefix, asn: asn, place: place))
    }

    private mutating func complain(_ message: String) {
        counters[.malformed] += 1
        if problems.count < LineProblem.mostKept { problems.append(LineProblem(line: line, message: message)) }
    }
}
