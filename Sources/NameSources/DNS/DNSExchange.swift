import Foundation
import NetTypes
import WireFormat

/// One question to one server, with a socket of its own: so each goes out from another port, which the kernel
/// chooses at random (RFC 5452 section 9.2), and only that server's messages come in.
struct DNSExchange {
    /// How it ended.
    enum Outcome {
        case answer(DNSAnswer)
        /// Nothing of use came in time.
        case silence
        /// The server can't be reached, says the system.
        case unreachable
    }

    let server: IPEndpoint
    let question: DNSQuestion
    /// Messages that came and were no answer to the question.
    private(set) var foreign = 0
    /// Messages that were not understood.
    private(set) var malformed = 0

    /// Seconds that a server has, for a datagram and for a connection with all that goes over it.
    private static let seconds = (udp: 2.0, tcp: 4.0)
    /// Bytes of a datagram that are read; without EDNS servers send 512 at most (RFC 1035 section 4.2.1).
    private static let datagramBytes = 4096

    init(server: IPEndpoint, question: DNSQuestion) {
        self.server = server
        self.question = question
    }

    /// Asks with one datagram.
    mutating func overUDP() -> Outcome {
        guard let socket = Connection(server, SOCK_DGRAM, deadline: Self.now + Self.seconds.udp) else {
            return .unreachable
        }
        defer { socket.end() }
        guard socket.send(question.bytes) else { return .unreachable }
        var buffer = [UInt8](repeating: 0, count: Self.datagramBytes)
        while true {
            switch socket.receive(&buffer, from: 0) {
            case .bytes(let count):
                if let answer = read(buffer[..<count]) { return .answer(answer) }
            case .timeOut: return .silence
            case .end, .failure: return .unreachable
            }
        }
    }

    /// Asks over a connection (RFC 7766), where the length stands in front of a message.
    mutating func overTCP() -> Outcome {
        guard let socket = Connection(server, SOCK_STREAM, deadline: Self.now + Self.seconds.tcp) else {
            return .unreachable
        }
        defer { socket.end() }
        let bytes = question.bytes
        guard socket.send([UInt8(bytes.count >> 8), UInt8(bytes.count & 0xFF)] + bytes) else { return .unreachable }
        var buffer = [UInt8](repeating: 0, count: 2 + Int(UInt16.max))
        var count = 0
        while true {
            switch socket.receive(&buffer, from: count) {
            case .bytes(let more): count += more
            case .timeOut: return .silence
            case .end, .failure: return .unreachable
            }
            let length = Int(buffer[0]) << 8 | Int(buffer[1])
            guard count >= 2 + length, count >= 2 else { continue }
            guard let answer = read(buffer[2..<(2 + length)]), answer != .cut else { return .silence }
            return .answer(answer)
        }
    }

    /// The answer in a message, if it is one; what else comes doesn't end the wait, since anybody may have sent it.
    private mutating func read(_ bytes: ArraySlice<UInt8>) -> DNSAnswer? {
        do throws(DecodeError) {
            if let answer = try DNSAnswer.read(bytes.span.bytes, to: question) { return answer }
            foreign += 1
        } catch {
            malformed += 1
        }
        return nil
    }

    fileprivate static var now: Double { ProcessInfo.processInfo.systemUptime }
}

/// A socket that is connected to a server and gives up at a deadline.
private struct Connection {
    private let descriptor: Int32
    private let deadline: Double

    enum Received {
        case bytes(Int)
        case timeOut
        case end
        case failure
    }

    /// - Returns: nil when there is no way to the server, or none by the deadline.
    init?(_ server: IPEndpoint, _ type: __socket_type, deadline: Double) {
        self.deadline = deadline
        var hints = addrinfo()
        hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV
        hints.ai_socktype = Int32(type.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo("\(server.address)", "\(server.port)", &hints, &list) == 0, let info = list?.pointee else {
            return nil
        }
        defer { freeaddrinfo(list) }
        let flags = Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue)
        descriptor = socket(info.ai_family, info.ai_socktype | flags, 0)
        guard descriptor >= 0 else { return nil }
        if connect(descriptor, info.ai_addr, info.ai_addrlen) != 0 {
            var (problem, length) = (Int32(0), socklen_t(MemoryLayout<Int32>.size))
            guard errno == EINPROGRESS, wait(for: POLLOUT),
                getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &problem, &length) == 0, problem == 0
            else {
                end()
                return nil
            }
        }
    }

    func end() { close(descriptor) }

    /// Sends all of it; a question is small enough for any buffer.
    func send(_ bytes: [UInt8]) -> Bool {
        bytes.withUnsafeBytes {
            Foundation.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) == $0.count
        }
    }

    /// Receives what comes next into the buffer, from a place on.
    func receive(_ buffer: inout [UInt8], from start: Int) -> Received {
        while wait(for: POLLIN) {
            let count = buffer.withUnsafeMutableBytes { bytes in
                let room = UnsafeMutableRawBufferPointer(rebasing: bytes[start...])
                return recv(descriptor, room.baseAddress, room.count, 0)
            }
            if count > 0 { return .bytes(count) }
            if count == 0 { return .end }
            if errno != EINTR && errno != EAGAIN { return .failure }
        }
        return .timeOut
    }

    /// Waits until something can be done; false when the time is over.
    private func wait(for event: Int32) -> Bool {
        while true {
            let left = deadline - DNSExchange.now
            guard left > 0 else { return false }
            var entry = pollfd(fd: descriptor, events: Int16(event), revents: 0)
            let ready = poll(&entry, 1, Int32(left * 1000) + 1)
            if ready > 0 { return true }
            guard ready == 0 || errno == EINTR else { return false }
        }
    }
}
