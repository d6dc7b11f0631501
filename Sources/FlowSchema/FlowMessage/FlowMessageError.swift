/// Why bytes are no FlowMessages.
public enum FlowMessageError: Error, Equatable, Sendable, CaseIterable {
    /// A number or a field reaches beyond the end.
    case cutShort
    /// A number of more than ten bytes, or of more than 64 bits.
    case longNumber
    /// Field number 0, or one above 2^29 - 1.
    case badNumber
    /// A wire type that proto3 doesn't have.
    case badWireType
    /// An address of neither 4 nor 16 bytes.
    case badAddress
    /// More flows than ``FlowMessageDecoder/mostFlows``.
    case tooManyFlows
    /// The batch has no room for it, or none for its lists and texts.
    case tooLarge
    /// It reads like a message, but not one of a flow.
    case notAFlow

    /// The reason as it is called in metrics.
    public var name: String {
        switch self {
        case .cutShort: "cut_short"
        case .longNumber: "long_number"
        case .badNumber: "bad_number"
        case .badWireType: "bad_wire_type"
        case .badAddress: "bad_address"
        case .tooManyFlows: "too_many_flows"
        case .tooLarge: "too_large"
        case .notAFlow: "not_a_flow"
        }
    }
}

/// What a ``FlowMessageDecoder`` met, beside what it threw.
public struct FlowMessageCounters: Hashable, Sendable {
    /// Flows that became rows.
    public var flows: UInt64 = 0
    /// Flows whose TimeReceived was outside the range that is taken.
    public var implausibleTimes: UInt64 = 0
    /// Fields that the schema doesn't have, or has with another wire type.
    public var unknownFields: UInt64 = 0
    /// Numbers that their columns are too narrow for, or that name nothing: they count as unknown.
    public var badValues: UInt64 = 0
    /// Numbers of lists, and texts, beyond what a row may have, and texts that aren't UTF-8.
    public var leftOut: UInt64 = 0

    /// Starts with nothing.
    public init() {}

    /// Adds what another counted.
    public mutating func add(_ other: Self) {
        flows += other.flows
        implausibleTimes += other.implausibleTimes
        unknownFields += other.unknownFields
        badValues += other.badValues
        leftOut += other.leftOut
    }
}
