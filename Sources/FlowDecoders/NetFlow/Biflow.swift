import FlowSchema

/// Turns a biflow's template into that of its other direction (RFC 5103).
///
/// Reverse elements have the numbers of their forward ones under the
/// enterprise number 29305; elements of the two ends exchange their places.
enum Biflow {
    /// The private enterprise number of reverse information elements.
    static let enterprise: UInt32 = 29305
    /// An enterprise that no registry has: such a field is skipped.
    private static let none = UInt32.max

    /// The fields as the other direction sees them, each at its place in the record.
    static func reversed(_ fields: [TemplateField]) -> [TemplateField] {
        let reverseIDs = Set(fields.filter(\.isReverse).map { $0.forward.id })
        return fields.map { field in
            if field.isReverse { return field.forward }
            guard field.enterprise == 0 else { return field }
            var result = field
            if let other = mirror[field.id] {
                result.id = other
            } else if directional.contains(field.id) || reverseIDs.contains(field.id) {
                result.enterprise = none
            }
            return result
        }
    }

    /// Elements of one end, and of the other.
    private static let mirror: [UInt16: UInt16] = {
        let pairs: [(UInt16, UInt16)] = [
            (8, 12), (27, 28), (7, 11), (10, 14), (9, 13), (29, 30), (16, 17), (56, 80), (58, 59), (243, 254),
            (234, 235), (252, 253), (180, 181), (182, 183), (225, 226), (281, 282), (227, 228), (81, 57), (129, 128),
        ]
        return Dictionary(uniqueKeysWithValues: pairs + pairs.map { ($1, $0) })
    }()

    /// Elements that speak of the forward direction alone: counters, flags, direction, next hops.
    private static let directional: Set<UInt16> = [
        1, 2, 6, 15, 18, 23, 24, 61, 62, 63, 85, 86, 89, 231, 298, 312, 352,
    ]
}

extension TemplateField {
    /// Whether the field counts the other direction of a biflow: RFC 5103's, or a firewall's responder.
    var isReverse: Bool {
        enterprise == Biflow.enterprise || (enterprise == 0 && (id == 232 || id == 299))
    }

    /// The forward element of a reverse one.
    fileprivate var forward: TemplateField {
        var result = self
        result.enterprise = 0
        if id == 232 { result.id = 231 }
        if id == 299 { result.id = 298 }
        return result
    }
}
