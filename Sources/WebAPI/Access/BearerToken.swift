import Crypto
import Foundation

/// A secret of chance that a program or a browser shows instead of a password.
///
/// It holds 256 bits, so that a plain hash of it tells nothing, and costs nothing to look up.
public enum BearerToken {
    /// What tells ours from other secrets, for those who search files for them.
    private static let mark = "nmt_"

    /// A new one: letters, digits, `-` and `_`.
    public static func make() -> String {
        let text = Data([UInt8].random(32)).base64EncodedString()
        return mark + text.replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
    }

    /// What is kept of it: SHA-256 in 64 hexadecimal digits.
    public static func digest(_ token: String) -> String {
        SHA256.hash(data: Array(token.utf8)).hexadecimal
    }

    /// Whether a text can be such a digest.
    public static func isDigest(_ text: String) -> Bool {
        text.utf8.count == 64
            && text.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }
    }
}
