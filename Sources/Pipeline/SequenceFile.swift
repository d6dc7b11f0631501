import FlowDecoders
import Foundation
import Logging
import NetTypes
import Synchronization

/// Keeps in a file where exporters' sequence numbers were when the last row
/// that is acknowledged came, so that the next life of the process can tell
/// how much was lost between the two at the most.
///
///     192.0.2.1 1407375100772352 48290
final class SequenceFile: Sendable {
    private typealias Marks = [IPAddress: [SequenceMark]]

    private let path: String
    private let logger: Logger
    private let state = Mutex(State())

    private struct State {
        /// Marks that wait until the rows before them are acknowledged.
        var waiting: (marks: Marks, received: UInt64)?
        var written = ""
    }

    /// What was remembered when the server started.
    let remembered: [IPAddress: [SequenceMark]]

    /// Reads the file, if there is one.
    init(path: String, logger: Logger) {
        self.path = path
        self.logger = logger
        remembered = Self.parse((try? String(contentsOfFile: path, encoding: .utf8)) ?? "")
    }

    /// Notes where sequences are; to be called about every second.
    ///
    /// - Parameters:
    ///   - received: rows received when the exporters were looked at.
    ///   - acknowledged: how many of all rows received are stored, spooled or given up.
    func note(_ exporters: [ExporterSnapshot], received: UInt64, acknowledged: UInt64) {
        let marks = exporters.reduce(into: Marks()) { $0[$1.address, default: []] += $1.sequenceMarks }
        state.withLock { state in
            // Batches are acknowledged in the order that they came in, but for a few.
            if acknowledged >= received {
                write(marks, &state)
                state.waiting = nil
            } else if let waiting = state.waiting, acknowledged >= waiting.received {
                write(waiting.marks, &state)
                state.waiting = (marks, received)
            } else if state.waiting == nil {
                state.waiting = (marks, received)
            }
        }
    }

    private func write(_ marks: Marks, _ state: inout State) {
        // Exporters that haven't sent since the start are kept as they were.
        let all = remembered.merging(marks) { $1 }.sorted { $0.key < $1.key }
        let text = all.flatMap { address, marks in marks.map { "\(address) \($0.key) \($0.next)\n" } }.joined()
        guard text != state.written else { return }
        do {
            try text.write(toFile: path, atomically: true, encoding: .utf8)
            state.written = text
        } catch {
            // Once; the disk has worse troubles.
            if state.written != "" {
                logger.warning("sequences not remembered", metadata: ["file": "\(path)", "reason": "\(error)"])
            }
            state.written = ""
        }
    }

    private static func parse(_ text: String) -> Marks {
        text.split(whereSeparator: \.isNewline).reduce(into: [:]) { result, line in
            let words = line.split(separator: " ")
            guard words.count == 3, let address = IPAddress(String(words[0])), let key = UInt64(words[1]),
                let next = UInt32(words[2])
            else { return }
            result[address, default: []].append(SequenceMark(key: key, next: next))
        }
    }
}
