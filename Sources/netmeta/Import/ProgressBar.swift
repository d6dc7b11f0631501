import Foundation

/// A line on standard error that shows how far a long command is; nothing where that is no terminal.
struct ProgressBar: Sendable {
    private let isShown = isatty(STDERR_FILENO) == 1
    private let total: Int
    private static let width = 30

    /// - Parameter total: what is to be done, in the unit of ``show(_:_:)``.
    init(total: Int) {
        self.total = max(1, total)
    }

    /// Draws the line anew.
    func show(_ done: Int, _ text: String) {
        guard isShown else { return }
        let share = min(1, Double(done) / Double(total))
        let filled = Int(share * Double(Self.width))
        let bar = String(repeating: "#", count: filled) + String(repeating: "-", count: Self.width - filled)
        // Back to the start of the line, and clear what was there.
        write("\r\u{1B}[K[\(bar)] \(Int(share * 100)) % \(text)")
    }

    /// Takes the line away.
    func finish() {
        if isShown { write("\r\u{1B}[K") }
    }

    private func write(_ text: String) {
        FileHandle.standardError.write(Data(text.utf8))
    }
}
