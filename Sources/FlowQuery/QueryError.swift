/// A question that can't be asked as it stands; the caller shows it to the person who asked.
public struct QueryError: Error, Hashable, Sendable {
    /// What happened, in one sentence.
    public var message: String
    /// The parameter that is wrong: "from", "filter", ...
    public var parameter: String?
    /// Where in the parameter's text, counted in UTF-16 units as JavaScript does.
    public var position: Int?
    /// How many UTF-16 units are meant.
    public var length: Int?
    /// What was probably meant.
    public var suggestion: String?

    /// Describes what is wrong.
    public init(
        _ message: String,
        parameter: String? = nil,
        position: Int? = nil,
        length: Int? = nil,
        suggestion: String? = nil
    ) {
        self.message = message
        self.parameter = parameter
        self.position = position
        self.length = length
        self.suggestion = suggestion
    }
}

extension QueryError: CustomStringConvertible {
    /// The message, with place and suggestion when known.
    public var description: String {
        var text = parameter.map { "\($0): " } ?? ""
        text += message
        if let position { text += " (at character \(position + 1))" }
        if let suggestion { text += "; did you mean \(suggestion)?" }
        return text
    }
}
