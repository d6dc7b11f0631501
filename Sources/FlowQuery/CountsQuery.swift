/// How much there is in all: one row, one scan, no groups.
public struct CountsQuery: Hashable, Sendable {
    /// What is asked about.
    public var question: Question

    /// Asks.
    public init(_ question: Question) {
        self.question = question
    }

    /// The statement: `bytes`, `packets`, `flows`, `assumed`, `oldest`, `newest`.
    public var sql: SQLText {
        """
        SELECT sum(Bytes * SamplingRate) AS bytes, sum(Packets * SamplingRate) AS packets, count() AS flows, \
        countIf(SamplingRateSource = 'unknown') AS assumed, min(TimeReceived) AS oldest, max(TimeReceived) AS newest
        FROM \(question.source)
        """
    }
}
