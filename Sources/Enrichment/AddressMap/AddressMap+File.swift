import WireFormat

/// Why bytes aren't a compiled map.
public enum AddressMapFileError: Error, Equatable, Sendable, CustomStringConvertible {
    /// They begin otherwise, or with the number of another version.
    case foreign
    /// They aren't all there, or not those that were written.
    case damaged
    /// They are whole and describe no map.
    case inconsistent

    /// A sentence for people.
    public var description: String {
        switch self {
        case .foreign: "The file is no compiled address map of this version."
        case .damaged: "The compiled address map is damaged."
        case .inconsistent: "The compiled address map contradicts itself."
        }
    }
}

/// The file of a compiled map, from which a restarted server has its map
/// without reading the sources again:
///
/// ```
/// magic[8] version[4] stamp-length[4] routes-v4[8] routes-v6[8]
/// intervals-v4[8] intervals-v6[8] places[8] stamp place* interval-v4* interval-v6* checksum[8]
/// place = country-length[1] city-length[1] country city; interval = first[4 or 16] asn[4] detail[4]
/// ```
/// Numbers are in network order. It is a cache: what isn't wholly right is
/// refused, and the sources are read instead.
extension AddressMap {
    /// Changes whenever the form does.
    private static let version: UInt32 = 1
    private static let magic: UInt64 = 0x4E4D_4144_524D_4150  // "NMADRMAP"
    /// Bytes that a stamp may have.
    private static let longestStamp = 64 << 10

    /// The file's bytes.
    ///
    /// - Parameter stamp: says what the map was made of, such as names and times of
    ///   files, so that a reader can tell whether it is up to date; 64 KB at most.
    public func encoded(stamp: String) -> [UInt8] {
        let stamp = Array(stamp.utf8.prefix(Self.longestStamp))
        var writer = FileWriter(
            reserving: 128 + stamp.count + places.count * 32 + v4.intervals.count * 12 + v6.intervals.count * 24
        )
        writer.write(Self.magic)
        writer.write(Self.version)
        writer.write(UInt32(stamp.count))
        for count in [routes.v4, routes.v6, v4.intervals.count, v6.intervals.count, places.count] {
            writer.write(UInt64(count))
        }
        writer.bytes += stamp
        for place in places {
            let country = Self.cut(place.country)
            let city = Self.cut(place.city)
            writer.bytes += [UInt8(country.count), UInt8(city.count)]
            writer.bytes += country
            writer.bytes += city
        }
        writer.write(v4)
        writer.write(v6)
        writer.write(Checksum.of(unsafe writer.bytes.span.bytes))
        return writer.bytes
    }

    /// Reads a file's bytes, and its stamp.
    public init(file: RawSpan, stamp: inout String) throws(AddressMapFileError) {
        var reader = WireReader(file)
        guard (try? reader.read(UInt64.self)) == Self.magic, (try? reader.read(UInt32.self)) == Self.version else {
            throw .foreign
        }
        guard file.byteCount >= 8 else { throw .damaged }
        let body = file.extracting(0..<(file.byteCount - 8))
        guard WireReader(file).peek(UInt64.self, ahead: body.byteCount) == Checksum.of(body) else { throw .damaged }
        do throws(DecodeError) {
            var reader = WireReader(body)
            try reader.skip(12)
            let map = try Self.read(&reader, &stamp)
            try reader.finish()
            self = map
        } catch {
            throw .inconsistent
        }
    }

    private static func read(_ reader: inout WireReader, _ stamp: inout String) throws(DecodeError) -> AddressMap {
        let stampLength = try reader.read(UInt32.self)
        var counts: [Int] = []
        for _ in 0..<5 {
            let count = try reader.read(UInt64.self)
            guard count <= UInt32.max else { throw .badCount }
            counts.append(Int(count))
        }
        let text = try readText(&reader, Int(stampLength))
        // Each takes at least so many bytes: no memory is taken for what can't be there.
        guard counts[2] <= reader.remaining / 12, counts[3] <= reader.remaining / 24, counts[4] <= reader.remaining / 2
        else { throw .badCount }
        var places: [Place] = []
        places.reserveCapacity(counts[4])
        for _ in 0..<counts[4] {
            let country = Int(try reader.read(UInt8.self))
            let city = Int(try reader.read(UInt8.self))
            places.append(Place(country: try readText(&reader, country), city: try readText(&reader, city)))
        }
        guard places.first == Place() else { throw .badStructure }
        let v4: IntervalTable<UInt32> = try reader.readTable(counts[2], longest: 32, places: places.count)
        let v6: IntervalTable<UInt128> = try reader.readTable(counts[3], longest: 128, places: places.count)
        stamp = text
        return AddressMap(v4: v4, v6: v6, places: places, routes: RouteCounts(v4: counts[0], v6: counts[1]))
    }

    private static func readText(_ reader: inout WireReader, _ length: Int) throws(DecodeError) -> String {
        var cut = try reader.take(length)
        var bytes: [UInt8] = []
        bytes.reserveCapacity(length)
        while cut.remaining > 0 { bytes.append(try cut.read(UInt8.self)) }
        guard let text = String(validating: bytes, as: UTF8.self) else { throw .badStructure }
        return text
    }

    /// A text's bytes, 255 at most, cut at a character.
    private static func cut(_ text: String) -> [UInt8] {
        var text = text[...]
        while text.utf8.count > 255 { text.removeLast() }
        return Array(text.utf8)
    }
}

extension WireReader {
    fileprivate mutating func readTable<Key: MapKey>(
        _ count: Int,
        longest: UInt8,
        places: Int
    ) throws(DecodeError) -> IntervalTable<Key> {
        guard count > 0 else { throw .badStructure }
        var intervals = IntervalList<Key>(reserving: count)
        var last: Key = 0
        for index in 0..<count {
            let first = try read(Key.self)
            let fact = Fact(asn: try read(UInt32.self), detail: try read(UInt32.self))
            let isInOrder = index == 0 ? first == 0 : first > last
            guard isInOrder, fact == .nothing || (fact.length <= longest && fact.place < places) else {
                throw .badStructure
            }
            intervals.append(first, fact)
            last = first
        }
        return IntervalTable(intervals)
    }
}

/// Appends numbers in network order.
private struct FileWriter {
    var bytes: [UInt8] = []

    init(reserving count: Int) {
        bytes.reserveCapacity(count)
    }

    mutating func write<T: FixedWidthInteger & BitwiseCopyable>(_ value: T) {
        var shift = T.bitWidth
        while shift > 0 {
            shift -= 8
            bytes.append(UInt8(truncatingIfNeeded: value >> T(shift)))
        }
    }

    mutating func write<Key: MapKey>(_ table: IntervalTable<Key>) {
        for position in 0..<table.intervals.count {
            write(table.intervals.first(of: position))
            write(table.intervals.facts[position].asn)
            write(table.intervals.facts[position].detail)
        }
    }
}

/// Tells damage apart from what was written; no guard against people.
///
/// FNV-1a, of words of eight bytes instead of bytes, with the upper bits
/// folded in after each.
private enum Checksum {
    static func of(_ bytes: RawSpan) -> UInt64 {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        func mix(_ word: UInt64) {
            hash = (hash ^ word) &* 0x0000_0100_0000_01B3
            hash ^= hash >> 32
        }
        var reader = WireReader(bytes)
        while reader.remaining >= 8, let word = try? reader.read(UInt64.self) { mix(word) }
        while let byte = try? reader.read(UInt8.self) { mix(UInt64(byte)) }
        mix(UInt64(bytes.byteCount))
        return hash
    }
}
