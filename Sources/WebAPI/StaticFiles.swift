import Foundation
import HTTPTypes
import Hummingbird
import NIOCore
import NIOPosix
import Synchronization

/// The console's files, from one folder and nowhere else.
///
/// Files are kept in memory as long as their size and time stay the same,
/// and carry an ETag, so that a page that is open anew costs a few headers.
final class StaticFiles: Sendable {
    private let root: String?
    private let cache = Mutex<[String: File]>([:])

    private struct File: Sendable {
        var bytes: ByteBuffer
        var tag: String
    }

    /// Files beyond this are none of the console's.
    private static let largestFile = 16 << 20

    init(root: String?) {
        self.root = root.map { URL(filePath: $0).resolvingSymlinksInPath().path }
    }

    func answer(_ request: Request) async throws -> Response {
        guard let root else { throw HTTPError(.notFound) }
        guard let path = Self.safePath(request.uri.path) else { throw HTTPError(.notFound) }
        let isPage = path == "index.html"
        // Reading blocks, which the concurrent pool must not.
        let file = try await NIOThreadPool.singleton.runIfActive { [self] in
            isPage && !Self.isComplete(root) ? nil : load(path, root: root)
        }
        guard let file else {
            guard isPage else { throw HTTPError(.notFound) }
            return .text(Self.missing, status: .serviceUnavailable)
        }
        var headers: HTTPFields = [
            .contentType: Self.mediaType(path), .eTag: file.tag, .cacheControl: "no-cache",
        ]
        if request.headers[.ifNoneMatch].map({ $0.contains(file.tag) || $0 == "*" }) == true {
            return Response(status: .notModified, headers: headers)
        }
        headers[.contentLength] = String(file.bytes.readableBytes)
        return Response(status: .ok, headers: headers, body: ResponseBody(byteBuffer: file.bytes))
    }

    static let missing = """
        The console's files are not complete: third-party files are fetched at set-up.
        Run "make setup" (or Scripts/web-vendor.sh) and reload this page. The API at /api/v1 works without them.

        """

    /// The path below the root: no empty, hidden or upward parts; nil for anything strange.
    static func safePath(_ path: String) -> String? {
        guard let decoded = path.removingPercentEncoding, decoded.hasPrefix("/") else { return nil }
        if decoded == "/" { return "index.html" }
        let parts = decoded.dropFirst().split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count <= 8, parts.allSatisfy({ !$0.isEmpty && $0.first != "." }),
            !decoded.unicodeScalars.contains(where: { $0.value < 0x20 || $0 == "\\" || $0.value == 0x7F })
        else { return nil }
        return parts.joined(separator: "/")
    }

    /// Whether what vendor.lock lists was fetched; the folder is empty before set-up.
    private static func isComplete(_ root: String) -> Bool {
        guard let lock = try? String(contentsOfFile: root + "/vendor.lock", encoding: .utf8) else { return true }
        return lock.split(separator: "\n").filter { $0.first != "#" }.allSatisfy { line in
            // wheel, its hash, the path within, its hash, the target, the licence
            let fields = line.split(separator: " ")
            return fields.count < 5 || FileManager.default.fileExists(atPath: root + "/vendor/" + fields[4])
        }
    }

    private func load(_ path: String, root: String) -> File? {
        let url = URL(filePath: root + "/" + path).resolvingSymlinksInPath()
        guard url.path.hasPrefix(root + "/"),
            let facts = try? FileManager.default.attributesOfItem(atPath: url.path),
            facts[.type] as? FileAttributeType == .typeRegular,
            let size = facts[.size] as? Int, size <= Self.largestFile,
            let changed = facts[.modificationDate] as? Date
        else { return nil }
        let tag = "\"\(String(size, radix: 36))-\(String(Int(changed.timeIntervalSince1970 * 1000), radix: 36))\""
        if let known = cache.withLock({ $0[path] }), known.tag == tag { return known }
        guard let bytes = try? Data(contentsOf: url) else { return nil }
        let file = File(bytes: ByteBuffer(bytes: bytes), tag: tag)
        cache.withLock { $0[path] = file }
        return file
    }

    private static func mediaType(_ path: String) -> String {
        switch path.split(separator: ".").last?.lowercased() {
        case "html": "text/html; charset=utf-8"
        case "js", "mjs": "text/javascript; charset=utf-8"
        case "css": "text/css; charset=utf-8"
        case "json", "map": "application/json"
        case "svg": "image/svg+xml"
        case "png": "image/png"
        case "ico": "image/x-icon"
        case "woff2": "font/woff2"
        case "txt", "md", "lock": "text/plain; charset=utf-8"
        default: "application/octet-stream"
        }
    }
}
