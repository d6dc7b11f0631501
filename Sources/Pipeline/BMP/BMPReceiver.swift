public import Enrichment
import Foundation
public import LinuxCapture
import NetTypes
import OwnThreads
import Synchronization
public import Telemetry
import WireFormat

/// The BMP listener, its sessions and its thread: bytes in, tables out.
///
/// It has a thread of its own at low priority: routes may come late, flows may
/// not. While a table is made nothing is read, and TCP makes the routers wait.
public final class BMPReceiver: Sendable {
    /// The thread takes it, so that it is closed when the thread has ended.
    private let listener: Mutex<TCPListener?>
    private let enrichment: EnrichmentSource
    private let settings: Mutex<BMPSettings>
    private let latest: Mutex<BMPReport>
    private let isStopping = Atomic(false)
    private let ended = DispatchSemaphore(value: 0)

    /// - Parameter enrichment: gets the tables.
    public init(listener: TCPListener, settings: BMPSettings, enrichment: EnrichmentSource) {
        self.listener = Mutex(listener)
        self.enrichment = enrichment
        self.settings = Mutex(settings)
        latest = Mutex(BMPReport(endpoint: listener.endpoint))
    }

    /// How it was a second ago at the most.
    public var report: BMPReport { latest.withLock { $0 } }

    /// Begins to listen.
    public func start() {
        OwnThread.start("bmp", stackSize: 4 << 20) { self.run() }
    }

    /// Puts new settings into force, within a second.
    public func set(_ new: BMPSettings) { settings.withLock { $0 = new } }

    /// Asks the thread to end, and waits for it.
    public func stop() {
        isStopping.store(true, ordering: .releasing)
        ended.wait()
    }

    // MARK: - On the thread

    /// The longest wait for bytes: how soon a stop is seen.
    private static let waitMilliseconds: Int32 = 200
    /// Bytes read from a session before it is the next one's turn.
    private static let readBytes = 64 << 10
    /// Milliseconds between two tables.
    private static let buildMilliseconds: UInt64 = 2000
    /// Of the time no more than one part of so many goes into making tables.
    private static let buildShare: UInt64 = 20

    private func run() {
        _ = setpriority(Int32(PRIO_PROCESS.rawValue), 0, 10)
        var taken = listener.withLock { listener in
            defer { listener = nil }
            return listener
        }
        if let listener = taken { serve(listener) }
        // Closed before anybody is told that it has ended, and may want the same port.
        taken = nil
        ended.signal()
    }

    private func serve(_ listener: TCPListener) {
        var sessions = BMPSessions(settings.withLock { $0 }, endpoint: listener.endpoint)
        var buffer = [UInt8](repeating: 0, count: Self.readBytes)
        var looked: UInt32 = 0
        var nextBuild: UInt64 = 0
        while !isStopping.load(ordering: .acquiring) {
            do throws(SocketError) {
                let ready = try listener.wait(for: sessions.connections, milliseconds: Self.waitMilliseconds)
                // From the last, because those that end are taken out.
                for index in ready.readable.reversed() { read(index, &sessions, &buffer) }
                if ready.hasNew { accept(listener, &sessions) }
            } catch {
                latest.withLock { $0.failure = error.description }
                break
            }
            if Self.now != looked {
                looked = Self.now
                sessions.book.settings = settings.withLock { $0 }
                sessions.expire(at: looked)
                publish(sessions)
            }
            if sessions.book.isChanged, MonotonicClock.milliseconds >= nextBuild { nextBuild = build(&sessions) }
        }
    }

    private func accept(_ listener: TCPListener, _ sessions: inout BMPSessions) {
        do throws(SocketError) {
            while let connection = try listener.accept() { sessions.begin(connection, at: Self.now) }
        } catch {
            // Out of descriptors, most likely: those that wait are taken when some are free again.
            Thread.sleep(forTimeInterval: 0.1)
        }
    }

    private func read(_ index: Int, _ sessions: inout BMPSessions, _ buffer: inout [UInt8]) {
        var isGoingOn = true
        let outcome = sessions.open[index].connection.read(into: &buffer) { bytes in
            isGoingOn = sessions.feed(index, bytes, at: Self.now)
        }
        switch outcome {
        case .bytes where isGoingOn, .nothing: break
        case .bytes, .ended, .broken: sessions.end(index, at: Self.now)
        }
    }

    /// Makes tables of what has changed.
    ///
    /// - Returns: before which time none shall be made again.
    private func build(_ sessions: inout BMPSessions) -> UInt64 {
        let start = MonotonicClock.milliseconds
        let clock = ContinuousClock.now
        enrichment.replace(routes: sessions.book.makeTables())
        sessions.noteBuild(seconds: (ContinuousClock.now - clock) / .seconds(1))
        publish(sessions)
        let end = MonotonicClock.milliseconds
        return end &+ max(Self.buildMilliseconds, (end &- start) &* Self.buildShare)
    }

    private func publish(_ sessions: BMPSessions) {
        let report = sessions.report
        latest.withLock { $0 = report }
    }

    /// Seconds that only grow, whatever becomes of the clock on the wall.
    private static var now: UInt32 { UInt32(truncatingIfNeeded: MonotonicClock.milliseconds / 1000) }
}
