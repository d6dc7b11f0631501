public import NetTypes

/// Whoever finds out what addresses are called; the API asks while it answers questions.
public protocol HostNameSource: Sendable {
    /// The names that are known now. It doesn't wait: the others are looked for, and may be known when they are
    /// asked for again.
    func names(of addresses: [IPAddress]) -> [IPAddress: String]
    /// Counters and gauges for `/metrics`.
    func metrics() -> [MetricFamily]
}
