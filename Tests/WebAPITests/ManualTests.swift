import Foundation
import HTTPTypes
import Testing

@testable import WebAPI

struct ManualTests {
    private static func withManual(_ body: (Harness) async throws -> Void) async throws {
        let manager = FileManager.default
        let folder = manager.temporaryDirectory.appending(path: "netmeta-docs-\(UUID().uuidString)")
        try manager.createDirectory(at: folder.appending(path: "Docs"), withIntermediateDirectories: true)
        try manager.createDirectory(at: folder.appending(path: "Docs/images"), withIntermediateDirectories: true)
        defer { try? manager.removeItem(at: folder) }
        for (path, text) in [
            ("Docs/b.md", "<!-- made -->\n# The second\n\n## not this\n"), ("Docs/a.md", "# First\n\nText\n"),
            ("Docs/x.proto", "syntax"), ("Docs/none.md", "no title"), ("secret.md", "# secret"),
            ("Docs/images/a.webp", "picture"), ("Docs/images/a.txt", "no picture"),
        ] {
            try Data(text.utf8).write(to: folder.appending(path: path))
        }
        var harness = Harness()
        harness.docsRoot = folder.appending(path: "Docs").path
        try await body(harness)
    }

    @Test func listsPagesWithTheirTitles() async throws {
        try await Self.withManual { harness in
            let answer = try await harness.send("/api/v1/docs").json()
            #expect(answer["version"] as? String == "1.2.3")
            let pages = try #require(answer["pages"] as? [[String: String]])
            #expect(pages == [["name": "a", "title": "First"], ["name": "b", "title": "The second"]])
        }
    }

    @Test func givesPagesAsTheyAreWritten() async throws {
        try await Self.withManual { harness in
            let page = try await harness.send("/docs/a.md")
            #expect(page.body == "# First\n\nText\n")
            #expect(page.headers[.contentType] == "text/plain; charset=utf-8")
            #expect(page.headers[.eTag] != nil)
            #expect(try await harness.send("/docs/x.proto").body == "syntax")
            let picture = try await harness.send("/docs/images/a.webp")
            #expect(picture.body == "picture")
            #expect(picture.headers[.contentType] == "image/webp")
        }
    }

    @Test func leadsToWhereTheConsoleShowsThem() async throws {
        try await Self.withManual { harness in
            for (path, target) in [("/docs", "./?p=docs"), ("/docs/", "../?p=docs"), ("/docs/b", "../?p=docs&doc=b")] {
                let answer = try await harness.send(path)
                #expect(answer.status == 302, "\(path)")
                #expect(answer.headers[.location] == target)
            }
            for path in [
                "/docs/c", "/docs/../secret.md", "/docs/%2e%2e/secret.md", "/docs/..%2fsecret", "/docs/a/b",
                "/docs/images/a.txt", "/docs/images/../../secret.md", "/docs/images",
            ] {
                #expect(try await harness.send(path).status == 404, "\(path)")
            }
        }
    }

    @Test func withoutAFolderThereIsNone() async throws {
        #expect(try await Harness().send("/docs/a.md").status == 404)
        #expect(try await Harness().send("/api/v1/docs").json()["pages"] as? [String] == [])
    }
}
