/// The formats in which the SQL endpoint answers, and their media types.
///
/// Left out are those that need a schema or a template from a file of the server (Protobuf, Template, CapnProto, Avro
/// with a registry) and those that are parts of other protocols (MySQLWire and the like).
enum SQLFormats {
    /// What an answer has when nothing is said.
    static let standard = "TabSeparated"

    /// The engine's name for a format, in whatever case it is asked for; nil for one that there isn't.
    static func named(_ name: String) -> String? { names[name.lowercased()] }

    /// The media type, as ClickHouse tells it.
    static func mediaType(_ format: String) -> String {
        switch format {
        case "JSONEachRow", "JSONLines", "NDJSON", "JSONL": "application/x-ndjson; charset=UTF-8"
        case _ where format.contains("JSON"): "application/json; charset=UTF-8"
        case "CSV": "text/csv; charset=UTF-8; header=absent"
        case "CSVWithNames", "CSVWithNamesAndTypes": "text/csv; charset=UTF-8; header=present"
        case _ where format.hasPrefix("TSV") || format.hasPrefix("TabSeparated") || format.hasPrefix("Raw"):
            format == "RawBLOB" ? "application/octet-stream" : "text/tab-separated-values; charset=UTF-8"
        case _ where format.hasPrefix("Pretty"), "Vertical", "Values", "SQLInsert", "TSKV", "Null", "LineAsString":
            "text/plain; charset=UTF-8"
        case "Markdown": "text/markdown; charset=UTF-8"
        case "XML": "application/xml; charset=UTF-8"
        default: "application/octet-stream"
        }
    }

    private static let names: [String: String] = {
        let list = """
            Native RowBinary RowBinaryWithNames RowBinaryWithNamesAndTypes Arrow ArrowStream Parquet ORC Avro MsgPack \
            BSONEachRow Npy RawBLOB Null \
            JSON JSONStrings JSONCompact JSONCompactStrings JSONColumns JSONColumnsWithMetadata JSONCompactColumns \
            JSONEachRow JSONStringsEachRow JSONLines JSONL NDJSON JSONObjectEachRow PrettyJSONEachRow PrettyNDJSON \
            JSONCompactEachRow JSONCompactEachRowWithNames JSONCompactEachRowWithNamesAndTypes \
            JSONCompactStringsEachRow JSONCompactStringsEachRowWithNames JSONCompactStringsEachRowWithNamesAndTypes \
            JSONEachRowWithProgress JSONStringsEachRowWithProgress \
            TabSeparated TabSeparatedWithNames TabSeparatedWithNamesAndTypes TabSeparatedRaw TabSeparatedRawWithNames \
            TabSeparatedRawWithNamesAndTypes TSV TSVWithNames TSVWithNamesAndTypes TSVRaw TSVRawWithNames \
            TSVRawWithNamesAndTypes Raw RawWithNames RawWithNamesAndTypes TSKV LineAsString \
            CSV CSVWithNames CSVWithNamesAndTypes CustomSeparated CustomSeparatedWithNames \
            Pretty PrettyNoEscapes PrettyMonoBlock PrettyNoEscapesMonoBlock PrettyCompact PrettyCompactNoEscapes \
            PrettyCompactMonoBlock PrettyCompactNoEscapesMonoBlock PrettySpace PrettySpaceNoEscapes \
            PrettySpaceMonoBlock PrettySpaceNoEscapesMonoBlock Vertical Values SQLInsert XML Markdown
            """
        let words = list.split(whereSeparator: \.isWhitespace).map(String.init)
        return Dictionary(words.map { ($0.lowercased(), $0) }, uniquingKeysWith: { first, _ in first })
    }()
}
