import FlowStore

/// A member of an answer, and the JSON type of its value.
struct AnswerMember {
    /// What a value is in JSON.
    enum Kind: String {
        case string, integer, number, boolean, array, object
    }

    var name: String
    var kind: Kind
    /// Whether the value may be null; the member is there all the same.
    var isNullable = false

    static func string(_ names: String...) -> [AnswerMember] { names.map { .init(name: $0, kind: .string) } }
    static func integer(_ names: String...) -> [AnswerMember] { names.map { .init(name: $0, kind: .integer) } }
    static func number(_ names: String...) -> [AnswerMember] { names.map { .init(name: $0, kind: .number) } }
    static func boolean(_ names: String...) -> [AnswerMember] { names.map { .init(name: $0, kind: .boolean) } }
    static func array(_ names: String...) -> [AnswerMember] { names.map { .init(name: $0, kind: .array) } }
    static func object(_ names: String...) -> [AnswerMember] { names.map { .init(name: $0, kind: .object) } }
    static func nullable(_ kind: Kind, _ names: String...) -> [AnswerMember] {
        names.map { .init(name: $0, kind: kind, isNullable: true) }
    }
}

extension Endpoint {
    /// All members of the JSON answer, which has no others; nil where they aren't told. What lies within them is in
    /// ``answer``.
    var members: [AnswerMember]? {
        typealias M = AnswerMember
        return switch self {
        case .schema: M.string("version") + M.array("columns", "units")
        case .graph:
            M.integer("from", "to", "bucket", "groups", "shown") + M.string("unit", "sql")
                + M.boolean("exact", "groupsExact")
                + M.array("dimensions", "times", "series") + M.number("assumedSampling") + M.object("statistics")
                + M.nullable(.string, "rankingSql", "surveySql") + M.nullable(.object, "spread", "reverse", "previous")
        case .top:
            M.integer("from", "to", "groups", "shown") + M.string("unit", "sql") + M.boolean("exact", "groupsExact")
                + M.array("dimensions", "rows") + M.number("assumedSampling") + M.object("statistics", "total")
                + M.nullable(.string, "surveySql")
        case .flows:
            M.integer("from", "to") + M.array("columns", "rows", "labels", "places") + M.nullable(.string, "next")
                + M.object("statistics") + M.string("sql")
        case .complete:
            M.integer("position", "length") + M.array("expected", "candidates") + M.nullable(.string, "period")
        case .check: M.nullable(.string, "canonical") + M.nullable(.object, "error")
        case .exporters: M.array("exporters")
        case .health:
            M.string("status", "version") + M.integer("since", "gapsBefore", "gapAtRestart") + M.boolean("ready")
                + M.nullable(.string, "message") + M.object("losses", "store", "spool") + M.nullable(.number, "lag")
                + M.array("listeners", "sources", "routerTables") + M.nullable(.object, "asMap", "snmp", "bmp")
        case .losses:
            M.integer("since", "at") + M.object("datagrams", "records", "rows", "exporters", "estimates")
                + M.array("stages", "listeners", "sources", "refused")
        case .query: M.array("meta", "data") + M.integer("rows") + M.object("statistics")
        case .questions: M.array("questions")
        case .cancel: M.string("cancelled")
        default: nil
        }
    }
}

extension JSONWriter {
    /// The schema of an answer with these members.
    mutating func schema(_ members: [AnswerMember]) {
        object { json in
            json.member("type") { json in json.string("object") }
            json.member("required") { json in json.strings(members.map(\.name)) }
            json.member("additionalProperties") { json in json.value(.bool(false)) }
            json.member("properties") { json in
                json.object { json in
                    for member in members {
                        json.member(member.name) { json in
                            json.object { json in
                                json.member("type") { json in
                                    if member.isNullable {
                                        json.strings([member.kind.rawValue, "null"])
                                    } else {
                                        json.string(member.kind.rawValue)
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}
