/// What a resolver has asked since it was made, and what came of it.
public struct ResolverReport: Hashable, Sendable {
    /// How the question for an address ended.
    public enum Result: String, CaseIterable, Sendable {
        /// With a name.
        case named
        /// There is no name.
        case nothing
        /// Nobody said.
        case failed
    }

    /// Messages that were sent over UDP.
    public var udp: UInt64 = 0
    /// Messages that were sent over TCP.
    public var tcp: UInt64 = 0
    /// Addresses, by how their question ended.
    public var results: [Result: UInt64] = [:]
    /// Messages that no answer came to in time.
    public var silences: UInt64 = 0
    /// Messages that couldn't be delivered.
    public var unreachable: UInt64 = 0
    /// Messages that came and answered no question.
    public var foreign: UInt64 = 0
    /// Messages that came and were not understood.
    public var malformed: UInt64 = 0
    /// Addresses that didn't fit the queue.
    public var dropped: UInt64 = 0
    /// Addresses that something is known of.
    public var known = 0
    /// Addresses that wait to be asked for.
    public var waiting = 0
}
