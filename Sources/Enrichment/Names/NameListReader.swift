import NetTypes
import WireFormat

/// Reads a ``NameList`` from comma-separated values.
///
/// The first line that is neither empty nor a comment (`#`) names the
/// columns, in any order: `kind` and `name` at least, and of `sampler`, `id`,
/// `country` and the names of ``ClassField`` those that are needed. Columns of
/// other names are passed over. What `kind` says tells the others:
///
/// | kind | `sampler` | `id` |
/// |---|---|---|
/// | `sampler` | its address | |
/// | `interface` | address | SNMP index |
/// | `vlan` | address | number |
/// | `host` | address | the host's address |
/// | `as` | | AS number |
/// | `prefix` | | prefix |
///
/// A line that can't be read costs that line only.
public struct NameListReader: Sendable {
    /// What was read.
    public private(set) var list = NameList()
    /// Lines that named something.
    public private(set) var named = 0
    /// Lines that couldn't be read.
    public private(set) var bad = 0
    /// The first lines that couldn't be read.
    public private(set) var problems: [LineProblem] = []
    /// Why the text is no list at all, or why its end was passed over.
    public private(set) var failure: String?
    /// Whether more of the text is wanted.
    public var wantsMore: Bool { failure == nil }

    /// Lines of one text, about ten for each interface of a large network.
    public static let mostLines = 1_000_000
    /// Bytes of one text.
    public static let mostBytes = 64 << 20

    private var splitter = LineSplitter()
    private var columns: [Column?] = []
    private var line = 0
    private var bytes = 0

    private enum Column: Hashable {
        case kind, sampler, id, name, country
        case field(ClassField)

        init?(header: String) {
            switch header.lowercased() {
            case "kind": self = .kind
            case "sampler": self = .sampler
            case "id": self = .id
            case "name": self = .name
            case "country": self = .country
            case let other:
                guard let field = ClassField(rawValue: other) else { return nil }
                self = .field(field)
            }
        }
    }

    /// Makes a reader at the beginning of a text.
    public init() {}

    /// Reads the next bytes.
    public mutating func read(_ bytes: RawSpan) {
        guard wantsMore else { return }
        self.bytes += bytes.byteCount
        guard self.bytes <= Self.mostBytes else {
            failure = "it is larger than \(Self.mostBytes >> 20) MB; what is behind that is left out"
            return
        }
        for line in splitter.feed(bytes) where wantsMore { read(line) }
    }

    /// Ends the text.
    ///
    /// - Parameter isWhole: false when the source broke off before its end.
    public mutating func finish(isWhole: Bool = true) {
        if let line = splitter.finish(), isWhole, wantsMore { read(line) }
        if columns.isEmpty, failure == nil { failure = "it is empty: there is no line that names the columns" }
        if !isWhole, failure == nil { failure = "it is damaged or cut short" }
    }

    private mutating func read(_ text: String) {
        line += 1
        guard line <= Self.mostLines else {
            failure = "it has more than \(Self.mostLines) lines; what is behind them is left out"
            return
        }
        // A program of the Windows world may begin the text with a byte order mark.
        let text = line == 1 && text.hasPrefix("\u{FEFF}") ? String(text.unicodeScalars.dropFirst()) : text
        if text.isEmpty || text.hasPrefix("#") { return }
        guard let fields = CSVLine.fields(text) else { return complain("a quote has no end") }
        guard !columns.isEmpty else {
            columns = fields.map { Column(header: $0) }
            if !columns.contains(.kind) || !columns.contains(.name) {
                failure = "line \(line) has to name the columns, kind and name among them, such as kind,sampler,id,name"
            }
            return
        }
        if let problem = take(fields) { return complain(problem) }
        named += 1
    }

    // MARK: - One line

    /// Takes a line's facts; what is wrong with it, if anything.
    private mutating func take(_ fields: [String]) -> String? {
        func field(_ column: Column) -> String {
            guard let index = columns.firstIndex(of: column), index < fields.count else { return "" }
            return fields[index]
        }
        let (kind, name) = (field(.kind).lowercased(), field(.name))
        let subject: ClassField.Subject? =
            switch kind {
            case "sampler": .exporter
            case "interface": .interface
            case "prefix": .network
            default: nil
            }
        var classes: [ClassField: String] = [:]
        for column in columns {
            guard case .field(let known)? = column, let subject, subject.fields.contains(known) else { continue }
            let text = field(.field(known))
            if text.isEmpty { continue }
            guard ClassField.isValue(text) else { return "\(known.rawValue) is longer than 128 bytes or no text" }
            classes[known] = text
        }
        guard !name.isEmpty || !classes.isEmpty else { return "there is neither a name nor a class" }
        guard name.isEmpty || Self.isName(name) else { return "the name is longer than 256 bytes or no text" }
        switch kind {
        case "sampler", "interface", "vlan", "host":
            guard let sampler = IPAddress(field(.sampler)), !sampler.isUnspecified else {
                return "'\(field(.sampler).prefix(60))' is no sampler's address such as 192.0.2.1"
            }
            return take(kind, of: sampler, field(.id), name, classes)
        case "as":
            guard let number = CSVLine.asn(field(.id)), number != 0 else {
                return "'\(field(.id).prefix(60))' is no AS number such as 64500"
            }
            list.systems.set(number, name: name, country: CSVLine.country(field(.country)))
        case "prefix":
            guard let prefix = Prefix(field(.id)) else {
                return "'\(field(.id).prefix(60))' is no prefix such as 192.0.2.0/24"
            }
            if !name.isEmpty { classes[.name] = name }
            list.networks[prefix, default: [:]].merge(classes) { old, _ in old }
        default:
            return "'\(kind.prefix(60))' is none of the kinds sampler, interface, vlan, host, as, prefix"
        }
        return nil
    }

    /// Of two lines for one thing the first counts.
    private mutating func take(
        _ kind: String,
        of sampler: IPAddress,
        _ id: String,
        _ name: String,
        _ classes: [ClassField: String]
    ) -> String? {
        switch kind {
        case "sampler":
            let old = list.exporters[sampler]
            list.exporters[sampler, default: .init()].name = old?.name ?? (name.isEmpty ? nil : name)
            list.exporters[sampler, default: .init()].classes.merge(classes) { old, _ in old }
        case "host":
            guard let host = IPAddress(id) else { return "'\(id.prefix(60))' is no host's address such as 192.0.2.1" }
            if name.isEmpty { return "the host has no name" }
            let old = list.exporters[sampler]?.hosts[host]
            list.exporters[sampler, default: .init()].hosts[host] = old ?? name
        default:
            guard let number = UInt32(id) else { return "'\(id.prefix(60))' is no number such as 17" }
            if kind == "vlan" {
                if name.isEmpty { return "the VLAN has no name" }
                let old = list.exporters[sampler]?.vlans[number]
                list.exporters[sampler, default: .init()].vlans[number] = old ?? name
            } else {
                let old = list.exporters[sampler]?.interfaces[number]
                let new = NameList.Interface(name: name, classes: classes)
                list.exporters[sampler, default: .init()].interfaces[number] = old ?? new
            }
        }
        return nil
    }

    private static func isName(_ text: String) -> Bool {
        text.utf8.count <= 256 && text.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7F }
    }

    private mutating func complain(_ message: String) {
        bad += 1
        if problems.count < LineProblem.mostKept { problems.append(LineProblem(line: line, message: message)) }
    }
}
