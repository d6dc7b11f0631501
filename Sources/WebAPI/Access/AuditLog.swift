import Foundation
import Logging
import NetTypes
import Synchronization

/// Something that people did, or tried to do.
struct AuditEvent: Codable, Hashable, Sendable {
    enum Kind: String, CaseIterable, Codable, Sendable {
        case login
        case loginFailed = "login-failed"
        case logout
        case refused
        case viewSaved = "view-saved"
        case viewChanged = "view-changed"
        case viewDeleted = "view-deleted"
        case eventSaved = "event-saved"
        case eventDeleted = "event-deleted"
        case imported = "import"
        case sql
        case cancelled
        case settings
    }

    /// Unix seconds.
    var time: UInt64
    var kind: Kind
    /// Who, as far as that is known; empty otherwise.
    var user: String
    /// What they may do; nil when nobody is known.
    var role: Role?
    var address: String
    /// About what.
    var detail: String
    /// How many of the same kind from the same address were left out since the last one that stands here.
    var leftOut: Int
}

/// What people did: a line each in the log and in a file, and the newest in memory for admins.
final class AuditLog: Sendable {
    private struct State {
        var events: [AuditEvent] = []
        var refusals: [String: Refusals] = [:]
        /// Since the start, with those that were left out.
        var counts: [AuditEvent.Kind: UInt64] = [:]
    }

    /// Refusals of one kind from one address.
    private struct Refusals {
        var at: UInt64
        var leftOut = 0
    }

    private let state = Mutex(State())
    private let path: String?
    private let logger: Logger?
    /// Files are written one after the other, beside the requests.
    private let queue = DispatchQueue(label: "netmeta.audit", qos: .utility)

    /// Events in memory.
    static let most = 1000
    /// Bytes of the file, of which there are two.
    static let largestFile = 4 << 20
    /// Seconds in which further refusals of the same kind are counted only: a flood of requests is no flood of lines.
    static let pause: UInt64 = 10
    /// Addresses and kinds whose refusals are counted.
    static let mostCounted = 1024
    /// Letters of a detail.
    static let longestDetail = 500

    /// - Parameter path: the file; nil keeps events in memory only.
    init(path: String?, logger: Logger?) {
        self.path = path
        self.logger = logger
        guard let path else { return }
        let files = [path + ".1", path].compactMap { try? PrivateFile.read($0, most: 2 * Self.largestFile) }
        let lines = files.flatMap { $0.split(separator: UInt8(ascii: "\n")) }
        let decoder = JSONDecoder()
        let events = lines.suffix(Self.most).compactMap { try? decoder.decode(AuditEvent.self, from: $0) }
        state.withLock { $0.events = events }
    }

    /// The newest first.
    func newest(_ count: Int) -> [AuditEvent] { state.withLock { $0.events.suffix(count).reversed() } }

    /// How many of each kind there were since the start, with those that have no line.
    var counts: [AuditEvent.Kind: UInt64] { state.withLock { $0.counts } }

    /// Notes that something was done.
    func note(_ kind: AuditEvent.Kind, by caller: Caller?, from address: IPAddress?, _ detail: String, now: UInt64) {
        var event = AuditEvent(
            time: now,
            kind: kind,
            user: caller?.name ?? "",
            role: caller?.role,
            address: address.map(\.description) ?? "",
            detail: Self.plain(detail),
            leftOut: 0
        )
        let isKept = state.withLock { state in
            state.counts[kind, default: 0] += 1
            if kind == .refused || kind == .loginFailed {
                let key = "\(kind.rawValue) \(event.address)"
                guard let leftOut = Self.count(key, in: &state.refusals, now) else { return false }
                event.leftOut = leftOut
            }
            state.events.append(event)
            if state.events.count > Self.most { state.events.removeFirst(state.events.count - Self.most) }
            return true
        }
        if isKept { write(event) }
    }

    /// Whether a refusal gets a line: how many were left out before it, or nil when it is left out itself.
    private static func count(_ key: String, in refusals: inout [String: Refusals], _ now: UInt64) -> Int? {
        if let known = refusals[key], now < known.at + pause {
            refusals[key]?.leftOut += 1
            return nil
        }
        let leftOut = refusals[key]?.leftOut ?? 0
        if refusals[key] == nil, refusals.count >= mostCounted {
            refusals = refusals.filter { now < $0.value.at + pause }
            if refusals.count >= mostCounted { return nil }
        }
        refusals[key] = Refusals(at: now)
        return leftOut
    }

    private func write(_ event: AuditEvent) {
        logger?.notice(
            "audit",
            metadata: [
                "event": "\(event.kind.rawValue)", "user": "\(event.user)", "role": "\(event.role?.rawValue ?? "")",
                "address": "\(event.address)", "detail": "\(event.detail)", "leftOut": "\(event.leftOut)",
            ]
        )
        guard let path else { return }
        queue.async { [logger] in
            do {
                let encoder = JSONEncoder()
                encoder.outputFormatting = [.withoutEscapingSlashes, .sortedKeys]
                let line = try encoder.encode(event)
                let size = (try? FileManager.default.attributesOfItem(atPath: path))?[.size] as? Int
                if (size ?? 0) > Self.largestFile { rename(path, path + ".1") }
                try PrivateFile.append(Array(line) + [UInt8(ascii: "\n")], to: path)
            } catch {
                logger?.warning("the audit log isn't written", metadata: ["reason": "\(error)"])
            }
        }
    }

    /// Waits until all is in the file.
    func flush() { queue.sync {} }

    /// One line without control characters, at most ``longestDetail`` letters.
    private static func plain(_ text: String) -> String {
        let words = text.split(whereSeparator: { $0.isWhitespace || $0.isNewline }).joined(separator: " ")
        let isPlain = { (scalar: Unicode.Scalar) in scalar.value >= 0x20 && !(0x7F...0x9F).contains(scalar.value) }
        let safe = String(String.UnicodeScalarView(words.unicodeScalars.filter(isPlain)))
        return safe.count > longestDetail ? safe.prefix(longestDetail) + "…" : safe
    }
}
