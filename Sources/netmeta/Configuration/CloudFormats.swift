import FlowDecoders
import Foundation
import NetTypes

// How what clouds' sources share is written.

extension ValueFormat {
    /// The same format, of values that also have to belong together.
    func checked(_ check: @escaping @Sendable (Value) throws(ValueProblem) -> Void) -> ValueFormat {
        ValueFormat(
            expected: expected,
            shape: shape,
            parse: { [parse] raw throws(ValueProblem) in
                let value = try parse(raw)
                try check(value)
                return value
            },
            text: text,
            members: members
        )
    }
}

extension ValueFormat<String> {
    /// The start of keys.
    static func keyPrefix(_ example: String) -> Self {
        .single(
            "the start of keys such as \(example)",
            parse: { $0.utf8.count <= 900 ? $0 : nil },
            text: { yamlText($0) }
        )
    }
}

extension ValueFormat<String?> {
    /// An URL of HTTP, without a slash at its end.
    static func optionalURL(_ example: String) -> Self {
        .single(
            "an URL such as \(example)",
            parse: { text in
                if text.isEmpty { return .some(nil) }
                guard let url = URLComponents(string: text), url.scheme == "http" || url.scheme == "https",
                    let host = url.host, !host.isEmpty
                else { return nil }
                return text.hasSuffix("/") ? String(text.dropLast()) : text
            },
            text: { yamlText($0 ?? "") }
        )
    }

    /// A word; empty for none.
    static var optionalWord: Self {
        .single("a word", parse: { .some($0.isEmpty ? nil : $0) }, text: { yamlText($0 ?? "") })
    }

    /// The fields of AWS's flow logs.
    static var optionalLayout: Self {
        .single(
            "names of fields such as \"${version} ${account-id}\", with both addresses among them",
            parse: { text in
                if text.isEmpty { return .some(nil) }
                return (try? AWSLogLayout(reading: text)) == nil ? nil : text
            },
            text: { yamlText($0 ?? "") }
        )
    }
}

extension ValueFormat<IPAddress?> {
    /// A SamplerAddress; empty for one that is made.
    static var optionalSampler: Self {
        .single(
            "an address such as 192.0.2.1",
            parse: { $0.isEmpty ? .some(nil) : IPAddress($0).map { .some($0) } },
            text: { yamlText($0?.description ?? "") }
        )
    }
}

extension ValueFormat<Duration> {
    /// The time from one listing to the next.
    static var wholeSecondsOfListing: Self {
        .single(
            "a time such as 60s, from 1s to 3600s",
            parse: { text in
                guard text.hasSuffix("s"), let seconds = Int(text.dropLast()), (1...3600).contains(seconds) else {
                    return nil
                }
                return .seconds(seconds)
            },
            text: { "\($0.components.seconds)s" }
        )
    }
}

extension ValueFormat<UInt32> {
    /// Days.
    static var lookBack: Self {
        .single(
            "a number of days from 1 to 30",
            parse: { UInt32($0).flatMap { (1...30).contains($0) ? $0 : nil } },
            text: { String($0) }
        )
    }
}
