import FlowSchema
import NetTypes

/// The rows of one datagram, and what is the same for all of them.
///
/// What a sample tells is written into its row as soon as it was read: there is no copy aside. What every sample
/// tells is stored over; what was set beside for one that turned out to be none is taken back.
struct SFlowColumns: ~Escapable {
    /// Writes the rows.
    let writer: RowWriter
    /// The row of the sample that is being read.
    private(set) var row: Int

    private let agent: AddressBytes
    private let sequence: UInt32
    private let receivedAt: UInt32

    /// Opens rows that `reserve` returned last; each is to be stored, or given back.
    @inline(__always)
    @_lifetime(borrow batch)
    init(_ batch: borrowing FlowBatch, _ rows: Range<Int>, _ header: SFlowHeader, receivedAt: UInt32) {
        writer = RowWriter(batch, rows)
        row = rows.lowerBound
        agent = AddressBytes(header.agent)
        sequence = header.sequence
        self.receivedAt = receivedAt
        Self.claim(writer)
    }

    /// Rows that are stored.
    @inline(__always)
    var count: Int { row &- writer.rows.lowerBound }

    /// Whether there is a row for another sample.
    @inline(__always)
    var hasRoom: Bool { row < writer.rows.upperBound }

    /// Claims the columns that every sample writes.
    @inline(__always)
    private static func claim(_ writer: RowWriter) {
        unsafe writer.claimPackets()
        unsafe writer.claim(.timeReceived)
        unsafe writer.claim(.timeFlowStart)
        unsafe writer.claim(.timeFlowEnd)
        unsafe writer.claim(.flowType)
        unsafe writer.claim(.sequenceNum)
        unsafe writer.claim(.samplerAddress)
        unsafe writer.claim(.packets)
        unsafe writer.claim(.bytes)
        unsafe writer.claim(.samplingRate)
        unsafe writer.claim(.samplingRateSource)
        unsafe writer.claim(.flowDirection)
        unsafe writer.claim(.inIf)
        unsafe writer.claim(.outIf)
    }

    /// Stores what the fixed part of a sample tells.
    @inline(__always)
    func storeStart(rate: UInt32, source: SamplingSource, inIf: UInt32, outIf: UInt32, direction: UInt8) {
        precondition(hasRoom)
        unsafe writer.store(rate, in: .samplingRate, row: row)
        unsafe writer.store(source.rawValue, in: .samplingRateSource, row: row)
        unsafe writer.store(inIf, in: .inIf, row: row)
        unsafe writer.store(outIf, in: .outIf, row: row)
        unsafe writer.store(direction, in: .flowDirection, row: row)
    }

    /// Gives the row its value of a column that not every sample tells.
    @inline(__always)
    func set<T: BitwiseCopyable>(_ column: FlowColumn, to value: T) {
        // `row` only counts up from the first of the rows.
        precondition(hasRoom)
        unsafe writer.put(value, in: column, row: row)
    }

    /// Stores the packet and what is the same for all rows: the row is whole then, and the next one's turn.
    ///
    /// - Parameter packet: not changed; by reference, since it is large.
    @inline(__always)
    mutating func finish(_ packet: inout PacketHeader, bytes: UInt64) {
        precondition(hasRoom)
        unsafe writer.store(&packet, row: row)
        unsafe writer.store(receivedAt, in: .timeReceived, row: row)
        unsafe writer.store(receivedAt, in: .timeFlowStart, row: row)
        unsafe writer.store(receivedAt, in: .timeFlowEnd, row: row)
        unsafe writer.store(FlowType.sflow5.rawValue, in: .flowType, row: row)
        unsafe writer.store(sequence, in: .sequenceNum, row: row)
        unsafe writer.store(agent, in: .samplerAddress, row: row)
        unsafe writer.store(1 as UInt64, in: .packets, row: row)
        unsafe writer.store(bytes, in: .bytes, row: row)
        row &+= 1
    }

    /// Takes back what was set in the row, whose sample turned out to be none.
    @inline(never)
    mutating func forget() {
        writer.batch.truncate(to: row)
        _ = writer.batch.reserve(writer.rows.upperBound - row)
        Self.claim(writer)
    }
}
