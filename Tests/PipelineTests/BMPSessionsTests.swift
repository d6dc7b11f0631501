import Enrichment
import Glibc
import LinuxCapture
import NetTypes
import Telemetry
import Testing

@testable import Pipeline

/// Real connections over loopback; the clock is the test's.
@Suite("BMP connections")
struct BMPSessionsTests {
    private let initiation: [UInt8] = [3, 0, 0, 0, 11, 4, 0, 2, 0, 1, 65]

    @Test("who says nothing, or never ends a message, is let go after a minute; a router may be silent for ever")
    func patience() throws {
        let lab = try Lab()
        var sessions = lab.sessions()
        for bytes in [initiation, [], Array(initiation.prefix(3)), initiation + [3, 0, 0, 1, 0, 0, 1]] {
            sessions.begin(try lab.connect(), at: 100)
            if !bytes.isEmpty { #expect(feed(&sessions, sessions.open.count - 1, bytes, at: 100)) }
        }
        sessions.expire(at: 159)
        #expect(sessions.open.count == 4)
        // A byte now and then is no progress.
        #expect(feed(&sessions, 2, [0], at: 159))
        sessions.expire(at: 160)
        #expect(sessions.open.count == 1 && sessions.report.ended == ["too_slow": 3])
        sessions.expire(at: 1_000_000)
        #expect(sessions.open.count == 1 && sessions.report.sessions == 1 && sessions.report.sessionsBegun == 4)
    }

    @Test("one address has four sessions at the most, and addresses that aren't allowed have none")
    func bounds() throws {
        let lab = try Lab()
        var sessions = lab.sessions()
        for _ in 0..<(BMPSessions.mostOfOne + 2) { sessions.begin(try lab.connect(), at: 0) }
        #expect(sessions.open.count == BMPSessions.mostOfOne && sessions.report.refused == ["too_many": 2])
        sessions.book.settings.allow = []
        sessions.expire(at: 1)
        #expect(sessions.open.isEmpty && sessions.report.ended == ["not_allowed": UInt64(BMPSessions.mostOfOne)])
        sessions.begin(try lab.connect(), at: 1)
        #expect(sessions.open.isEmpty && sessions.report.refused["not_allowed"] == 1)
        #expect(sessions.report.routers.isEmpty)
    }

    @Test("a session that is broken ends with its reason")
    func broken() throws {
        let lab = try Lab()
        var sessions = lab.sessions()
        sessions.begin(try lab.connect(), at: 0)
        #expect(feed(&sessions, 0, initiation + [3, 0, 0, 0, 6, 9], at: 0))
        #expect(!feed(&sessions, 0, Array("GET".utf8), at: 0))
        sessions.end(0, at: 0)
        let report = sessions.report
        #expect(report.ended == ["version": 1] && report.messages == 2 && report.skipped == ["unknown_type": 1])
        #expect(report.routers.isEmpty && report.problem == nil)
        // A router that says goodbye is let go, and that is no fault of it.
        sessions.begin(try lab.connect(), at: 0)
        #expect(!feed(&sessions, 0, initiation + [3, 0, 0, 0, 12, 5, 0, 1, 0, 2, 0, 0] + Array("GET".utf8), at: 0))
        #expect(sessions.report.ended == ["version": 1] && sessions.report.messages == 4)
        // What the metrics say is the same.
        let names = Set(report.metrics.map(\.name))
        #expect(names.count == report.metrics.count && names.allSatisfy { $0.hasPrefix("netmeta_bmp_") })
    }

    @Test("routers whose routes found no memory are named")
    func problem() {
        var report = BMPReport(endpoint: IPEndpoint(address: .unspecified, port: 11019))
        report.routers = [.init(address: IPAddress(192, 0, 2, 1)), .init(address: IPAddress(192, 0, 2, 2), refused: 7)]
        #expect(report.problem?.hasPrefix("routes of 192.0.2.2 were left out for want of memory; raise") == true)
    }

    private func feed(_ sessions: inout BMPSessions, _ index: Int, _ bytes: [UInt8], at now: UInt32) -> Bool {
        sessions.feed(index, bytes.span.bytes, at: now)
    }

    /// A listener on loopback, and connections to it.
    private final class Lab {
        let listener: TCPListener
        private var clients: [Int32] = []

        init() throws {
            listener = try TCPListener(IPEndpoint(address: IPAddress(127, 0, 0, 1), port: 0))
        }

        deinit { for client in clients { close(client) } }

        func sessions() -> BMPSessions {
            var settings = BMPSettings()
            settings.allow = [Prefix(IPAddress(127, 0, 0, 0), bits: 104)]
            return BMPSessions(settings, endpoint: listener.endpoint)
        }

        func connect() throws -> TCPConnection {
            let client = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
            clients.append(client)
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_port = listener.endpoint.port.bigEndian
            address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
            let size = socklen_t(MemoryLayout<sockaddr_in>.size)
            let outcome = withUnsafePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { Glibc.connect(client, $0, size) }
            }
            #expect(outcome == 0)
            while true {
                _ = try listener.wait(for: [], milliseconds: 1000)
                if let connection = try listener.accept() { return connection }
            }
        }
    }
}
