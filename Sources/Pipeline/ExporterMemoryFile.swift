import FlowDecoders
import Foundation
import Logging
import NetTypes
import Synchronization

/// Keeps what exporters' next life must know in a file, written while the
/// server runs, so that a kill -9 costs no template.
final class ExporterMemoryFile: Sendable {
    private let path: String
    private let logger: Logger
    private let state: Mutex<State>

    private struct State {
        /// The text in the file.
        var written = ""
    }

    /// What was remembered when the server started.
    let remembered: [IPAddress: ExporterMemory]

    /// Reads the file, if there is one.
    init(path: String, logger: Logger) {
        self.path = path
        self.logger = logger
        let text = (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
        remembered = ExporterMemory.parse(text)
        state = Mutex(State(written: text))
    }

    /// Writes the file when what the receivers know differs from what it says.
    /// Exporters that haven't sent since the start are kept as they were.
    func write(_ memories: [ExporterMemory]) {
        let heard = Set(memories.map(\.address))
        let silent = remembered.filter { !heard.contains($0.key) }.map(\.value)
        let text = (memories + silent).sorted { $0.address < $1.address }.map(\.lines).joined()
        state.withLock { state in
            guard text != state.written else { return }
            do {
                // Written beside it and renamed: a crash leaves the old file or the new one.
                try text.write(toFile: path, atomically: true, encoding: .utf8)
                state.written = text
            } catch {
                logger.warning("templates not remembered", metadata: ["file": "\(path)", "reason": "\(error)"])
            }
        }
    }
}
