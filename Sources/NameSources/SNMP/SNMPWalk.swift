/// What an agent told of its device.
public struct SNMPDevice: Hashable, Sendable {
    /// sysName; nil when it has none or shows none.
    public var name: String?
    /// Interfaces by their ifIndex.
    public var interfaces: [UInt32: SNMPInterface] = [:]
    /// About what it takes in memory, in bytes.
    public var bytes = 0

    /// Nothing.
    public init() {}
}

/// What an agent told of an interface (RFC 2863).
public struct SNMPInterface: Hashable, Sendable {
    /// ifName; "" when there is none.
    public var name = ""
    /// ifAlias, the words that its operator gave it; "" when there are none.
    public var alias = ""
    /// ifDescr, where there is no ifName.
    public var description = ""
    /// ifHighSpeed in bit/s, or ifSpeed where that is 0; nil when the agent doesn't tell.
    public var speed: UInt64?

    /// Nothing.
    public init() {}

    /// What it is called: its name, and the operator's words behind it; nil when it has neither.
    public var title: String? {
        let words = [name.isEmpty ? description : name, alias].filter { !$0.isEmpty }
        guard let first = words.first, let last = words.last else { return nil }
        return first == last ? first : "\(first): \(last)"
    }
}

/// A variable of an answer, its value read.
struct SNMPVariable: Equatable {
    enum Value: Equatable {
        case text([UInt8])
        case number(UInt64)
        /// There is no such thing, or no more (RFC 3416 section 2.1).
        case absent
        case other
    }

    var identifier: [UInt64]
    var value: Value
}

/// The questions for one agent, one after the other, decided without a clock and without sockets.
///
/// An agent is an exporter, and those may be anybody: whatever it answers, the
/// questions come to an end, and what is kept of the answers has a limit.
struct SNMPWalk {
    /// What is asked next.
    enum Question: Equatable {
        case get([UInt64])
        /// Up to so many variables behind an identifier.
        case bulk([UInt64], repetitions: Int)
    }

    enum Step: Equatable {
        case ask(Question)
        case done(SNMPDevice)
        case failed(SNMPProblem)
    }

    struct Limits {
        var interfaces = 10_000
        /// About what an agent's names may take: 10,000 interfaces with a name and an alias of 80 bytes each.
        var bytes = 4 << 20
        /// Questions; 10,000 interfaces in five columns take 2000.
        var questions = 4000
    }

    /// The columns of ifXTable and ifTable that are read (RFC 2863 section 6), in this order.
    private enum Column: Int, CaseIterable {
        case name, alias, speed, slowSpeed, description

        var identifier: [UInt64] {
            switch self {
            case .name: [1, 3, 6, 1, 2, 1, 31, 1, 1, 1, 1]
            case .alias: [1, 3, 6, 1, 2, 1, 31, 1, 1, 1, 18]
            case .speed: [1, 3, 6, 1, 2, 1, 31, 1, 1, 1, 15]
            case .slowSpeed: [1, 3, 6, 1, 2, 1, 2, 2, 1, 5]
            case .description: [1, 3, 6, 1, 2, 1, 2, 2, 1, 2]
            }
        }
    }

    /// sysName.0 (RFC 3418).
    private static let sysName: [UInt64] = [1, 3, 6, 1, 2, 1, 1, 5, 0]
    /// Bytes that a text is cut to, as names in options data are.
    static let mostTextBytes = 128
    /// About what an interface takes in dictionaries, besides its texts.
    private static let interfaceBytes = 256

    private let limits: Limits
    private var device = SNMPDevice()
    /// nil while the name is asked for.
    private var column: Column?
    private var last: [UInt64] = []
    private var repetitions = 25
    private var questions = 0

    init(limits: Limits = Limits()) {
        self.limits = limits
    }

    /// The first question.
    mutating func start() -> Step { ask(.get(Self.sysName)) }

    /// What follows from an answer.
    ///
    /// - Parameter status: its error-status (RFC 3416 section 3).
    mutating func take(status: Int, _ variables: [SNMPVariable]) -> Step {
        guard status == 0 else { return refused(status) }
        guard let column else {
            guard let first = variables.first, first.identifier == Self.sysName else { return .failed(.rubbish) }
            if case .text(let bytes) = first.value, let text = keep(bytes), !text.isEmpty { device.name = text }
            return begin(.name)
        }
        guard !variables.isEmpty else { return .failed(.rubbish) }
        for variable in variables.prefix(repetitions) {
            guard variable.value != .absent else { return end(of: column) }
            guard last.lexicographicallyPrecedes(variable.identifier) else { return .failed(.notIncreasing) }
            guard variable.identifier.starts(with: column.identifier) else { return end(of: column) }
            last = variable.identifier
            if let problem = note(variable, column) { return .failed(problem) }
        }
        return ask(.bulk(last, repetitions: repetitions))
    }

    // MARK: - Steps

    private mutating func ask(_ question: Question) -> Step {
        questions += 1
        return questions > limits.questions ? .failed(.endless) : .ask(question)
    }

    private mutating func begin(_ column: Column) -> Step {
        self.column = column
        last = column.identifier
        return ask(.bulk(last, repetitions: repetitions))
    }

    private mutating func end(of column: Column) -> Step {
        switch column {
        case .name: return begin(.alias)
        case .alias: return begin(.speed)
        // ifHighSpeed counts megabits and is 0 below half of one; agents without ifXTable have none.
        case .speed where device.interfaces.isEmpty || device.interfaces.values.contains { $0.speed == nil }:
            return begin(.slowSpeed)
        case .speed, .slowSpeed:
            let lacksNames = device.interfaces.isEmpty || device.interfaces.values.contains { $0.name.isEmpty }
            return lacksNames ? begin(.description) : finish()
        case .description: return finish()
        }
    }

    private func finish() -> Step {
        device.name == nil && device.interfaces.isEmpty ? .failed(.nothing) : .done(device)
    }

    private mutating func refused(_ status: Int) -> Step {
        // noSuchName: agents that think in version 1 end their tables with it.
        if status == 2 { return column.map { end(of: $0) } ?? begin(.name) }
        // tooBig: with less it may fit.
        if status == 1, let column, repetitions > 1 {
            repetitions /= 2
            return ask(.bulk(last.isEmpty ? column.identifier : last, repetitions: repetitions))
        }
        return .failed(.status(status))
    }

    // MARK: - What is kept

    private mutating func note(_ variable: SNMPVariable, _ column: Column) -> SNMPProblem? {
        // One number behind the column's identifier, of which 0 names no interface (RFC 2863: InterfaceIndex).
        guard variable.identifier.count == column.identifier.count + 1, let index = variable.identifier.last,
            (1...UInt64(Int32.max)).contains(index)
        else { return nil }
        let key = UInt32(index)
        guard device.interfaces[key] != nil || device.interfaces.count < limits.interfaces else { return .tooMuch }
        if device.interfaces[key] == nil { device.bytes += Self.interfaceBytes }
        var interface = device.interfaces[key] ?? SNMPInterface()
        switch (column, variable.value) {
        case (.speed, .number(let megabits)):
            // 0 is what agents say of what has no speed, such as a loopback.
            let (bits, overflow) = megabits.multipliedReportingOverflow(by: 1_000_000)
            interface.speed = overflow || bits == 0 ? nil : bits
        // All bits set means that it doesn't fit (RFC 2863: ifSpeed).
        case (.slowSpeed, .number(let bits)) where interface.speed == nil && bits != 0 && bits < UInt64(UInt32.max):
            interface.speed = bits
        case (.name, .text(let bytes)): interface.name = keep(bytes) ?? ""
        case (.alias, .text(let bytes)): interface.alias = keep(bytes) ?? ""
        case (.description, .text(let bytes)) where interface.name.isEmpty: interface.description = keep(bytes) ?? ""
        default: return nil
        }
        device.interfaces[key] = interface
        return device.bytes > limits.bytes ? .tooMuch : nil
    }

    /// A text that can be shown, and counts.
    private mutating func keep(_ bytes: [UInt8]) -> String? {
        let text = Self.text(bytes)
        device.bytes += text.utf8.count
        return text
    }

    /// The text in a string of octets: cut, without what moves cursors or hides, bytes that are no UTF-8 replaced.
    static func text(_ bytes: [UInt8]) -> String {
        var text = String(decoding: bytes.prefix { $0 != 0 }.prefix(mostTextBytes), as: UTF8.self)
        // Cut within a code point.
        if bytes.count > mostTextBytes, text.last == "\u{FFFD}" { text.removeLast() }
        let visible = text.unicodeScalars.map { scalar -> Character in
            switch scalar.properties.generalCategory {
            case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator: "?"
            default: Character(scalar)
            }
        }
        let first = visible.firstIndex { $0 != " " } ?? visible.endIndex
        let last = visible.lastIndex { $0 != " " } ?? visible.startIndex
        return first < visible.endIndex ? String(visible[first...last]) : ""
    }
}
