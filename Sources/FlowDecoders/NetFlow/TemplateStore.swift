/// The templates of one exporter.
///
/// Over UDP a template belongs to the exporter's address and port, its
/// observation domain and its id (RFC 7011 section 8). Some exporters send
/// templates and data from different ports, so a definition of another port
/// serves when it is the only one.
struct TemplateStore {
    /// What a template is looked up by, the port aside.
    struct Key: Hashable {
        var isIPFIX: Bool
        var domain: UInt32
        var id: UInt16
    }

    private struct Definition {
        var port: UInt16
        var template: Template
    }

    /// What the configuration says of elements; a change compiles every template anew.
    var mappings = ElementMappings() {
        didSet {
            for (key, known) in definitions {
                definitions[key] = known.map { definition in
                    Definition(
                        port: definition.port,
                        template: compile(definition.template.fields, definition.template.scopeCount)
                    )
                }
            }
        }
    }

    private var definitions: [Key: [Definition]] = [:]
    /// How many templates are held.
    private(set) var count = 0
    private var fieldCount = 0
    /// Templates that were refused for want of room.
    private(set) var refused: UInt64 = 0

    /// Most templates of one exporter; real ones have tens.
    static let mostTemplates = 4096
    /// Most fields of all templates of one exporter together: bounds the memory to a few MB.
    static let mostFields = 65_536
    /// Ports of one exporter that may define the same id.
    static let mostPorts = 16

    /// The template of a data set; nil when none is known, or several and none of this port.
    func template(_ key: Key, port: UInt16, scope: ExporterSettings.TemplateScope = .automatic) -> Template? {
        guard let known = definitions[key] else { return nil }
        // The newest is last.
        if scope == .exporter { return known.last?.template }
        if let own = known.first(where: { $0.port == port }) { return own.template }
        guard scope == .automatic else { return nil }
        guard let first = known.first, known.allSatisfy({ $0.template.fields == first.template.fields }) else {
            return nil
        }
        return first.template
    }

    /// Takes in a definition; a new one for a known id replaces the old at once.
    mutating func define(_ key: Key, port: UInt16, fields: [TemplateField], scopeCount: Int) {
        var known = definitions[key] ?? []
        if let index = known.firstIndex(where: { $0.port == port }) {
            let old = known[index].template
            // Repeated every few minutes, nearly always unchanged: the plan stays.
            if old.fields == fields, old.scopeCount == scopeCount {
                // The one that was sent last is the newest, unchanged or not.
                if index < known.count - 1 {
                    known.append(known.remove(at: index))
                    definitions[key] = known
                }
                return
            }
            fieldCount += fields.count - old.fields.count
            known.remove(at: index)
            known.append(Definition(port: port, template: compile(fields, scopeCount)))
        } else {
            guard count < Self.mostTemplates, fieldCount + fields.count <= Self.mostFields, known.count < Self.mostPorts
            else {
                refused += 1
                return
            }
            count += 1
            fieldCount += fields.count
            known.append(Definition(port: port, template: compile(fields, scopeCount)))
        }
        definitions[key] = known
    }

    private func compile(_ fields: [TemplateField], _ scopeCount: Int) -> Template {
        Template(fields: fields, scopeCount: scopeCount, mappings: mappings)
    }

    /// Every definition.
    var all: [ExporterMemory.SavedTemplate] {
        definitions.flatMap { key, known in
            known.map { definition in
                ExporterMemory.SavedTemplate(
                    key: key,
                    port: definition.port,
                    scopeCount: definition.template.scopeCount,
                    fields: definition.template.fields
                )
            }
        }
    }

    /// Forgets a definition, so that data isn't decoded by one that an invalid redefinition made doubtful.
    mutating func remove(_ key: Key, port: UInt16) {
        guard var known = definitions[key], let index = known.firstIndex(where: { $0.port == port }) else { return }
        count -= 1
        fieldCount -= known[index].template.fields.count
        known.remove(at: index)
        definitions[key] = known.isEmpty ? nil : known
    }

    /// Forgets every IPFIX template of a session's domain: those of flows, or those of options.
    mutating func withdrawAll(domain: UInt32, port: UInt16, options: Bool) {
        for (key, known) in definitions where key.isIPFIX && key.domain == domain {
            guard let own = known.first(where: { $0.port == port }) else { continue }
            if (own.template.scopeCount > 0) == options { remove(key, port: port) }
        }
    }
}

/// Which template the last data sets of some ids were decoded by.
///
/// One place for each of a few ids: two that share a place forget each other,
/// and the store is asked again. It knows nothing of changes, so it must be
/// cleared before any.
struct RecentTemplates {
    private struct Place {
        var key: TemplateStore.Key
        var port: UInt16
        var template: Template
    }

    private static let places = 64
    private var table: [Place?] = []

    /// The template, if it was asked for lately.
    @inline(__always)
    func template(_ key: TemplateStore.Key, port: UInt16) -> Template? {
        let index = Self.index(key)
        guard index < table.count, let place = table[index], place.key == key, place.port == port else { return nil }
        return place.template
    }

    /// Notes what the store answered.
    mutating func note(_ key: TemplateStore.Key, port: UInt16, _ template: Template) {
        if table.isEmpty { table = Array(repeating: nil, count: Self.places) }
        table[Self.index(key)] = Place(key: key, port: port, template: template)
    }

    /// Forgets everything.
    mutating func clear() {
        table = []
    }

    /// Exporters number their templates one after the other.
    @inline(__always)
    private static func index(_ key: TemplateStore.Key) -> Int {
        Int(truncatingIfNeeded: UInt32(key.id) ^ key.domain &* 0x9E37_79B1 >> 16) & (places - 1)
    }
}
