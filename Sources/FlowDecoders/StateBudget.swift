/// Bounds what exporters make a decoder remember: templates, domains, names, rates.
///
/// Each thing costs about what it takes in memory. A bound for each exporter
/// keeps one from taking the room of all; a bound for all exporters of a
/// thread keeps made-up source addresses from taking the machine's. What
/// doesn't fit isn't remembered, and is counted.
final class StateBudget {
    /// What all exporters of a thread have used.
    final class Shared {
        fileprivate(set) var bytes = 0

        /// Bytes of all exporters of a thread together.
        static let most = 128 << 20

        /// Whether exporters that are silent should make room.
        var isTight: Bool { bytes > Self.most / 4 * 3 }
    }

    private(set) var bytes = 0
    private let shared: Shared

    /// Bytes of one exporter: some thousand templates.
    static let most = 8 << 20

    /// What things take, by measurement rounded up.
    enum Cost {
        static let exporter = 4096
        static let domain = 1024
        static let template = 512
        static let field = 128
        static let name = 128
        static let rate = 64
    }

    init(_ shared: Shared) {
        self.shared = shared
    }

    deinit {
        shared.bytes -= bytes
    }

    /// Takes room for something.
    ///
    /// - Returns: false when there is none, and nothing was taken.
    func take(_ cost: Int) -> Bool {
        guard hasRoom(cost) else { return false }
        bytes += cost
        shared.bytes += cost
        return true
    }

    /// Whether something of that cost would fit.
    func hasRoom(_ cost: Int) -> Bool {
        bytes + cost <= Self.most && shared.bytes + cost <= Shared.most
    }

    /// Gives room back.
    func give(_ cost: Int) {
        bytes -= cost
        shared.bytes -= cost
    }
}
