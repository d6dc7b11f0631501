public import NetTypes

/// What must outlive the process so that the first datagram after a restart
/// decodes: an exporter's templates, sampling rates and interface names.
///
/// Kept as lines of text, one fact each, so that a file of them survives being
/// cut short and can be read by people:
///
///     T 192.0.2.1 4000 ipfix 7 256 0 8:4 12:4 1:8 100:65535:29305
///     R 192.0.2.1 7 sampler 5 1000
///     R 192.0.2.1 7 interface 3 512
///     R 192.0.2.1 7 domain 0 100
///     N 192.0.2.1 7 3 TenGigE0/6/0/2
///     V 192.0.2.1 7 2 customer-red
///     A 192.0.2.1 7 50331728 http
///     S 192.0.2.1 7 5 one-in-a-thousand
///     B 192.0.2.1 7 1764091027000
public struct ExporterMemory: Sendable {
    /// The exporter.
    public let address: IPAddress
    private(set) var templates: [SavedTemplate] = []
    private(set) var rates: [SavedRate] = []
    private(set) var names: [SavedName] = []
    private(set) var initTimes: [UInt32: UInt64] = [:]

    struct SavedTemplate: Sendable {
        var key: TemplateStore.Key
        var port: UInt16
        var scopeCount: Int
        var fields: [TemplateField]
    }

    struct SavedRate: Sendable {
        var domain: UInt32
        var subject: SamplingTable.Subject
        var rate: UInt32
    }

    struct SavedName: Sendable {
        var domain: UInt32
        var subject: NameSubject
        var name: String
    }

    init(_ exporter: ExporterState) {
        address = exporter.address
        templates = exporter.templates.all
        for (domain, state) in exporter.domains {
            rates += state.sampling.all.map { SavedRate(domain: domain, subject: $0.subject, rate: $0.rate) }
            names += state.names.all.map { SavedName(domain: domain, subject: $0.subject, name: $0.name) }
            initTimes[domain] = state.initMilliseconds
        }
    }

    private init(address: IPAddress) {
        self.address = address
    }

    /// Teaches a new exporter's state what is remembered.
    func restore(_ exporter: ExporterState, at now: UInt32) {
        for saved in templates {
            exporter.templates.define(
                saved.key,
                port: saved.port,
                fields: saved.fields,
                scopeCount: saved.scopeCount,
                at: now
            )
        }
        for saved in rates {
            exporter.learn(.rate(saved.rate, for: saved.subject), domain: saved.domain)
        }
        for saved in names {
            exporter.learn(.name(saved.subject, saved.name), domain: saved.domain)
        }
        for (domain, time) in initTimes {
            exporter.learn(.initTime(time), domain: domain)
        }
    }
}

// MARK: - Lines

extension ExporterMemory {
    /// The facts as lines, each ending in a line feed.
    public var lines: String {
        var text = ""
        for saved in templates {
            let fields = saved.fields.map { field in
                field.enterprise == 0
                    ? "\(field.id):\(field.length)" : "\(field.id):\(field.length):\(field.enterprise)"
            }
            let version = saved.key.isIPFIX ? "ipfix" : "v9"
            text += "T \(address) \(saved.port) \(version) \(saved.key.domain) \(saved.key.id) \(saved.scopeCount) "
            text += fields.joined(separator: " ") + "\n"
        }
        for saved in rates { text += "R \(address) \(saved.domain) \(saved.subject.words) \(saved.rate)\n" }
        for saved in names {
            let name = saved.name.filter { !$0.isNewline }
            text += "\(saved.subject.letter) \(address) \(saved.domain) \(saved.subject.number) \(name)\n"
        }
        for (domain, time) in initTimes { text += "B \(address) \(domain) \(time)\n" }
        return text
    }

    /// Reads lines back, by exporter; lines that make no sense are left out.
    public static func parse(_ text: String) -> [IPAddress: ExporterMemory] {
        var result: [IPAddress: ExporterMemory] = [:]
        for line in text.split(whereSeparator: \.isNewline) {
            let words = line.split(separator: " ")
            guard words.count > 3, let address = IPAddress(String(words[1])) else { continue }
            let rest = words.dropFirst(2)
            var memory = result[address] ?? ExporterMemory(address: address)
            switch words[0] {
            case "T": memory.templates += [template(Array(rest))].compactMap { $0 }
            case "R": memory.rates += [rate(Array(rest))].compactMap { $0 }
            case "N", "V", "A", "S": memory.names += [name(line)].compactMap { $0 }
            case "B":
                if let domain = UInt32(words[2]), let time = UInt64(words[3]) { memory.initTimes[domain] = time }
            default: continue
            }
            result[address] = memory
        }
        return result
    }

    private static func template(_ words: [Substring]) -> SavedTemplate? {
        guard words.count > 5, let port = UInt16(words[0]), let domain = UInt32(words[2]), let id = UInt16(words[3]),
            let scopeCount = Int(words[4]), id > 255
        else { return nil }
        var fields: [TemplateField] = []
        for word in words[5...] {
            let numbers = word.split(separator: ":")
            guard numbers.count >= 2, let id = UInt16(numbers[0]), let length = UInt16(numbers[1]),
                let enterprise = numbers.count > 2 ? UInt32(numbers[2]) : 0
            else { return nil }
            fields.append(TemplateField(id: id, length: length, enterprise: enterprise))
        }
        guard (0...fields.count).contains(scopeCount), fields.count <= Template.mostFields,
            fields.contains(where: { $0.length > 0 })
        else { return nil }
        let key = TemplateStore.Key(isIPFIX: words[1] == "ipfix", domain: domain, id: id)
        return SavedTemplate(key: key, port: port, scopeCount: scopeCount, fields: fields)
    }

    private static func rate(_ words: [Substring]) -> SavedRate? {
        guard words.count == 4, let domain = UInt32(words[0]), let number = UInt64(words[2]),
            let rate = UInt32(words[3]), let subject = SamplingTable.Subject(kind: words[1], number: number)
        else { return nil }
        return SavedRate(domain: domain, subject: subject, rate: rate)
    }

    private static func name(_ line: Substring) -> SavedName? {
        let words = line.split(separator: " ", maxSplits: 4)
        guard words.count == 5, let domain = UInt32(words[2]), let number = UInt64(words[3]),
            let subject = NameSubject(letter: words[0], number: number)
        else { return nil }
        return SavedName(domain: domain, subject: subject, name: String(words[4].prefix(128)))
    }
}

extension NameSubject {
    fileprivate var letter: String {
        switch self {
        case .interface: "N"
        case .vrf: "V"
        case .application: "A"
        case .sampler: "S"
        }
    }

    fileprivate var number: UInt64 {
        switch self {
        case .interface(let id), .vrf(let id): UInt64(id)
        case .application(let id), .sampler(let id): id
        }
    }

    fileprivate init?(letter: Substring, number: UInt64) {
        switch letter {
        case "N": self = .interface(UInt32(clamping: number))
        case "V": self = .vrf(UInt32(clamping: number))
        case "A": self = .application(number)
        case "S": self = .sampler(number)
        default: return nil
        }
    }
}

extension SamplingTable.Subject {
    fileprivate var words: String {
        switch self {
        case .sampler(let id): "sampler \(id)"
        case .interface(let index): "interface \(index)"
        case .domain: "domain 0"
        }
    }

    fileprivate init?(kind: Substring, number: UInt64) {
        switch kind {
        case "sampler": self = .sampler(number)
        case "interface": self = .interface(UInt32(clamping: number))
        case "domain": self = .domain
        default: return nil
        }
    }
}
