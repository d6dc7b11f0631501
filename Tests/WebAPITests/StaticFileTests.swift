import Foundation
import HTTPTypes
import Testing

@testable import WebAPI

struct StaticFileTests {
    /// A console of three files in a folder of its own, with a secret beside it.
    static func withConsole(hasVendor: Bool = true, _ body: (Harness) async throws -> Void) async throws {
        let manager = FileManager.default
        let folder = manager.temporaryDirectory.appending(path: "netmeta-web-\(UUID().uuidString)")
        let root = folder.appending(path: "Web")
        try manager.createDirectory(at: root.appending(path: "vendor"), withIntermediateDirectories: true)
        defer { try? manager.removeItem(at: folder) }
        func write(_ text: String, _ path: String) throws {
            try Data(text.utf8).write(to: folder.appending(path: path))
        }
        try write("<p>console</p>", "Web/index.html")
        try write("export {}", "Web/app.js")
        try write("# wheel hash path hash target licence\na==1 h p h lib.js MIT\n", "Web/vendor.lock")
        try write("hidden", "Web/.hidden")
        try write("secret", "secret.txt")
        try manager.createSymbolicLink(
            at: root.appending(path: "link.txt"),
            withDestinationURL: folder.appending(path: "secret.txt")
        )
        if hasVendor { try write("lib", "Web/vendor/lib.js") }
        var harness = Harness()
        harness.webRoot = root.path
        try await body(harness)
    }

    @Test func servesTheConsole() async throws {
        try await Self.withConsole { harness in
            let page = try await harness.send("/")
            #expect(page.status == 200)
            #expect(page.body == "<p>console</p>")
            #expect(page.headers[.contentType] == "text/html; charset=utf-8")
            let script = try await harness.send("/app.js?v=1")
            #expect(script.headers[.contentType] == "text/javascript; charset=utf-8")
            #expect(script.headers[.cacheControl] == "no-cache")
            let tag = try #require(script.headers[.eTag])
            let again = try await harness.send("/app.js", headers: [.ifNoneMatch: "W/\"x\", \(tag)"])
            #expect(again.status == 304)
            #expect(again.body.isEmpty)
            #expect(try await harness.send("/vendor/lib.js").body == "lib")
        }
    }

    @Test func staysInItsFolder() async throws {
        try await Self.withConsole { harness in
            for path in [
                "/../secret.txt", "/%2e%2e/secret.txt", "/..%2fsecret.txt", "/vendor/../../secret.txt", "/.hidden",
                "/vendor", "/vendor/", "//secret.txt", "/link.txt", "/a%00b", "/a%5cb", "/%", "/vendor/%2e%2e/app.js",
            ] {
                let answer = try await harness.send(path)
                #expect(answer.status == 404, "\(path)")
                #expect(!answer.body.contains("secret"))
            }
        }
    }

    @Test func missingVendorFilesAreSaid() async throws {
        try await Self.withConsole(hasVendor: false) { harness in
            let page = try await harness.send("/")
            #expect(page.status == 503)
            #expect(page.body.contains("make setup"))
            #expect(try await harness.send("/app.js").status == 200)
        }
    }

    @Test func withoutAFolderThereIsNoConsole() async throws {
        #expect(try await Harness().send("/").status == 404)
    }
}
