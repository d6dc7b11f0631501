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

    @Test func whoTypesAPagesNameGetsThere() async throws {
        try await Self.withConsole { harness in
            let page = try await harness.send("/flows?f=Proto%3DTCP", headers: [.accept: "text/html,*/*;q=0.8"])
            #expect(page.status == 303)
            #expect(page.headers[.location] == "./?p=flows&f=Proto%3DTCP")
            // A program that asks for a path gets a program's answer.
            #expect(try await harness.send("/flows", headers: [.accept: "*/*"]).status == 404)
            #expect(try await harness.send("/flows.html", headers: [.accept: "text/html"]).status == 404)
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

    @Test func thePageNamesItsFilesByTheirState() async throws {
        try await Self.withConsole { harness in
            let root = try #require(harness.webRoot)
            let page = """
                <head>
                <link rel="stylesheet" href="./a.css">
                    <link rel="stylesheet" href="./b.css">
                <script src="./app.js"></script></head><a href="./api/v1/openapi.json"><a href="./none.js">
                """
            func write(_ text: String, _ path: String) throws {
                try Data(text.utf8).write(to: URL(filePath: root + "/" + path))
            }
            try write(page, "index.html")
            try write("p {}", "a.css")
            try write("a {}", "b.css")
            try write("import { y } from \"./b.js\";\n", "app.js")
            try write("export const y = 1;\n", "b.js")
            let first = try await harness.send("/")
            let tag = try #require(first.body.firstMatch(of: #/\./v/([0-9a-z]+)/app\.js/#)).1
            #expect(first.body.contains("./api/v1/openapi.json") && first.body.contains("\"./none.js\""))
            #expect(first.body.contains("<link rel=\"stylesheet\" href=\"./v/\(tag)/styles.css\">"))
            #expect(!first.body.contains("a.css") && !first.body.contains("b.css"))
            #expect(try await harness.send("/v/\(tag)/styles.css").body == "p {}\na {}")

            let script = try await harness.send("/v/\(tag)/app.js")
            #expect(script.headers[.cacheControl] == "public, max-age=31536000, immutable")
            #expect(script.body.contains("const { y } = module_0;"))
            #expect(try await harness.send("/app.js").body == "import { y } from \"./b.js\";\n")
            #expect(try await harness.send("/v/older/app.js").headers[.cacheControl] == "no-store")
            #expect(try await harness.send("/v/\(tag)/b.js").body == "export const y = 1;\n")
            for path in ["/v/\(tag)/../../secret.txt", "/v/\(tag)", "/v/\(tag)/", "/v/\(tag)/.hidden"] {
                #expect(try await harness.send(path).status == 404, "\(path)")
            }
            let known: HTTPFields = [.ifNoneMatch: try #require(first.headers[.eTag])]
            #expect(try await harness.send("/", headers: known).status == 304)
            try write("p { color: red }", "a.css")
            let second = try await harness.send("/", headers: known)
            #expect(second.status == 200)
            #expect(!second.body.contains("/v/\(tag)/"))
            // A form that isn't known: module by module, as they are.
            try write("import \"./b.js\";\n", "app.js")
            let other = try #require(try await harness.send("/").body.firstMatch(of: #/\./v/([0-9a-z]+)/app\.js/#)).1
            #expect(try await harness.send("/v/\(other)/app.js").body == "import \"./b.js\";\n")
        }
    }

    @Test func textIsDeflatedForWhoTakesIt() async throws {
        try await Self.withConsole { harness in
            let root = try #require(harness.webRoot)
            let text = String(repeating: "export const many = 1;\n", count: 400)
            try Data(text.utf8).write(to: URL(filePath: root + "/many.js"))
            let plain = try await harness.send("/many.js", headers: [.acceptEncoding: "br, gzip;q=0"])
            #expect(plain.body == text)
            #expect(plain.headers[.vary] == "Accept-Encoding" && plain.headers[.contentEncoding] == nil)
            let gzip = try await harness.send("/many.js", headers: [.acceptEncoding: "br, gzip"])
            #expect(gzip.headers[.contentEncoding] == "gzip")
            #expect(Int(gzip.headers[.contentLength] ?? "") ?? .max < text.utf8.count / 20)
            let tag = try #require(gzip.headers[.eTag])
            #expect(tag != plain.headers[.eTag])
            let again = try await harness.send("/many.js", headers: [.acceptEncoding: "gzip", .ifNoneMatch: tag])
            #expect(again.status == 304)
            // Too small to be worth it.
            #expect(try await harness.send("/app.js", headers: [.acceptEncoding: "gzip"]).headers[.vary] == nil)
        }
    }

    @Test(
        arguments: zip(
            [nil, "", "gzip", "deflate, GZIP;q=0.5", "*", "gzip;q=0", "br", "gzip; q=0.0, br"] as [String?],
            [false, false, true, true, true, false, false, false]
        )
    )
    func whoTakesGzip(accepted: String?, takes: Bool) {
        #expect(StaticFiles.takesGzip(accepted) == takes)
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
