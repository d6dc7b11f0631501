import FlowDecoders
import FlowSchema
import NetTypes

// The section `sources`: what is read of flows.

/// An information element by its numbers: `35632/118`, `0/40005`.
struct ElementNumber: Hashable, Sendable {
    /// The private enterprise number, 0 for IANA's elements and NetFlow v9's.
    var enterprise: UInt32
    var id: UInt16
}

extension ElementNumber: Comparable, CustomStringConvertible {
    static func < (a: ElementNumber, b: ElementNumber) -> Bool {
        (a.enterprise, a.id) < (b.enterprise, b.id)
    }

    var description: String { "\(enterprise)/\(id)" }
}

extension ValueFormat<ElementNumber> {
    /// Enterprise and element with a slash.
    static var element: Self {
        .single(
            "an enterprise and an element such as 35632/118, or 0/40005 for NetFlow v9",
            parse: { text throws(ValueProblem) in
                let parts = text.split(separator: "/", omittingEmptySubsequences: false)
                guard parts.count == 2, parts.allSatisfy({ !$0.isEmpty && $0.utf8.allSatisfy(isDigit) }) else {
                    return nil
                }
                guard let enterprise = UInt32(parts[0]) else {
                    throw ValueProblem("\(parts[0]) is no enterprise number: the largest is \(UInt32.max)")
                }
                guard let id = UInt16(parts[1]), id > 0 else {
                    throw ValueProblem("element \(parts[1]) is not between 1 and 65535")
                }
                // The top bit of the number on the wire says that an enterprise follows (RFC 7011 section 3.2).
                guard enterprise == 0 || id < 0x8000 else {
                    throw ValueProblem(
                        "\(text): an enterprise's elements end at 32767; "
                            + "NetFlow v9 knows no enterprises, its element is 0/\(id)"
                    )
                }
                return ElementNumber(enterprise: enterprise, id: id)
            },
            text: { yamlText($0.description) }
        )
    }
}

extension ValueFormat<ElementMapping.Target> {
    /// A column, or `Strings.` and a key.
    static var elementTarget: Self {
        .single(
            "a column such as ApplicationId, or Strings.<key>",
            parse: { text throws(ValueProblem) in
                let words = text.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
                if words[0].lowercased() == "strings" {
                    guard words.count == 2 else { throw ValueProblem("Strings holds texts by key: Strings.<key>") }
                    return .text(key: try readTextKey(String(words[1])))
                }
                if let column = FlowColumn.named(text) {
                    guard ElementMapping.takes(column) else {
                        throw ValueProblem("\(column.name) can't be set by an element")
                    }
                    return .column(column)
                }
                let names = FlowColumn.allCases.filter(ElementMapping.takes).map(\.name)
                let near = nearest(to: text, among: names).map { "did you mean \($0)?" }
                let hint = near ?? "`netmeta schema` lists them, and text goes to Strings.<key>"
                throw ValueProblem("there is no column '\(text)'; \(hint)")
            },
            text: { target in
                switch target {
                case .column(let column): column.name
                case .text(let key): yamlText("Strings.\(key)")
                }
            }
        )
    }
}

/// Bytes that a key of the column `Strings` may have: keys are repeated in every row.
private let mostKeyBytes = 64

private func readTextKey(_ key: String) throws(ValueProblem) -> String {
    let isName = key.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "_-.".contains($0)) }
    guard isName, (1...mostKeyBytes).contains(key.utf8.count) else {
        throw ValueProblem("'\(key)' is no key of Strings: up to \(mostKeyBytes) letters, digits and . _ -")
    }
    return key
}

private func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }

// MARK: - For the decoders

extension DecoderSettings {
    /// What a configuration says of decoding.
    init(_ configuration: Configuration) {
        self.init()
        exporters = configuration.samplers.mapValues(\.decoding)
        elements = configuration.sources.elements.sorted { $0.key < $1.key }.map { number, target in
            ElementMapping(enterprise: number.enterprise, id: number.id, target: target)
        }
    }
}
