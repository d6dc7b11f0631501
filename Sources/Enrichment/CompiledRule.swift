import FlowSchema
import NetTypes

/// An ``IncomingRule`` in the form that whole columns are asked by.
struct CompiledRule: Sendable {
    private let addresses: [AddressCondition]
    private let numbers: [NumberCondition]

    private struct AddressCondition: Sendable {
        let column: FlowColumn
        let prefix: Prefix
    }

    private struct NumberCondition: Sendable {
        let column: FlowColumn
        let value: UInt32
    }

    init(_ rule: IncomingRule) {
        var addresses: [AddressCondition] = []
        var numbers: [NumberCondition] = []
        for condition in rule.conditions {
            switch condition {
            case .address(let subject, let prefix):
                addresses.append(AddressCondition(column: subject.column, prefix: prefix))
            case .number(let subject, let value):
                numbers.append(NumberCondition(column: subject.column, value: value))
            }
        }
        self.addresses = addresses
        self.numbers = numbers
    }

    /// Sets those of `matches` to zero whose rows the rule doesn't hold for.
    ///
    /// - Parameter matches: as many as `rows`, or more.
    func narrow(_ matches: inout [UInt8], _ batch: FlowBatch, _ rows: Range<Int>) {
        for condition in addresses {
            guard batch.isPresent(condition.column) else {
                if !condition.prefix.contains(.unspecified) { Self.clear(&matches, rows.count) }
                continue
            }
            let values = unsafe batch.write(condition.column, rows, as: AddressBytes.self)
            for index in 0..<rows.count where !condition.prefix.contains(unsafe values[index].address) {
                matches[index] = 0
            }
        }
        for condition in numbers {
            guard batch.isPresent(condition.column) else {
                if condition.value != UInt32(condition.column.fillByte) { Self.clear(&matches, rows.count) }
                continue
            }
            if condition.column.storage == .uint8 {
                let values = unsafe batch.write(condition.column, rows, as: UInt8.self)
                for index in 0..<rows.count where unsafe UInt32(values[index]) != condition.value { matches[index] = 0 }
            } else {
                let values = unsafe batch.write(condition.column, rows, as: UInt32.self)
                for index in 0..<rows.count where unsafe values[index] != condition.value { matches[index] = 0 }
            }
        }
    }

    private static func clear(_ matches: inout [UInt8], _ count: Int) {
        for index in 0..<count { matches[index] = 0 }
    }
}

extension IncomingCondition.AddressSubject {
    /// The column.
    var column: FlowColumn {
        switch self {
        case .samplerAddress: .samplerAddress
        case .srcAddr: .srcAddr
        case .dstAddr: .dstAddr
        }
    }
}

extension IncomingCondition.NumberSubject {
    /// The column.
    var column: FlowColumn {
        switch self {
        case .srcAS: .srcAS
        case .dstAS: .dstAS
        case .flowDirection: .flowDirection
        }
    }
}
