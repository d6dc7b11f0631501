import Foundation
import HTTPTypes
import Hummingbird
import Logging
import Testing

@testable import WebAPI

struct SavedViewTests {
    private static let path = "/api/v1/views"

    private static func harness() -> Harness {
        var harness = Harness()
        var settings = AccessSettings()
        for (name, role) in [("ada", Role.admin), ("eve", .editor), ("ed", .editor), ("vic", .viewer)] {
            settings.tokens[name] = .init(role: role, digest: BearerToken.digest(name))
        }
        harness.access = AccessTests.control(settings)
        return harness
    }

    private static func by(_ name: String, _ more: HTTPFields = [:]) -> HTTPFields {
        var headers = more
        headers[.authorization] = "Bearer \(name)"
        return headers
    }

    private static func names(_ harness: Harness, _ headers: HTTPFields = [:]) async throws -> [String] {
        let views = try await harness.send(path, headers: headers).json()["views"] as? [[String: Any]]
        return try #require(views).map { "\($0["name"] ?? "")" }
    }

    @Test func isSavedChangedAndDeleted() async throws {
        let harness = Harness()
        let saved = try await harness.send(
            Self.path,
            method: .post,
            body: #"{"name": "  Uplink \n Frankfurt ", "query": "?p=explore&d=SrcAS", "shared": true}"#
        )
        #expect(saved.status == 200)
        let view = try saved.json()
        let id = try #require(view["id"] as? String)
        #expect(view["name"] as? String == "Uplink Frankfurt" && view["query"] as? String == "?p=explore&d=SrcAS")
        #expect(view["owner"] as? String == "" && view["mayChange"] as? Bool == true)
        #expect(view["created"] as? UInt64 == Harness.now)
        #expect(try await Self.names(harness) == ["Uplink Frankfurt"])
        let one = try await harness.send("\(Self.path)?view=\(id)")
        #expect(one.body == saved.body && one.headers[.eTag] == saved.headers[.eTag])

        let changed = try await harness.send("\(Self.path)?view=\(id)", method: .put, body: #"{"name": "Uplink"}"#)
        #expect(try changed.json()["name"] as? String == "Uplink")
        #expect(try changed.json()["query"] as? String == "?p=explore&d=SrcAS", "what is left out stays")
        #expect(try await harness.send("\(Self.path)?view=\(id)", method: .delete).status == 200)
        #expect(try await harness.send("\(Self.path)?view=\(id)").status == 404)
        #expect(try await Self.names(harness) == [])
    }

    @Test func tagsSaveReadingAndGuardChanges() async throws {
        let harness = Harness()
        let saved = try await harness.send(Self.path, method: .post, body: #"{"name": "a", "query": ""}"#)
        let id = try #require(try saved.json()["id"] as? String)
        let tag = try #require(saved.headers[.eTag])
        let list = try #require(try await harness.send(Self.path).headers[.eTag])
        #expect(try await harness.send(Self.path, headers: [.ifNoneMatch: list]).status == 304)
        #expect(try await harness.send("\(Self.path)?view=\(id)", headers: [.ifNoneMatch: tag]).status == 304)
        let uri = "\(Self.path)?view=\(id)"
        let first = try await harness.send(uri, method: .put, headers: [.ifMatch: tag], body: #"{"name": "b"}"#)
        #expect(first.status == 200)
        // Somebody else has seen the view as it was before.
        let second = try await harness.send(uri, method: .put, headers: [.ifMatch: tag], body: #"{"name": "c"}"#)
        #expect(second.status == 412)
        #expect(try await harness.send(uri, method: .delete, headers: [.ifMatch: tag]).status == 412)
        #expect(try await harness.send(Self.path, headers: [.ifNoneMatch: list]).status == 200)
        let now = try #require(first.headers[.eTag])
        #expect(try await harness.send(uri, method: .delete, headers: [.ifMatch: now]).status == 200)
    }

    @Test func peopleSeeTheirOwnAndSharedOnes() async throws {
        let harness = Self.harness()
        for (name, shared) in [("private", false), ("shared", true)] {
            let body = #"{"name": "\#(name)", "query": "", "shared": \#(shared)}"#
            #expect(try await harness.send(Self.path, method: .post, headers: Self.by("eve"), body: body).status == 200)
        }
        #expect(try await Self.names(harness, Self.by("eve")) == ["private", "shared"])
        #expect(try await Self.names(harness, Self.by("ed")) == ["shared"])
        #expect(try await Self.names(harness, Self.by("vic")) == ["shared"])
        let views = try await harness.send(Self.path, headers: Self.by("eve")).json()["views"] as? [[String: Any]]
        let ids = try #require(views?.compactMap { $0["id"] as? String })
        // Others' private ones look as if there were none; shared ones change nobody but their owners and admins.
        let other = Self.by("ed")
        #expect(try await harness.send("\(Self.path)?view=\(ids[0])", headers: other).status == 404)
        #expect(try await harness.send("\(Self.path)?view=\(ids[0])", method: .delete, headers: other).status == 404)
        #expect(try await harness.send("\(Self.path)?view=\(ids[1])", method: .delete, headers: other).status == 403)
        let body = #"{"name": "x"}"#
        let change = try await harness.send("\(Self.path)?view=\(ids[1])", method: .put, headers: other, body: body)
        #expect(change.status == 403)
        let admin = Self.by("ada")
        #expect(try await harness.send("\(Self.path)?view=\(ids[1])", method: .delete, headers: admin).status == 200)
    }

    @Test(arguments: [
        "", "[]", "{}", #"{"name": "", "query": ""}"#, #"{"name": "a\u0007", "query": ""}"#,
        #"{"name": "a", "query": "javascript:alert(1)"}"#, #"{"name": "a", "query": "//evil.example"}"#,
        #"{"name": "a", "query": "? x"}"#, #"{"name": 1, "query": ""}"#,
        #"{"name": "\#(String(repeating: "a", count: 81))", "query": ""}"#,
        #"{"name": "a", "query": "?\#(String(repeating: "a", count: 4000))"}"#,
    ])
    func nonsenseIsRefused(body: String) async throws {
        let harness = Harness()
        #expect(try await harness.send(Self.path, method: .post, body: body).status == 400)
        #expect(try await Self.names(harness) == [])
    }

    @Test func aPersonHasSoManyAndNoMore() async throws {
        let harness = Harness()
        try harness.views.change { views in
            for number in 0..<SavedViews.mostOfOwner {
                views["\(number)"] = SavedView(
                    id: "\(number)",
                    name: "a",
                    query: "",
                    owner: "",
                    shared: true,
                    created: 0,
                    updated: 0
                )
            }
        }
        let body = #"{"name": "a", "query": ""}"#
        #expect(try await harness.send(Self.path, method: .post, body: body).status == 400)
    }

    @Test func theyAreInAFile() async throws {
        let folder = try StaticFolder.make([:])
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        var harness = Harness()
        harness.views = SavedViews(folder: folder, logger: logger)
        _ = try await harness.send(Self.path, method: .post, body: #"{"name": "a", "query": "?p=explore"}"#)
        harness.views = SavedViews(folder: folder, logger: logger)
        #expect(try await Self.names(harness) == ["a"])
        // What can't be read isn't written over.
        let file = folder + "/views.json"
        try Data("no JSON".utf8).write(to: URL(filePath: file))
        harness.views = SavedViews(folder: folder, logger: logger)
        #expect(try await Self.names(harness) == [])
        #expect(try String(contentsOfFile: file + ".unreadable", encoding: .utf8) == "no JSON")
        // When the file can't be written, nothing has changed.
        try FileManager.default.removeItem(atPath: folder)
        #expect(try await harness.send(Self.path, method: .post, body: #"{"name": "b", "query": ""}"#).status == 500)
        #expect(try await Self.names(harness) == [])
    }
}
