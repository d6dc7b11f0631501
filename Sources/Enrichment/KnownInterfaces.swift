import FlowSchema
public import NetTypes

/// The interfaces that exporters' SNMP agents told, so that flows over others are noticed: one was added, or all have
/// new numbers since the exporter's restart.
public struct KnownInterfaces: Sendable {
    private let interfaces: [AddressBytes: Set<UInt32>]

    /// Rows of a batch that are looked at: a new interface isn't worth more of ingest's time, and will have more rows.
    private static let mostRows = 4096

    /// - Parameter interfaces: by exporter, of those whose agents answered.
    public init(_ interfaces: [IPAddress: Set<UInt32>]) {
        self.interfaces = Dictionary(
            interfaces.map { (AddressBytes($0.key), $0.value) },
            uniquingKeysWith: { first, _ in first }
        )
    }

    /// The exporters of rows with an interface that isn't known.
    func strangers(in batch: FlowBatch) -> Set<IPAddress> {
        guard !interfaces.isEmpty, batch.isPresent(.samplerAddress) else { return [] }
        let rows = 0..<batch.count
        let samplers = unsafe batch.write(.samplerAddress, rows, as: AddressBytes.self)
        var result: Set<IPAddress> = []
        for column in [FlowColumn.inIf, .outIf] where batch.isPresent(column) {
            let numbers = unsafe batch.write(column, rows, as: UInt32.self)
            var last: (sampler: AddressBytes, known: Set<UInt32>?) = (AddressBytes(.unspecified), nil)
            for row in stride(from: 0, to: rows.count, by: max(1, rows.count / Self.mostRows)) {
                let (sampler, number) = unsafe (samplers[row], numbers[row])
                if sampler != last.sampler { last = (sampler, interfaces[sampler]) }
                // 0 is no interface, and larger numbers are none of SNMP's (RFC 2863: InterfaceIndex).
                guard let known = last.known, number != 0, number <= UInt32(Int32.max), !known.contains(number) else {
                    continue
                }
                result.insert(sampler.address)
            }
        }
        return result
    }
}
