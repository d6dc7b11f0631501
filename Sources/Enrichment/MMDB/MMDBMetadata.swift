import WireFormat

/// What a MaxMind DB says of itself ("Database Metadata").
struct MMDBMetadata {
    private(set) var nodeCount = 0
    private(set) var recordBits = 0
    /// 4 or 6.
    private(set) var version = 0
    private(set) var type = ""

    /// The marker has the bytes AB CD EF and "MaxMind.com": 14, looked at as two overlapping numbers.
    private static let marker: (UInt64, UInt64) = (0xABCD_EF4D_6178_4D69, 0x4D69_6E64_2E63_6F6D)
    private static let markerLength = 14
    /// The metadata, marker included, is at most this long.
    private static let longest = 128 << 10

    init(_ file: RawSpan) throws(MMDBError) {
        guard let start = Self.start(file) else { throw .noMetadata }
        var data = MMDBData(file.extracting(start..<file.byteCount))
        var numbers: [String: UInt64] = [:]
        var type = ""
        do throws(DecodeError) {
            var entries = try data.record(at: 0)
            while let (key, value) = try data.next(&entries) {
                if data.isText(key, "database_type") {
                    type = try data.text(value) ?? ""
                } else if let number = try data.number(value), let name = try data.text(key) {
                    numbers[name] = number
                }
            }
        } catch {
            throw .badMetadata
        }
        let major = numbers["binary_format_major_version"] ?? 0
        guard major == 2 else { throw .otherVersion(major) }
        guard let nodes = numbers["node_count"], nodes <= UInt32.max, let bits = numbers["record_size"], bits <= 32,
            let version = numbers["ip_version"], version == 4 || version == 6
        else { throw .badMetadata }
        nodeCount = Int(nodes)
        recordBits = Int(bits)
        self.version = Int(version)
        self.type = type
    }

    /// Where the metadata begins: behind the last marker of the file.
    static func start(_ file: RawSpan) -> Int? {
        let reader = WireReader(file)
        var offset = file.byteCount - markerLength
        let least = max(0, file.byteCount - longest)
        while offset >= least {
            if reader.peek(UInt64.self, ahead: offset) == marker.0,
                reader.peek(UInt64.self, ahead: offset + 6) == marker.1
            {
                return offset + markerLength
            }
            offset -= 1
        }
        return nil
    }
}
