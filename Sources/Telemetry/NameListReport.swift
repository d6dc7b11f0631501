/// How the configured lists of names are.
public struct NameListReport: Hashable, Sendable {
    /// Things that have names or classes.
    public var entries: Int
    /// Lines that couldn't be read.
    public var badLines: Int
    /// Files that something is wrong with.
    public var failedFiles: Int

    /// Gathers figures.
    public init(entries: Int, badLines: Int, failedFiles: Int) {
        self.entries = entries
        self.badLines = badLines
        self.failedFiles = failedFiles
    }

    /// The same for `/metrics`.
    public var metrics: [MetricFamily] {
        [
            MetricFamily(
                "netmeta_names_entries",
                .gauge,
                help: "Things that have names or classes in the lists of enrichment.names.",
                value: Double(entries)
            ),
            MetricFamily(
                "netmeta_names_bad_lines",
                .gauge,
                help: "Lines of those lists that can't be read.",
                value: Double(badLines)
            ),
            MetricFamily(
                "netmeta_names_failed_files",
                .gauge,
                help: "Lists that something is wrong with; the log says what.",
                value: Double(failedFiles)
            ),
        ]
    }
}
