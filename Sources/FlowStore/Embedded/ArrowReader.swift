import CArrowDatabase
import NetTypes

/// Turns Arrow record batches of the engine into result columns.
struct ArrowReader {
    private(set) var columns: [ResultColumn] = []
    private(set) var rowCount = 0
    private var formats: [String] = []

    /// Reads a stream to its end and releases it.
    ///
    /// - Throws: ``StoreError`` when the engine fails half-way or there are
    ///   more rows than `limit`.
    mutating func read(_ stream: inout ArrowArrayStream, limit: Int) throws(StoreError) {
        defer { stream.release?(&stream) }
        guard let getSchema = stream.get_schema, let getNext = stream.get_next else { return }
        var schema = ArrowSchema()
        guard getSchema(&stream, &schema) == 0 else { throw lastError(&stream) }
        for index in 0..<Int(schema.n_children) {
            guard let child = schema.children[index]?.pointee else { continue }
            let format = String(cString: child.format)
            formats.append(format)
            let name = child.name.map { String(cString: $0) } ?? ""
            columns.append(ResultColumn(name: name, type: Self.typeName(child), values: []))
        }
        let children = schema
        defer { schema.release?(&schema) }
        while true {
            var array = ArrowArray()
            guard getNext(&stream, &array) == 0 else { throw lastError(&stream) }
            guard array.release != nil else { break }
            defer { array.release?(&array) }
            rowCount += Int(array.length)
            guard rowCount <= limit else {
                throw StoreError(code: 396, message: "the answer has more than \(limit) rows; add a LIMIT")
            }
            for index in columns.indices {
                guard let column = array.children[index]?.pointee, let type = children.children[index]?.pointee else {
                    continue
                }
                columns[index].values.reserveCapacity(rowCount)
                for row in 0..<Int(array.length) {
                    columns[index].values.append(Self.value(column, type, row: row + Int(array.offset)))
                }
            }
        }
    }

    private func lastError(_ stream: inout ArrowArrayStream) -> StoreError {
        let text = stream.get_last_error.flatMap { $0(&stream) }.map { String(cString: $0) }
        return StoreError(engineMessage: text ?? "the engine failed without a message")
    }
}

// MARK: - Values

extension ArrowReader {
    private static func value(_ array: ArrowArray, _ type: ArrowSchema, row: Int) -> ResultValue {
        let index = row + Int(array.offset)
        if array.null_count != 0, let bitmap = array.buffers[0] {
            let byte = bitmap.load(fromByteOffset: index / 8, as: UInt8.self)
            if byte >> UInt8(index % 8) & 1 == 0 { return .null }
        }
        let format = String(cString: type.format)
        if format.hasPrefix("+l") || format == "+m" { return list(array, type, index: index, isMap: format == "+m") }
        if format == "+s" { return tuple(array, type, index: index) }
        guard array.n_buffers > 1, let data = array.buffers[1] else { return .null }
        func load<T>(_ type: T.Type) -> T {
            data.loadUnaligned(fromByteOffset: index * MemoryLayout<T>.size, as: T.self)
        }
        switch format {
        case "b":
            let byte = data.load(fromByteOffset: index / 8, as: UInt8.self)
            return .bool(byte >> UInt8(index % 8) & 1 == 1)
        case "c": return .int(Int64(load(Int8.self)))
        case "C": return .uint(UInt64(load(UInt8.self)))
        case "s": return .int(Int64(load(Int16.self)))
        case "S": return .uint(UInt64(load(UInt16.self)))
        case "i": return .int(Int64(load(Int32.self)))
        case "I": return .uint(UInt64(load(UInt32.self)))
        case "l": return .int(load(Int64.self))
        case "L": return .uint(load(UInt64.self))
        case "f": return .double(Double(load(Float.self)))
        case "g": return .double(load(Double.self))
        case "tdD": return .date(UInt64(clamping: load(Int32.self)))
        case "u", "z": return text(array, index: index, offsets: data.assumingMemoryBound(to: Int32.self))
        case "U", "Z": return text(array, index: index, offsets: data.assumingMemoryBound(to: Int64.self))
        case "w:16":
            let high = data.loadUnaligned(fromByteOffset: index * 16, as: UInt64.self)
            let low = data.loadUnaligned(fromByteOffset: index * 16 + 8, as: UInt64.self)
            return .address(IPAddress(high: UInt64(bigEndian: high), low: UInt64(bigEndian: low)))
        default: break
        }
        if format.hasPrefix("ts") { return timestamp(load(Int64.self), unit: format.utf8.dropFirst(2).first) }
        return .string("(a value of Arrow type \(format), which this version does not show)")
    }

    private static func text<Offset: FixedWidthInteger>(
        _ array: ArrowArray,
        index: Int,
        offsets: UnsafePointer<Offset>
    ) -> ResultValue {
        let start = Int(offsets[index])
        let bytes = UnsafeRawBufferPointer(
            start: array.buffers[2].map { $0 + start },
            count: Int(offsets[index + 1]) - start
        )
        return .string(String(decoding: bytes, as: UTF8.self))
    }

    private static func timestamp(_ value: Int64, unit: UInt8?) -> ResultValue {
        let perSecond: Int64 =
            switch unit {
            case UInt8(ascii: "m"): 1000
            case UInt8(ascii: "u"): 1_000_000
            case UInt8(ascii: "n"): 1_000_000_000
            default: 1
            }
        return perSecond == 1 || value % perSecond == 0
            ? .time(UInt64(clamping: value / perSecond)) : .double(Double(value) / Double(perSecond))
    }

    private static func list(_ array: ArrowArray, _ type: ArrowSchema, index: Int, isMap: Bool) -> ResultValue {
        guard let offsets = array.buffers[1]?.assumingMemoryBound(to: Int32.self),
            let items = array.children[0]?.pointee, let itemType = type.children[0]?.pointee
        else { return .null }
        let rows = Int(offsets[index])..<Int(offsets[index + 1])
        guard isMap else { return .array(rows.map { value(items, itemType, row: $0) }) }
        guard let keys = items.children[0]?.pointee, let values = items.children[1]?.pointee,
            let keyType = itemType.children[0]?.pointee, let valueType = itemType.children[1]?.pointee
        else { return .null }
        return .map(
            rows.map { .init(key: value(keys, keyType, row: $0), value: value(values, valueType, row: $0)) }
        )
    }

    private static func tuple(_ array: ArrowArray, _ type: ArrowSchema, index: Int) -> ResultValue {
        .array(
            (0..<Int(array.n_children)).map { child in
                guard let item = array.children[child]?.pointee, let itemType = type.children[child]?.pointee else {
                    return .null
                }
                return value(item, itemType, row: index)
            }
        )
    }

    /// ClickHouse's name for an Arrow type, as near as it tells.
    private static func typeName(_ schema: ArrowSchema) -> String {
        let format = String(cString: schema.format)
        let simple = [
            "b": "Bool", "c": "Int8", "C": "UInt8", "s": "Int16", "S": "UInt16", "i": "Int32", "I": "UInt32",
            "l": "Int64", "L": "UInt64", "f": "Float32", "g": "Float64", "u": "String", "z": "String", "U": "String",
            "Z": "String", "w:16": "IPv6", "tdD": "Date32", "+m": "Map", "+s": "Tuple",
        ]
        if let name = simple[format] { return name }
        if format.hasPrefix("tss") { return "DateTime" }
        if format.hasPrefix("ts") { return "DateTime64" }
        if format.hasPrefix("+l") {
            return "Array(\(schema.children?[0].map { typeName($0.pointee) } ?? "Nothing"))"
        }
        return format
    }
}

extension StoreError {
    /// Takes ClickHouse's message apart: `Code: N. DB::Exception: text. (NAME)`. One that was passed on between
    /// servers has several such heads: the first code counts, and none of the heads is part of the text.
    init(engineMessage text: String) {
        var code = 0
        if let range = text.firstRange(of: "Code: ") {
            code = Int(text[range.upperBound...].prefix(while: \.isNumber)) ?? 0
        }
        var message = text
        while message == text || message.hasPrefix("Code: "), let head = message.firstRange(of: "DB::Exception: ") {
            message = String(message[head.upperBound...])
        }
        if let stack = message.firstRange(of: "Stack trace") { message = String(message[..<stack.lowerBound]) }
        let lines = message.split(whereSeparator: \.isNewline).joined(separator: " ")
        self.init(code: code, message: lines.isEmpty ? text : lines)
    }
}
