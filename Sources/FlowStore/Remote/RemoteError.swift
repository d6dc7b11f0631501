/// Reading ClickHouse's failures out of HTTP answers, whichever version tells them.
enum RemoteError {
    /// The failure that an answer is: from the header with its code, or from the text alone, as older servers tell it.
    static func failure(status: Int, headers: [String: String], body: [UInt8]) -> StoreError {
        let text = String(decoding: body.prefix(8192), as: UTF8.self)
        var error = StoreError(engineMessage: text.isEmpty ? "the server answered with status \(status)" : text)
        if let code = headers["x-clickhouse-exception-code"].flatMap({ Int($0) }) { error.code = code }
        // Older servers: "Code: 60, e.displayText() = DB::Exception: ..., e.what() = DB::Exception".
        if let end = error.message.firstRange(of: ", e.what() = ") {
            error.message = String(error.message[..<end.lowerBound])
        }
        // What isn't ClickHouse's, such as a proxy's page, is no refusal of the statement.
        if error.code == 0 { error.message = "the server answered with status \(status): \(error.message.prefix(300))" }
        return error
    }

    /// The failure at the end of a body that began well: newer servers frame it, older ones just write it.
    static func failure(atEndOf body: [UInt8]) -> StoreError? {
        let tail = String(decoding: body.suffix(16_384), as: UTF8.self)
        guard let start = tail.ranges(of: "Code: ").last(where: { isException(tail[$0.lowerBound...]) }) else {
            return nil
        }
        var text = tail[start.lowerBound...]
        if let end = text.firstRange(of: "\r\n__exception__") { text = text[..<end.lowerBound] }
        var error = StoreError(engineMessage: String(text))
        if let end = error.message.firstRange(of: ", e.what() = ") {
            error.message = String(error.message[..<end.lowerBound])
        }
        return error.code == 0 ? nil : error
    }

    private static func isException(_ text: Substring) -> Bool {
        let rest = text.dropFirst("Code: ".count)
        let digits = rest.prefix(while: \.isNumber)
        return !digits.isEmpty && digits.count < 6 && rest.prefix(200).contains("DB::Exception: ")
    }
}
