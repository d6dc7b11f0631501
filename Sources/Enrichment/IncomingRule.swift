public import NetTypes

/// When a flow of a sampler counts as incoming: when all conditions hold. Of
/// several rules one is enough (NetMeta's `isIncomingFlow`).
public struct IncomingRule: Hashable, Sendable {
    /// What must hold, each.
    public var conditions: [IncomingCondition]

    /// Makes a rule.
    public init(_ conditions: [IncomingCondition]) {
        self.conditions = conditions
    }
}

/// One condition on a flow.
public enum IncomingCondition: Hashable, Sendable {
    /// The address is in the prefix; a prefix of all bits is the address itself.
    case address(AddressSubject, Prefix)
    /// The number is this one.
    case number(NumberSubject, UInt32)

    /// The columns of addresses that conditions know.
    public enum AddressSubject: String, CaseIterable, Sendable {
        case samplerAddress = "SamplerAddress"
        case srcAddr = "SrcAddr"
        case dstAddr = "DstAddr"
    }

    /// The columns of numbers that conditions know.
    public enum NumberSubject: String, CaseIterable, Sendable {
        case srcAS = "SrcAS"
        case dstAS = "DstAS"
        case flowDirection = "FlowDirection"
    }
}
