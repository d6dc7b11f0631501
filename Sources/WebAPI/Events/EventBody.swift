import FlowQuery
import Foundation

/// What a client sends to save an event, or to change one.
struct EventBody: @unchecked Sendable {
    // What JSONSerialization makes is never changed: hence Sendable.
    private let members: [String: Any]

    /// The members that there are.
    private static let names = [
        "id", "start", "end", "ongoing", "kind", "subject", "title", "figures", "tags", "text",
    ]

    /// - Throws: ``QueryError`` when that is no JSON object, or has other members than these.
    init(_ data: Data) throws {
        guard let members = (try? JSONSerialization.jsonObject(with: data)) as? [String: Any] else {
            throw QueryError("expected JSON such as {\"kind\": \"deploy\", \"title\": \"version 7 of the shop\"}")
        }
        if let other = members.keys.sorted().first(where: { !Self.names.contains($0) }) {
            throw QueryError(
                "an event has no such member: there are \(Self.names.joined(separator: ", "))",
                parameter: String(other.prefix(40))
            )
        }
        self.members = members
    }

    /// The id that the client chose, if it did.
    func id() throws -> String? {
        guard members["id"] != nil else { return nil }
        return try Self.checkedID(try text("id", most: Event.Most.id) ?? "")
    }

    /// - Throws: ``QueryError`` when that can be no id.
    static func checkedID(_ id: String) throws -> String {
        let isPlain = id.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"):
                true
            default: "-_.:".utf8.contains(byte)
            }
        }
        guard isPlain, (1...Event.Most.id).contains(id.utf8.count) else {
            throw QueryError("an id has 1 to \(Event.Most.id) of A-Z, a-z, 0-9 and - _ . :", parameter: "id")
        }
        return id
    }

    /// An event made of what is there, or a known one with the changes.
    ///
    /// - Throws: ``QueryError`` that names the member.
    func event(id: String, known: Event?, source: String, now: UInt64) throws -> Event {
        var event = known ?? Event(id: id, start: now, kind: "note", subject: "", title: "", source: source)
        if known == nil { event.start = try time("start", now: now) ?? now }
        if known != nil, let start = try time("start", now: now), start != event.start {
            throw QueryError("an event's start doesn't change; delete it and save another", parameter: "start")
        }
        if known == nil { event.end = event.start }
        if let ongoing = try flag("ongoing") {
            if ongoing, members["end"] != nil {
                throw QueryError("what goes on has no end yet", parameter: "ongoing")
            }
            if ongoing { event.end = nil } else if event.end == nil { event.end = now }
        }
        if let end = try time("end", now: now) { event.end = end }
        if let end = event.end, end < event.start {
            throw QueryError("an event doesn't end before it starts", parameter: "end")
        }
        if let kind = try text("kind", most: Event.Most.kind) {
            guard !kind.isEmpty, kind.utf8.allSatisfy({ Self.isKindByte($0) }) else {
                throw QueryError("a kind is a word of a-z, 0-9 and hyphens, such as deploy", parameter: "kind")
            }
            event.kind = kind
        }
        if let subject = try text("subject", most: Event.Most.subject) { event.subject = subject }
        if let title = try text("title", most: Event.Most.title) { event.title = title }
        if let text = try text("text", most: Event.Most.text) { event.text = text }
        event.figures.merge(try pairs("figures", Self.number)) { $1 }
        event.tags.merge(try pairs("tags") { ($0 as? String).map { String($0.prefix(Event.Most.word)) } }) { $1 }
        guard event.figures.count <= Event.Most.pairs, event.tags.count <= Event.Most.pairs else {
            throw QueryError("an event has at most \(Event.Most.pairs) figures and as many tags")
        }
        guard !event.title.isEmpty else { throw QueryError("an event needs a title", parameter: "title") }
        return event
    }

    // MARK: - Members

    /// A year ahead: maintenance is announced early, and what lies beyond is a slip in the unit.
    private static let mostAhead: UInt64 = 366 * 86_400

    private func time(_ name: String, now: UInt64) throws -> UInt64? {
        guard let value = members[name], !(value is NSNull) else { return nil }
        let seconds: UInt64? =
            if let number = Self.number(value) {
                UInt64(exactly: number.rounded(.down))
            } else {
                (value as? String).flatMap { TimeRange.instant($0, now: now) }
            }
        guard let seconds, seconds <= now + Self.mostAhead else {
            throw QueryError(
                "a time is Unix seconds, RFC 3339, now or -5m, and at most a year ahead",
                parameter: name
            )
        }
        return seconds
    }

    private func flag(_ name: String) throws -> Bool? {
        guard let value = members[name] else { return nil }
        guard let flag = value as? Bool else { throw QueryError("expected true or false", parameter: name) }
        return flag
    }

    private func text(_ name: String, most: Int) throws -> String? {
        guard let value = members[name] else { return nil }
        guard let text = value as? String, text.utf8.count <= most else {
            throw QueryError("expected a text of at most \(most) bytes", parameter: name)
        }
        return text
    }

    private func pairs<Value>(_ name: String, _ read: (Any) -> Value?) throws -> [String: Value] {
        guard let value = members[name] else { return [:] }
        var pairs: [String: Value] = [:]
        for (key, value) in value as? [String: Any] ?? ["": value] {
            guard (1...Event.Most.name).contains(key.utf8.count), let value = read(value) else {
                let kind = name == "tags" ? "texts" : "numbers"
                throw QueryError("expected an object with \(kind) by name", parameter: name)
            }
            pairs[key] = value
        }
        return pairs
    }

    /// JSON's own true and false are numbers to Foundation.
    private static func number(_ value: Any) -> Double? {
        guard let number = value as? NSNumber, !Self.isBool(number), number.doubleValue.isFinite else { return nil }
        return number.doubleValue
    }

    static func isBool(_ number: NSNumber) -> Bool { String(cString: number.objCType) == "c" }

    private static func isKindByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"): true
        default: false
        }
    }
}
