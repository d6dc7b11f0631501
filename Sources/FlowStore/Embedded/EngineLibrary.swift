import Foundation

/// Finds the chDB library and the libpython whose symbols it expects.
public enum EngineLibrary {
    /// The version that the set-up installs and the tests run with.
    public static let version = "26.9.0"

    /// The path of the chDB library.
    ///
    /// - Parameter configured: the path from the configuration, if any; then
    ///   nothing else is tried.
    /// - Throws: ``StoreError`` that lists where it was looked for and how to install it.
    public static func locate(configured: String?) throws(StoreError) -> String {
        let environment = ProcessInfo.processInfo.environment
        let home = environment["HOME"] ?? "/root"
        let cache = environment["XDG_CACHE_HOME"].flatMap { $0.isEmpty ? nil : $0 } ?? home + "/.cache"
        let candidates =
            (configured ?? environment["NETMETA_CHDB_LIBRARY"]).map { [$0] } ?? [
                "\(cache)/netmeta/chdb-\(version)/libchdb.so",
                "/usr/lib/netmeta/libchdb.so",
                "/usr/local/lib/netmeta/libchdb.so",
            ]
        for path in candidates where FileManager.default.isReadableFile(atPath: path) { return path }
        if let path = candidates.first(where: { FileManager.default.fileExists(atPath: $0) }) {
            throw StoreError(message: "the chDB library \(path) may not be read by this user; change its permissions")
        }
        throw StoreError(
            message: "the chDB library is missing (looked at \(candidates.joined(separator: ", "))); "
                + "run Scripts/setup.sh, or name its path in store.library"
        )
    }

    /// A libpython of the system, newest first; nil when there is none.
    static func locatePython() -> String? {
        if let path = ProcessInfo.processInfo.environment["NETMETA_LIBPYTHON"] { return path }
        let folders = [
            "/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/usr/lib64", "/usr/lib", "/usr/local/lib",
        ]
        for folder in folders {
            for minor in (9...15).reversed() {
                let path = "\(folder)/libpython3.\(minor).so.1.0"
                if FileManager.default.fileExists(atPath: path) { return path }
            }
        }
        return nil
    }
}
