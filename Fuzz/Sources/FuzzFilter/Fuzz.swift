import FlowQuery
import FlowSchema
import FuzzSupport
import NetTypes

/// Filters: the first byte says whether names are known and where the cursor is, the rest is the text.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    guard let start, count > 0 else { return 0 }
    let text = String(decoding: UnsafeBufferPointer(start: start + 1, count: count - 1), as: UTF8.self)
    let names: (any FilterNames)? = start[0] & 1 == 0 ? nil : AnyNames()
    let units = text.utf16.count
    do {
        if let filter = try Filter.parse(text, names: names) { check(filter, names) }
    } catch {
        let end = (error.position ?? 0) + (error.length ?? 0)
        FuzzLaws.require(end <= units, "an error lies beyond the text")
    }
    if let completion = try? FilterCompletion(text, at: units * Int(start[0] >> 1) / 100) {
        let candidates = completion.candidates(names: names, seen: [.init(text: text, detail: text, share: 1)])
        FuzzLaws.require(completion.position + completion.length <= units, "a word lies beyond the text")
        FuzzLaws.require(candidates.count <= FilterCompletion.most, "too many candidates")
    }
    return 0
}

/// What is printed says the same, and nothing of the text is in SQL outside of literals.
private func check(_ filter: Filter, _ names: (any FilterNames)?) {
    let printed = filter.description
    // The printed text has spaces and quotes that the first may have lacked.
    if printed.utf8.count <= Filter.Limits.textBytes {
        do {
            let again = try Filter.parse(printed, names: names)
            FuzzLaws.require(again == filter, "the printed filter is another: \(printed)")
        } catch {
            FuzzLaws.require(false, "the printed filter is none: \(printed): \(error)")
        }
    }
    var word: [UInt8] = []
    for byte in outside(Array(filter.sql.text.utf8)) + [0x20] {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "_"): word.append(byte)
        case 0x20, 0x0A, UInt8(ascii: "("), UInt8(ascii: ")"), UInt8(ascii: "="), UInt8(ascii: "<"), UInt8(ascii: ">"),
            UInt8(ascii: ","):
            let text = String(decoding: word, as: UTF8.self)
            FuzzLaws.require(text.isEmpty || known.contains(text) || UInt64(text) != nil, "a strange word: \(text)")
            word = []
        default: FuzzLaws.require(false, "a strange character in SQL: \(byte)")
        }
    }
}

private let known = Set(FlowColumn.queryable.map(\.name)).union([
    "AND", "OR", "NOT", "IN", "LIKE", "BETWEEN", "match", "toString", "toIPv6", "toUInt8", "toDateTime", "bitAnd", "if",
    "substring", "lower", "MACNumToString", "reinterpretAsUInt16", "dictGet",
])

/// The bytes outside of string literals, read as ClickHouse reads them; each literal is a space.
private func outside(_ sql: [UInt8]) -> [UInt8] {
    var rest: [UInt8] = []
    var index = 0
    while index < sql.count {
        guard sql[index] == UInt8(ascii: "'") else {
            rest.append(sql[index])
            index += 1
            continue
        }
        index += 1
        while index < sql.count, sql[index] != UInt8(ascii: "'") {
            index += sql[index] == UInt8(ascii: "\\") ? 2 : 1
        }
        FuzzLaws.require(index < sql.count, "a literal has no end")
        index += 1
        rest.append(0x20)
    }
    return rest
}

/// Everything is called as it is asked for, whatever that is.
private struct AnyNames: FilterNames {
    func value(named name: String, in column: FlowColumn) -> NamedValue? {
        switch name.utf8.count % 4 {
        case 0: NamedValue(name: name, meaning: .numbers([1, .max]))
        case 1: NamedValue(name: name, meaning: .ofExporters([.init(exporter: .unspecified, number: .max)]))
        case 2: NamedValue(name: name, meaning: .addresses([IPAddress(192, 0, 2, 1)]))
        default: nil
        }
    }

    func names(in column: FlowColumn, like text: String, limit: Int) -> [FilterName] {
        [FilterName(text: text + "'\"\\", detail: text)]
    }
}
