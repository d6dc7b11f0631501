/// Whoever knows how the collector is doing; the API asks, the pipeline answers.
///
/// It stands here, below both, so that neither knows the other.
public protocol StatusSource: Sendable {
    /// How things are, in one picture.
    func health() async -> HealthReport
    /// Every exporter heard of since the start.
    func exporters() async -> [ExporterReport]
    /// The names that people gave.
    func names() async -> NameBook
    /// Counters and gauges beyond those that follow from the other two, for `/metrics`.
    func metrics() async -> [MetricFamily]
}

extension StatusSource {
    /// No names.
    public func names() async -> NameBook { NameBook() }
    /// Nothing further.
    public func metrics() async -> [MetricFamily] { [] }
}
