import Foundation

/// The terminal that a person looks at, while a command draws on all of it.
///
/// Leaves the terminal as it was when it is closed; Ctrl-C arrives as a key.
final class Terminal {
    /// What was typed.
    enum Key: Equatable {
        case character(Character)
        case enter, escape, backspace, up, down, left, right, interrupt
    }

    private var before = termios()
    private var pending: [UInt8] = []
    private var isOpen = true

    /// Whether both ends are a terminal: then there is somebody to look and to type.
    static var isThere: Bool { isatty(STDIN_FILENO) == 1 && isatty(STDOUT_FILENO) == 1 }

    /// Takes the terminal: keys come one by one, and the screen is another one than the shell's.
    init() {
        tcgetattr(STDIN_FILENO, &before)
        var raw = before
        raw.c_lflag &= ~tcflag_t(ECHO | ICANON | ISIG | IEXTEN)
        raw.c_iflag &= ~tcflag_t(IXON | ICRNL)
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &raw)
        Self.put("\u{1B}[?1049h\u{1B}[?25l")
    }

    deinit { close() }

    /// Gives the terminal back.
    func close() {
        guard isOpen else { return }
        isOpen = false
        Self.put("\u{1B}[?25h\u{1B}[?1049l")
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &before)
    }

    /// Lines and columns of now.
    var size: (lines: Int, columns: Int) {
        var size = winsize()
        guard ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_row > 0, size.ws_col > 0 else {
            return (24, 80)
        }
        return (Int(size.ws_row), Int(size.ws_col))
    }

    /// Draws lines from the top; what is longer than the screen or wider is cut.
    func draw(_ lines: [String]) {
        let size = size
        var text = "\u{1B}[H"
        for line in lines.prefix(size.lines) { text += "\(line.prefix(size.columns))\u{1B}[K\r\n" }
        // Without the last line feed, or a full screen would scroll.
        Self.put(text.dropLast(lines.count >= size.lines ? 2 : 0) + "\u{1B}[J")
    }

    /// The next key; nil when none is typed in time, or nobody can type any more.
    ///
    /// - Parameter milliseconds: how long to wait at the most.
    func key(within milliseconds: Int32) -> Key? {
        if pending.isEmpty {
            var descriptor = pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0)
            guard poll(&descriptor, 1, milliseconds) > 0 else { return nil }
            var bytes = [UInt8](repeating: 0, count: 256)
            let count = read(STDIN_FILENO, &bytes, bytes.count)
            // The terminal is gone.
            guard count > 0 else { return .interrupt }
            pending = Array(bytes[..<count])
        }
        return next()
    }

    private func next() -> Key? {
        let byte = pending.removeFirst()
        switch byte {
        case 0x03, 0x04: return .interrupt
        case 0x08, 0x7F: return .backspace
        case 0x0A, 0x0D: return .enter
        case 0x1B: return escape()
        case 0x20..<0x7F: return .character(Character(UnicodeScalar(byte)))
        default:
            // A letter of several bytes; what arrives in pieces is no letter that a filter needs.
            let length = byte >= 0xF0 ? 4 : byte >= 0xE0 ? 3 : byte >= 0xC0 ? 2 : 1
            let bytes = [byte] + pending.prefix(length - 1)
            pending.removeFirst(min(length - 1, pending.count))
            return String(validating: bytes, as: UTF8.self)?.first.map(Key.character)
        }
    }

    /// An escape alone, or the arrows, which begin with one.
    private func escape() -> Key? {
        guard pending.count >= 2, pending[0] == 0x5B || pending[0] == 0x4F else { return .escape }
        let arrows: [UInt8: Key] = [0x41: .up, 0x42: .down, 0x43: .right, 0x44: .left]
        let key = arrows[pending[1]]
        pending.removeFirst(2)
        return key
    }

    private static func put(_ text: some StringProtocol) {
        var bytes = Array(text.utf8)[...]
        while !bytes.isEmpty {
            let count = bytes.withUnsafeBytes { write(STDOUT_FILENO, $0.baseAddress, $0.count) }
            if count > 0 { bytes.removeFirst(count) } else if errno != EINTR && errno != EAGAIN { return }
        }
    }
}
