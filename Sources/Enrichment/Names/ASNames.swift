/// Names of ASes and the countries that they are registered in.
public struct ASNames: Hashable, Sendable {
    /// What is known of one AS.
    public struct Entry: Hashable, Sendable {
        /// The name, such as `DTAG Internet service provider operations`.
        public var name: String
        /// ISO 3166-1 alpha-2 in capitals, or nothing.
        public var country: String

        /// Makes an entry.
        public init(name: String, country: String = "") {
            self.name = name
            self.country = country
        }
    }

    /// Characters of the longest name that is kept.
    private static let longestName = 200

    private var entries: [UInt32: Entry] = [:]

    /// Makes a table without names.
    public init() {}

    /// How many ASes have names.
    public var count: Int { entries.count }

    /// All numbers and what is known of them, in ascending order.
    public var sorted: [(asn: UInt32, entry: Entry)] {
        entries.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }

    /// What is known of an AS.
    public subscript(asn: UInt32) -> Entry? { entries[asn] }

    /// What to show for an AS: its name, or `AS64500` when it has none.
    public func label(_ asn: UInt32) -> String { entries[asn]?.name ?? "AS\(asn)" }

    /// Names an AS.
    public mutating func set(_ asn: UInt32, name: String, country: String = "") {
        entries[asn] = Entry(name: String(name.prefix(Self.longestName)), country: country)
    }

    /// Takes what other names tell; they win over those that are here.
    ///
    /// Sources are merged from the least to the most trusted, and what people
    /// configured comes last.
    public mutating func merge(_ other: ASNames) {
        entries.merge(other.entries) { old, new in
            // A source that knows no countries doesn't take them away.
            Entry(name: new.name, country: new.country.isEmpty ? old.country : new.country)
        }
    }
}
