import CCrypt
import Foundation

/// A password as it is kept: a hash of crypt(5) that takes as much memory as time to try.
///
/// New ones are yescrypt's, the successor of scrypt (RFC 7914) that Debian keeps its users' passwords with; scrypt's own
/// are read, too, so that those of `mkpasswd` fit.
public struct PasswordHash: Hashable, Sendable {
    /// The text that is kept: `$y$jBT$SALT$HASH`.
    public let text: String

    /// Takes a text; nil when it is none, is of another kind, or costs less than 16 or more than 128 MiB.
    public init?(_ text: String) {
        let parts = text.split(separator: "$", omittingEmptySubsequences: false)
        let isKnown =
            switch parts.count {
            // Flavour, N of 2^12 to 2^15, r = 32; then the salt.
            case 5: parts[1] == "y" && ["j9T", "jAT", "jBT", "jCT"].contains(parts[2]) && Self.isText(parts[3], 1...86)
            // N of 2^12 to 2^15, r = 32, p = 1; then the salt.
            case 4: parts[1] == "7" && Self.isScrypt(parts[2])
            default: false
            }
        guard isKnown, parts[0].isEmpty, let hash = parts.last, Self.isText(hash, 43...43) else { return nil }
        self.text = text
    }

    /// Hashes a new password with a salt of chance; nil when the system has no memory for it.
    public init?(of password: String) {
        var setting = [CChar](repeating: 0, count: Int(netmeta_password_capacity))
        guard netmeta_password_setting(&setting) == 1, let text = Self.hash(password, setting: Self.string(setting))
        else { return nil }
        self.text = text
    }

    /// Whether it is that password; takes as long whichever it is. Blocks for some tenths of a second.
    func matches(_ password: String) -> Bool {
        guard let hash = Self.hash(password, setting: text) else { return false }
        return equalInConstantTime(Array(hash.utf8), Array(text.utf8))
    }

    /// What stands in for the hash of a user that there isn't, so that its absence takes no less time. No password is
    /// known that gives it.
    static let ofNobody = PasswordHash(
        unchecked: "$y$jBT$k2XAnEHBqQ1Ct2aMXFKNa/$" + String(repeating: "0", count: 43)
    )

    private init(unchecked text: String) {
        self.text = text
    }

    /// Bytes that a password may have: what all versions of libxcrypt take.
    public static let mostBytes = 500

    private static func hash(_ password: String, setting: String) -> String? {
        // The same letters, however a keyboard composes them (RFC 8265 section 4.2).
        let letters = password.precomposedStringWithCanonicalMapping
        // In C a text ends at a zero, and what stands behind it would not count.
        guard !letters.utf8.contains(0), letters.utf8.count <= mostBytes else { return nil }
        var output = [CChar](repeating: 0, count: Int(netmeta_password_capacity))
        return netmeta_password_hash(letters, setting, &output) == 1 ? string(output) : nil
    }

    private static func string(_ characters: [CChar]) -> String {
        String(decoding: characters.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// `CU..../....` and a salt.
    private static func isScrypt(_ part: Substring) -> Bool {
        ["A", "B", "C", "D"].contains(part.prefix(1)) && part.dropFirst().hasPrefix("U..../....")
            && isText(part.dropFirst(11), 1...86)
    }

    /// Whether it has so many letters of crypt's base64.
    private static func isText(_ text: Substring, _ lengths: ClosedRange<Int>) -> Bool {
        lengths.contains(text.utf8.count)
            && text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: ".")...UInt8(ascii: "9"):
                    true
                default: false
                }
            }
    }
}

/// Compares without telling by its time where they differ.
func equalInConstantTime(_ a: [UInt8], _ b: [UInt8]) -> Bool {
    guard a.count == b.count, !a.isEmpty else { return false }
    return zip(a, b).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
}

extension [UInt8] {
    /// Bytes of the system's generator.
    static func random(_ count: Int) -> [UInt8] {
        var generator = SystemRandomNumberGenerator()
        return (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) }
    }
}
