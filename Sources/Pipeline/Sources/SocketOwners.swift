import FlowDecoders
import Foundation
import LinuxCapture
import OwnThreads
import Synchronization

/// Finds out which processes connections belong to, on a thread of its own.
///
/// Connections that began are put aside; ten times a second at the most, and
/// less often where that takes long, the kernel is asked for all sockets and
/// /proc for whose they are. What is put aside and what is remembered is
/// bounded: beyond that connections have no process. One that is over before
/// it was looked for has none either.
final class SocketOwners: ConnectionOwners {
    private let state = State()

    /// What both threads use.
    private final class State: Sendable {
        let table = Mutex(Table())
        let isOver = Atomic(false)
    }

    fileprivate struct Table {
        var wanted: [UInt64: Wanted] = [:]
        var found: [UInt64: ConnectionOwner] = [:]
        var figures = Figures()
    }

    fileprivate struct Wanted {
        var client: ConnectionEnds
        var server: ConnectionEnds
        var tries = 0
    }

    /// What it counted.
    struct Figures {
        var found: UInt64 = 0
        var missed: UInt64 = 0
        var leftOut: UInt64 = 0
    }

    /// Connections that wait to be looked for at most, and those whose process is remembered.
    private static let mostWanted = 16_384
    fileprivate static let mostFound = 262_144
    /// A socket may come after the connection's first packet: TCP's does when the server accepts it.
    fileprivate static let mostTries = 3
    private static let pause = 0.1
    /// Of the time at most a tenth is for looking.
    private static let share = 10.0

    /// Starts its thread, in the calling thread's network namespace and with its privileges but those that it needs not.
    init() {
        let state = state
        OwnThread.start("socket-owners") { Self.run(state) }
    }

    deinit { state.isOver.store(true, ordering: .releasing) }

    var figures: Figures { state.table.withLock { $0.figures } }

    // MARK: - The decoder's thread

    func began(_ connection: UInt64, client: ConnectionEnds, server: ConnectionEnds) {
        state.table.withLock { table in
            guard table.wanted.count < Self.mostWanted else {
                table.figures.leftOut += 1
                return
            }
            table.wanted[connection] = Wanted(client: client, server: server)
        }
    }

    func owner(of connection: UInt64) -> ConnectionOwner? { state.table.withLock { $0.found[connection] } }

    func ended(_ connection: UInt64) {
        state.table.withLock { table in
            table.wanted[connection] = nil
            table.found[connection] = nil
        }
    }

    // MARK: - Its own thread

    private static func run(_ state: State) {
        HostThread.keepOnly([.sysPtrace, .dacReadSearch])
        var rest = pause
        while !state.isOver.load(ordering: .acquiring) {
            Thread.sleep(forTimeInterval: rest)
            let wanted = state.table.withLock { $0.wanted }
            guard !wanted.isEmpty else { continue }
            let start = ContinuousClock.now
            let owners = find(wanted)
            rest = max(pause, share * ((ContinuousClock.now - start) / .seconds(1)))
            state.table.withLock { $0.take(owners, of: wanted) }
        }
    }

    private static func find(_ wanted: [UInt64: Wanted]) -> [UInt64: ConnectionOwner] {
        guard let table = try? SocketTable.read() else { return [:] }
        var sockets: [UInt64: UInt32] = [:]
        for (connection, ends) in wanted {
            for end in [ends.client, ends.server] where sockets[connection] == nil {
                sockets[connection] = table.socket(proto: end.proto, local: end.local, remote: end.remote)
            }
        }
        guard !sockets.isEmpty else { return [:] }
        let owners = SocketTable.owners(of: Set(sockets.values))
        return sockets.compactMapValues { socket in
            owners[socket].map { ConnectionOwner(process: $0.process, name: $0.name) }
        }
    }
}

extension SocketOwners.Table {
    /// Takes over what was found of those that were looked for.
    fileprivate mutating func take(_ owners: [UInt64: ConnectionOwner], of looked: [UInt64: SocketOwners.Wanted]) {
        for connection in looked.keys {
            // It ended meanwhile.
            guard var waiting = wanted[connection] else { continue }
            if let owner = owners[connection] {
                wanted[connection] = nil
                figures.found += 1
                if found.count < SocketOwners.mostFound { found[connection] = owner } else { figures.leftOut += 1 }
                continue
            }
            waiting.tries += 1
            if waiting.tries < SocketOwners.mostTries {
                wanted[connection] = waiting
            } else {
                wanted[connection] = nil
                figures.missed += 1
            }
        }
    }
}
