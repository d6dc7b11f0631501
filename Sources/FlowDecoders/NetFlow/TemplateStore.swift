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
        /// When it was defined or asked for last, in seconds since 1970; only as exact as ``sweep(at:)`` is frequent.
        var lastUsed: UInt32

        var cost: Int { StateBudget.Cost.template + template.fields.count * StateBudget.Cost.field }
    }

    /// What the configuration says of elements; a change compiles every template anew.
    var mappings = ElementMappings() {
        didSet {
            definitions = definitions.mapValues { known in
                known.map { definition in
                    var definition = definition
                    definition.template = compile(definition.template.fields, definition.template.scopeCount)
                    return definition
                }
            }
        }
    }

    private var definitions: [Key: [Definition]] = [:]
    private let budget: StateBudget
    /// How many templates are held.
    private(set) var count = 0
    /// Templates that were refused for want of room.
    private(set) var refused: UInt64 = 0

    /// Most templates of one exporter; real ones have tens.
    static let mostTemplates = 4096
    /// Ports of one exporter that may define the same id.
    static let mostPorts = 16
    /// Seconds after which a template that is neither defined again nor used is
    /// forgotten: exporters are known that send theirs once an hour, and flows that come once a day.
    static let mostSeconds: UInt32 = 2 * 86_400

    init(budget: StateBudget) {
        self.budget = budget
    }

    /// The template of a data set; nil when none is known, or several and none of this port.
    mutating func template(
        _ key: Key,
        port: UInt16,
        scope: ExporterSettings.TemplateScope = .automatic,
        at now: UInt32
    ) -> Template? {
        guard let known = definitions[key], let index = Self.index(known, port, scope) else { return nil }
        if known[index].lastUsed < now { definitions[key]?[index].lastUsed = now }
        return known[index].template
    }

    /// Whether ``template(_:port:scope:at:)`` would find one.
    func has(_ key: Key, port: UInt16, scope: ExporterSettings.TemplateScope) -> Bool {
        definitions[key].map { Self.index($0, port, scope) != nil } ?? false
    }

    private static func index(
        _ known: [Definition],
        _ port: UInt16,
        _ scope: ExporterSettings.TemplateScope
    ) -> Int? {
        // The newest is last.
        if scope == .exporter { return known.indices.last }
        if let own = known.firstIndex(where: { $0.port == port }) { return own }
        guard scope == .automatic, let first = known.first,
            known.allSatisfy({ $0.template.fields == first.template.fields })
        else { return nil }
        return 0
    }

    /// Takes in a definition; a new one for a known id replaces the old at once.
    mutating func define(_ key: Key, port: UInt16, fields: [TemplateField], scopeCount: Int, at now: UInt32) {
        var known = definitions[key] ?? []
        if let index = known.firstIndex(where: { $0.port == port }) {
            var definition = known.remove(at: index)
            definition.lastUsed = now
            // Repeated every few minutes, nearly always unchanged: the plan stays.
            if definition.template.fields != fields || definition.template.scopeCount != scopeCount {
                budget.give(definition.cost)
                count -= 1
                definition.template = compile(fields, scopeCount)
                definitions[key] = known.isEmpty ? nil : known
                guard take(definition) else {
                    refused += 1
                    return
                }
            }
            known.append(definition)
        } else {
            let definition = Definition(port: port, template: compile(fields, scopeCount), lastUsed: now)
            guard known.count < Self.mostPorts, take(definition) else {
                refused += 1
                return
            }
            known.append(definition)
        }
        definitions[key] = known
    }

    private mutating func take(_ definition: Definition) -> Bool {
        guard count < Self.mostTemplates, budget.take(definition.cost) else { return false }
        count += 1
        return true
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
        budget.give(known.remove(at: index).cost)
        definitions[key] = known.isEmpty ? nil : known
    }

    /// Forgets what was neither defined nor used for ``mostSeconds``.
    mutating func sweep(at now: UInt32) {
        for (key, known) in definitions {
            for definition in known where now > definition.lastUsed && now - definition.lastUsed > Self.mostSeconds {
                remove(key, port: definition.port)
            }
        }
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

    /// The template, if it was asked for lately; it is there until something is noted or cleared.
    ///
    /// Every set asks: to count a reference each time would be a good part of a small one.
    @inline(__always)
    func template(_ key: TemplateStore.Key, port: UInt16) -> Unmanaged<Template>? {
        let index = Self.index(key)
        guard index < table.count, let place = table[index], place.key == key, place.port == port else { return nil }
        return unsafe Unmanaged.passUnretained(place.template)
    }

    /// Notes what the store answered, and gives it back as ``template(_:port:)`` does.
    mutating func note(_ key: TemplateStore.Key, port: UInt16, _ template: Template) -> Unmanaged<Template> {
        if table.isEmpty { table = Array(repeating: nil, count: Self.places) }
        table[Self.index(key)] = Place(key: key, port: port, template: template)
        return unsafe Unmanaged.passUnretained(template)
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
