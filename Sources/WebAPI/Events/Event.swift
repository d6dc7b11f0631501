import FlowSchema
import FlowStore

/// Something that happened and isn't traffic: an attack, a deployment, a note.
struct Event: Hashable, Sendable {
    /// Names the event for good: what is saved again under it changes it.
    var id: String
    /// Unix seconds.
    var start: UInt64
    /// Unix seconds, not before ``start``; nil while it goes on. A moment ends when it starts.
    var end: UInt64?
    /// One word: `attack`, `deploy`, `note` and whatever scripts call theirs.
    var kind: String
    /// What it is about: an address, a host, a service; empty where it is about all.
    var subject: String
    /// What people read.
    var title: String
    /// Numbers by name.
    var figures: [String: Double] = [:]
    /// Words by name.
    var tags: [String: String] = [:]
    /// The notification as it came, or whatever there is to read.
    var text = ""
    /// Who told of it.
    var source: String
    /// Unix seconds of the last change.
    var updated: UInt64 = 0

    /// Bounds of what one event holds.
    enum Most {
        static let id = 64
        static let kind = 32
        static let subject = 256
        static let title = 200
        static let pairs = 64
        static let name = 64
        static let word = 256
        static let text = TableRows.mostTextBytes
    }

    /// The row of ``SideTable/events``.
    func append(to rows: inout TableRows, version: UInt64, deleted: Bool = false) {
        rows.append(
            .text(id),
            .number(start),
            .number(end ?? 0),
            .text(kind),
            .text(subject),
            .text(title),
            .figures(figures.sorted { $0.key < $1.key }.map { (name: $0.key, number: $0.value) }),
            .texts(tags.sorted { $0.key < $1.key }.map { (name: $0.key, text: $0.value) }),
            .text(text),
            .text(source),
            .number(updated),
            .number(version),
            .flag(deleted)
        )
    }

    /// The events of an answer that has all columns of the view.
    static func read(_ result: QueryResult) -> [Event] {
        (0..<result.rowCount).map { row in
            func text(_ column: String) -> String {
                guard case .string(let text)? = result[column]?.values[row] else { return "" }
                return text
            }
            func time(_ column: String) -> UInt64 {
                guard case .time(let seconds)? = result[column]?.values[row] else { return 0 }
                return seconds
            }
            func pairs(_ column: String) -> [ResultValue.MapEntry] {
                guard case .map(let entries)? = result[column]?.values[row] else { return [] }
                return entries
            }
            let end = time("TimeEnd")
            var event = Event(
                id: text("Id"),
                start: time("TimeStart"),
                end: end == 0 ? nil : end,
                kind: text("Kind"),
                subject: text("Subject"),
                title: text("Title"),
                text: text("Text"),
                source: text("Source"),
                updated: time("TimeUpdated")
            )
            for entry in pairs("Figures") {
                if case (.string(let name), .double(let number)) = (entry.key, entry.value) {
                    event.figures[name] = number
                }
            }
            for entry in pairs("Tags") {
                if case (.string(let name), .string(let word)) = (entry.key, entry.value) { event.tags[name] = word }
            }
            return event
        }
    }
}

extension JSONWriter {
    /// - Parameter textBytes: where the text is cut, which `textCut` then says.
    mutating func event(_ event: Event, textBytes: Int) {
        object { json in
            json.member("id") { json in json.string(event.id) }
            json.member("start") { json in json.number(event.start) }
            json.member("end") { json in
                if let end = event.end { json.number(end) } else { json.null() }
            }
            json.member("kind") { json in json.string(event.kind) }
            json.member("subject") { json in json.string(event.subject) }
            json.member("title") { json in json.string(event.title) }
            json.member("figures") { json in
                json.object { json in
                    for (name, number) in event.figures.sorted(by: { $0.key < $1.key }) {
                        json.member(name) { json in json.number(number) }
                    }
                }
            }
            json.member("tags") { json in
                json.object { json in
                    for (name, word) in event.tags.sorted(by: { $0.key < $1.key }) {
                        json.member(name) { json in json.string(word) }
                    }
                }
            }
            let isCut = event.text.utf8.count > textBytes
            json.member("text") { json in
                json.string(isCut ? String(decoding: event.text.utf8.prefix(textBytes), as: UTF8.self) : event.text)
            }
            json.member("textCut") { json in json.value(.bool(isCut)) }
            json.member("source") { json in json.string(event.source) }
            json.member("updated") { json in json.number(event.updated) }
        }
    }
}
