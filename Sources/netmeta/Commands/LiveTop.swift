import FlowQuery
import Foundation

/// `netmeta top` in a terminal: the table of now, again and again, and keys that change what is asked.
struct LiveTop {
    /// What is asked.
    var by: String
    var filter: String
    var unit: String
    /// Seconds to look back.
    var last: String

    private let source: FlowAnswers
    private let terminal = Terminal()
    private var prompt: Prompt?
    private var table: [String] = []
    /// What is wrong with what was asked last; the table before stays.
    private var problem = ""
    private var isPaused = false

    /// Seconds between two questions.
    private static let interval = 2.0
    /// Groupings that a key goes through.
    private static let groupings = [
        "SrcAddr", "DstAddr", "SrcAddr,DstAddr", "SrcAddr,DstAddr,Proto,DstPort", "Proto,DstPort", "SrcAS", "DstAS",
        "InIf,SamplerAddress", "OutIf,SamplerAddress", "SamplerAddress",
    ]
    private static let lengths = ["10s", "30s", "1m", "5m", "15m", "1h", "6h", "24h"]
    private static let units: [Character: String] = ["b": "bit/s", "p": "packet/s", "f": "flow/s"]

    /// A line that is typed.
    private struct Prompt {
        enum Subject {
            case filter, by
        }
        var subject: Subject
        var text: String
    }

    init(by: String, filter: String, unit: String, last: String, source: FlowAnswers) {
        self.by = by
        self.filter = filter
        self.unit = unit
        self.last = last
        self.source = source
    }

    /// Runs until q or Ctrl-C.
    ///
    /// - Throws: ``Failure`` when there is nobody to ask any more.
    mutating func run() async throws {
        defer { terminal.close() }
        var due = Date.distantPast
        while true {
            if !isPaused, Date() >= due {
                try await ask()
                due = Date(timeIntervalSinceNow: Self.interval)
            }
            draw()
            guard let key = terminal.key(within: 200) else { continue }
            if key == .interrupt { return }
            guard prompt == nil else {
                if type(key) { due = .distantPast }
                continue
            }
            if key == .character("q") { return }
            if press(key) { due = .distantPast }
        }
    }

    private mutating func ask() async throws {
        do {
            let bytes = try await source.get(
                "top",
                [
                    ("from", "-\(last)"), ("to", "now"), ("dimensions", by), ("filter", filter), ("unit", unit),
                    ("limit", "\(min(100, max(5, terminal.size.lines - 8)))"),
                ]
            )
            table = try TopAnswerBody(bytes).table.split(separator: "\n").map(String.init)
            problem = ""
        } catch let error as UsageError {
            problem = error.description
        }
    }

    private func draw() {
        var lines = ["by \(by)   ranked by \(unit)   last \(last)   \(filter.isEmpty ? "all flows" : filter)"]
        lines += table.prefix(max(0, terminal.size.lines - 4))
        lines += problem.isEmpty ? [] : problem.split(separator: "\n").map(String.init)
        lines.append("")
        lines.append(help)
        terminal.draw(lines)
    }

    /// The last line: what is typed, or which keys there are.
    private var help: String {
        switch prompt?.subject {
        case .filter: "filter: \(prompt?.text ?? "")_"
        case .by: "columns: \(prompt?.text ?? "")_"
        case nil:
            "\(isPaused ? "paused   " : "")b p f rank   g group   c columns   / filter   + - time   space pause   q quit"
        }
    }

    /// - Returns: whether something else is asked now.
    private mutating func press(_ key: Terminal.Key) -> Bool {
        switch key {
        case .character("/"): prompt = Prompt(subject: .filter, text: filter)
        case .character("c"): prompt = Prompt(subject: .by, text: by)
        case .character(" "):
            isPaused.toggle()
            return !isPaused
        case .character("g"):
            let place = Self.groupings.firstIndex(of: by) ?? -1
            by = Self.groupings[(place + 1) % Self.groupings.count]
            return true
        case .character("+"), .character("-"):
            let step = key == .character("+") ? 1 : -1
            let place = Self.lengths.firstIndex(of: last) ?? (step > 0 ? 2 : 3)
            last = Self.lengths[min(max(place + step, 0), Self.lengths.count - 1)]
            return true
        case .character(let letter):
            guard let chosen = Self.units[letter] else { return false }
            unit = chosen
            return true
        default: break
        }
        return false
    }

    /// - Returns: whether something else is asked now.
    private mutating func type(_ key: Terminal.Key) -> Bool {
        guard var prompt else { return false }
        defer { self.prompt = self.prompt == nil ? nil : prompt }
        switch key {
        case .character(let letter): prompt.text.append(letter)
        case .backspace: _ = prompt.text.popLast()
        case .escape: self.prompt = nil
        case .enter:
            switch prompt.subject {
            case .filter: filter = prompt.text
            case .by: by = prompt.text
            }
            self.prompt = nil
            return true
        default: break
        }
        return false
    }
}
