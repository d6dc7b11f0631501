import Glibc
import LinuxCapture
import NetTypes
import VirtualExporters

/// Sends the datagrams of one virtual exporter and counts what became of them.
struct DatagramOutlet {
    private let sender: UDPSender
    /// Datagrams that the kernel took.
    private(set) var sent: UInt64 = 0
    /// Datagrams given up: nobody listens, or the kernel had no room for long.
    private(set) var dropped: UInt64 = 0

    private static let retries = 100
    private static let retryPause = 0.001

    /// Opens a socket. On IPv4 loopback an exporter has an address of its
    /// own in 127.0.0.0/8; elsewhere exporters differ by their source port.
    init(address: IPAddress, target: IPEndpoint) throws {
        let isLocal = target.address.isV4 && target.address.isLoopback
        do {
            sender = try UDPSender(source: isLocal ? IPEndpoint(address: address, port: 0) : nil, target: target)
        } catch {
            throw Failure("\(error)")
        }
    }

    /// Sends all datagrams of the writer, in order.
    mutating func send(_ writer: borrowing DatagramWriter) throws {
        var remaining = writer.count
        guard remaining > 0 else { return }
        var attempts = 0
        let sender = sender
        var sent: UInt64 = 0
        var dropped: UInt64 = 0
        try writer.withDatagrams { datagrams in
            while remaining > 0 {
                do {
                    let count = try sender.send(Array(datagrams.suffix(remaining)))
                    sent += UInt64(count)
                    remaining -= count
                    attempts = 0
                } catch let error as SocketError {
                    switch error.code {
                    case ECONNREFUSED:
                        // Loopback tells at once that nobody listens; the collector may yet come.
                        dropped += 1
                        remaining -= 1
                    case EAGAIN, ENOBUFS, EINTR:
                        attempts += 1
                        guard attempts > Self.retries else {
                            LoadClock.sleep(seconds: Self.retryPause)
                            continue
                        }
                        dropped += UInt64(remaining)
                        remaining = 0
                    default:
                        throw Failure("\(error)")
                    }
                }
            }
        }
        self.sent += sent
        self.dropped += dropped
    }
}
