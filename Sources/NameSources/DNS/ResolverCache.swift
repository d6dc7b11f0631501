import Foundation
public import NetTypes

/// What name servers said of an address.
public struct ResolvedName: Hashable, Sendable {
    /// The address.
    public var address: IPAddress
    /// Its name; nil when there is none.
    public var name: String?
    /// When it is asked for again, in Unix seconds.
    public var due: Double
    /// Until when the name is shown, in Unix seconds.
    public var shown: Double

    /// Makes one.
    public init(address: IPAddress, name: String?, due: Double, shown: Double) {
        self.address = address
        self.name = name
        self.due = due
        self.shown = shown
    }
}

/// What name servers said, in a file, so that a restart doesn't ask for all of it again:
///
/// ```
/// netmeta resolver 1 <stamp>
/// <address> TAB <due> TAB <shown> TAB <name, or nothing>
/// ```
/// It is a cache: a file of another form, or of other servers, is as good as none.
public struct ResolverCache: Sendable {
    /// The file.
    public let path: String

    private static let magic = "netmeta resolver 1 "
    /// Bytes of the largest file that is read: 50,000 addresses with names of 253 bytes take 16 MB.
    private static let largest = 32 << 20

    /// Names a file.
    public init(_ path: String) {
        self.path = path
    }

    /// Writes names. A crash leaves the old file or the new one.
    ///
    /// - Parameter stamp: who was asked, in one line.
    public func write(_ names: [ResolvedName], stamp: String) throws(SourceError) {
        var text = Self.magic + stamp + "\n"
        for name in names.sorted(by: { $0.address < $1.address }) {
            text += "\(name.address)\t\(UInt64(name.due))\t\(UInt64(name.shown))\t\(name.name ?? "")\n"
        }
        do {
            let folder = URL(fileURLWithPath: path).deletingLastPathComponent()
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            try Data(text.utf8).write(to: URL(fileURLWithPath: path), options: .atomic)
        } catch {
            throw SourceError(path: path, reason: "\(error.localizedDescription)")
        }
    }

    /// Reads names; none when the file isn't there, or has another stamp.
    public func read(stamp: String) -> [ResolvedName] {
        var bytes: [UInt8] = []
        let isWhole = try? SourceFile(path).read { piece in
            piece.withUnsafeBytes { bytes.append(contentsOf: $0) }
            return bytes.count <= Self.largest
        }
        guard isWhole == true, bytes.count <= Self.largest else { return [] }
        let lines = bytes.split(separator: 10, omittingEmptySubsequences: false)
        guard let first = lines.first, String(decoding: first, as: UTF8.self) == Self.magic + stamp else { return [] }
        return lines.dropFirst().compactMap(Self.name)
    }

    private static func name(_ line: ArraySlice<UInt8>) -> ResolvedName? {
        let fields = line.split(separator: 9, omittingEmptySubsequences: false).map {
            String(decoding: $0, as: UTF8.self)
        }
        guard fields.count == 4, let address = IPAddress(fields[0]), let due = UInt64(fields[1]),
            let shown = UInt64(fields[2]), max(due, shown) < 1 << 40, fields[3].utf8.count <= 253,
            fields[3].utf8.allSatisfy({ (0x21...0x7E).contains($0) })
        else { return nil }
        return ResolvedName(
            address: address,
            name: fields[3].isEmpty ? nil : fields[3],
            due: Double(due),
            shown: Double(shown)
        )
    }
}
