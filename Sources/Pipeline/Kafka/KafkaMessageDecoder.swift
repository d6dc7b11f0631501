import FlowDecoders
import FlowSchema

/// Rows out of a topic's messages, in whichever format they are.
struct KafkaMessageDecoder {
    private let format: KafkaSettings.Format
    private var flows = FlowMessageDecoder()
    private var traffic = TrafficMessageDecoder()

    init(_ format: KafkaSettings.Format) { self.format = format }

    /// What was met so far.
    var counters: FlowMessageCounters { format == .flows ? flows.counters : traffic.counters }

    /// Of them those that say that a message is to be kept aside.
    var implausibleTimes: UInt64 {
        format == .flows ? flows.counters.implausibleTimes : traffic.counters.implausibleTimes
    }

    /// Says which times of reception are taken.
    mutating func setTimes(_ times: ClosedRange<UInt32>) {
        flows.times = times
        traffic.times = times
    }

    /// How the flows of a payload lie; FastNetMon has one in each message.
    func framing(of payload: RawSpan) throws(FlowMessageError) -> FlowMessageDecoder.Framing {
        switch format {
        case .flows: try FlowMessageDecoder.framing(of: payload)
        case .fastNetMon: .single
        }
    }

    /// Adds the flows of a payload behind a batch's rows; nothing of it when it throws.
    mutating func decode(
        _ payload: RawSpan,
        _ framing: FlowMessageDecoder.Framing,
        into batch: FlowBatch,
        received: UInt32
    ) throws(FlowMessageError) {
        switch format {
        case .flows: try flows.decode(payload, framing, into: batch, received: received)
        case .fastNetMon: try traffic.decode(payload, into: batch, received: received)
        }
    }
}
