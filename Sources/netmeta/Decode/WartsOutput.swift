import FlowDecoders
import Foundation

/// Prints the objects of scamper's files, and counts them.
struct WartsOutput {
    private var files = 0
    private var objects: [String: UInt64] = [:]
    private var malformed: UInt64 = 0

    /// Prints a file's objects.
    mutating func write(_ bytes: [UInt8], name: String, isTable: Bool, to output: inout OutputBuffer) throws {
        files += 1
        var reader = TraceFileReader(bytes)
        var json = WartsJSON()
        while true {
            switch reader.next(in: bytes) {
            case .object(let object):
                objects[object.name, default: 0] += 1
                if isTable {
                    try output.write(object.lines)
                } else if let line = json.line(object) {
                    try output.write(line + "\n")
                }
            case .malformed(let problem):
                malformed += 1
                warn("\(name): \(problem); it is left out")
            case .incomplete(let problem), .corrupt(let problem as WartsProblem?):
                if let problem {
                    malformed += 1
                    warn("\(name): \(problem); what is before that was read")
                }
                return
            }
        }
    }

    /// Members of the summary; none where there was no such file.
    var summaryMembers: String {
        guard files > 0 else { return "" }
        let counts = objects.sorted { $0.key < $1.key }.map { "\"\($0.key)\":\($0.value)" }
        return
            ",\"warts\":{\"files\":\(files),\"malformed\":\(malformed),\"objects\":{\(counts.joined(separator: ","))}}"
    }

    private func warn(_ text: String) {
        FileHandle.standardError.write(Data("netmeta: \(text)\n".utf8))
    }
}

extension WartsObject {
    /// What the summary calls it.
    fileprivate var name: String {
        switch self {
        case .list: "list"
        case .cycleStart: "cycleStart"
        case .cycleStop: "cycleStop"
        case .trace: "trace"
        case .ping: "ping"
        case .tracelb: "tracelb"
        case .dealias: "dealias"
        case .address: "address"
        case .skipped(let type): "type\(type)"
        }
    }

    /// As `traceroute` writes it, with one line a hop; of a ping, one line.
    fileprivate var lines: String {
        switch self {
        case .trace(let trace):
            let head =
                "trace to \(Self.text(trace.destination)) from \(Self.text(trace.source)), "
                + "\(WartsNames.trace(trace.type)), \(WartsNames.stop(trace.stopReason))\n"
            return trace.hops.reduce(head) { text, hop in
                let labels = hop.labels.isEmpty ? "" : "  MPLS \(hop.labels.map(String.init).joined(separator: ","))"
                return text + "\(Self.pad(hop.ttl))  \(Self.text(hop.address))  \(Double(hop.rtt) / 1000) ms\(labels)\n"
            }
        case .ping(let ping):
            let summary = WartsPingSummary(ping, of: ping.echoes)
            return "ping to \(Self.text(ping.destination)) from \(Self.text(ping.source)), \(ping.sent) sent, "
                + "\(summary.received) answered, \(Double(summary.least) / 1000) ms at best\n"
        default: return ""
        }
    }

    private static func text(_ address: (some CustomStringConvertible)?) -> String {
        address.map { "\($0)" } ?? "*"
    }

    private static func pad(_ ttl: UInt8) -> String { (ttl < 10 ? "  " : ttl < 100 ? " " : "") + String(ttl) }
}
