import HTTPTypes
import Hummingbird

/// The manual of the running version: the Markdown files that come with the program.
///
/// The console draws them; `/docs/NAME.md` gives a page as it is written, and
/// `/docs/NAME` leads to where the console shows it.
struct Manual: Sendable {
    private let files: StaticFiles

    init(root: String?) {
        files = StaticFiles(root: root)
    }

    /// The pages with their titles, in the order of their names.
    func pages(version: String) async throws -> ManualBody {
        let titles = try await files.titles(ending: Self.ending, prefix: "# ")
        return ManualBody(
            version: version,
            pages: titles.map { .init(name: String($0.name.dropLast(Self.ending.count)), title: $0.title) }
        )
    }

    /// What is below `/docs`.
    func answer(_ request: Request) async throws -> Response {
        let path = request.uri.path
        if path == "/docs" { return Self.redirect("./?p=docs") }
        let name = String(path.dropFirst("/docs/".count))
        if name.isEmpty { return Self.redirect("../?p=docs") }
        // A file in the folder itself, or one of its pictures: there are no others.
        if name.hasPrefix("images/"), name.hasSuffix(".webp") { return try await files.file(name, request) }
        guard !name.contains("/") else { throw HTTPError(.notFound) }
        if name.contains(".") { return try await files.file(name, request) }
        _ = try await files.file(name + Self.ending, request)
        return Self.redirect("../?p=docs&doc=\(name)")
    }

    private static let ending = ".md"

    /// Relative, since the console may be below some other path for a browser.
    private static func redirect(_ target: String) -> Response {
        Response(status: .found, headers: [.location: target, .cacheControl: "no-cache"])
    }
}

/// The manual's table of contents.
struct ManualBody: Encodable, Hashable {
    /// The program's.
    var version: String
    var pages: [Page]

    struct Page: Encodable, Hashable {
        /// The file's, without its ending.
        var name: String
        /// Its first heading.
        var title: String
    }
}
