import FlowQuery
import NetTypes

/// The conditions that scamper's measurements are chosen by, in any of their tables.
extension TimeRange {
    /// Those of the range.
    var ofMeasurements: SQLText { "Time >= toDateTime(\(from)) AND Time < toDateTime(\(to))" }

    /// Of these, the ones of a pair.
    func ofMeasurements(_ monitor: String, _ destination: IPAddress) -> SQLText {
        "\(ofMeasurements) AND Monitor = \(string: monitor) AND Dst = \(destination)"
    }
}
