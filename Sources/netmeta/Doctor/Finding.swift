import Foundation

/// What one check found, and what to do about it.
struct Finding: Encodable, Equatable, Sendable {
    /// How bad it is.
    enum Grade: String, Encodable, CaseIterable, Sendable {
        case ok, warn, fail
    }

    /// What was looked at: `port 2055/udp`.
    let check: String
    let grade: Grade
    /// What was found, in one line.
    let message: String
    /// What to do: commands to type, or advice; empty when there is nothing to do.
    let remedy: [String]

    private init(_ check: String, _ grade: Grade, _ message: String, _ remedy: [String]) {
        self.check = check
        self.grade = grade
        self.message = message
        self.remedy = remedy
    }

    static func ok(_ check: String, _ message: String) -> Finding { Finding(check, .ok, message, []) }

    static func warn(_ check: String, _ message: String, do remedy: String...) -> Finding {
        Finding(check, .warn, message, remedy)
    }

    static func fail(_ check: String, _ message: String, do remedy: String...) -> Finding {
        Finding(check, .fail, message, remedy)
    }
}

/// All findings, ready to be printed.
struct Diagnosis: Sendable {
    let findings: [Finding]

    /// Whether something is so wrong that it doesn't work.
    var hasFailed: Bool { findings.contains { $0.grade == .fail } }

    /// A line for each finding, what to do about it below, and the sum.
    var text: String {
        let width = findings.map(\.check.count).max() ?? 0
        let lines = findings.flatMap { finding in
            let name = finding.check.padding(toLength: width, withPad: " ", startingAt: 0)
            let grade = finding.grade.rawValue.padding(toLength: 4, withPad: " ", startingAt: 0)
            let indent = String(repeating: " ", count: width + 8)
            return ["\(grade)  \(name)  \(finding.message)"] + finding.remedy.map { "\(indent)> \($0)" }
        }
        return (lines + [sum]).joined(separator: "\n") + "\n"
    }

    /// `9 ok, 1 warn, 0 fail`
    private var sum: String {
        Finding.Grade.allCases.map { grade in "\(findings.count { $0.grade == grade }) \(grade.rawValue)" }
            .joined(separator: ", ")
    }

    /// The findings for programs: `{"status": "warn", "checks": [...]}`.
    func json() throws -> String {
        struct Body: Encodable {
            let status: Finding.Grade
            let checks: [Finding]
        }
        let worst: Finding.Grade = hasFailed ? .fail : findings.contains { $0.grade == .warn } ? .warn : .ok
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(Body(status: worst, checks: findings)), as: UTF8.self) + "\n"
    }
}

/// Figures as the doctor writes them.
enum Words {
    /// `64 MB`, in the powers of 1024 that sizes in the configuration have.
    static func size(_ bytes: some BinaryInteger) -> String {
        let bytes = Double(bytes)
        for (factor, unit) in [(1073741824.0, "GB"), (1048576.0, "MB"), (1024.0, "KB")] where bytes >= factor {
            let value = bytes / factor
            // Whole numbers, but for small ones that aren't.
            return (value < 10 && value != value.rounded() ? String(format: "%.1f", value) : "\(Int(value))") + " "
                + unit
        }
        return "\(Int(bytes)) bytes"
    }

    /// `1 datagram`, `2 datagrams`
    static func counted(_ count: some BinaryInteger, _ noun: String) -> String {
        "\(count) \(noun)\(count == 1 ? "" : "s")"
    }

    /// The first few of many: `a, b, c and 7 more`.
    static func few(_ all: [String], most: Int = 5) -> String {
        let shown = all.prefix(most).joined(separator: ", ")
        return all.count > most ? "\(shown) and \(all.count - most) more" : shown
    }

    /// A length of time in its largest fitting unit.
    static func duration(_ seconds: some BinaryInteger) -> String {
        switch seconds {
        case ..<120: "\(seconds) s"
        case ..<7200: "\(seconds / 60) min"
        case ..<172_800: "\(seconds / 3600) h"
        default: "\(seconds / 86_400) days"
        }
    }
}
