import FlowDecoders
import FlowSchema
import LinuxCapture
import Telemetry

/// What a thread reads flows of this host from. All is called on that thread,
/// which is in the source's network namespace.
protocol HostSource: AnyObject {
    /// What was read so far.
    var exporter: HostExporter { get set }
    /// What it still needs of root's when it is open.
    var needs: Set<Capability> { get }
    /// Opens sockets and rings.
    func open() throws(SourceError)
    /// Waits up to 100 ms for something and writes its rows.
    ///
    /// - Parameter batch: has room for ``FlowDecoder/mostRows``.
    /// - Returns: whether anything came.
    func read(into batch: FlowBatch, at now: HostTime) throws(SourceError) -> Bool
    /// Is called once a second, with what the kernel says of interfaces when that was asked again.
    func look(at now: HostTime, network: HostNetwork?)
    /// The program ends: what is known and wasn't told yet is told by what is read from now on.
    ///
    /// - Returns: whether there is such.
    func end() -> Bool
    /// Whether there is something that it has read and not told yet.
    var holdsSomething: Bool { get }
    /// Its figures, without those that the thread knows.
    var report: SourceReport { get }
}

extension HostSource {
    func end() -> Bool { false }
    var holdsSomething: Bool { false }
}
