import Foundation
import HTTPTypes
import Hummingbird
import NIOCore
import NIOPosix
import Synchronization

/// The console's files and the manual's, each from one folder and nowhere else.
///
/// Files are kept in memory, deflated as well where that helps, as long as
/// their size and time stay the same, and carry an ETag. The page names its
/// scripts and styles below `v/TAG/`, where the tag stands for the state of
/// the whole folder: those a browser may keep for good, and after an upgrade
/// it asks for others.
final class StaticFiles: Sendable {
    private let root: String?
    private let cache = Mutex<[String: File]>([:])

    private struct File: Sendable {
        var bytes: ByteBuffer
        var gzip: ByteBuffer?
        var tag: String
    }

    /// Files beyond this are none of the console's.
    private static let largestFile = 16 << 20
    /// What is smaller fits a packet or two as it is.
    private static let leastGzip = 1_000

    init(root: String?) {
        self.root = root.map { URL(filePath: $0).resolvingSymlinksInPath().path }
    }

    /// The file that a path of the page asks for.
    func answer(_ request: Request) async throws -> Response {
        guard let root, let path = Self.safePath(request.uri.path) else { throw HTTPError(.notFound) }
        // Reading blocks, which the concurrent pool must not.
        return try await NIOThreadPool.singleton.runIfActive { [self] in
            if path == "index.html" { return try page(root, request) }
            let parts = path.split(separator: "/", maxSplits: 2)
            guard parts.count == 3, parts[0] == "v" else {
                if let place = Self.place(ofPageAt: path, request) { return .redirect(to: place) }
                return try response(path, root, request)
            }
            let tree = WebTree(root: root)
            // A page that is open since before an upgrade gets what there is now, and may not keep it.
            let keep = tree.tag == parts[1] ? Keep.forGood : .never
            if let file = joined(String(parts[2]), tree) { return Self.response(file, String(parts[2]), request, keep) }
            return try response(String(parts[2]), root, request, keep: keep)
        }
    }

    /// Where a page is that somebody typed the name of, such as `/flows`: the console has one file, which is told
    /// the page by its query.
    private static func place(ofPageAt path: String, _ request: Request) -> String? {
        guard path.utf8.allSatisfy({ UInt8(ascii: "a")...UInt8(ascii: "z") ~= $0 }),
            request.headers[.accept]?.contains("text/html") == true
        else { return nil }
        return "./?p=\(path)" + (request.uri.query.map { "&\($0)" } ?? "")
    }

    /// A file by its name, with the media type that its name tells.
    func file(_ name: String, _ request: Request) async throws -> Response {
        guard let root, let path = Self.safePath("/" + name) else { throw HTTPError(.notFound) }
        return try await NIOThreadPool.singleton.runIfActive { [self] in try response(path, root, request) }
    }

    /// The names of the files directly in the folder, and the first line of each that begins with `prefix`.
    func titles(ending: String, prefix: String) async throws -> [(name: String, title: String)] {
        guard let root else { return [] }
        return try await NIOThreadPool.singleton.runIfActive { [self] in
            let names = try FileManager.default.contentsOfDirectory(atPath: root).filter { $0.hasSuffix(ending) }
            return names.sorted().compactMap { name -> (name: String, title: String)? in
                guard let text = load(name, root: root).map({ String(buffer: $0.bytes) }),
                    let line = text.split(separator: "\n").first(where: { $0.hasPrefix(prefix) })
                else { return nil }
                return (name, String(line.dropFirst(prefix.count)))
            }
        }
    }

    static let missing = """
        The console's files are not complete: third-party files are fetched at set-up.
        Run "make setup" (or Scripts/web-vendor.sh) and reload this page. The API at /api/v1 works without them.

        """

    // MARK: - Answers

    /// What a browser may do with a file.
    private enum Keep: String {
        /// Ask each time whether it is still the same.
        case asking = "no-cache"
        /// The address changes when the content does (RFC 8246).
        case forGood = "public, max-age=31536000, immutable"
        case never = "no-store"
    }

    /// The page itself, which names the current state of all other files.
    private func page(_ root: String, _ request: Request) throws -> Response {
        guard Self.isComplete(root) else { return .text(Self.missing, status: .serviceUnavailable) }
        let tree = WebTree(root: root)
        let tag = "\"\(tree.tag)\""
        let known = cache.withLock { $0["index.html"] }
        let file: File
        if let known, known.tag == tag {
            file = known
        } else {
            guard let text = try? String(contentsOfFile: root + "/index.html", encoding: .utf8) else {
                throw HTTPError(.notFound)
            }
            file = Self.file(ByteBuffer(string: tree.versioned(text)), tag: tag, isText: true)
            cache.withLock { $0["index.html"] = file }
        }
        return Self.response(file, "index.html", request, .asking)
    }

    /// What is made of several files, as long as none of the folder changes.
    private func joined(_ path: String, _ tree: WebTree) -> File? {
        let (name, tag) = ("v/" + path, "\"\(tree.tag)\"")
        if let known = cache.withLock({ $0[name] }), known.tag == tag { return known }
        guard let text = tree.joined(path) else { return nil }
        let file = Self.file(ByteBuffer(string: text), tag: tag, isText: true)
        cache.withLock { $0[name] = file }
        return file
    }

    private func response(_ path: String, _ root: String, _ request: Request, keep: Keep = .asking) throws -> Response {
        guard let file = load(path, root: root) else { throw HTTPError(.notFound) }
        return Self.response(file, path, request, keep)
    }

    private static func response(_ file: File, _ path: String, _ request: Request, _ keep: Keep) -> Response {
        let gzip = takesGzip(request.headers[.acceptEncoding]) ? file.gzip : nil
        // Another tag for other bytes (RFC 9110 section 8.8.3).
        let tag = gzip == nil ? file.tag : "\(file.tag.dropLast())-gz\""
        var headers: HTTPFields = [
            .contentType: mediaType(path), .eTag: tag, .cacheControl: keep.rawValue,
        ]
        if file.gzip != nil { headers[.vary] = "Accept-Encoding" }
        if request.headers[.ifNoneMatch].map({ $0.contains(tag) || $0 == "*" }) == true {
            return Response(status: .notModified, headers: headers)
        }
        let bytes = gzip ?? file.bytes
        if gzip != nil { headers[.contentEncoding] = "gzip" }
        headers[.contentLength] = String(bytes.readableBytes)
        return Response(status: .ok, headers: headers, body: ResponseBody(byteBuffer: bytes))
    }

    /// Whether a browser inflates gzip (RFC 9110 section 12.5.3).
    static func takesGzip(_ accepted: String?) -> Bool {
        (accepted ?? "").lowercased().split(separator: ",").contains { coding in
            let parts = coding.split(separator: ";").map { $0.filter { !$0.isWhitespace } }
            guard let name = parts.first, name == "gzip" || name == "x-gzip" || name == "*" else { return false }
            let weight = parts.dropFirst().first { $0.hasPrefix("q=") }.flatMap { Double($0.dropFirst(2)) }
            return weight != 0
        }
    }

    // MARK: - Files

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
        let type = Self.mediaType(path)
        let isText = type.hasPrefix("text/") || type == "application/json" || type == "image/svg+xml"
        let file = Self.file(ByteBuffer(bytes: bytes), tag: tag, isText: isText)
        cache.withLock { $0[path] = file }
        return file
    }

    private static func file(_ bytes: ByteBuffer, tag: String, isText: Bool) -> File {
        let gzip = isText && bytes.readableBytes >= leastGzip ? Gzip.deflate(bytes) : nil
        return File(bytes: bytes, gzip: gzip.flatMap { $0.readableBytes < bytes.readableBytes ? $0 : nil }, tag: tag)
    }

    private static func mediaType(_ path: String) -> String {
        switch path.split(separator: ".").last?.lowercased() {
        case "html": "text/html; charset=utf-8"
        case "js", "mjs": "text/javascript; charset=utf-8"
        case "css": "text/css; charset=utf-8"
        case "json", "map": "application/json"
        case "svg": "image/svg+xml"
        case "png": "image/png"
        case "webp": "image/webp"
        case "ico": "image/x-icon"
        case "woff2": "font/woff2"
        case "txt", "md", "lock", "proto": "text/plain; charset=utf-8"
        default: "application/octet-stream"
        }
    }
}
