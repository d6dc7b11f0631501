import Foundation
import LinuxCapture
import NetTypes
import Pipeline

/// Whether each port that the configuration names can be had, while no server runs.
struct PortChecks {
    let configuration: Configuration

    func findings() -> [Finding] {
        let options = PipelineOptions(configuration)
        let flows = options.listeners.map { listener in
            switch listener.transport {
            case .udp: udp(listener.endpoint, options.receiveBuffer)
            case .tcp: tcp(listener.endpoint, key: "listeners.ipfix")
            }
        }
        let bmp = configuration.enrichment.bmp.listen.map { tcp($0, key: "enrichment.bmp.listen") }
        // The server does without the usual port of the SQL endpoint when another program has it.
        let sql = configuration.console.sql.flatMap { $0 == Configuration.Console.usualSQL ? nil : $0 }
        return flows + bmp + [tcp(configuration.console.listen, key: "console.listen")]
            + (sql.map { [tcp($0, key: "console.sql")] } ?? [])
    }

    private func udp(_ endpoint: IPEndpoint, _ buffer: Int) -> Finding {
        let name = Self.name(endpoint, "udp")
        do throws(SocketError) {
            let socket = try UDPReceiver(endpoint, receiveBuffer: buffer, batch: 1)
            return Self.buffer(name, "free", granted: socket.receiveBuffer, asked: buffer)
        } catch {
            return failed(name, endpoint, "udp", error, key: "listeners")
        }
    }

    /// What a socket got of the buffer that was asked for.
    static func buffer(_ name: String, _ state: String, granted: Int, asked: Int) -> Finding {
        let words = "\(state), receive buffer \(Words.size(granted))"
        guard granted < asked else { return .ok(name, words) }
        return .warn(
            name,
            "\(words) of \(Words.size(asked)) asked for",
            do: "sudo sysctl -w net.core.rmem_max=\(asked)  (then start the server again)"
        )
    }

    private func tcp(_ endpoint: IPEndpoint, key: String) -> Finding {
        let name = Self.name(endpoint, "tcp")
        do throws(SocketError) {
            try TCPPort.probe(endpoint)
            return .ok(name, "free")
        } catch {
            return failed(name, endpoint, "tcp", error, key: key)
        }
    }

    private func failed(
        _ name: String,
        _ endpoint: IPEndpoint,
        _ transport: String,
        _ error: SocketError,
        key: String
    ) -> Finding {
        guard error.code == EADDRINUSE else {
            return .fail(name, error.description, do: "set \(key) to another address or port")
        }
        guard let owner = PortOwner.find(port: endpoint.port, transport: transport) else {
            return .fail(
                name,
                "held by another program; only root sees which",
                do: "sudo ss -\(transport.prefix(1))lpn sport = :\(endpoint.port)",
                "stop it, or set \(key) to another port"
            )
        }
        return .fail(
            name,
            "held by \(owner.name) (process \(owner.process))",
            do: "stop it (kill \(owner.process)), or set \(key) to another port"
        )
    }

    /// `port 2055/udp`, with the address where it isn't all of them.
    static func name(_ endpoint: IPEndpoint, _ transport: String) -> String {
        endpoint.address == .unspecified ? "port \(endpoint.port)/\(transport)" : "port \(endpoint)/\(transport)"
    }
}

/// Which program holds a port, from what the kernel shows of sockets and of each process's open files.
enum PortOwner {
    /// - Returns: nil when it isn't to be seen: others' open files show to root only.
    static func find(port: UInt16, transport: String) -> (process: Int, name: String)? {
        let sockets = Set(inodes(port: port, transport: transport).map { "socket:[\($0)]" })
        guard !sockets.isEmpty, let processes = try? FileManager.default.contentsOfDirectory(atPath: "/proc") else {
            return nil
        }
        for process in processes.compactMap({ Int($0) }) {
            let files = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(process)/fd")) ?? []
            let holds = files.contains { file in
                let target = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(process)/fd/\(file)")
                return target.map(sockets.contains) ?? false
            }
            guard holds else { continue }
            let name = HostFile.text("/proc/\(process)/comm")?.trimmingCharacters(in: .whitespacesAndNewlines)
            return (process, name ?? "a program")
        }
        return nil
    }

    /// The inodes of sockets that are bound to a port, or listen on it.
    private static func inodes(port: UInt16, transport: String) -> [String] {
        ["", "6"].flatMap { family in
            (HostFile.text("/proc/net/\(transport)\(family)") ?? "").split(separator: "\n").dropFirst().compactMap {
                let words = $0.split(separator: " ")
                // sl local_address rem_address st queues timer retransmits uid timeout inode; state 0A listens.
                guard words.count > 9, transport == "udp" || words[3] == "0A",
                    let hex = words[1].split(separator: ":").last, UInt16(hex, radix: 16) == port
                else { return nil }
                return String(words[9])
            }
        }
    }
}
