/// A value as the file or the environment has it, before it means anything.
indirect enum RawValue: Sendable, Equatable {
    case text(String)
    case list([String])
    case map([Entry])
    /// A key without a value.
    case nothing
    /// A list of more than texts.
    case items([Item])

    /// A name and its value in a map.
    struct Entry: Sendable, Equatable {
        var name: String
        var namePlace: TextPlace?
        var value: RawValue
        var valuePlace: TextPlace?
    }

    /// An element of a list.
    struct Item: Sendable, Equatable {
        var value: RawValue
        var place: TextPlace?
    }

    /// What it is, for messages that expected something else.
    var kind: String {
        switch self {
        case .text(let text): "'\(text)'"
        case .list, .items: "a list"
        case .map: "keys and values"
        case .nothing: "nothing"
        }
    }
}

/// A place in a file, counted from 1.
struct TextPlace: Sendable, Equatable, CustomStringConvertible {
    var line: Int
    var column: Int

    /// `3:5`.
    var description: String { "\(line):\(column)" }
}

/// Why a value can't be used: "port 70000 is not between 0 and 65535". In a
/// map several things may be wrong, each at its own place.
struct ValueProblem: Error, Sendable, Equatable {
    /// One thing that is wrong.
    struct Detail: Sendable, Equatable {
        /// The names of the maps' entries that lead to it.
        var path: [String] = []
        /// Where it stands; nil is the place of the whole value.
        var place: TextPlace?
        var message: String
    }

    let details: [Detail]

    init(_ message: String, at place: TextPlace? = nil) {
        details = [Detail(place: place, message: message)]
    }

    private init(details: [Detail]) {
        self.details = details
    }

    /// Several problems as one.
    init(_ problems: [ValueProblem]) {
        self.init(details: problems.flatMap(\.details))
    }

    /// The same as a problem of the map's entry of that name.
    func within(_ entry: RawValue.Entry) -> ValueProblem {
        ValueProblem(
            details: details.map {
                Detail(
                    path: [entry.name] + $0.path,
                    place: $0.place ?? entry.valuePlace ?? entry.namePlace,
                    message: $0.message
                )
            }
        )
    }

    /// All of it in one line.
    var message: String { details.map(\.message).joined(separator: "; ") }
}
