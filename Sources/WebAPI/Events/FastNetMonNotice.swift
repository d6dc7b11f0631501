import Foundation
import NetTypes

/// What FastNetMon says of an attack, by its script or its webhook.
struct FastNetMonNotice: Sendable {
    /// What happened to the address.
    enum Action: Sendable, Equatable {
        /// An attack began, or goes on.
        case begin
        /// More about one that goes on.
        case details
        case end
    }

    var address: IPAddress
    /// `incoming`, `outgoing`, or what else it says.
    var direction: String
    var action: Action
    var figures: [String: Double] = [:]
    var tags: [String: String] = [:]
    /// The notification as it came.
    var text: String

    /// What people read.
    var title: String {
        let kind = tags["type"].map { $0.replacing("_", with: " ") } ?? "attack"
        let target = direction == "outgoing" ? "from" : "on"
        return "\(kind == "unknown" ? "attack" : kind) \(target) \(address)"
    }

    /// Reads what the notify script gets: arguments, and the report on its standard input, which may be empty.
    ///
    /// - Parameter power: packets a second.
    /// - Returns: nil when the action or the address is none.
    init?(address: String, direction: String, power: String, action: String, report: String) {
        guard let address = IPAddress(address), let action = Self.action(action) else { return nil }
        self.address = address
        self.direction = String(direction.prefix(Event.Most.word))
        self.action = action
        text = report
        if let power = Double(power), power.isFinite { figures["pps"] = power }
        if action != .end { readReport(report) }
    }

    /// Reads the JSON of the webhook of FastNetMon Advanced.
    ///
    /// - Returns: nil when it isn't that.
    init?(json: Data) {
        guard let message = (try? JSONSerialization.jsonObject(with: json)) as? [String: Any],
            let address = (message["ip"] as? String).flatMap({ IPAddress($0) }),
            let action = (message["action"] as? String).flatMap(Self.action)
        else { return nil }
        let details = message["attack_details"] as? [String: Any] ?? [:]
        self.address = address
        self.action = action
        direction = String((details["attack_direction"] as? String ?? "incoming").prefix(Event.Most.word))
        text = String(decoding: json, as: UTF8.self)
        for (name, value) in details.sorted(by: { $0.key < $1.key }) {
            if let number = Self.number(value), figures.count < Event.Most.pairs {
                figures[String(name.prefix(Event.Most.name))] = number
            } else if let word = value as? String, tags.count < Event.Most.pairs / 2 {
                tags[Self.names[name] ?? String(name.prefix(Event.Most.name))] = String(word.prefix(Event.Most.word))
            }
        }
        if let scope = message["alert_scope"] as? String { tags["scope"] = String(scope.prefix(Event.Most.word)) }
    }

    /// The lines `Name: value` up to the first blank one: `Total incoming pps: 516 packets per second` is
    /// the figure `total_incoming_pps`, `Attack type: udp_flood` the tag `type`.
    private mutating func readReport(_ report: String) {
        for line in report.split(separator: "\n", omittingEmptySubsequences: false).prefix(100) {
            guard let colon = line.firstIndex(of: ":"), colon > line.startIndex else {
                if line.isEmpty { return }
                continue
            }
            let name = line[..<colon].lowercased().replacing(" ", with: "_")
            let value = line[line.index(after: colon)...].trimmingCharacters(in: .whitespaces)
            let words = value.split(separator: " ")
            if let number = words.first.flatMap({ Double($0) }), number.isFinite, words.count > 1 {
                guard figures.count < Event.Most.pairs else { return }
                figures[String((name + Self.unit(words, name)).prefix(Event.Most.name))] = number
            } else if let tag = Self.names[name], tag != "direction" {
                tags[tag] = String(value.prefix(Event.Most.word))
            }
        }
    }

    private static let names = [
        "attack_type": "type", "attack_protocol": "protocol", "attack_direction": "direction",
        "attack_severity": "severity", "host_group": "host_group", "attack_uuid": "uuid",
    ]

    /// What the name of a figure doesn't say of its unit already.
    private static func unit(_ words: [Substring], _ name: String) -> String {
        if words[1] == "mbps" { return "_mbps" }
        return words.dropFirst().first == "packets" && !name.hasSuffix("_pps") ? "_pps" : ""
    }

    /// JSON's own true and false are numbers to Foundation, yet no figures.
    private static func number(_ value: Any) -> Double? {
        guard let number = value as? NSNumber, !EventBody.isBool(number), number.doubleValue.isFinite else {
            return nil
        }
        return number.doubleValue
    }

    private static func action(_ text: String) -> Action? {
        switch text {
        case "ban", "block", "partial_block", "alert": .begin
        case "attack_details": .details
        case "unban", "unblock", "partial_unblock": .end
        default: nil
        }
    }
}
