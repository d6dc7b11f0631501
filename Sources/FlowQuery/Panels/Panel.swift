public import FlowSchema

/// One picture of a dashboard: what is asked for it, wherever it is drawn.
///
/// The console and the dashboards for Grafana are rendered from the same panels (``PanelTable``).
public struct Panel: Sendable {
    /// What is drawn.
    public enum Content: Sendable {
        /// Lines over time, one for each group of columns.
        case graph([FlowColumn])
        /// A table of the groups with most traffic.
        case top([FlowColumn])
        /// How the values of a column are distributed over time.
        case values(ValuesQuery.Subject)
    }

    /// Which flows count, by ``FlowColumn/incoming``.
    public enum Direction: String, Sendable {
        case `in`, out
    }

    /// Its name in addresses and tests.
    public var id: String
    /// What people read.
    public var title: String
    /// What is drawn.
    public var content: Content
    /// Groups at the most.
    public var limit: Int?
    /// What is summed, where that is not the reader's to choose.
    public var unit: TrafficUnit?
    /// Which flows, in the filter language.
    public var filter: String?
    /// Which direction; nil counts all.
    public var direction: Direction?
    /// Whether in and out are drawn apart, out below zero.
    public var isSplit = false
    /// Whether it wants the whole width.
    public var isWide = false

    init(
        _ id: String,
        _ title: String,
        _ content: Content,
        limit: Int? = nil,
        unit: TrafficUnit? = nil,
        filter: String? = nil,
        direction: Direction? = nil,
        isSplit: Bool = false,
        isWide: Bool = false
    ) {
        self.id = id
        self.title = title
        self.content = content
        self.limit = limit
        self.unit = unit
        self.filter = filter
        self.direction = direction
        self.isSplit = isSplit
        self.isWide = isWide
    }
}

/// Panels that belong together.
public struct PanelGroup: Sendable {
    /// What stands above them.
    public var title: String
    /// In the order in which they are shown.
    public var panels: [Panel]
}

/// Who talks to whom: a sankey.
public struct Relation: Sendable {
    /// Its name in addresses and tests.
    public var id: String
    /// What people read.
    public var title: String
    /// The direction whose flows don't count; nil counts all. Flows whose direction nobody told count in both.
    public var without: Panel.Direction?
    /// Paths at the most.
    public var limit: Int
    /// From left to right: the columns that make a node, and what stands above them.
    public var stages: [Stage]

    /// A column of nodes.
    public struct Stage: Sendable {
        /// What stands above it.
        public var head: String
        /// What makes a node: an interface's number means nothing without its exporter, nor a port without its protocol.
        public var columns: [FlowColumn]
    }
}
