import FlowQuery
import FlowStore
import Foundation
import HTTPTypes
import Hummingbird
import NetTypes

/// The routes of events: those of people and scripts, and those that FastNetMon speaks.
extension WebAPI {
    /// Events of an answer at most, and by default.
    private static let mostEvents = 1000
    private static let usualEvents = 200
    /// Bytes of each event's text in a list; one event alone has all of it.
    private static let listedTextBytes = 2000

    func eventList(_ request: Request) async throws -> Response {
        guard let events else { throw HTTPError(.notFound) }
        let parameters = try Parameters(request, allowed: .events)
        switch request.method {
        case .post: return try await saveEvent(request, parameters, events)
        case .put: return try await changeEvent(request, parameters, events)
        case .delete: return try await deleteEvent(parameters, events)
        default: break
        }
        if let id = parameters["event"] {
            guard let event = try await events.event(try EventBody.checkedID(id)) else { throw HTTPError(.notFound) }
            return answer(event)
        }
        let range = try TimeRange(from: parameters["from"] ?? "-1h", to: parameters["to"] ?? "now", now: clock() + 1)
        let limit = try parameters.integer("limit", default: Self.usualEvents)
        guard (1...Self.mostEvents).contains(limit) else {
            throw QueryError("a limit is between 1 and \(Self.mostEvents)", parameter: "limit")
        }
        let found = try await events.events(
            in: range,
            kind: parameters["kind"],
            subject: parameters["subject"],
            newest: limit + 1
        )
        var json = JSONWriter()
        json.object { json in
            json.member("from") { json in json.number(range.from) }
            json.member("to") { json in json.number(range.to) }
            json.member("events") { json in
                json.array(found.prefix(limit)) { json, event in json.event(event, textBytes: Self.listedTextBytes) }
            }
            json.member("cut") { json in json.value(.bool(found.count > limit)) }
        }
        return .json(bytes: json.bytes)
    }

    // MARK: - Of people and scripts

    private func saveEvent(_ request: Request, _ parameters: Parameters, _ events: EventBook) async throws -> Response {
        guard parameters["event"] == nil else {
            throw QueryError("the id of a new event stands in its body; PUT changes one", parameter: "event")
        }
        let body = try await eventBody(of: request)
        let id = try body.id() ?? SavedViews.newID()
        let (now, source) = (clock(), source)
        let event = try await events.change { events in
            let known = try await events.event(id)
            let event = try body.event(id: id, known: known, source: source, now: now)
            try await events.save(event, now: now, as: known == nil ? .added : .changed)
            return event
        }
        access.note(.eventSaved, by: caller, "\(event.id) \(event.title)")
        return answer(event)
    }

    private func changeEvent(_ request: Request, _ parameters: Parameters, _ events: EventBook) async throws -> Response
    {
        guard let id = parameters["event"] else { throw QueryError("say which event", parameter: "event") }
        let body = try await eventBody(of: request)
        let (now, source) = (clock(), source)
        let event = try await events.change { events in
            guard let known = try await events.event(id) else { throw HTTPError(.notFound) }
            let event = try body.event(id: id, known: known, source: source, now: now)
            try await events.save(event, now: now, as: .changed)
            return event
        }
        access.note(.eventSaved, by: caller, "\(event.id) \(event.title)")
        return answer(event)
    }

    private func deleteEvent(_ parameters: Parameters, _ events: EventBook) async throws -> Response {
        guard let id = parameters["event"] else { throw QueryError("say which event", parameter: "event") }
        let now = clock()
        let event = try await events.change { events in
            guard let known = try await events.event(id) else { throw HTTPError(.notFound) }
            try await events.save(known, now: now, as: .deleted)
            return known
        }
        access.note(.eventDeleted, by: caller, "\(event.id) \(event.title)")
        var json = JSONWriter()
        json.object { json in json.member("deleted") { json in json.string(event.id) } }
        return .json(bytes: json.bytes)
    }

    private func eventBody(of request: Request) async throws -> EventBody {
        let bytes = try await request.body.collect(upTo: 256 << 10)
        do {
            return try EventBody(Data(bytes.readableBytesView))
        } catch {
            events?.count(.malformed)
            throw error
        }
    }

    private func answer(_ event: Event) -> Response {
        var json = JSONWriter()
        json.event(event, textBytes: Event.Most.text)
        return .json(bytes: json.bytes)
    }

    /// Who told of an event, as far as that is known.
    private var source: String { caller.name.isEmpty ? "api" : "api " + caller.owner }

    // MARK: - Of FastNetMon

    /// What its notify script passes on, or the JSON of its webhook.
    func fastNetMon(_ request: Request) async throws -> Response {
        guard let events else { throw HTTPError(.notFound) }
        let parameters = try Parameters(request, allowed: .fastNetMon)
        let body = try await request.body.collect(upTo: options.bodyBytes)
        let notice: FastNetMonNotice?
        if let action = parameters["action"] {
            notice = FastNetMonNotice(
                address: parameters["ip"] ?? "",
                direction: parameters["side"] ?? "incoming",
                power: parameters["power"] ?? "",
                action: action,
                report: String(decoding: body.readableBytesView, as: UTF8.self)
            )
        } else {
            notice = FastNetMonNotice(json: Data(body.readableBytesView))
        }
        guard let notice else {
            events.count(.malformed)
            throw QueryError(
                "expected ip, side, power and action (ban, attack_details, unban) in the query, or the JSON of "
                    + "FastNetMon's webhook in the body"
            )
        }
        let now = clock()
        let event = try await events.change { events in try await events.take(notice, now: now) }
        var json = JSONWriter()
        json.object { json in json.member("event") { json in json.optional(event?.id) } }
        return .json(bytes: json.bytes)
    }

    /// Points of the measurement `events` in InfluxDB's line protocol; those of others are counted and left.
    func influxWrite(_ request: Request, _ endpoint: Endpoint) async throws -> Response {
        guard let events else { throw HTTPError(.notFound) }
        let parameters = try Parameters(request, allowed: endpoint)
        let precision = parameters["precision"] ?? "ns"
        guard let divisor = Self.precisions[precision] else {
            let all = Self.precisions.keys.sorted().joined(separator: ", ")
            throw QueryError("choose one of: \(all)", parameter: "precision")
        }
        let body = try await request.body.collect(upTo: options.bodyBytes)
        guard let text = String(validating: Array(body.readableBytesView), as: UTF8.self) else {
            events.count(.malformed)
            throw QueryError("the lines are not UTF-8")
        }
        let (points, malformed) = LinePoint.read(text)
        events.count(.malformed, malformed.count)
        let now = clock()
        let wanted = points.filter { $0.measurement == "events" }
        events.count(.ignored, points.count - wanted.count)
        guard wanted.count <= Self.mostEvents else {
            throw QueryError("at most \(Self.mostEvents) events at a time")
        }
        try await events.change { events in
            for point in wanted {
                let time = point.time.map { UInt64(max(0, $0)) / divisor.down * divisor.up } ?? now
                try await events.save(Event(point, at: min(time, now)), now: now, as: .added)
            }
        }
        guard malformed.isEmpty else {
            throw QueryError("\(malformed.count) lines are not understood, the first is line \(malformed[0])")
        }
        return Response(status: .noContent)
    }

    /// How many of a unit are a second, or how many seconds one is.
    private static let precisions: [String: (down: UInt64, up: UInt64)] = [
        "ns": (1_000_000_000, 1), "n": (1_000_000_000, 1), "us": (1_000_000, 1), "u": (1_000_000, 1), "ms": (1000, 1),
        "s": (1, 1), "m": (1, 60), "h": (1, 3600),
    ]
}

extension EventBook {
    /// Opens, renews or ends the attack that a notice is about.
    ///
    /// - Returns: the event; nil when an end came to which nobody told a beginning.
    fileprivate func take(_ notice: FastNetMonNotice, now: UInt64) async throws -> Event? {
        let subject = "\(notice.address)"
        var known = try await openAttack(on: subject, direction: notice.direction)
        switch notice.action {
        case .begin, .details:
            let isNew = known == nil
            var event =
                known
                ?? Event(
                    id: SavedViews.newID(),
                    start: now,
                    end: nil,
                    kind: "attack",
                    subject: subject,
                    title: notice.title,
                    source: "fastnetmon"
                )
            event.figures.merge(notice.figures) { old, new in max(old, new) }
            event.tags.merge(notice.tags) { $1 }
            event.tags["direction"] = notice.direction
            if notice.action == .begin { event.title = notice.title }
            if notice.action == .details, !event.text.isEmpty, !notice.text.isEmpty {
                event.text += "\n" + notice.text
            } else if !notice.text.isEmpty {
                event.text = notice.text
            }
            try await save(event, now: now, as: isNew ? .added : .changed)
            return event
        case .end:
            guard known != nil else {
                count(.unmatched)
                return nil
            }
            known?.end = now
            if let known { try await save(known, now: now, as: .changed) }
            return known
        }
    }
}

extension Event {
    /// A point of the measurement `events`, whose fields are `title`, `text` and `tags`: a moment.
    ///
    /// Its id is made of what it says, so that a line that is sent again is the same event.
    fileprivate init(_ point: LinePoint, at time: UInt64) {
        let title = point.fields["title"] ?? point.fields["text"] ?? point.tags["title"] ?? "event"
        let tags = point.fields["tags"] ?? ""
        let text = point.fields["text"] ?? ""
        let words = (title + " " + tags + " " + text).split { !($0.isHexDigit || $0 == "." || $0 == ":") }
        let address = words.lazy.prefix(200).compactMap { word in
            word.count > 6 ? IPAddress(String(word)) : nil
        }.first
        self.init(
            id: "influx-" + BearerToken.digest("\(time)\n\(title)\n\(tags)\n\(text)").prefix(24),
            start: time,
            end: time,
            kind: address == nil ? "note" : "attack",
            subject: address?.description ?? "",
            title: String(title.prefix(Event.Most.title)),
            text: String(text.prefix(Event.Most.text)),
            source: "influx"
        )
        for word in tags.split(separator: ",").prefix(16) {
            self.tags[String(word.trimmingCharacters(in: .whitespaces).prefix(Event.Most.name))] = "yes"
        }
        for (name, word) in point.tags.sorted(by: { $0.key < $1.key }).prefix(16) {
            self.tags[String(name.prefix(Event.Most.name))] = String(word.prefix(Event.Most.word))
        }
    }
}
